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
	all := map[string][]string{}
	for _, o := range operations() {
		isOfCustomers := strings.HasPrefix(o.Path, "/api/v1/customers/")
		var search func(at string, schema *openapi3.Schema, within []*openapi3.Schema)
		search = func(at string, schema *openapi3.Schema, within []*openapi3.Schema) {
			if schema == nil || slices.Contains(within, schema) {
				return
			}
			within = append(slices.Clone(within), schema)
			isMasked := alwaysMasked.MatchString(schema.Description) ||
				isOfCustomers && maskedOfCustomers.MatchString(schema.Description)
			if isMasked && schema.Type.Is("string") {
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
			if media := responses[status].Value.Content[mediaJSON]; strings.HasPrefix(status, "2") && media != nil &&
				media.Schema != nil {
				search("", media.Schema.Value, nil)
			}
		}
	}
	return all
})

// leastWhole is how many letters and digits nobody shows of a number of which the end alone is to be seen.
const leastWhole = 7

// judgeMasked wants an answer to hide what the contract says is masked in it.
func judgeMasked(e *exchange, fail func(code, place, rule, expected, got, source string) failure) []failure {
	o := operationByID(e.step.Operation)
	if o == nil || !e.isSuccess() {
		return nil
	}
	for _, pointer := range masked()[o.ID] {
		found, err := recipe.Find(e.value, pointer)
		if err != nil {
			continue
		}
		for _, value := range found {
			if text, ok := value.(string); ok && isWhole(text) {
				return []failure{fail(codeSchema, "body "+pointer, "masked", "all of it hidden but its end",
					"a value that nothing of is hidden", o.source("responses"))}
			}
		}
	}
	return nil
}

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
