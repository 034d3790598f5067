package bank

import (
	"encoding/json"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// MinimumAge of an applicant, in years. (Source: the reference's Create Application.)
const MinimumAge = 18

// AgreementVersion is that of the bundle in force. It has to come with every application.
const AgreementVersion = "1.0.0"

// ApplicationStatus says how far an application is.
type ApplicationStatus string

// The statuses of applications.
const (
	ApplicationCreated         ApplicationStatus = "CREATED"
	ApplicationSubmitted       ApplicationStatus = "SUBMITTED"
	ApplicationApproved        ApplicationStatus = "APPROVED"
	ApplicationRejected        ApplicationStatus = "REJECTED"
	ApplicationDocumentsNeeded ApplicationStatus = "DOCUMENTS_NEEDED"
	ApplicationManualReview    ApplicationStatus = "MANUAL_REVIEW"
	// ApplicationPending is SUBMITTED by another name. (Inferred from the contract, which says the same of both.)
	ApplicationPending ApplicationStatus = "PENDING"
	// ApplicationClosed is for companies alone: it is given up. (Inferred.)
	ApplicationClosed ApplicationStatus = "CLOSED"
)

// Consent says which agreements somebody has consented to, and when.
type Consent struct {
	Version string    `json:"version"`
	Time    time.Time `json:"time"`
}

// Application is a person's, or a company's with the people behind it.
type Application struct {
	ID      uuid.UUID         `json:"id"`
	Created time.Time         `json:"created"`
	Updated time.Time         `json:"updated"`
	Status  ApplicationStatus `json:"status"`
	Course
	CustomerID uuid.UUID `json:"customer_id,omitzero"`
	// Customer is what it becomes when it is approved. A company's is empty until it is submitted.
	Customer Customer `json:"customer"`
	// Details are what it consists of, as it is to be shown. A company's say which documents it is asked for.
	Details json.RawMessage `json:"details"`
	// Reasons say why it was not simply approved.
	Reasons []string       `json:"reasons,omitempty"`
	Parties []RelatedParty `json:"parties,omitempty"`
	// ReviewAt is when the review ends, if there is one.
	ReviewAt time.Time `json:"review_at,omitzero"`
}

// RelatedParty is somebody behind a company.
type RelatedParty struct {
	ID      uuid.UUID       `json:"id"`
	Details json.RawMessage `json:"details"`
	// Share is the part of the company that the party owns, as a decimal from 0 to 1; nil means none.
	Share *string `json:"share,omitempty"`
	// Owner is the party as a beneficial owner.
	Owner json.RawMessage `json:"owner"`
}

type onboardingTables struct {
	applications *state.Table[uuid.UUID, Application]
	businesses   *state.Table[uuid.UUID, Application]
}

func newOnboardingTables(b *Bank) onboardingTables {
	id := func(a *Application) uuid.UUID { return a.ID }
	at := func(a *Application) time.Time { return a.ReviewAt }
	t := onboardingTables{
		applications: state.NewTable(b.db, "application", id),
		businesses:   state.NewTable(b.db, "business", id),
	}
	t.applications.When(at, func(tx *state.Tx, a *Application) { b.sub(tx).review(t.applications, a) })
	t.businesses.When(at, func(tx *state.Tx, a *Application) { b.sub(tx).review(t.businesses, a) })
	return t
}

// CheckConsent refuses a consent to anything but the bundle in force.
func CheckConsent(version string, location ...string) error {
	if version != AgreementVersion {
		return invalid("agreement_version", "must be the version of the bundle in force: fetch the agreements again",
			location...)
	}
	return nil
}

// CreateApplication notes a person's application. born is the day of birth.
func (t *Tx) CreateApplication(customer Customer, born calendar.Date, consent Consent, details json.RawMessage) (
	*Application, error) {
	if err := CheckConsent(consent.Version, "body", "agreement_consent", "version"); err != nil {
		return nil, err
	}
	year, month, day := t.today().YearMonthDay()
	if born > calendar.NewDate(year-MinimumAge, month, day) {
		return nil, invalid("minimum_age", "the applicant must be 18 or older", "body", "date_of_birth")
	}
	a := &Application{ID: t.freeID(t.isOwner), Created: t.now, Updated: t.now, Status: ApplicationCreated,
		Customer: customer, Details: details}
	t.applications.Insert(t.tx, a)
	return a, nil
}

// Application returns a person's application.
func (t *Tx) Application(id uuid.UUID) (*Application, error) {
	if a := t.applications.Get(id); a != nil {
		return a, nil
	}
	return nil, notFound()
}

// SubmitApplication begins the review of a person's application.
func (t *Tx) SubmitApplication(id uuid.UUID) (*Application, error) {
	a, err := t.Application(id)
	if err != nil {
		return nil, err
	}
	if a.Status != ApplicationCreated {
		return nil, submitted()
	}
	course, err := t.course("submitApplication")
	if err != nil {
		return nil, err
	}
	return t.submit(t.applications, a, a.Customer, course), nil
}

func submitted() error {
	return invalid("status", "the application was submitted before", "path", "application_id")
}

func (t *Tx) submit(table *state.Table[uuid.UUID, Application], a *Application, customer Customer, course Course,
) *Application {
	changed := *a
	changed.Status, changed.Updated, changed.Customer, changed.Course = ApplicationSubmitted, t.now, customer, course
	// The review takes no time. (Inferred: a real one does, and how long is not documented.)
	changed.ReviewAt = changed.reviewAt(t.now)
	table.Update(t.tx, &changed)
	return &changed
}

// reviewAt is when its review goes on, which it would do at a time by itself. It is put off, or held, where its fate
// says, or else where it is submitted.
func (a *Application) reviewAt(at time.Time) time.Time {
	turning := ApplicationSubmitted
	if a.isFated(string(ApplicationPending), string(ApplicationManualReview)) {
		turning = ApplicationStatus(a.Fate.State)
	}
	if turning != a.Status {
		return at
	}
	return a.next(at)
}

// outcome is how the review of an application ends.
type outcome struct {
	status  ApplicationStatus
	reasons []string
	// documents are what is asked for, if that is the outcome.
	documents []DocumentType
}

// reviewOutcome decides how the review of an application ends. One that was in MANUAL_REVIEW, or has been PENDING, is
// decided about again.
func (t *Tx) reviewOutcome(a *Application) outcome {
	state := ApplicationStatus(a.state())
	if state == "" || state == a.Status || state == ApplicationApproved {
		return outcome{status: ApplicationApproved}
	}
	o := outcome{status: state, documents: a.Fate.Documents}
	if a.Fate.Reason != "" {
		o.reasons = []string{a.Fate.Reason}
	}
	if state == ApplicationDocumentsNeeded && len(o.documents) == 0 {
		o.documents = []DocumentType{DocumentIDFront}
		if a.Customer.Type == Business {
			o.documents = []DocumentType{"EIN_CONFIRMATION"}
		}
	}
	return o
}

// review ends the review of an application.
func (t *Tx) review(table *state.Table[uuid.UUID, Application], a *Application) {
	t.conclude(table, a, t.reviewOutcome(a))
}

// manualReviewHour is the hour of the next business day, in New York, at which a person has reviewed an application.
// (Inferred.)
const manualReviewHour = 9

// conclude has the outcome of a review take effect.
func (t *Tx) conclude(table *state.Table[uuid.UUID, Application], a *Application, o outcome) {
	changed := *a
	changed.Status, changed.Reasons, changed.Updated, changed.ReviewAt = o.status, o.reasons, t.now, time.Time{}
	switch o.status {
	case ApplicationApproved:
		customer := a.Customer
		for _, party := range a.Parties {
			if owned, ok := fraction(party.Share); ok && owned.Sign() > 0 {
				customer.Owners = append(customer.Owners, party.Owner)
			}
		}
		t.addCustomer(&customer)
		changed.CustomerID = customer.ID
	case ApplicationManualReview:
		changed.ReviewAt = changed.reviewAt(calendar.FederalReserve.After(t.today()).At(manualReviewHour, 0))
	case ApplicationPending:
		changed.ReviewAt = changed.reviewAt(t.now)
	case ApplicationDocumentsNeeded:
		for _, kind := range o.documents {
			t.ask(a.ID, request{kind: kind})
		}
	default: // It is rejected or closed, and nothing follows.
	}
	if changed.ReviewAt.IsZero() && !changed.Held {
		changed.Course = Course{}
	}
	table.Update(t.tx, &changed)
	t.emitStatus(&changed)
}

// decideApplication has a fate take effect on an application.
func (t *Tx) decideApplication(table *state.Table[uuid.UUID, Application], a *Application, f *Fate) error {
	changed := *a
	changed.Course = Course{Fate: f}
	state := ApplicationStatus(f.State)
	switch {
	case a.Status == ApplicationApproved || a.Status == ApplicationRejected || a.Status == ApplicationClosed:
		return cannot(a.Status, "that is how it has ended")
	case a.Status == ApplicationCreated && state != ApplicationClosed:
		return cannot(a.Status, "it was not submitted")
	case f.Hold && (state == "" || state == a.Status):
		if a.Status == ApplicationDocumentsNeeded {
			return cannot(a.Status, "it waits for its documents")
		}
		changed.Held, changed.ReviewAt = true, time.Time{}
		table.Update(t.tx, &changed)
		return nil
	case state == a.Status && state != ApplicationDocumentsNeeded || state == ApplicationSubmitted:
		return cannot(a.Status, "it is that already, or was")
	}
	f.Hold = f.Hold || state == ApplicationPending
	t.conclude(table, &changed, t.reviewOutcome(&changed))
	return nil
}

// emitStatus tells how the review of an application has ended: as application.approved and the like. There are no such
// events of other statuses.
func (t *Tx) emitStatus(a *Application) {
	if a.Status == ApplicationPending || a.Status == ApplicationClosed {
		return
	}
	t.emit("application."+strings.ToLower(string(a.Status)), a.CustomerID, map[string]any{"application_id": a.ID})
}

// CreateBusinessApplication notes a company's application, which may lack anything so far. The Nil UUID has an id made.
func (t *Tx) CreateBusinessApplication(id uuid.UUID, details json.RawMessage) (*Application, error) {
	if id == uuid.Nil {
		id = t.freeID(t.isOwner)
	}
	if t.isOwner(id) {
		return nil, invalid("unique", "there is an application with this id", "body", "id")
	}
	a := &Application{ID: id, Created: t.now, Updated: t.now, Status: ApplicationCreated, Details: details}
	t.businesses.Insert(t.tx, a)
	t.askByChecklist(a)
	return a, nil
}

// isOwner reports whether somebody has an id whom documents are about: they are known by it alone.
func (t *Tx) isOwner(id uuid.UUID) bool {
	return t.businesses.Get(id) != nil || t.applications.Get(id) != nil || t.customers.Get(id) != nil
}

// BusinessApplication returns a company's application.
func (t *Tx) BusinessApplication(id uuid.UUID) (*Application, error) {
	if a := t.businesses.Get(id); a != nil {
		return a, nil
	}
	return nil, notFound()
}

// editableBusiness returns an application that has not been submitted.
func (t *Tx) editableBusiness(id uuid.UUID) (*Application, error) {
	a, err := t.BusinessApplication(id)
	if err == nil && a.Status != ApplicationCreated {
		err = submitted()
	}
	return a, err
}

// UpdateBusinessApplication replaces what a company's application consists of.
func (t *Tx) UpdateBusinessApplication(id uuid.UUID, change func(details json.RawMessage) (json.RawMessage, error)) (
	*Application, error) {
	a, err := t.editableBusiness(id)
	if err != nil {
		return nil, err
	}
	changed := *a
	if changed.Details, err = change(a.Details); err != nil {
		return nil, err
	}
	changed.Updated = t.now
	t.putBusiness(&changed)
	return &changed, nil
}

// putBusiness replaces a company's application.
func (t *Tx) putBusiness(changed *Application) {
	t.businesses.Update(t.tx, changed)
	t.askByChecklist(changed)
}

// Company is what a company's application says. Nil is what it does not say.
type Company struct {
	Name                                   *string
	HasEntityType, HasIdentificationNumber bool
	Email, Phone                           *string
	Address                                *Address
	// Consent is the version of the agreements.
	Consent *string
	// Details are those of the customer that it becomes.
	Details json.RawMessage
}

// check refuses a company that lacks something. (Inferred: the reference says "complete", not what that means.)
func (c *Company) check(parties []RelatedParty) error {
	var missing Refusals
	for _, part := range []struct {
		name  string
		there bool
	}{
		{"address", c.Address != nil},
		{"agreement_consent", c.Consent != nil},
		{"contact", c.Email != nil && c.Phone != nil},
		{"entity_type", c.HasEntityType},
		{"identification_number", c.HasIdentificationNumber},
		{"name", c.Name != nil},
		{"related_party_applications", len(parties) > 0},
	} {
		if !part.there {
			missing = append(missing, invalid("missing", "is needed before the application is submitted", "application",
				part.name))
		}
	}
	if len(missing) > 0 {
		return missing
	}
	return CheckConsent(*c.Consent, "application", "agreement_consent", "version")
}

// SubmitBusinessApplication begins the review of a company's application, which read makes out. It fails with Refusals
// if something is missing.
func (t *Tx) SubmitBusinessApplication(id uuid.UUID, read func(details json.RawMessage) (Company, error)) (
	*Application, error) {
	a, err := t.editableBusiness(id)
	if err != nil {
		return nil, err
	}
	c, err := read(a.Details)
	if err != nil {
		return nil, err
	}
	if err := c.check(a.Parties); err != nil {
		return nil, err
	}
	course, err := t.course("submitBusinessApplication")
	if err != nil {
		return nil, err
	}
	return t.submit(t.businesses, a, Customer{Type: Business, Name: *c.Name, Email: *c.Email, Phone: *c.Phone,
		Address: *c.Address, Details: c.Details}, course), nil
}

// RelatedParties returns the people behind a company.
func (t *Tx) RelatedParties(application uuid.UUID) ([]RelatedParty, error) {
	a, err := t.BusinessApplication(application)
	if err != nil {
		return nil, err
	}
	return a.Parties, nil
}

// AddRelatedParty adds somebody to a company's application. describe is given the id.
func (t *Tx) AddRelatedParty(application uuid.UUID, describe func(id uuid.UUID) (RelatedParty, error)) (
	*RelatedParty, error) {
	a, err := t.editableBusiness(application)
	if err != nil {
		return nil, err
	}
	party, err := describe(t.newID())
	if err != nil {
		return nil, err
	}
	if err := checkShare(party); err != nil {
		return nil, err
	}
	changed := *a
	changed.Parties, changed.Updated = append(slices.Clone(a.Parties), party), t.now
	t.putBusiness(&changed)
	return &party, nil
}

// ChangeRelatedParty replaces somebody of a company's application by what change makes of them.
func (t *Tx) ChangeRelatedParty(application, id uuid.UUID, change func(RelatedParty) (RelatedParty, error)) (
	*RelatedParty, error) {
	changed, i, err := t.relatedParty(application, id)
	if err != nil {
		return nil, err
	}
	party, err := change(changed.Parties[i])
	if err != nil {
		return nil, err
	}
	if err := checkShare(party); err != nil {
		return nil, err
	}
	changed.Parties[i] = party
	t.putBusiness(changed)
	return &party, nil
}

// RemoveRelatedParty removes somebody from a company's application.
func (t *Tx) RemoveRelatedParty(application, id uuid.UUID) error {
	changed, i, err := t.relatedParty(application, id)
	if err != nil {
		return err
	}
	changed.Parties = slices.Delete(changed.Parties, i, i+1)
	t.putBusiness(changed)
	return nil
}

// relatedParty returns a copy of an application that can be changed, and which of its parties has an id.
func (t *Tx) relatedParty(application, id uuid.UUID) (changed *Application, i int, err error) {
	a, err := t.BusinessApplication(application)
	if err != nil {
		return nil, 0, err
	}
	i = slices.IndexFunc(a.Parties, func(p RelatedParty) bool { return p.ID == id })
	if i < 0 {
		return nil, 0, notFound()
	}
	if a.Status != ApplicationCreated {
		return nil, 0, submitted()
	}
	copied := *a
	copied.Parties, copied.Updated = slices.Clone(a.Parties), t.now
	return &copied, i, nil
}

// decimal is a plain decimal of bounded length: an exponent could make a number of gigabytes.
var decimal = regexp.MustCompile(`^\d{1,3}(\.\d{1,30})?$`)

// fraction reads a decimal from 0 to 1; nil is 0.
func fraction(text *string) (*big.Rat, bool) {
	if text == nil {
		return new(big.Rat), true
	}
	if !decimal.MatchString(*text) {
		return nil, false
	}
	r, ok := new(big.Rat).SetString(*text)
	return r, ok && r.Cmp(big.NewRat(1, 1)) <= 0
}

// checkShare refuses what is no part of a company.
func checkShare(p RelatedParty) error {
	if _, ok := fraction(p.Share); !ok {
		return invalid("range", "must be a decimal between 0 and 1", "body", "ownership_percentage")
	}
	return nil
}

// Mask hides all but the last four characters of an identification number, and all of a short one.
func Mask(number string) string {
	const visible = 4
	if runes := []rune(number); len(runes) > visible {
		return "*****" + string(runes[len(runes)-visible:])
	}
	return strings.Repeat("*", 9)
}

// checkApplication notes when an application has become nobody, and when nobody will ever review it.
func (a *audit) checkApplication(x *Application) {
	if approved := x.Status == ApplicationApproved; approved != (x.CustomerID != uuid.Nil) ||
		approved && a.customers.Get(x.CustomerID) == nil || x.Customer.ID != uuid.Nil {
		a.note("application %s is %s, and its customer is %s", x.ID, x.Status, x.CustomerID)
	}
	waits := x.Status == ApplicationSubmitted || x.Status == ApplicationPending || x.Status == ApplicationManualReview
	if x.misses(waits, x.ReviewAt) || !waits && x.Fate != nil {
		a.note("application %s is %s, is held: %t, and its review ends at %s", x.ID, x.Status, x.Held, x.ReviewAt)
	}
}

var onboardingRules = []Rule{
	{[]string{"createApplication"}, "The applicant is 18 or older.", Documented, "reference, Create Application"},
	{[]string{"createApplication", "submitBusinessApplication"}, "The consent is to the bundle of agreements in force.",
		Documented, "partner obligations"},
	{[]string{"submitApplication", "submitBusinessApplication"}, "A review takes no time, and ends with an approval, " +
		"unless somebody has decided otherwise.", Inferred, ""},
	{[]string{"getApplication", "getBusinessApplication"}, "PENDING is SUBMITTED by another name, and CLOSED a " +
		"company's application that is given up. Neither they nor SUBMITTED have an event.", Inferred, ""},
	{[]string{"submitBusinessApplication"}, "A company's application needs a name, an entity type, an identification " +
		"number, an address, a contact, a consent and a related party.", Inferred, ""},
	{[]string{"updateBusinessApplication", "createRelatedPartyApplication", "updateRelatedPartyApplication",
		"deleteRelatedPartyApplication"}, "Nothing of an application changes once it is submitted.", Inferred, ""},
}
