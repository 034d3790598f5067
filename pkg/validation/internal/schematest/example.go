package schematest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// EachExample visits the JSON examples of requests, with status "", and of responses.
func EachExample(doc *openapi3.T, visit func(method, path, status string, body []byte)) {
	for template, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			path := FillPath(template, slices.Concat(op.Parameters, item.Parameters))
			content := func(status string, c openapi3.Content) {
				media := c["application/json"]
				if media == nil {
					return
				}
				examples := []any{media.Example}
				for _, ref := range media.Examples {
					examples = append(examples, ref.Value.Value)
				}
				for _, example := range examples {
					if body, err := json.Marshal(example); err == nil && example != nil {
						visit(method, path, status, body)
					}
				}
			}
			if op.RequestBody != nil {
				content("", op.RequestBody.Value.Content)
			}
			for status, ref := range op.Responses.Map() {
				content(status, ref.Value.Content)
			}
		}
	}
}

// FillPath puts values in place of the parameters of a path: a UUID, or the first value of an enumeration.
func FillPath(template string, parameters openapi3.Parameters) string {
	segments := strings.Split(template, "/")
	for i, segment := range segments {
		name, isParameter := strings.CutPrefix(segment, "{")
		if !isParameter {
			continue
		}
		segments[i] = ID
		p := parameters.GetByInAndName(openapi3.ParameterInPath, strings.TrimSuffix(name, "}"))
		if p == nil || p.Schema == nil {
			continue
		}
		if enum := p.Schema.Value.Enum; len(enum) > 0 {
			segments[i] = fmt.Sprint(enum[0])
		}
	}
	return strings.Join(segments, "/")
}
