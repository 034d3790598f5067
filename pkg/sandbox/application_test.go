package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

func TestAgreements(t *testing.T) {
	w := open(t)
	bundle, err := w.Individuals.ListAgreements(t.Context())
	if err != nil || bundle.Version != consent().Version || len(bundle.Documents) == 0 {
		t.Errorf("ListAgreements = %+v, %v", bundle, err)
	}
}

func TestAnApplicationIsApprovedWhenItIsLookedAt(t *testing.T) {
	w := open(t)
	created, err := w.Individuals.CreateApplication(t.Context(), person(t))
	if err != nil {
		t.Fatal(err)
	}
	// Looking at what was not submitted changes nothing.
	for range 2 {
		seen, err := w.Individuals.GetApplication(t.Context(), created.ID)
		if err != nil || seen.Status != partnerapi.ApplicationStatusCreated || !seen.CustomerID.IsNull() {
			t.Fatalf("before it is submitted: %+v, %v", seen, err)
		}
	}
	submitted, err := w.Individuals.SubmitApplication(t.Context(), created.ID)
	if err != nil || submitted.Status != partnerapi.ApplicationStatusSubmitted || !submitted.CustomerID.IsNull() {
		t.Fatalf("submitted: %+v, %v", submitted, err)
	}
	approved, err := w.Individuals.GetApplication(t.Context(), created.ID)
	if err != nil || approved.Status != partnerapi.ApplicationStatusApproved {
		t.Fatalf("looked at: %+v, %v", approved, err)
	}
	again, err := w.Individuals.GetApplication(t.Context(), created.ID)
	if err != nil || again.CustomerID.MustGet() != approved.CustomerID.MustGet() {
		t.Errorf("looked at twice, it makes two customers: %v", err)
	}
	for _, a := range []*partnerapi.Application{created, submitted, approved} {
		if strings.Contains(encode(t, a), marker) {
			t.Errorf("the application shows the identification number: %s", encode(t, a))
		}
	}
	_, err = w.Individuals.SubmitApplication(t.Context(), created.ID)
	refused(t, err, http.StatusUnprocessableEntity, "path.application_id")
}

func TestAnApplicationIsSubmittedOnce(t *testing.T) {
	w := open(t)
	a, err := w.Individuals.CreateApplication(t.Context(), person(t))
	if err == nil {
		_, err = w.Individuals.SubmitApplication(t.Context(), a.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Individuals.SubmitApplication(t.Context(), a.ID)
	refused(t, err, http.StatusUnprocessableEntity, "path.application_id")
}

func TestApplicationsThatAreRefused(t *testing.T) {
	now := time.Date(2024, 6, 15, 12, 0, 0, 0, time.UTC)
	w := openAt(t, func() time.Time { return now })
	born := func(year int, month time.Month, day int) func(*partnerapi.CreateApplicationRequest) {
		return func(a *partnerapi.CreateApplicationRequest) {
			a.DateOfBirth = openapi_types.Date{Time: time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
		}
	}
	for _, c := range []struct {
		name   string
		change func(*partnerapi.CreateApplicationRequest)
		place  string
	}{
		{"eighteen today", born(2006, 6, 15), ""},
		{"eighteen tomorrow", born(2006, 6, 16), "body.date_of_birth"},
		{"a child", born(2020, 1, 1), "body.date_of_birth"},
		{"not born yet", born(2030, 1, 1), "body.date_of_birth"},
		{"an agreement of another version", func(a *partnerapi.CreateApplicationRequest) {
			a.AgreementConsent.Version = "0.9.0"
		}, "body.agreement_consent.version"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := person(t)
			c.change(&body)
			a, err := w.Individuals.CreateApplication(t.Context(), body)
			if c.place != "" {
				refused(t, err, http.StatusUnprocessableEntity, c.place)
			} else if err != nil || !a.TimeCreated.Equal(now) {
				t.Errorf("CreateApplication = %+v, %v", a, err)
			}
		})
	}
}

func TestAnUnknownApplicationIsNotFound(t *testing.T) {
	w := open(t)
	_, err := w.Individuals.GetApplication(t.Context(), uuid.New())
	refused(t, err, http.StatusNotFound)
	_, err = w.Individuals.SubmitApplication(t.Context(), uuid.New())
	refused(t, err, http.StatusNotFound)
}
