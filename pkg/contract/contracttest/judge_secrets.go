package contracttest

import (
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// writeOnly are the members that the contract has in requests alone. (Source: OpenAPI 3.0, Schema Object.)
var writeOnly = sync.OnceValue(func() map[string]bool {
	names, others := map[string]bool{}, map[string]bool{}
	var search func(schema *openapi3.Schema)
	search = func(schema *openapi3.Schema) {
		for name, p := range schema.Properties {
			if p.Value != nil && p.Value.WriteOnly {
				names[name] = true
			} else {
				others[name] = true
			}
		}
		for _, part := range schema.AllOf {
			if part.Ref == "" && part.Value != nil {
				search(part.Value)
			}
		}
	}
	for _, ref := range recipe.Document().Components.Schemas {
		search(ref.Value)
	}
	for name := range others { // It is something else elsewhere.
		delete(names, name)
	}
	return names
})

// judgeSecrets wants an answer to have no member that only requests have. One that is blanked out is none.
func judgeSecrets(e *exchange, fail func(code, place, rule, expected, got, source string) failure) []failure {
	var found []failure
	var search func(at string, v any)
	search = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, name := range sortedKeys(v) {
				place := at + "/" + escapePointer(name)
				text, isText := v[name].(string)
				if isText && writeOnly()[name] && !isBlanked(text) && len(found) == 0 {
					found = append(found, fail(codeSchema, "body "+place, "write_only",
						"nothing there, as only requests have it", "a value", "OpenAPI 3.0, writeOnly"))
				}
				search(place, v[name])
			}
		case []any:
			for _, element := range v {
				search(at+"/*", element)
			}
		}
	}
	search("", e.value)
	return found
}

// isBlanked reports whether a text shows nothing of what it stands for, or little.
func isBlanked(text string) bool {
	return text == "" || strings.ContainsAny(text, "*\u2022\u25cf") || strings.Contains(strings.ToLower(text), "xxx") ||
		strings.Contains(strings.ToLower(text), "redacted") || strings.Contains(strings.ToLower(text), "hidden")
}
