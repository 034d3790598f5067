package bank

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"go.yaml.in/yaml/v3"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/pkg/ach"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
)

// An entry that comes back at once was never PROCESSED; later, it was, and the money is taken back.
func TestAnEntryComesBackWhenItsFateSays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		direction ACHDirection
		fate      Fate
		// before and after are two moments, status that at the first of them; has is what the first pocket has at the
		// end, without what it has earned.
		before     string
		status     OriginationStatus
		after      string
		reason     string
		has        int64
		told       []string
		correction string
	}{
		{"a debit at once", ACHDebit, Fate{Return: "R01"}, "2026-07-15 16:59", OriginationInTransit, "2026-07-15 17:00",
			"R01", 1000_00, []string{"transfers.ach.in.rejected"}, ""},
		{"a debit two days later", ACHDebit, Fate{Return: "R10", Days: 2}, "2026-07-17 08:59", OriginationProcessed,
			"2026-07-17 09:00", "R10", 1000_00, []string{"transfers.ach.in.success", "transfers.ach.in.rejected"}, ""},
		{"a debit over a weekend", ACHDebit, Fate{Return: "R07", Days: 4}, "2026-07-21 08:59", OriginationProcessed,
			"2026-07-21 09:00", "R07", 1000_00, []string{"transfers.ach.in.success", "transfers.ach.in.rejected"}, ""},
		{"a credit at once", ACHCredit, Fate{State: "FAILED"}, "2026-07-16 16:59", OriginationInTransit,
			"2026-07-16 17:00", "R03", 1000_00, []string{"transfers.ach.out.sent", "transfers.ach.out.rejected"}, ""},
		{"a credit three days later", ACHCredit, Fate{Return: "R02", Days: 3}, "2026-07-21 08:59",
			OriginationProcessed, "2026-07-21 09:00", "R02", 1000_00,
			[]string{"transfers.ach.out.sent", "transfers.ach.out.success", "transfers.ach.out.rejected"}, ""},
		{"a correction at once", ACHDebit, Fate{Correction: "C01"}, "2026-07-15 16:59", OriginationInTransit,
			"2026-07-15 17:00", "", 1100_00, []string{"transfers.ach.in.success"}, "C01"},
		{"a correction a day later", ACHCredit, Fate{Correction: "C02", Days: 1}, "2026-07-17 08:59",
			OriginationProcessed, "2026-07-17 09:00", "", 900_00,
			[]string{"transfers.ach.out.sent", "transfers.ach.out.success"}, "C02"},
		{"a refused correction after the time for returns", ACHCredit, Fate{Correction: "C61", Days: 5},
			"2026-07-23 08:59", OriginationProcessed, "2026-07-23 09:00", "", 900_00,
			[]string{"transfers.ach.out.sent", "transfers.ach.out.success"}, "C61"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, store := newFatedWorld(t)
			made := makers["createACHOrigination"]
			if c.direction == ACHDebit {
				made = originating(ACHDebit)
			}
			var id uuid.UUID
			w.do(t, func(x *Tx) (err error) {
				x.Decide(&c.fate)
				id, err = made(t, w)(x)
				return err
			})
			w.until(t, c.before)
			if o := w.origination(t, id); o.Status != c.status || o.Correction != "" {
				t.Errorf("before, it is %s %s", o.Status, o.Correction)
			}
			w.close(t)
			w.Bank = openBank(t, Config{Store: store})
			w.until(t, c.after)
			want := OriginationFailed
			if c.correction != "" {
				want = OriginationProcessed
			}
			o := w.origination(t, id)
			if o.Status != want || o.Reason != c.reason || o.Correction != c.correction {
				t.Errorf("it is %s %s %s", o.Status, o.Reason, o.Correction)
			}
			if c.correction != "" {
				w.look(t, func(x *Tx) {
					if text := x.transactions.Get(o.TransactionID).Description; !strings.Contains(text, c.correction) {
						t.Errorf("its transaction says %q", text)
					}
				})
			}
			if has := w.has(t); has[0]-w.earned(t) != c.has || has[2] != 0 {
				t.Errorf("the pockets have %v; want %d", has, c.has)
			}
			if got := w.told(t); !slices.Equal(got, c.told) {
				t.Errorf("events tell of %v; want %v", got, c.told)
			}
			w.quiet(t)
			w.close(t)
		})
	}
}

