package bank

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/ach"
)

// Fate is what somebody has decided about what an operation makes, or about something that is there already, in the
// place of what the bank would decide by itself. The zero value leaves everything to the bank.
type Fate struct {
	// State is the status that it is to reach, by the contract's name of it. Empty leaves that to the bank. In one that
	// something only passes through by itself, it waits until somebody decides, or for Days.
	State string `json:"state,omitempty"`
	// Reason says why, by the contract's name if it has one.
	Reason string `json:"reason,omitempty"`
	// Return is the code with which an ACH entry comes back, one of ach.Returns.
	Return string `json:"return,omitempty"`
	// Correction is the code of the change that the other bank asks for, C01 to C14, or with which it refuses one, C61
	// to C69.
	Correction string `json:"correction,omitempty"`
	// Days is how many business days of the Federal Reserve later than by itself it happens. An ACH entry that comes
	// back settles before, unless it is 0.
	Days int `json:"days,omitempty"`
	// Hold has it wait where it is until somebody decides.
	Hold bool `json:"hold,omitempty"`
	// Documents are what an application is asked for that becomes DOCUMENTS_NEEDED.
	Documents []DocumentType `json:"documents,omitempty"`
}

// IsZero reports whether the bank decides everything by itself.
func (f *Fate) IsZero() bool {
	return f == nil || f.State == "" && f.Reason == "" && f.Return == "" && f.Correction == "" && f.Days == 0 &&
		!f.Hold && len(f.Documents) == 0
}

// Course is what a record knows of its fate.
type Course struct {
	// Fate is what somebody has decided about it, as long as some of that is still to come.
	Fate *Fate `json:"fate,omitempty"`
	// Held says that it waits until somebody decides.
	Held bool `json:"held,omitempty"`
}

// state is the status that it is to reach, or empty if the bank decides that.
func (c *Course) state() string {
	if c.Fate == nil {
		return ""
	}
	return c.Fate.State
}

// reason is why it reaches that status, or another if nobody has said why.
func (c *Course) reason(otherwise string) string {
	if c.Fate == nil || c.Fate.Reason == "" {
		return otherwise
	}
	return c.Fate.Reason
}

// isFated reports whether it is to reach one of some statuses.
func (c *Course) isFated(states ...string) bool {
	return c.Fate != nil && slices.Contains(states, c.Fate.State)
}

// next is when something goes on that would do so at a time by itself. If it is held it never does, and notes that.
func (c *Course) next(at time.Time) time.Time {
	switch {
	case c.Fate == nil:
		return at
	case c.Fate.Hold:
		c.Held = true
		return time.Time{}
	}
	return postponed(at, c.Fate.Days)
}

// misses reports whether the time at which a record is due does not fit to whether something is awaited of it.
func (c *Course) misses(awaited bool, at time.Time) bool {
	return c.Held && (!awaited || !at.IsZero()) || !c.Held && awaited == at.IsZero()
}

// postponed is a moment some business days later, at the same time of the day in New York.
func postponed(at time.Time, days int) time.Time {
	if days == 0 {
		return at
	}
	day := calendar.DateOf(at)
	return calendar.FederalReserve.Add(day, days).At(0, 0).Add(at.Sub(day.At(0, 0)))
}

// maxFateDays bounds how long something is put off, in business days: about a year.
const maxFateDays = 250

// form says what can be decided about something.
type form struct {
	// states are the statuses that it can reach.
	states []string
	// waiting are those of them that it passes through by itself, or would but for the fate: there it waits until
	// somebody decides, or for some days.
	waiting []string
	// mayHold are others of them in which it can be held.
	mayHold []string
	// reasons are why it can reach a status; none means any text.
	reasons map[string][]string
	// codes allows the codes of ACH, timed allows Days, holds allows Hold without a state.
	codes, timed, holds bool
	// documents is the status with which documents are asked for.
	documents string
}

var (
	transferReasons = []string{ReasonAccountUnavailable, ReasonCanceled, ReasonInsufficientFunds, ReasonInvalidCurrency,
		ReasonInvalidTransfer, ReasonSanctionScreenFailed}
	closureReasons = []string{string(CardLost), string(CardStolen), "DAMAGED", "NEVER_RECEIVED", string(CardExpired),
		string(CardCanceled)}
)

// What no operation makes, or what can become of it only later, has a form of its own, which is none of an operation.
const (
	decidePocket   = "a pocket"
	decideCustomer = "a customer"
)

