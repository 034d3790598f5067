package schema_test

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
			v := compile(t, `{"$ref": "#/components/schemas/`+c.schema+`"}`)
			got := rules(v.check(c.body))
			if strings.Join(got, "; ") != strings.Join(c.want, "; ") {
				t.Errorf("violations = %q; want %q", got, c.want)
			}
		})
	}
}

// Without a memory each level would double the work, and these would not end: 2^60 checks for the first, and for every
// level of the others a variant of a variant.
func TestWorkOnSchemasThatContainThemselvesIsBounded(t *testing.T) {
	v := compile(t, `{"$ref": "#/components/schemas/Double"}`)
	nested := func(inner string) string { return strings.Repeat(`{"a":`, 60) + inner + strings.Repeat(`}`, 60) }
	if faults := v.check(nested(`{}`)); faults != nil {
		t.Errorf("%q", rules(faults))
	}
	// A wrong leaf is looked at once more, to say why.
	if faults := v.check(nested(`1`)); faults != nil {
		t.Errorf("anyOf accepts what is not an object: %q", rules(faults))
	}
	tree := compile(t, `{"$ref": "#/components/schemas/Tree"}`)
	if faults := tree.check(nested(`1`)); len(faults) != 1 {
		t.Errorf("faults = %q", rules(faults))
	}
	if faults := v.check(nested(`{"a":1,"a":2}`)); len(faults) == 0 || faults[0].Rule != "duplicate_member" {
		t.Errorf("faults = %q", rules(faults))
	}
	// What would take more memory than it is worth is refused.
	wide := "[" + strings.Repeat("[],", 1<<17) + "[]]"
	if faults := tree.check(wide); len(faults) == 0 || faults[0].Rule != "too_complex" {
		t.Errorf("faults = %q", rules(faults))
	}
	if faults := tree.check(wide[:1+3*5000] + "[]]"); faults != nil {
		t.Errorf("a tree of ordinary size: %q", rules(faults))
	}
}