// earned is what the first pocket has earned.
func (w *world) earned(t tester) (cents int64) {
	t.Helper()
	w.look(t, func(x *Tx) { cents = x.Earned(w.first) })
	return cents
}

// Every code of a return and of a change does what it says, whatever the direction.
func TestEveryCodeOfACHCanBeHad(t *testing.T) {
	t.Parallel()
	w, _ := newFatedWorld(t)
	defer w.close(t)
	var fates []Fate
	for _, r := range ach.Returns() {
		fates = append(fates, Fate{Return: r.Code})
	}
	for _, c := range ach.Changes() {
		fates = append(fates, Fate{Correction: c.Code})
	}
	ids := make([]uuid.UUID, len(fates))
	for i, f := range fates {
		w.do(t, func(x *Tx) error {
			x.Decide(&f)
			o, err := x.CreateOrigination(OriginationOrder{Pocket: w.first, Counterparty: w.ach, Cents: 1_00,
				Direction: []ACHDirection{ACHDebit, ACHCredit}[i%2]})
			ids[i] = o.ID
			return err
		})
	}
	w.quiet(t)
	for i, f := range fates {
		if o := w.origination(t, ids[i]); o.Reason != f.Return || o.Correction != f.Correction {
			t.Errorf("%+v has made it %s %s %s", f, o.Status, o.Reason, o.Correction)
		}
	}
}

