package generator

import (
	"path"
	"slices"
	"text/template"
)

// functions are what the templates can call beyond what oapi-codegen gives them.
func functions(output Output) template.FuncMap {
	return template.FuncMap{
		"operations":  operations,
		"services":    services,
		"constantsOf": constantsOf,
		"sealed":      sealed,
		"excluded":    func(name string) bool { return slices.Contains(output.Exclude, name) },
		"imported":    func() string { return path.Base(output.Import) },
	}
}
