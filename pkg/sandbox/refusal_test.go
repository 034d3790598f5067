package sandbox_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// What a caller is told is part of what the sandbox promises: the status, the place, the message and the name of the
// rule. Where several are wrong, the first is the one that was asked first.
func TestARefusalIsTheSameByteForByte(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 0, 0)
	business := w.business(t, "1")
	made := w.raw(t, uuid.NewString(), http.MethodPost, "/api/v1/business-applications/",
		`{"contact":{"email":"a@example.com"}}`)
	application := regexp.MustCompile(uuidText).FindString(made.body)
	// A counterparty that v1 has no type for.
	wallet := w.counterparty(t, customer, partnerapi.CreateCryptoWalletCounterparty{WalletAddress: "0x5290"})
	transfer := func(legacy string) string {
		return `{"type":"INTERNAL_REALLOCATION","from_account":{"id":"` + pockets[0].String() +
			`","type":"JIKO_ACCOUNT"},"to_account":{"id":"` + pockets[1].String() +
			`","type":"JIKO_ACCOUNT"},"amount":{"type":"REQUESTED_AMOUNT","amount_usdc":5}` + legacy + `}`
	}
	named := func(disposition string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Content-Type", "image/png")
			r.Header.Set("Content-Disposition", disposition)
		}
	}
	var lacks []string
	for _, part := range []string{"address", "agreement_consent", "contact", "entity_type", "identification_number",
		"name", "related_party_applications"} {
		lacks = append(lacks, `{"loc":["application","`+part+
			`"],"msg":"is needed before the application is submitted","type":"missing"}`)
	}
	missing := `{"detail":[` + strings.Join(lacks, ",") + `]}`
	const unnamed = `{"detail":[{"loc":["header","content-disposition"],"msg":"must name the file, as in: ` +
		`attachment; filename=\"articles.png\"","type":"file_name"}]}`
	const nobody = "00000000-0000-4000-8000-000000000000"
	for _, c := range []struct {
		name, method, path, body string
		change                   func(*http.Request)
		status                   int
		want                     string
	}{
		{"an application that lacks everything", "POST", "/api/v1/business-applications/" + application + "/apply/", "",
			nil, 422, missing},
		{"a document without a name", "POST", "/api/v1/documents/" + nobody + "/", "x", named("attachment"), 422,
			unnamed},
		{"a document with a header that is none", "POST", "/api/v1/documents/" + nobody + "/", "x",
			named("attachment; filename"), 422, unnamed},
		{"no cards", "GET", "/api/v1/jiko-accounts/" + nobody + "/cards/?limit=0", "", nil, 422,
			detail("query", "limit", "limit must be at least 1.", "limit")},
		{"a counterparty of a kind that v1 does not have", "GET", "/api/v1/customers/" + customer.String() +
			"/counterparties/" + wallet.ID.String() + "/", "", nil, 404, `{"detail":"Not Found"}`},
		{"a trusted contact of a business", "PATCH", "/api/v1/customers/" + business.String() + "/",
			`{"email":"b@example.com","trusted_contact":{"first_name":"A"}}`, nil, 422,
			detail("body", "trusted_contact", "a business has no trusted contact", "type")},
		{"a strategy that is not there", "POST", "/api/v2/customers/" + nobody + "/pockets/",
			`{"pocket_name":"x","trading_strategy_id":"UST-1W"}`, nil, 422,
			detail("body", "trading_strategy_id", "must be the id of a trading strategy", "strategy")},
		{"two strategies", "POST", "/api/v2/customers/" + nobody + "/pockets/",
			`{"pocket_name":"x","trading_strategy_id":"UST-4W","deposit_strategy_id":"UST-13W"}`, nil, 422,
			detail("body", "deposit_strategy_id", "must be the same as trading_strategy_id", "strategy")},
		{"two amounts", "POST", "/api/v1/transfers/on-us/", transfer(`,"amount_usdc":6`), nil, 422,
			detail("body", "amount_usdc", "differs from amount; leave it out", "amount")},
	} {
		t.Run(c.name, func(t *testing.T) {
			var changes []func(*http.Request)
			if c.change != nil {
				changes = append(changes, c.change)
			}
			got := w.raw(t, uuid.NewString(), c.method, c.path, c.body, changes...)
			if got.status != c.status || got.body != c.want {
				t.Errorf("%d %s; want %d %s", got.status, got.body, c.status, c.want)
			}
		})
	}
}

const uuidText = `[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`

// detail is the body of a refusal for one reason.
func detail(where, member, message, rule string) string {
	return `{"detail":[{"loc":["` + where + `","` + member + `"],"msg":"` + message + `","type":"` + rule + `"}]}`
}