// What somebody decides takes effect at once, and is refused when it comes too late or too early.
func TestWhatIsThereCanBeDecidedAbout(t *testing.T) {
	t.Parallel()
	hold := func(state string) Fate { return Fate{State: state, Hold: true} }
	for _, c := range []struct {
		name, operation string
		made            Fate
		decided         []Fate
		// want are the statuses after each decision; an empty one says that it is refused.
		want []string
	}{
		{"an application that a person approves", "submitApplication", hold("MANUAL_REVIEW"),
			[]Fate{{State: "APPROVED"}, {State: "REJECTED"}}, []string{"APPROVED", ""}},
		{"an application that a person rejects", "submitApplication", hold("MANUAL_REVIEW"),
			[]Fate{{State: "REJECTED", Reason: "SANCTIONED"}, {State: "APPROVED"}}, []string{"REJECTED", ""}},
		{"an application that goes to and fro", "submitApplication", hold(""),
			[]Fate{{State: "SUBMITTED"}, {State: "PENDING"}, {State: "MANUAL_REVIEW"}, {State: "DOCUMENTS_NEEDED"},
				hold(""), {State: "APPROVED"}},
			[]string{"", "PENDING", "MANUAL_REVIEW", "DOCUMENTS_NEEDED", "", "APPROVED"}},
		{"a company that is closed", "submitBusinessApplication", hold("PENDING"),
			[]Fate{{State: "CLOSED"}, {State: "APPROVED"}}, []string{"CLOSED", ""}},
		{"a document", "uploadDocument", hold(""),
			[]Fate{{State: "PENDING_REVIEW"}, hold("PENDING_REVIEW"), {State: "INVALID", Reason: "BLURRED"},
				{State: "APPROVED"}},
			[]string{"", "PENDING_REVIEW", "INVALID", ""}},
		{"a pocket", "createPocket", hold(""),
			[]Fate{{State: "OPEN"}, {State: "PENDING"}, {State: "FROZEN"}, {State: "FROZEN"}, {State: "OPEN"},
				{State: "CLOSED"}, {State: "OPEN"}},
			[]string{"OPEN", "", "FROZEN", "", "OPEN", "CLOSED", ""}},
		{"a transfer", "createOnUsTransfer", hold(""),
			[]Fate{{State: "PENDING"}, {State: "REJECTED", Reason: ReasonSanctionScreenFailed}, {State: "COMPLETED"}},
			[]string{"", "REJECTED", ""}},
		{"an entry step by step", "createACHOrigination", hold(""),
			[]Fate{{State: "PENDING"}, hold("PENDING"), {Return: "R01"}, {Correction: "C01"}, {State: "APPROVED"},
				{State: "IN_TRANSIT"}, {State: "CANCELLED"}, {State: "APPROVED"}, {State: "PROCESSED"}, hold(""),
				{Return: "R01"}, {Return: "R01"}},
			[]string{"", "PENDING", "", "", "APPROVED", "IN_TRANSIT", "", "", "PROCESSED", "", "FAILED", ""}},
		{"an entry that is held on its way", "createACHOrigination", Fate{State: "IN_TRANSIT"},
			[]Fate{{State: "IN_TRANSIT"}, {State: "IN_TRANSIT"}, hold(""), {State: "PROCESSED"}, {Correction: "C05"}},
			[]string{"IN_TRANSIT", "", "IN_TRANSIT", "PROCESSED", "PROCESSED"}},
		{"an entry that is cancelled", "createACHOrigination", Fate{}, []Fate{{State: "CANCELLED"}, {State: "FAILED"}},
			[]string{"CANCELLED", ""}},
		{"a wire", "createWire", hold(""), []Fate{{State: "PROCESSING"}, hold(""), {State: "SUCCESS"},
			{State: "REJECTED"}}, []string{"", "PROCESSING", "SUCCESS", ""}},
		{"a wire that arrives", "receiveWire", hold(""), []Fate{{State: "SUCCESS"}}, []string{"SUCCESS"}},
		{"a counterparty", "createCounterparty", Fate{},
			[]Fate{hold(""), {State: "VERIFIED"}, {State: "VERIFIED"}, {State: "UNLINKED"}, {State: "LINKED"},
				{State: "FAILED"}, {State: "IN_PROGRESS"}, {State: "AUTOMATICALLY_VERIFIED"}},
			[]string{"IN_PROGRESS", "VERIFIED", "", "FAILED", "LINKED", "FAILED", "", ""}},
		{"an account that was linked", "createPlaidCounterparties", hold(""),
			[]Fate{{State: "PENDING_MANUAL_VERIFICATION"}, {State: "PENDING_AUTOMATIC_VERIFICATION"},
				{State: "VERIFICATION_EXPIRED"}, {State: "PENDING_MANUAL_VERIFICATION"}, {State: "MANUALLY_VERIFIED"}},
			[]string{"PENDING_MANUAL_VERIFICATION", "PENDING_AUTOMATIC_VERIFICATION", "VERIFICATION_EXPIRED", "",
				"MANUALLY_VERIFIED"}},
		{"a virtual card", "createVirtualCard", Fate{},
			[]Fate{{State: "OPEN"}, {State: "FROZEN"}, {State: "LOCKED"}, {State: "NOT_ACTIVATED"},
				{State: "CLOSED", Reason: "STOLEN"}, {State: "OPEN"}},
			[]string{"", "FROZEN", "LOCKED", "", "CLOSED", ""}},
		{"a physical card", "generatePhysicalCard", Fate{},
			[]Fate{{State: "FROZEN"}, {State: "NOT_ACTIVATED"}, {State: "OPEN"}},
			[]string{"FROZEN", "NOT_ACTIVATED", "OPEN"}},
		{"an order of a card", "createCardOrder", Fate{},
			[]Fate{hold(""), {State: "INITIAL"}, {State: "ORDERED", Hold: true}, {State: "CARD_CREATED"},
				{State: "RECEIVED"}, {State: "INITIAL"}},
			[]string{"INITIAL", "", "ORDERED", "", "RECEIVED", ""}},
		{"a card payment that is suspect", "simulateCardSwipe", Fate{State: "ON_HOLD"},
			[]Fate{{State: "ON_HOLD"}, {State: "DECLINED"}, {State: "REVERSED"}, {State: "SETTLED"}},
			[]string{"", "", "REVERSED", ""}},
		{"a deposit", "fundAccount", Fate{}, []Fate{hold(""), {State: "BOOKED"}, hold("BOOKED"), {State: "SETTLED"},
			{State: "SETTLED"}}, []string{"BOOKED", "", "BOOKED", "SETTLED", ""}},
		{"a report", "createReportRequest", Fate{}, []Fate{{State: "PENDING"}, hold(""), {State: "FAILED"},
			{State: "COMPLETED"}}, []string{"", "PENDING", "FAILED", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, store := newFatedWorld(t)
			defer func() { w.close(t) }()
			id := w.make(t, store, c.operation, c.made)
			for i, f := range c.decided {
				err := w.try(t, func(x *Tx) error { return x.DecideAbout(id, f) })
				got := w.statuses(t, id)
				switch {
				case c.want[i] == "" && !isRefusal(err):
					t.Errorf("%+v is not refused, and it is %q", f, got)
				case c.want[i] != "" && (err != nil || !slices.Contains(got, c.want[i])):
					t.Errorf("%+v: it is %q; want %s: %v", f, got, c.want[i], err)
				}
			}
			w.quiet(t)
		})
	}
}

