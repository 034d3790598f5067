package generator

import (
	"path"
	"slices"
	"text/template"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
)

// functions are what the templates can call beyond what oapi-codegen gives them.
func functions(document *openapi3.T, output Output) template.FuncMap {
	return template.FuncMap{
		"operations": operations,
		"services": func(definitions []codegen.OperationDefinition) ([]*service, error) {
			return services(document.Tags, operations(definitions))
		},
		"alsoItems": alsoItems,
		"modelsOf": func(definitions []codegen.TypeDefinition) *models {
			return modelsOf(document, definitions)
		},
		"constantsOf": constantsOf,
		"sealed":      sealed,
		"required":    required,
		"excluded":    func(name string) bool { return slices.Contains(output.Exclude, name) },
		"imported":    func() string { return path.Base(output.Import) },
	}
}
