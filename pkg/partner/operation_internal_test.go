package partner

import (
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/contract"
)

func TestEveryOperationIsFoundByItsPath(t *testing.T) {
	for _, o := range partnerapi.Operations() {
		path := o.Path
		for {
			open, end := strings.IndexByte(path, '{'), strings.IndexByte(path, '}')
			if open < 0 {
				break
			}
			path = path[:open] + "a%2Fb%20c" + path[end+1:]
		}
		if got := contractOperations().find(o.Method, path); got != o {
			t.Errorf("%s %s is %v", o.Method, path, got)
		}
	}
}

func TestOnlyTheContractsOpenOperationsGoBare(t *testing.T) {
	document, err := contract.Document()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range partnerapi.Operations() {
		security := document.Paths.Value(o.Path).GetOperation(o.Method).Security
		open := security != nil && len(*security) == 0
		if got := contractOperations().find(o.Method, o.Path).Bare; got != open {
			t.Errorf("%s: bare is %v, the contract says %v", o.ID, got, open)
		}
	}
}

func TestHowOperationsAreTold(t *testing.T) {
	for _, c := range []struct{ name, method, path, want string }{
		{"a literal", "GET", "/api/v1/agreements/", "listAgreements"},
		{"a parameter", "GET", "/api/v1/customers/x/", "getCustomer"},
		{"an escaped literal", "GET", "/api/v1/agree%6Dents/", "listAgreements"},
		{"no trailing slash", "GET", "/api/v1/agreements", "GET /api/v1/agreements"},
		{"a trailing slash too many", "GET", "/health/", "GET /health/"},
		{"another method", "PUT", "/api/v1/agreements/", "PUT /api/v1/agreements/"},
		{"a literal before a parameter", "POST", "/api/v1/customers/x/counterparties/plaid/",
			"createPlaidCounterparties"},
		{"a version of tomorrow", "GET", "/api/v3/agreements/x/", "GET /api/v3/agreements/{unknown}/"},
		{"a name", "GET", "/john/", "GET /{unknown}/"},
		{"nothing", "GET", "/", "GET /"},
		{"a long one", "GET", strings.Repeat("/x", 20), "GET " + strings.Repeat("/{unknown}", 16) + "/…"},
	} {
		if got := operationName(contractOperations().find(c.method, c.path)); got != c.want {
			t.Errorf("%s: %s %s is %s, want %s", c.name, c.method, c.path, got, c.want)
		}
	}
}