func TestNobodyDecidesAboutNothing(t *testing.T) {
	t.Parallel()
	w, _ := newFatedWorld(t)
	defer w.close(t)
	refusedAt(t, w.try(t, func(x *Tx) error { return x.DecideAbout(uuid.New(), Fate{State: "OPEN"}) }))
	refusedAt(t, w.try(t, func(x *Tx) error { return x.SettleNow(uuid.New()) }))
	for f, member := range map[*Fate]string{
		{}: "state", {Reason: "x"}: "state", {State: "x"}: "state", {State: "OPEN", Days: 1}: "days",
		{State: "FROZEN", Reason: "x"}: "reason", {State: "FROZEN", Return: "R01"}: "return",
	} {
		refusedAt(t, w.try(t, func(x *Tx) error { return x.DecideAbout(w.first, *f) }), member)
	}
	refusedAt(t, w.try(t, func(x *Tx) error { return x.SettleNow(w.first) }), "state")
}

// No money leaves or reaches a pocket that is frozen, or whose customer is; T-bills still fall due.
func TestWhatIsFrozenDoesNotMove(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		which func(*world) uuid.UUID
		// shown are the statuses of the customer and of both pockets.
		shown [3]string
	}{
		{"a pocket", func(w *world) uuid.UUID { return w.first }, [3]string{"OPEN", "FROZEN", "OPEN"}},
		{"a customer", func(w *world) uuid.UUID { return w.customer }, [3]string{"FROZEN", "FROZEN", "FROZEN"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, _ := newFatedWorld(t)
			defer w.close(t)
			card := w.newCard(t, 1)
			debit := w.originate(t, ACHDebit, 50_00)
			credit := w.originate(t, ACHCredit, 100_00)
			id := c.which(w)
			w.do(t, func(x *Tx) error { return x.DecideAbout(id, Fate{State: "FROZEN"}) })
			var got [3]string
			for i, one := range []uuid.UUID{w.customer, w.first, w.second} {
				got[i] = w.statuses(t, one)[0]
			}
			if got != c.shown {
				t.Errorf("they are %q; want %q", got, c.shown)
			}
			cents := int64(1_00)
			for _, pay := range []func(x *Tx) error{
				func(x *Tx) error { return x.Fund(w.first, 1_00, "Employer") },
				func(x *Tx) error {
					_, err := x.CreateWire(WireOrder{Pocket: w.first, Counterparty: w.wire, Cents: &cents})
					return err
				},
				func(x *Tx) error {
					closed, why := PocketClosed, "x"
					_, err := x.UpdatePocket(w.customer, w.first, PocketChange{Status: &closed, ClosureReason: &why})
					return err
				},
			} {
				if err := w.try(t, pay); !isRefusal(err) {
					t.Errorf("it is not refused: %v", err)
				}
			}
			w.do(t, func(x *Tx) error {
				made, err := x.CreateTransfer(TransferOrder{Type: Funding, From: x.PartnerAccount(), To: w.first,
					Cents: 1_00})
				if err == nil && (made.Status != TransferRejected || made.Reason != ReasonAccountUnavailable) {
					t.Errorf("a transfer is %s %s", made.Status, made.Reason)
				}
				return err
			})
			w.do(t, func(x *Tx) error {
				arrived, err := x.ReceiveWire(WireIn{Pocket: w.first, Cents: 1_00})
				if err == nil && arrived.Status != WireRejected {
					t.Errorf("a wire is %s", arrived.Status)
				}
				return err
			})
			w.pay(t, card, 1_00)
			if got := w.outcomes(t); !slices.Equal(got, []string{"DECLINED" + DeclinedAccount}) {
				t.Errorf("the card payment is %q", got)
			}
			w.until(t, "2026-07-16 18:00")
			if in, out := w.origination(t, debit), w.origination(t, credit); in.Status != OriginationFailed ||
				out.Status != OriginationProcessed {
				t.Errorf("what was under way is %s and %s", in.Status, out.Status)
			}
			w.do(t, func(x *Tx) error { return x.DecideAbout(credit, Fate{Return: "R02"}) })
			if has := w.has(t); has[0]-w.earned(t) != 1000_00 || has[2] != 0 {
				t.Errorf("the pockets have %v", has)
			}
			w.do(t, func(x *Tx) error { return x.DecideAbout(id, Fate{State: "OPEN"}) })
			w.do(t, func(x *Tx) error { return x.Fund(w.first, 1_00, "Employer") })
			if kept := w.balance(t, ledger.Provider); kept != 0 {
				t.Errorf("the provider has %d cents", kept)
			}
		})
	}
}

