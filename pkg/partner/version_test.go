package partner_test

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

func TestTheUserAgentHasTheVersion(t *testing.T) {
	if !regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+(-[0-9a-z.]+)?$`).MatchString(partner.Version) {
		t.Errorf("%q is no version", partner.Version)
	}
	const want = "partner-go/" + partner.Version
	a, got := receiving(t, func(w http.ResponseWriter, r *http.Request) {
		if r.UserAgent() != want {
			t.Errorf("the User-Agent is %q, want %q", r.UserAgent(), want)
		}
		agreementsOK(w, r)
	})
	client := a.client(t)
	if err := read(t.Context(), client); err != nil || len(*got) != 1 {
		t.Error(err)
	}
	r := own(t, "GET", a.URL+"/api/v1/agreements/", nil)
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	drain(t, response)
}
