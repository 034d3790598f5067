package contracttest

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

var (
	// alwaysMasked and maskedOfCustomers are how descriptions say what is shown in part: in all answers, and in those
	// about a customer, which is what an application has become.
	alwaysMasked      = regexp.MustCompile(`(?i)responses show it masked|all but its end hidden`)
	maskedOfCustomers = regexp.MustCompile(`(?i)data of a customer shows it masked`)
)

// masked are where answers of operations have what the contract says they show in part: pointers with * for indexes.
var masked = sync.OnceValue(func() map[string][]string {
	return answering(func(o *operation, schema *openapi3.Schema) bool {
		isOfCustomers := strings.HasPrefix(o.Path, "/api/v1/customers/")
		return alwaysMasked.MatchString(schema.Description) ||
			isOfCustomers && maskedOfCustomers.MatchString(schema.Description)
	})
})

// nineDigits are where answers of operations have what the contract says has nine digits.
var nineDigits = sync.OnceValue(func() map[string][]string {
	return answering(func(_ *operation, schema *openapi3.Schema) bool {
		return strings.HasPrefix(schema.Description, "Nine-digit")
	})
})

// answering are where answers of operations that succeed have texts of some schemas: pointers with * for indexes.
func answering(isIt func(*operation, *openapi3.Schema) bool) map[string][]string {
	all := map[string][]string{}
	for _, o := range operations() {
		var search func(at string, schema *openapi3.Schema, within []*openapi3.Schema)
		search = func(at string, schema *openapi3.Schema, within []*openapi3.Schema) {
			if schema == nil || slices.Contains(within, schema) {
				return
			}
			within = append(slices.Clone(within), schema)
			if schema.Type.Is("string") && isIt(o, schema) && !slices.Contains(all[o.ID], at) {
				all[o.ID] = append(all[o.ID], at)
			}
			for _, name := range sortedKeys(schema.Properties) {
				search(at+"/"+escapePointer(name), schema.Properties[name].Value, within)
			}
			if schema.Items != nil {
				search(at+"/*", schema.Items.Value, within)
			}
			for _, list := range []openapi3.SchemaRefs{schema.AllOf, schema.OneOf, schema.AnyOf} {
				for _, form := range list {
					search(at, form.Value, within)
				}
			}
		}
		responses := o.declared.Responses.Map()
		for _, status := range sortedKeys(responses) {
			media := responses[status].Value.Content[mediaJSON]
			if strings.HasPrefix(status, "2") && media != nil && media.Schema != nil {
				search("", media.Schema.Value, nil)
			}
		}
	}
	return all
}

// leastWhole is how many letters and digits nobody shows of a number of which the end alone is to be seen.
const leastWhole = 7

// judgeTexts wants an answer to hide what the contract says is masked in it, and to have nine digits where it says so.
func judgeTexts(e *exchange, fail func(code, place, rule, expected, got, source string) failure) []failure {
	o := operationByID(e.step.Operation)
	if o == nil || !e.isSuccess() {
		return nil
	}
	var found []failure
	look := func(pointers []string, isWrong func(string) bool, rule, expected, got string) {
		for _, pointer := range pointers {
			values, err := recipe.Find(e.value, pointer)
			if err == nil && slices.ContainsFunc(values, func(v any) bool {
				text, isText := v.(string)
				return isText && isWrong(text)
			}) {
				found = append(found, fail(codeSchema, "body "+pointer, rule, expected, got, o.source("responses")))
				return
			}
		}
	}
	look(masked()[o.ID], isWhole, "masked", "all of it hidden but its end", "a value that nothing of is hidden")
	look(nineDigits()[o.ID], func(text string) bool { return digitsAlone.MatchString(text) && len(text) != 9 },
		"nine_digits", "nine digits, whichever is the first", "another number of digits")
	return found
}

var digitsAlone = regexp.MustCompile(`^[0-9]+$`)

// isWhole reports whether a text is a number of which nothing is hidden.
func isWhole(text string) bool {
	shown := 0
	for _, c := range text {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			shown++
		}
	}
	return shown >= leastWhole && !isBlanked(text)
}
