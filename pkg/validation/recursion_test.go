package validation_test

import (
	"strings"
	"testing"
)

// The verdicts are compared with kin-openapi's in TestRandomSchemasGetTheVerdictOfKin, where these schemas are mixed
// in.
func TestSchemasThatContainThemselves(t *testing.T) {
	nested := func(n int, inner string) string { return strings.Repeat(`{"a":`, n) + inner + strings.Repeat(`}`, n) }
	for _, c := range []struct {
		name, schema, body string
		want               []string
	}{
		{"a tree through oneOf", "Tree", `{"a":["x",{"b":"y"}],"b":[[]]}`, nil},
		{"a tree with a leaf that is none", "Tree", `{"a":["x",{"b":1}]}`, []string{"body.a one_of"}},
		{"a term through anyOf", "Term", `{"a":{"a":{"c":1}}}`, nil},
		{"a term without its end", "Term", `{"a":{"a":{}}}`, []string{"body.a.a any_of", "body.a any_of"}},
		{"a not, an odd number of times", "Odd", nested(1, `{}`), []string{"body not"}},
		{"a not, an even number of times", "Odd", nested(2, `{}`), nil},
		{"as deep as it goes", "Tree", nested(62, `"x"`), nil},
		{"deeper", "Tree", nested(65, `"x"`), []string{"body json_depth"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := small(t, `{"$ref": "#/components/schemas/`+c.schema+`"}`)
			got := rules(refusal(t, v.CheckRequest(request("POST", "/a/", c.body))))
			if strings.Join(got, "; ") != strings.Join(c.want, "; ") {
				t.Errorf("violations = %q; want %q", got, c.want)
			}
		})
	}
}

// Without a memory each level would double the work, and these would not end: 2^60 checks for the first, and for every
// level of the others a variant of a variant.
func TestWorkOnSchemasThatContainThemselvesIsBounded(t *testing.T) {
	v := small(t, `{"$ref": "#/components/schemas/Double"}`)
	nested := func(inner string) string { return strings.Repeat(`{"a":`, 60) + inner + strings.Repeat(`}`, 60) }
	if err := v.CheckRequest(request("POST", "/a/", nested(`{}`))); err != nil {
		t.Error(err)
	}
	// A wrong leaf is looked at once more, to say why.
	if err := v.CheckRequest(request("POST", "/a/", nested(`1`))); err != nil {
		t.Errorf("anyOf accepts what is no object: %v", err)
	}
	if e := refusal(t, small(t, `{"$ref": "#/components/schemas/Tree"}`).CheckRequest(
		request("POST", "/a/", nested(`1`)))); e == nil || len(e.Violations) != 1 {
		t.Errorf("violations = %q", rules(e))
	}
	if e := refusal(t, v.CheckRequest(request("POST", "/a/", nested(`{"a":1,"a":2}`)))); e == nil ||
		e.Violations[0].Rule != "duplicate_member" {
		t.Errorf("violations = %q", rules(e))
	}
	// What would take more memory than it is worth is refused.
	wide := "[" + strings.Repeat("[],", 1<<17) + "[]]"
	tree := small(t, `{"$ref": "#/components/schemas/Tree"}`)
	if e := refusal(t, tree.CheckRequest(request("POST", "/a/", wide))); e == nil ||
		e.Violations[0].Rule != "too_complex" {
		t.Errorf("violations = %q", rules(e))
	}
	if err := tree.CheckRequest(request("POST", "/a/", wide[:1+3*5000]+"[]]")); err != nil {
		t.Errorf("a tree of ordinary size: %v", err)
	}
}