// A pocket that is frozen on its own stays so when its customer no longer is, and gets no company meanwhile.
func TestACustomerWhoIsFrozen(t *testing.T) {
	t.Parallel()
	w, store := newFatedWorld(t)
	defer func() { w.close(t) }()
	pending := w.make(t, store, "createPocket", Fate{Days: 1})
	decide := func(id uuid.UUID, state string) error {
		return w.try(t, func(x *Tx) error { return x.DecideAbout(id, Fate{State: state}) })
	}
	for _, step := range []struct {
		id      uuid.UUID
		state   string
		refused bool
	}{
		{w.customer, "OPEN", true}, {w.second, "FROZEN", false}, {w.customer, "FROZEN", false},
		{w.customer, "FROZEN", true}, {w.first, "OPEN", true}, {w.customer, "CLOSED", true},
	} {
		if err := decide(step.id, step.state); isRefusal(err) != step.refused {
			t.Errorf("%s: %v", step.state, err)
		}
	}
	err := w.try(t, func(x *Tx) error { _, err := x.CreatePocket(w.customer, "x", "UST-4W", nil); return err })
	if !isRefusal(err) {
		t.Errorf("it gets a pocket: %v", err)
	}
	w.until(t, "2026-07-17 09:00")
	if got := w.statuses(t, pending); got[0] != "FROZEN" {
		t.Errorf("the pocket that was PENDING is %q", got)
	}
	if err := decide(w.customer, "OPEN"); err != nil {
		t.Error(err)
	}
	for id, want := range map[uuid.UUID]string{w.first: "OPEN", w.second: "FROZEN", pending: "OPEN"} {
		if got := w.statuses(t, id); got[0] != want {
			t.Errorf("a pocket is %q; want %s", got, want)
		}
	}
	if err := decide(w.customer, "CLOSED"); !isRefusal(err) {
		t.Errorf("it is closed with its money: %v", err)
	}
}

// seen collects what the bank has shown.
type seen map[string]bool