// forms say what can be decided about what an operation makes. The names are those of the contract, apart from
// receiveWire, which is the bank's own.
var forms = map[string]form{
	"submitApplication":         applicationForm(),
	"submitBusinessApplication": applicationForm(string(ApplicationClosed)),
	"uploadApplicationDocument": documentForm, "uploadDocument": documentForm, "uploadCustomerDocument": documentForm,
	"createPocket": {states: []string{string(PocketPending), string(PocketOpen), string(PocketFrozen)},
		waiting: []string{string(PocketPending)}, timed: true, holds: true},
	decidePocket: {states: []string{string(PocketPending), string(PocketOpen), string(PocketFrozen),
		string(PocketClosed)}, waiting: []string{string(PocketPending)}, holds: true,
		reasons: map[string][]string{string(PocketClosed): nil}},
	decideCustomer: {states: []string{string(CustomerOpen), string(CustomerFrozen), string(CustomerClosed)}},
	"createOnUsTransfer": {
		states:  []string{string(TransferPending), string(TransferCompleted), string(TransferRejected)},
		waiting: []string{string(TransferPending)}, timed: true, holds: true,
		reasons: map[string][]string{string(TransferRejected): transferReasons}},
	"createACHOrigination": {
		states: []string{string(OriginationPending), string(OriginationApproved), string(OriginationInTransit),
			string(OriginationProcessed), string(OriginationRejected), string(OriginationCancelled),
			string(OriginationFailed)},
		waiting: []string{string(OriginationPending), string(OriginationApproved), string(OriginationInTransit)},
		reasons: map[string][]string{string(OriginationRejected): transferReasons,
			string(OriginationFailed): transferReasons},
		codes: true, timed: true, holds: true},
	"createWire": wireForm, "receiveWire": wireForm,
	"createCounterparty": {
		states:  []string{stateInProgress, statePending, stateVerified, stateLinked, stateFailed, stateUnlinked},
		waiting: []string{stateInProgress, statePending}, timed: true, holds: true},
	"createPlaidCounterparties": {
		states: []string{stateInProgress, statePending, stateVerified, stateLinked, stateFailed, stateUnlinked,
			string(PlaidPendingAutomatic), string(PlaidPendingManual), string(PlaidAutomatic), string(PlaidManual),
			string(PlaidExpired), string(PlaidFailed)},
		waiting: []string{stateInProgress, statePending, string(PlaidPendingAutomatic)}, timed: true, holds: true},
	"verifyPlaidCounterparty": {
		states: []string{stateInProgress, statePending, stateVerified, stateFailed, stateUnlinked,
			string(PlaidPendingManual), string(PlaidManual), string(PlaidExpired), string(PlaidFailed)},
		waiting: []string{stateInProgress, statePending, string(PlaidPendingManual)}, timed: true, holds: true},
	"createVirtualCard": {
		states:  []string{string(CardOpen), string(CardLocked), string(CardFrozen), string(CardClosed)},
		reasons: map[string][]string{string(CardClosed): closureReasons}},
	"generatePhysicalCard": {
		states: []string{string(CardNotActivated), string(CardOpen), string(CardLocked), string(CardFrozen),
			string(CardClosed)},
		reasons: map[string][]string{string(CardClosed): closureReasons}},
	"createCardOrder": {
		states: []string{string(CardOrderInitial), string(CardOrderCreated), string(CardOrderOrdered),
			string(CardOrderReceived)},
		waiting: []string{string(CardOrderInitial), string(CardOrderCreated), string(CardOrderOrdered)},
		timed:   true, holds: true},
	"simulateCardSwipe": {
		states:  []string{string(SwipeOnHold), string(SwipeSettled), string(SwipeReversed), string(SwipeDeclined)},
		waiting: []string{string(SwipeOnHold)}, timed: true, holds: true,
		reasons: map[string][]string{string(SwipeDeclined): {DeclinedCard, DeclinedAccount, DeclinedFunds,
			DeclinedAmount}}},
	"fundAccount": {states: []string{stateBooked, stateSettled}, waiting: []string{stateBooked}, timed: true,
		holds: true},
	"createReportRequest": {
		states:  []string{string(ReportPending), string(ReportCompleted), string(ReportFailed)},
		waiting: []string{string(ReportPending)}, timed: true, holds: true},
}

var (
	documentForm = form{
		states:  []string{string(DocumentPendingReview), string(DocumentApproved), string(DocumentInvalid)},
		waiting: []string{string(DocumentPendingReview)}, timed: true, holds: true,
		reasons: map[string][]string{string(DocumentInvalid): nil}}
	wireForm = form{
		states:  []string{string(WireProcessing), string(WireSuccess), string(WireRejected)},
		waiting: []string{string(WireProcessing)}, timed: true, holds: true,
		reasons: map[string][]string{string(WireRejected): transferReasons}}
)

func applicationForm(more ...string) form {
	f := form{
		states: append([]string{string(ApplicationSubmitted), string(ApplicationPending),
			string(ApplicationManualReview), string(ApplicationDocumentsNeeded), string(ApplicationApproved),
			string(ApplicationRejected)}, more...),
		waiting: []string{string(ApplicationSubmitted), string(ApplicationPending)},
		mayHold: []string{string(ApplicationManualReview)}, timed: true, holds: true,
		reasons: map[string][]string{string(ApplicationManualReview): nil, string(ApplicationDocumentsNeeded): nil,
			string(ApplicationRejected): nil},
		documents: string(ApplicationDocumentsNeeded)}
	for _, state := range more {
		f.reasons[state] = nil
	}
	return f
}

// FateOperations returns the names of the operations whose outcome can be decided, in the order of the alphabet. They
// are the contract's, but for receiveWire, which has a wire arrive.
func FateOperations() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(forms)), isNoOperation)
}

