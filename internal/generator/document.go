package generator

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"gopkg.in/yaml.v3"

	"github.com/jiko-partner/partner-go/internal/mistake"
)

// document is an OpenAPI document with its overlays applied, as JSON. oapi-codegen changes the one that it works on, so
// it gets a new one each time.
type document struct {
	name  string
	value any
	text  []byte
}

// newDocument applies overlays to a document, one after the other. An action whose target is not there is an error,
// unless lenient.
func newDocument(file File, lenient bool, overlays ...File) (document, error) {
	if err := file.isOpenAPI(); err != nil {
		return document{}, err
	}
	var root yaml.Node
	if err := yaml.Unmarshal(file.Text, &root); err != nil {
		return document{}, mistake.Syntax(file.Name, file.Text, err)
	}
	var wrong []error
	for _, o := range overlays {
		if err := o.applyTo(&root, lenient); err != nil {
			wrong = append(wrong, err)
		}
	}
	if wrong != nil {
		return document{}, errors.Join(wrong...)
	}
	plain(&root)
	var value any
	if err := root.Decode(&value); err != nil { // It was read before: something has come of it.
		return document{}, &Problem{File: file.Name, Text: strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	harmless(value)
	text, err := json.Marshal(value)
	if err != nil {
		return document{}, fmt.Errorf("%s: %w", file.Name, err)
	}
	return document{file.Name, value, text}, nil
}

// open returns the document as oapi-codegen wants it.
func (d document) open() (*openapi3.T, error) {
	t, err := openapi3.NewLoader().LoadFromData(d.text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.name, err)
	}
	if t.Paths == nil {
		t.Paths = openapi3.NewPaths()
	}
	if t.Components == nil {
		t.Components = &openapi3.Components{}
	}
	return t, nil
}

// constraint is what gofmt takes for a condition on which a file is built, wherever a comment begins with it.
var constraint = regexp.MustCompile(`(^|\s)\+build\b`)

// harmless takes constraints out of all texts that become comments.
func harmless(value any) {
	switch value := value.(type) {
	case map[string]any:
		for name, one := range value {
			if text, ok := one.(string); ok && strings.Contains(text, "+build") {
				value[name] = constraint.ReplaceAllString(text, "$1+ build")
			} else {
				harmless(one)
			}
		}
	case []any:
		for _, one := range value {
			harmless(one)
		}
	}
}

// plain makes texts of what JSON has no form for: dates, and the names of members.
func plain(node *yaml.Node) {
	for i, below := range node.Content {
		if below.Kind == yaml.ScalarNode &&
			(node.Kind == yaml.MappingNode && i%2 == 0 && below.Tag != "!!merge" || below.Tag == "!!timestamp") {
			below.Tag = "!!str"
		}
		plain(below)
	}
}

// isOpenAPI says why a file cannot be an OpenAPI document. The library would take nearly everything for one.
func (f File) isOpenAPI() error {
	var version struct {
		OpenAPI string `yaml:"openapi"`
		Swagger string `yaml:"swagger"`
	}
	err := yaml.Unmarshal(f.Text, &version)
	mismatch := new(yaml.TypeError)
	switch {
	case err != nil && !errors.As(err, &mismatch):
		return mistake.Syntax(f.Name, f.Text, err)
	case version.Swagger != "":
		return fmt.Errorf("%s: it is Swagger %s: convert it to OpenAPI 3", f.Name, version.Swagger)
	case f.empty():
		return fmt.Errorf("%s: %w", f.Name, mistake.ErrEmpty)
	case version.OpenAPI == "":
		return fmt.Errorf("%s: it is no OpenAPI document: there is no member openapi", f.Name)
	case !strings.HasPrefix(version.OpenAPI, "3."):
		return fmt.Errorf("%s: it is OpenAPI %s, not 3", f.Name, version.OpenAPI)
	}
	return nil
}