// Each type of events is told of by something that happens by itself, or because somebody decided so.
func TestEveryTypeOfEventsHappens(t *testing.T) {
	t.Parallel()
	all := seen{}
	for _, operation := range FateOperations() {
		for _, state := range append(FateStates(operation), "") {
			w, store := newFatedWorld(t)
			w.make(t, store, operation, Fate{State: state})
			w.quiet(t)
			if strings.HasSuffix(operation, "Origination") {
				w.originate(t, ACHDebit, 1_00)
				failed := w.originate(t, ACHDebit, 1_00)
				w.do(t, func(x *Tx) error { return x.DecideAbout(failed, Fate{State: "REJECTED"}) })
				w.quiet(t)
			}
			w.look(t, func(x *Tx) {
				x.events.All().Each(func(e *Event) bool { all[e.Type] = !e.Triggered || all[e.Type]; return true })
			})
			w.close(t)
		}
	}
	w, _ := newFatedWorld(t)
	defer w.close(t)
	w.do(t, func(x *Tx) error {
		_, err := x.CreateTransfer(TransferOrder{Type: Reallocation, From: w.first, To: w.second, Cents: 1,
			Async: true})
		return err
	})
	w.look(t, func(x *Tx) { x.events.All().Each(func(e *Event) bool { all[e.Type] = true; return true }) })
	for _, kind := range EventTypes() {
		if !all[kind] {
			t.Errorf("nothing tells of %s", kind)
		}
	}
	if len(EventTypes()) != 26 {
		t.Errorf("there are %d types", len(EventTypes()))
	}
}

// The statuses that the contract has, and by which operation each is reached with a fate of its name. What is there
// without one is named with the test that has it.
var contractStatuses = map[string]struct {
	operations []string
	others     map[string]string
}{
	"ApplicationStatus": {[]string{"submitApplication"},
		map[string]string{"CREATED": "TestWhatIsThereCanBeDecidedAbout"}},
	"BusinessApplicationStatus": {[]string{"submitBusinessApplication"},
		map[string]string{"CREATED": "TestWhatIsThereCanBeDecidedAbout"}},
	"DocumentStatus": {[]string{"uploadDocument", "uploadApplicationDocument", "uploadCustomerDocument"},
		map[string]string{"PENDING_UPLOAD": "TestACompanyThatNeedsDocumentsIsAskedForThoseOfItsChecklistToo"}},
	"CustomerAccountStatus": {nil, map[string]string{"OPEN": "TestWhatIsFrozenDoesNotMove",
		"FROZEN": "TestWhatIsFrozenDoesNotMove", "PENDING": "TestACustomerIsPendingWithoutAPocket",
		"CLOSED": "TestWhatComesBackToAClosedCustomerStaysWithTheProvider"}},
	"AccountStatus": {nil, map[string]string{"OPEN": "TestAnAccountSaysWhatItsPocketIs",
		"FROZEN": "TestAnAccountSaysWhatItsPocketIs", "CLOSED": "TestAnAccountSaysWhatItsPocketIs"}},
	"AccountTransactionStatus": {nil, map[string]string{"PENDING": "TestTransactionsOfV1",
		"COMPLETED": "TestTransactionsOfV1"}},
	"PocketStatus":  {[]string{"createPocket"}, map[string]string{"CLOSED": "TestWhatIsThereCanBeDecidedAbout"}},
	"BookingStatus": {[]string{"fundAccount"}, nil},
	"StatementType": {nil, map[string]string{"BANK": "TestStatements", "BROKERAGE": "TestStatements",
		"1099B": "TestStatements", "1099INT": "TestStatements"}},
	"OnUsTransferStatus": {[]string{"createOnUsTransfer"}, nil},
	"TransferStateReason": {nil, map[string]string{"ACCOUNT_UNAVAILABLE": "TestReasonsAreKept",
		"CANCELED": "TestReasonsAreKept", "INSUFFICIENT_FUNDS": "TestReasonsAreKept",
		"INVALID_CURRENCY": "TestReasonsAreKept", "INVALID_TRANSFER": "TestReasonsAreKept",
		"SANCTION_SCREEN_FAILED": "TestReasonsAreKept", "": "TestEveryFateOfEveryOperationHappens"}},
	"ACHStatus":  {[]string{"createACHOrigination"}, nil},
	"WireStatus": {[]string{"createWire", "receiveWire"}, nil},
	"PortalStatus": {nil, map[string]string{
		"OPEN": "TestThePortalsOfAPocket", "CLOSED": "TestAPortalIsRenamedAndClosedForGood"}},
	"CounterpartyVerificationStatus": {[]string{"createCounterparty"}, nil},
	"CounterpartyStatus":             {[]string{"createCounterparty"}, nil},
	"PlaidVerificationStatus": {[]string{"createPlaidCounterparties"},
		map[string]string{"": "TestEveryFateOfEveryOperationHappens"}},
	"HealthStatus": {nil, map[string]string{"OK": "TestHealth"}},
	"SubscriptionStatus": {nil, map[string]string{"enabled": "TestASubscriptionFromItsBeginningToItsEnd",
		"disabled": "TestASubscriptionFromItsBeginningToItsEnd"}},
	"CardStatus":      {[]string{"createVirtualCard", "generatePhysicalCard"}, nil},
	"CardOrderStatus": {[]string{"createCardOrder"}, nil},
	// It is what can be set, which is less than what can be.
	"SettableCardStatus": {[]string{"createVirtualCard"}, nil},
}

