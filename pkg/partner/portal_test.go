package partner_test

import (
	"testing"

	"github.com/google/uuid"
)

// Which of the two envelopes the provider sends is not known. Neither may look like a list without portals.
func TestPortalsAreListedFromEitherEnvelope(t *testing.T) {
	const portals = `[{"id":"497f6eca-6276-4993-bfeb-53cbbbba6f08","name":"Payroll","status":"OPEN"},` +
		`{"id":"497f6eca-6276-4993-bfeb-53cbbbba6f09","name":"Rent","status":"OPEN"}]`
	for name, body := range map[string]string{
		"the cursor list of v2":       `{"items":` + portals + `,"prev_page":null,"next_page":null}`,
		"the list of v1, of one page": `{"count":2,"portals":` + portals + `,"object_type":"List"}`,
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := scripted(t, raw(200, "application/json", body), raw(200, "application/json", body))
			client, n := a.client(t), 0
			for portal, err := range client.Portals.AllForPocket(t.Context(), uuid.New(), nil) {
				if err != nil {
					t.Fatal(err)
				}
				if portal.Status != "OPEN" {
					t.Errorf("%+v", portal)
				}
				n++
			}
			if n != 2 {
				t.Errorf("%d portals, want 2", n)
			}
			if page, err := client.Portals.ListForCustomer(t.Context(), uuid.New(), nil); err != nil ||
				len(page.Items) != 2 {
				t.Errorf("%+v, %v", page, err)
			}
		})
	}
}
