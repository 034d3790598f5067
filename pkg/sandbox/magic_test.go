package sandbox_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// The magic values are rules that would be taken from anybody.
func TestTheMagicValuesAreRules(t *testing.T) {
	text, err := json.Marshal(sandbox.MagicRules())
	if err != nil {
		t.Fatal(err)
	}
	rules, err := sandbox.ReadRules("magic", bytes.NewReader(text))
	if err != nil || len(rules) != len(sandbox.MagicRules()) {
		t.Errorf("%d rules: %v", len(rules), err)
	}
}

// A magic value acts unless somebody has switched it off, or has a rule of their own that acts before.
func TestMagicValuesAct(t *testing.T) {
	own := sandbox.Rule{Match: sandbox.Match{Operation: []string{"submitApplication"}, Name: "magic rejected"},
		Do: sandbox.Do{State: "DOCUMENTS_NEEDED"}}
	for _, c := range []struct {
		name      string
		config    sandbox.Config
		applicant string
		want      partnerapi.ApplicationStatus
	}{
		{"a magic name", sandbox.Config{}, "Rejected", partnerapi.ApplicationStatusRejected},
		{"another name", sandbox.Config{}, "Approved", partnerapi.ApplicationStatusApproved},
		{"a magic name that is switched off", sandbox.Config{NoMagic: true}, "Rejected",
			partnerapi.ApplicationStatusApproved},
		{"a rule before it", sandbox.Config{Rules: []sandbox.Rule{own}}, "Rejected",
			partnerapi.ApplicationStatusDocumentsNeeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			bank := sandbox.Start(t, c.config)
			applicant := person(t)
			applicant.Name = partnerapi.Name{FirstName: "Magic", LastName: c.applicant}
			a, err := bank.Client.Individuals.CreateApplication(t.Context(), applicant)
			if err == nil {
				_, err = bank.Client.Individuals.SubmitApplication(t.Context(), a.ID)
			}
			if err == nil {
				a, err = bank.Client.Individuals.GetApplication(t.Context(), a.ID)
			}
			if err != nil || a.Status != c.want {
				t.Errorf("%v, %v; want %s", a, err, c.want)
			}
		})
	}
}

// What is returned may be changed.
func TestTheMagicValuesAreCopies(t *testing.T) {
	sandbox.MagicRules()[0].Match.Operation[0] = "createWire"
	if got := sandbox.MagicRules()[0].Match.Operation[0]; got != "submitApplication" {
		t.Errorf("somebody else gets %s", got)
	}
}
