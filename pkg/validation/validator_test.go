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
		{"an empty document", "{}", "not OpenAPI 3.0"},
		{"OpenAPI 3.1", strings.Replace(document("{}"), "3.0.3", "3.1.0", 1), "not OpenAPI 3.0"},
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
