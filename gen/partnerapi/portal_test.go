package partnerapi_test

import (
	"encoding/json"
	"testing"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

func TestAListOfPortalsIsReadInEitherEnvelope(t *testing.T) {
	const portal = `{"id":"497f6eca-6276-4993-bfeb-53cbbbba6f08","name":"Payroll","status":"OPEN"}`
	for _, c := range []struct {
		name, text string
		want       int
	}{
		{"the cursor list", `{"prev_page":null,"next_page":"n","items":[` + portal + `,` + portal + `]}`, 2},
		{"the list of v1", `{"count":2,"portals":[` + portal + `,` + portal + `],"object_type":"List"}`, 2},
		{"a cursor list without portals", `{"items":[]}`, 0},
		{"a list of v1 without portals", `{"count":0,"portals":[]}`, 0},
		{"items before portals", `{"items":[` + portal + `],"portals":[]}`, 1},
		{"neither", `{"count":1}`, -1},
		{"nulls", `{"items":null,"portals":null}`, -1},
		{"no object", `[]`, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var page partnerapi.PortalPage
			err := json.Unmarshal([]byte(c.text), &page)
			if (err != nil) != (c.want < 0) {
				t.Fatalf("%+v, %v", page, err)
			}
			if err == nil && (len(page.Items) != c.want || page.Items == nil) {
				t.Errorf("%d portals, want %d", len(page.Items), c.want)
			}
			if next, err := page.NextPage.Get(); c.name == "the cursor list" && (err != nil || next != "n") {
				t.Errorf("the next page is %q, %v", next, err)
			}
		})
	}
}
