package bank

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

const png = "\x89PNG\r\n\x1a\n and a picture"

// applicant is an application, and the bank that it was made to.
type applicant struct {
	*testing.T
	bank  *Bank
	table *state.Table[uuid.UUID, Application]
	id    uuid.UUID
}

// newApplicant applies on a Wednesday, at noon in New York.
func newApplicant(t *testing.T) *applicant {
	b := standingBank(t, calendar.NewDate(2026, time.July, 15), 12)
	a := &applicant{T: t, bank: b, table: b.applications}
	a.do(func(t *Tx) error {
		made, err := t.CreateApplication(Customer{Type: Individual}, calendar.NewDate(1970, time.January, 1),
			Consent{Version: AgreementVersion}, json.RawMessage(`{}`))
		a.id = made.ID
		return err
	})
	return a
}

func (a *applicant) do(f func(*Tx) error) {
	a.Helper()
	if err := a.bank.Do(a.Context(), f); err != nil {
		a.Fatal(err)
	}
}

func (a *applicant) look() (found *Application, needed Needed) {
	a.Helper()
	if err := a.bank.Look(a.Context(), func(t *Tx) error {
		found, needed = a.table.Get(a.id), t.Needed(a.id)
		return nil
	}); err != nil {
		a.Fatal(err)
	}
	return found, needed
}

// conclude ends a review as rules to come may end one.
func (a *applicant) conclude(o outcome) {
	a.Helper()
	a.do(func(t *Tx) error { t.conclude(a.table, a.table.Get(a.id), o); return nil })
}

func (a *applicant) upload(kind DocumentType, body string) (d *Document) {
	a.Helper()
	a.do(func(t *Tx) (err error) {
		d, err = t.handInTo(a.id, kind, Upload{MediaType: "image/png", Body: strings.NewReader(body)})
		return err
	})
	return d
}

// expect checks the status, and that subscribers were told so, and of what went before.
func (a *applicant) expect(status ApplicationStatus, needed Needed, told ...string) {
	a.Helper()
	found, needs := a.look()
	if found.Status != status || needs != needed {
		a.Errorf("it is %s and needs %+v; want %s, %+v", found.Status, needs, status, needed)
	}
	if (found.CustomerID != uuid.Nil) != (status == ApplicationApproved) {
		a.Errorf("it is %s, and has become the customer %s", status, found.CustomerID)
	}
	var got []string
	a.bank.events.All().Each(func(e *Event) bool {
		got = append(got, strings.TrimPrefix(e.Type, "application."))
		if e.CustomerID != found.CustomerID && e.Type == "application.approved" ||
			string(e.Payload) != `{"application_id":"`+a.id.String()+`"}` {
			a.Errorf("the event is %+v %s", e, e.Payload)
		}
		return true
	})
	if strings.Join(got, " ") != strings.Join(told, " ") {
		a.Errorf("the events are %q; want %q", got, told)
	}
	if err := a.bank.Check(); err != nil {
		a.Error(err)
	}
}

func TestAnApplicationThatNeedsDocumentsIsReviewedAgainWhenAllAreApproved(t *testing.T) {
	t.Parallel()
	a := newApplicant(t)
	a.conclude(outcome{status: ApplicationDocumentsNeeded, reasons: []string{"ADDRESS_MISMATCH"},
		documents: []DocumentType{DocumentIDFront, DocumentAddress, DocumentIdentificationNumber}})
	a.expect(ApplicationDocumentsNeeded, Needed{true, true, true}, "documents_needed")
	if found, _ := a.look(); found.Reasons[0] != "ADDRESS_MISMATCH" {
		t.Errorf("the reasons are %q", found.Reasons)
	}
	a.upload(DocumentIDFront, png)
	a.expect(ApplicationDocumentsNeeded, Needed{false, true, true}, "documents_needed", "documents_needed")
	a.upload(DocumentIdentificationNumber, png)
	first := a.upload(DocumentAddress, "no picture")
	told := []string{"documents_needed", "documents_needed", "documents_needed", "documents_needed"}
	a.expect(ApplicationDocumentsNeeded, Needed{Address: true}, told...)
	if again := a.upload(DocumentAddress, png); again.ID != first.ID {
		t.Errorf("another file for %s became the document %s", first.ID, again.ID)
	}
	a.expect(ApplicationApproved, Needed{}, append(told, "approved")...)
	if found, _ := a.look(); len(found.Reasons) != 0 {
		t.Errorf("approved, with the reasons %q", found.Reasons)
	}
}

func TestOfAFileItsDigestIsKept(t *testing.T) {
	t.Parallel()
	a := newApplicant(t)
	d := a.upload(DocumentIDFront, "abc")
	// The vector of FIPS 180-4.
	if want := "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; d.File.SHA256 != want ||
		d.File.Size != 3 || d.File.MediaType != "image/png" || d.File.Content != "" || d.File.Name != "id_front.png" {
		t.Errorf("kept is %+v", d.File)
	}
	if d = a.upload(DocumentIDFront, png); d.File.Content != "image/png" || d.File.Size != int64(len(png)) {
		t.Errorf("kept is %+v", d.File)
	}
}

func TestAPersonReviewsAnApplicationByTheNextBusinessDay(t *testing.T) {
	t.Parallel()
	a := newApplicant(t)
	a.conclude(outcome{status: ApplicationManualReview})
	a.expect(ApplicationManualReview, Needed{}, "manual_review")
	if err := a.bank.RunUntilQuiet(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.expect(ApplicationApproved, Needed{}, "manual_review", "approved")
	if want := calendar.NewDate(2026, time.July, 16).At(9, 0); !a.bank.Time().Equal(want) {
		t.Errorf("that was at %s; want %s", a.bank.Time(), want)
	}
}

func TestARejectedApplicationStaysSo(t *testing.T) {
	t.Parallel()
	a := newApplicant(t)
	a.conclude(outcome{status: ApplicationRejected, reasons: []string{"SANCTIONED"}})
	a.upload(DocumentIDFront, png)
	if err := a.bank.RunUntilQuiet(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.expect(ApplicationRejected, Needed{}, "rejected")
	if err := a.bank.Do(t.Context(), func(t *Tx) error {
		_, err := t.SubmitApplication(a.id)
		return err
	}); err == nil {
		t.Error("it was submitted again")
	}
}

func TestACompanyThatNeedsDocumentsIsAskedForThoseOfItsChecklistToo(t *testing.T) {
	t.Parallel()
	b := standingBank(t, calendar.NewDate(2026, time.July, 15), 12)
	a := &applicant{T: t, bank: b, table: b.businesses}
	a.do(func(t *Tx) error {
		made, err := t.CreateBusinessApplication(uuid.Nil, json.RawMessage(`{"entity_type":"PARTNERSHIP"}`))
		a.id = made.ID
		return err
	})
	a.conclude(outcome{status: ApplicationDocumentsNeeded, documents: []DocumentType{"FLOW_OF_FUNDS"}})
	for _, kind := range []DocumentType{"FLOW_OF_FUNDS", "EIN_CONFIRMATION"} {
		a.upload(kind, png)
	}
	told := []string{"documents_needed", "documents_needed", "documents_needed"}
	a.expect(ApplicationDocumentsNeeded, Needed{}, told...)
	a.upload("PARTNERSHIP_AGREEMENT", png)
	a.expect(ApplicationApproved, Needed{}, append(told, "approved")...)
}
