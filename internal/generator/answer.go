package generator

import (
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
)

// Answers are the documented responses by what they mean.
func (o *operation) Answers() []answer {
	all := make([]answer, len(o.Responses))
	for i, response := range o.Responses {
		all[i] = answer{ResponseDefinition: response, Name: o.OperationId + meaning(response.StatusCode)}
		for _, content := range response.Contents {
			if content.IsJSON() {
				all[i].JSON = content.Schema.TypeDecl()
			}
		}
	}
	return all
}

// answer is a documented response.
type answer struct {
	codegen.ResponseDefinition
	// Name is the name of its type.
	Name string
	// JSON is the type of its body, or empty.
	JSON string
}

// meaning is what a status is called in the name of a type.
func meaning(status string) string {
	if name, ok := map[string]string{
		"200": "OK", "201": "Created", "202": "Accepted", "204": "NoContent", "401": "Unauthorized", "404": "NotFound",
		"412": "PreconditionFailed", "422": "UnprocessableEntity", "default": "Failure",
	}[status]; ok {
		return name
	}
	return "Status" + status
}