func isNoOperation(name string) bool { return strings.Contains(name, " ") }

// FateStates returns the statuses that what an operation makes can be brought to, or nil if there are none.
func FateStates(operation string) []string { return slices.Clone(forms[operation].states) }

// FateReasons returns the reasons that can be given with an operation, or nil if there are none, or if any text will
// do.
func FateReasons(operation string) []string {
	var all []string
	for _, state := range forms[operation].states {
		for _, reason := range forms[operation].reasons[state] {
			if !slices.Contains(all, reason) {
				all = append(all, reason)
			}
		}
	}
	return all
}

// CheckFate refuses what cannot become of what an operation makes. The location of the Refusal is the member that is
// wrong, as it is called in JSON: state, reason, return, correction, days, hold or documents; it is operation if
// nothing can be decided about that.
func CheckFate(operation string, f Fate) error {
	if f.IsZero() {
		return nil
	}
	about, ok := forms[operation]
	if !ok || isNoOperation(operation) {
		return invalid("fate", "nothing can be decided about what this operation makes", "operation")
	}
	return about.check(&f)
}

func (a *form) check(f *Fate) error {
	no := func(member, message string) error { return invalid("fate", message, member) }
	oneOf := func(values []string) string { return "must be one of " + strings.Join(values, ", ") }
	if f.State != "" && !slices.Contains(a.states, f.State) {
		return no("state", oneOf(a.states))
	}
	if err := a.checkReason(f); err != nil {
		return err
	}
	if err := a.checkCodes(f); err != nil {
		return err
	}
	waits := slices.Contains(a.waiting, f.State)
	switch {
	case f.Days != 0 && !a.timed:
		return no("days", "must be left out: it takes effect at once")
	case f.Days < 0 || f.Days > maxFateDays:
		return no("days", "must be from 0 to "+strconv.Itoa(maxFateDays))
	case f.Hold && f.Days != 0:
		return no("hold", "must be left out: days say how long it waits")
	case f.Hold && (f.Return != "" || f.Correction != ""):
		return no("hold", "must be left out with the code of a bank, which comes by itself")
	case f.Hold && !a.holds && f.State == "":
		return no("hold", "must be left out: there is nothing to wait for")
	case f.Hold && f.State != "" && !waits && !slices.Contains(a.mayHold, f.State):
		return no("hold", "must be left out: "+f.State+" is where it ends, or where it waits for somebody else")
	case len(f.Documents) > 0 && (a.documents == "" || f.State != a.documents):
		return no("documents", "must be left out unless documents are needed")
	}
	for _, kind := range f.Documents {
		if !slices.Contains(documentTypes, kind) {
			return no("documents", fmt.Sprintf("has %q, which is no type of documents", kind))
		}
	}
	return nil
}

func (a *form) checkReason(f *Fate) error {
	if f.Reason == "" {
		return nil
	}
	known, ok := a.reasons[f.State]
	switch {
	case !ok:
		return invalid("fate", "must be left out unless the state is one that is reached for a reason", "reason")
	case f.Return != "":
		return invalid("fate", "must be left out: the code of the return is the reason", "reason")
	case len(known) > 0 && !slices.Contains(known, f.Reason):
		return invalid("fate", "must be one of "+strings.Join(known, ", "), "reason")
	}
	return nil
}

func (a *form) checkCodes(f *Fate) error {
	no := func(member, message string) error { return invalid("fate", message, member) }
	failed, processed := string(OriginationFailed), string(OriginationProcessed)
	_, isReturn := ach.Return(f.Return)
	_, isChange := ach.Change(f.Correction)
	switch {
	case f.Return != "" && !a.codes:
		return no("return", "must be left out: it is no entry of ACH")
	case f.Return != "" && !isReturn:
		return no("return", "must be the code of a return, such as R01: not every number is one")
	case f.Return != "" && f.State != "" && f.State != failed:
		return no("state", "must be "+failed+" or left out: the entry comes back")
	case f.Correction != "" && !a.codes:
		return no("correction", "must be left out: it is no entry of ACH")
	case f.Correction != "" && !isChange:
		return no("correction", "must be the code of a change, such as C01 or C61: not every number is one")
	case f.Correction != "" && f.Return != "":
		return no("correction", "must be left out: the entry comes back")
	case f.Correction != "" && f.State != "" && f.State != processed:
		return no("state", "must be "+processed+" or left out: a change is asked for of what was posted")
	}
	return nil
}

// complete returns a copy of a fate that says whether it waits.
func (a *form) complete(f *Fate) *Fate {
	if f.IsZero() {
		return nil
	}
	done := *f
	done.Documents = slices.Clone(f.Documents)
	done.Hold = f.Hold || slices.Contains(a.waiting, f.State) && f.Days == 0
	return &done
}

// course is the fate of what an operation is about to make. It fails with a Refusal if that is impossible.
func (t *Tx) course(operation string) (Course, error) {
	if t.fate.IsZero() {
		return Course{}, nil
	}
	if err := CheckFate(operation, *t.fate); err != nil {
		return Course{}, err
	}
	about := forms[operation]
	return Course{Fate: about.complete(t.fate)}, nil
}
