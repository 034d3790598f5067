package schema_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
)

// small is a schema that was compiled in both directions.
type small struct {
	source            *openapi3.Schema
	request, response *schema.Schema
}

// compile compiles a schema in JSON, which may refer to those of components.
func compile(t testing.TB, text string) *small {
	t.Helper()
	s, err := tryCompile(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// compileWith does so with options.
func compileWith(t testing.TB, text string, config schema.Config) *small {
	t.Helper()
	s, err := tryCompileWith(text, config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func tryCompile(text string) (*small, error) { return tryCompileWith(text, schema.Config{}) }

func tryCompileWith(text string, config schema.Config) (*small, error) {
	document, err := openapi3.NewLoader().LoadFromData([]byte(`{"openapi": "3.0.3",
		"info": {"title": "t", "version": "1"}, "paths": {"/": {"post": {
			"requestBody": {"content": {"application/json": {"schema": ` + text + `}}},
			"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": ` + text + `}}}}
		}}}, "components": {"schemas": ` + components + `}}`))
	if err != nil {
		return nil, err
	}
	if err := document.Validate(context.Background(), openapi3.DisableExamplesValidation()); err != nil {
		return nil, err
	}
	ref := document.Paths.Value("/").Post.RequestBody.Value.Content["application/json"].Schema
	survey := schema.NewSurvey()
	if err := survey.Add(ref); err != nil {
		return nil, err
	}
	s := &small{source: ref.Value}
	config.Survey = survey
	s.request, err = schema.NewCompiler(config).Compile(ref)
	if err != nil {
		return nil, err
	}
	config.Direction = schema.DirectionResponse
	s.response, err = schema.NewCompiler(config).Compile(ref)
	return s, err
}

// components are the schemas that a test can refer to.
const components = `{
	"Cat": {"type": "object", "required": ["kind", "lives"],
		"properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}}},
	"Dog": {"type": "object", "required": ["kind"],
		"properties": {"kind": {"type": "string"}, "bark": {"type": "string"}}},
	"Node": {"type": "object",
		"properties": {"next": {"$ref": "#/components/schemas/Node"}, "value": {"type": "integer"}}},
	"Tree": {"oneOf": [{"type": "string", "minLength": 1},
		{"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
		{"type": "object", "additionalProperties": false, "properties": {
			"a": {"$ref": "#/components/schemas/Tree"}, "b": {"$ref": "#/components/schemas/Tree"}}}]},
	"Term": {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/Term"}, "c": {"type": "integer"}},
		"anyOf": [{"required": ["c"]}, {"required": ["a"], "properties": {
			"a": {"$ref": "#/components/schemas/Term"}, "b": {"$ref": "#/components/schemas/Odd"}}}]},
	"Double": {"properties": {"a": {"$ref": "#/components/schemas/Double"}}, "anyOf": [{"required": ["z"]},
		{"type": "object", "properties": {"a": {"$ref": "#/components/schemas/Double"}}},
		{"type": "object", "properties": {"a": {"$ref": "#/components/schemas/Double"}}}]},
	"Odd": {"type": "object", "not": {"type": "object", "required": ["a"],
		"properties": {"a": {"$ref": "#/components/schemas/Odd"}}}}
}`

// check returns what is wrong with a body of a request.
func (s *small) check(body string) []schema.Fault { return check(s.request, []byte(body)) }

func check(s *schema.Schema, body []byte) []schema.Fault {
	return s.Check(new(schema.Checker), body, 20)
}

// rules spells out faults as "body.amount required", in their order.
func rules(faults []schema.Fault) []string {
	var list []string
	for _, f := range faults {
		list = append(list, place(f)+" "+f.Rule)
	}
	return list
}

func place(f schema.Fault) string {
	text := "body"
	for _, step := range f.Pointer {
		text += fmt.Sprint(".", step)
	}
	return text
}

func decode(body []byte) any {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		panic(err)
	}
	return value
}