// Each value of each status of the contract is shown by something: the contract may gain none that nobody has thought
// of.
func TestEveryStatusOfTheContractCanBeHad(t *testing.T) {
	t.Parallel()
	var contract struct {
		Components struct {
			Schemas map[string]struct {
				Enum []string `yaml:"enum"`
			} `yaml:"schemas"`
		} `yaml:"components"`
	}
	if err := yaml.Unmarshal(partnergo.Spec(), &contract); err != nil {
		t.Fatal(err)
	}
	known := testNames(t)
	isStatus := regexp.MustCompile(`Status$|Reason$|^StatementType$`)
	for name, schema := range contract.Components.Schemas {
		if len(schema.Enum) == 0 || !isStatus.MatchString(name) || name == "CardClosureReason" {
			continue
		}
		ways, ok := contractStatuses[name]
		if !ok {
			t.Errorf("nobody shows %s", name)
		}
		for _, value := range schema.Enum {
			byFate := slices.ContainsFunc(ways.operations, func(operation string) bool {
				return slices.Contains(FateStates(operation), value)
			})
			if test := ways.others[value]; !byFate && !known[test] {
				t.Errorf("%s is never %q, by no fate, nor by the test %q", name, value, test)
			}
		}
	}
	reasons := contract.Components.Schemas["CardClosureReason"].Enum
	if got := FateReasons("createVirtualCard"); !slices.Equal(slices.Sorted(slices.Values(got)),
		slices.Sorted(slices.Values(reasons))) {
		t.Errorf("cards are closed for %q; want %q", got, reasons)
	}
	var types []string
	for _, kind := range documentTypes {
		types = append(types, string(kind))
	}
	if want := contract.Components.Schemas["DocumentType"].Enum; !slices.Equal(types, want) {
		t.Errorf("the types of documents are %q; want %q", types, want)
	}
}

// testNames are the tests of the sandbox.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, folder := range []string{".", "../.."} {
		files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(text), -1) {
				names[m[1]] = true
			}
		}
	}
	return names
}

// A customer whose only pocket is not open yet, or who has none, is PENDING.
func TestACustomerIsPendingWithoutAPocket(t *testing.T) {
	t.Parallel()
	w, _ := newFatedWorld(t)
	defer w.close(t)
	id := w.apply(t)
	w.do(t, func(x *Tx) error { _, err := x.SubmitApplication(id); return err })
	var customer uuid.UUID
	w.look(t, func(x *Tx) { customer = x.applications.Get(id).CustomerID })
	if got := w.statuses(t, customer); got[0] != "PENDING" {
		t.Errorf("it is %q", got)
	}
}

// v1 has no word for a pocket that is pending.
func TestAnAccountSaysWhatItsPocketIs(t *testing.T) {
	t.Parallel()
	for status, want := range map[PocketStatus]AccountStatus{PocketOpen: AccountOpen, PocketFrozen: AccountFrozen,
		PocketPending: AccountFrozen, PocketClosed: AccountClosed} {
		if got := (&Pocket{Status: status}).AccountStatus(); got != want {
			t.Errorf("%s is %s; want %s", status, got, want)
		}
	}
}
