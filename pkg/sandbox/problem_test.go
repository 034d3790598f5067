package sandbox_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// One operation has the second of the two shapes of a 422. Whoever refuses it, the validator, the bank or the memory of
// keys, answers in that shape; raw checks the answers against the contract besides.
func TestUpdatePocketRefusesWithProblemDetails(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 5)
	path := "/api/v2/customers/" + customer.String() + "/pockets/" + pockets[0].String() + "/"
	used := uuid.NewString()
	w.raw(t, used, http.MethodPatch, path, `{"pocket_name":"A"}`)
	for _, c := range []struct{ name, key, body, kind, detail string }{
		{"by the validator", uuid.NewString(), `{"status":"A_MARKER"}`, "invalid_request",
			"body.status must be one of"},
		{"by the bank", uuid.NewString(), `{"status":"CLOSED"}`, "closure_reason_missing",
			"closure_reason must come with"},
		{"for a key that was used", used, `{"pocket_name":"B"}`, "invalid_request",
			"header.x-jiko-idempotency was used for another request"},
		{"for a key that is none", "00000000-0000-0000-0000-000000000000", `{"pocket_name":"B"}`, "invalid_request",
			"header.x-jiko-idempotency must be"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := w.raw(t, c.key, http.MethodPatch, path, c.body)
			var problem partnerapi.Problem
			if err := json.Unmarshal([]byte(got.body), &problem); err != nil ||
				got.status != http.StatusUnprocessableEntity {
				t.Fatalf("%d %s: %v", got.status, got.body, err)
			}
			if problem.Type != c.kind || problem.Instance != path || !strings.Contains(problem.Detail, c.detail) ||
				strings.Contains(got.body, "MARKER") {
				t.Errorf("%s", got.body)
			}
		})
	}
}
