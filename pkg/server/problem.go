package server

import (
	"github.com/getkin/kin-openapi/openapi3"
)

// documentProblems adds problem details to every response of the contract that is an error, as this server answers
// then. Otherwise its own refusals would differ from the contract where answers are held to it.
func documentProblems(document *openapi3.T) {
	schema := openapi3.NewObjectSchema().
		WithProperty("type", openapi3.NewStringSchema()).
		WithProperty("title", openapi3.NewStringSchema()).
		WithProperty("status", openapi3.NewIntegerSchema()).
		WithRequired([]string{"type", "title", "status"})
	media := openapi3.NewMediaType().WithSchema(schema)
	for _, item := range document.Paths.Map() {
		for _, operation := range item.Operations() {
			if operation.Responses.Default() == nil {
				refusal := openapi3.NewResponse().WithDescription("A refusal.").WithContent(openapi3.Content{})
				operation.Responses.Set("default", &openapi3.ResponseRef{Value: refusal})
			}
			for status, response := range operation.Responses.Map() {
				// One that has no content may have any body, so it may have this one.
				failed := status[0] == '4' || status[0] == '5' || status == "default"
				if failed && response.Value.Content != nil {
					response.Value.Content["application/problem+json"] = media
				}
			}
		}
	}
}
