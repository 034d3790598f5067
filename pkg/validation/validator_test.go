package validation_test

import (
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/validation"
)

func TestNewRefusesWhatItCannotCheck(t *testing.T) {
	body := func(content string) string {
		return document(`{"/a/": {"post": {"requestBody": {"content": ` + content +
			`}, "responses": {"200": {"description": "ok"}}}}}`)
	}
	own := func(schema string) string {
		return strings.Replace(body(`{"application/json": {"schema": {"$ref": "#/components/schemas/Own"}}}`), `"Cat":`,
			`"Own": `+schema+`, "Cat":`, 1)
	}
	parameter := func(p string) string {
		return document(`{"/a/": {"get": {"parameters": [` + p + `], "responses": {"200": {"description": "ok"}}}}}`)
	}
	for _, c := range []struct{ name, spec, want string }{
		{"something that is no document", "[", "parsing"},
		{"an empty file", " \n", "the contract is empty"},
		{"an empty document", "{}", "does not say its version"},
		{"a document of comments alone", "# openapi: 3.0.3", "does not say its version"},
		{"OpenAPI 3.1", strings.Replace(document("{}"), "3.0.3", "3.1.0", 1), "is OpenAPI 3.1.0: have it published as"},
		{"OpenAPI 3.2", strings.Replace(document("{}"), "3.0.3", "3.2.0", 1), "is OpenAPI 3.2.0: have it published as"},
		{"OpenAPI 4", strings.Replace(document("{}"), "3.0.3", "4.0.0", 1), "is OpenAPI 4.0.0: convert it"},
		{"Swagger 2", `{"swagger": "2.0", "info": {"title": "t", "version": "1"}, "paths": {}}`,
			"is Swagger 2.0: convert it"},
		{"AsyncAPI", `{"asyncapi": "2.6.0"}`, "is AsyncAPI 2.6.0"},
		{"a version that is a number", "openapi: 3.0\ninfo: {title: t, version: '1'}\npaths: {}",
			`is a number: spell it as a text`},
		{"a version that is a number, in JSON", `{"openapi": 3.1}`, `is a number: spell it as a text`},
		{"a path that is a segment of dots", document(`{"/a/../b": {}}`), "which no client sends"},
		{"a path with half an escape", document(`{"/a%2": {}}`), "malformed escape"},
		{"two paths that are the same but for escapes", document(`{"/caf%C3%A9": {}, "/café": {}}`), "are the same"},
		{"a binary body with a pattern", body(`{"image/png": {"schema": {"type": "string", "format": "binary",
			"pattern": "^PNG"}}}`), "its length can be checked"},
		{"a document without info", `{"openapi": "3.0.3", "paths": {}}`, "invalid"},
		{"a reference to another file", body(`{"application/json": {"schema": {"$ref": "other.yaml#/A"}}}`), "parsing"},
		{"a form", body(`{"multipart/form-data": {"schema": {"type": "object"}}}`), "multipart/form-data"},
		{"a media type with a parameter", body(`{"application/json; version=2": {}}`), "parameters"},
		{"a parameter that is an object", parameter(`{"name": "p", "in": "query", "schema": {"type": "object"}}`),
			"is an object"},
		{"a list of lists", parameter(
			`{"name": "p", "in": "query", "schema": {"type": "array", "items": {"type": "array", "items": {}}}}`),
			"list of lists"},
		{"a list or something else",
			parameter(
				`{"name": "p", "in": "query", "schema": {"oneOf": [{"type": "string"}, {"type": "array",
					"items": {}}]}}`),
			"something else"},
		{"an unusual style", parameter(
			`{"name": "p", "in": "query", "style": "pipeDelimited", "schema": {"type": "array",
				"items": {"type": "string"}}}`), "style"},
		{"a schema that is one of its own variants",
			own(`{"oneOf": [{"type": "string"}, {"allOf": [{"$ref": "#/components/schemas/Own"}]}]}`), "leads back"},
		{"a schema that rules itself out", own(`{"allOf": [{"not": {"$ref": "#/components/schemas/Own"}}]}`),
			"leads back"},
		{"a path segment that is partly a parameter",
			document(
				`{"/a/{b}.png": {"get": {"parameters": [{"name": "b", "in": "path", "required": true, "schema": {}}],
					"responses": {"200": {"description": "ok"}}}}}`), "partly"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if v, err := validation.Load([]byte(c.spec), validation.Config{}); v != nil || err == nil ||
				!strings.Contains(err.Error(), c.want) {
				t.Errorf("Load = %v; want it to mention %q", err, c.want)
			}
		})
	}
}
