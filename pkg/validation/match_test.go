package validation_test

import (
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"

	partnergo "github.com/jiko-partner/partner-go"
)

func TestOperation(t *testing.T) {
	for _, c := range []struct{ name, method, path, want string }{
		{"a path without parameters", "POST", transfers, "createOnUsTransfer"},
		{"a path with a parameter", "GET", transfers + id + "/", "getOnUsTransfer"},
		{"a parameter takes any text", "GET", transfers + "a%2Fb/", "getOnUsTransfer"},
		{"a literal wins over a parameter", "POST", "/api/v1/customers/1/counterparties/plaid/link-token/",
			"createPlaidLinkToken"},
		{"a parameter where no literal fits", "POST", "/api/v1/customers/1/counterparties/2/plaid/verify/",
			"verifyPlaidCounterparty"},
		{"a literal wins whatever the method", "GET", "/api/v1/customers/1/counterparties/plaid/", ""},
		{"a path that has no trailing slash", "GET", "/health", "getHealth"},
		{"a trailing slash too many", "GET", "/health/", ""},
		{"a trailing slash too few", "GET", "/api/v1/wires", ""},
		{"the beginning of a path", "GET", "/api/v1/", ""},
		{"no path", "GET", "", ""},
		{"an asterisk", "OPTIONS", "*", ""},
		{"another method", "PUT", transfers, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			op, ok := shared().Operation(c.method, c.path)
			if ok != (c.want != "") || (ok && (op.ID == "" || op.Method != c.method)) {
				t.Fatalf("Operation = %+v, %v; want %q", op, ok, c.want)
			}
			if ok && op.ID != c.want {
				t.Errorf("operation = %s; want %s", op.ID, c.want)
			}
		})
	}
}

// Every path of the contract leads to itself, whatever stands for its parameters.
func TestOperationFindsEveryPath(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		for template, item := range doc.Paths.Map() {
			segments := strings.Split(template, "/")
			for i, segment := range segments {
				if strings.HasPrefix(segment, "{") {
					segments[i] = rapid.StringMatching(`[a-f0-9%-]{36}`).Draw(t, "value")
				}
			}
			for method := range item.Operations() {
				if op, ok := shared().Operation(method, strings.Join(segments, "/")); !ok || op.Path != template {
					t.Fatalf("Operation(%s, %q) = %+v, %v", method, segments, op, ok)
				}
			}
		}
	})
}
