package contracttest

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// letters take two, three and four bytes in UTF-8. The last one takes two units in UTF-16, the others one.
var letters = []string{"\u00f8", "\u65e5", "\U0001f3e6"}

// lengths asks for texts as long as they may be, of letters that take several bytes. Whether such letters are taken at
// all is the server's to say: half as many are as many bytes, or units, as the contract allows letters, or more.
func (r *run) lengths(ctx context.Context, o *operation) error {
	media := o.json()
	if media == nil || media.Schema == nil || !r.config.AllowWrites {
		return nil
	}
	most := mostLetters(media.Schema.Value)
	for _, pointer := range sortedKeys(most) {
		g, err := r.known(ctx, o)
		if err == nil {
			g, err = r.fresh(ctx, g)
		}
		if err != nil {
			return leaveOut(err)
		}
		for _, letter := range letters {
			of := func(n int) (step, bool) {
				text, _ := json.Marshal(strings.Repeat(letter, n))
				return grafting(pointer, text)(g.anew())
			}
			half, ok := of(most[pointer] / 2)
			whole, ok2 := of(most[pointer])
			if !ok || !ok2 {
				break
			}
			whole.Want = []want{{judgeLength, map[string]string{"place": "body " + starred(pointer),
				"bytes": strconv.Itoa(len(letter))}}}
			if _, err := r.on(ctx, g, half, whole); err != nil {
				return leaveOut(err)
			}
		}
	}
	return nil
}

// mostLetters are how long texts of a body may be that may have any letters, by their pointers.
func mostLetters(schema *openapi3.Schema) map[string]int {
	all := map[string]int{}
	var search func(at string, schema *openapi3.Schema, within []*openapi3.Schema)
	search = func(at string, schema *openapi3.Schema, within []*openapi3.Schema) {
		if slices.Contains(within, schema) {
			return
		}
		within = append(slices.Clone(within), schema)
		isFree := schema.Pattern == "" && schema.Format == "" && len(schema.Enum) == 0
		if schema.MaxLength != nil && *schema.MaxLength >= 2 && *schema.MaxLength <= 1000 && isFree {
			all[at] = int(*schema.MaxLength)
		}
		for _, name := range sortedKeys(schema.Properties) {
			search(at+"/"+escapePointer(name), schema.Properties[name].Value, within)
		}
		for _, list := range []openapi3.SchemaRefs{schema.AllOf, schema.OneOf, schema.AnyOf} {
			for _, form := range list {
				search(at, form.Value, within)
			}
		}
	}
	search("", schema, nil)
	return all
}

// judgeLength wants a text not to be refused for its length that is as long as it may be, where half of it was taken.
var judgeLength = register("length", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e, half := t.of(at), t.of(at-1)
	o := operationByID(e.step.Operation)
	if o == nil || !succeeded(half) || half.step.Operation != e.step.Operation || half.sent.Target != e.sent.Target ||
		len(half.sent.Body) >= len(e.sent.Body) || !isRefusal(e, args["place"], "place") || isRuled(o, args["place"]) {
		return nil
	}
	return []failure{{code: codeValid, operation: o.ID, place: args["place"], rule: "letters of " + args["bytes"] +
		" bytes", expected: "no refusal of " + args["place"] + ": its length is counted in characters",
		got: "status " + strconv.Itoa(e.status()), source: o.source()}}
})
