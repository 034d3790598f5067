package bank

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state/statetest"
)

// free is a member of records that nothing else of the bank says anything of, so that nobody finds out who changes it.
// Whoever adds a member has it found, or says here why that cannot be.
type free struct {
	kind, member string
	// when is a pattern of the records that it is free in; empty means all of them.
	when, why string
}

const (
	unnamed  = "nothing names it"
	opaque   = "what somebody has handed in, which the bank has no rule about"
	unmoved  = "no money has moved"
	freeText = "it is what it says"
)

var freeMembers = []free{
	{"state", "seq", "", "numbers may be left out"},
	{"transaction", "id", `"kind":"SWEEP"`, unnamed}, {"transaction", "id", `"portal":`, unnamed},
	{"transaction", "id", `"description":"Reversal`, unnamed}, {"transaction", "id", `"ON_US","cents":-`, unnamed},
	{"event", "id", `"kind":"buy"`, unnamed}, {"event", "id", `"kind":"sell"`, unnamed},
	{"event", "id", `"kind":"maturity"`, unnamed}, {"event", "id", `_settle`, unnamed},
	{"trade", "id", "", unnamed}, {"document", "id", "", unnamed}, {"document", "file.size", "", opaque},
	{"document", "party", `"file":`, "what was handed in stays, whoever leaves the company"},
	{"application", "id", `"status":"CREATED"`, unnamed}, {"business", "parties.id", "", "if no document is about it"},
	{"business", "parties.details.age", "", opaque},
	{"counterparty", "id", "", "nobody may have paid it"},
	{"portal", "id", "", "no money may have come by it"},
	{"origination", "id", `"status":"REJECTED"`, unnamed}, {"origination", "cents", `"status":"REJECTED"`, unmoved},
	{"origination", "id", `"DEBIT".*"APPROVED"`, unnamed}, {"origination", "cents", `"DEBIT".*"APPROVED"`, unmoved},
	{"", "fate.days", "", "it says when, as what is due does"},
	{"wire", "id", `"INCOMING","status":"PROCESSING"`, unnamed},
	{"wire", "cents", `"INCOMING","status":"PROCESSING"`, unmoved},
	{"application", "id", `"status":"SUBMITTED"`, unnamed},
	{"wire", "cents", `INSUFFICIENT_FUNDS`, unmoved}, {"transfer", "cents", `"status":"REJECTED"`, unmoved},
	{"transfer", "cents", `"status":"PENDING"`, unmoved},
	{"swipe", "id", `"status":"DECLINED"`, unnamed}, {"card_order", "id", "", unnamed},
	{"report", "id", "", unnamed}, {"report", "through", "", "numbers may be left out"},
	{"subscription", "retry_policy.backoff_coefficient", "", freeText},
	{"subscription", "retry_policy.maximum_attempts", "", freeText},
	{"subscription", "retry_policy.initial_interval_seconds", "", freeText},
	{"subscription", "retry_policy.maximum_interval_seconds", "", freeText},
	{"notice", "customer_id", `"triggered":true`, "the partner makes it up"},
	{"delivery", "id", "", unnamed}, {"delivery", "attempts.code", "", freeText},
}

// lonely are the records that nothing else names: that one is missing, the number of all records alone says.
var lonely = []free{
	{kind: "token"}, {kind: "key"}, {kind: "card_key"}, {kind: "delivery"}, {kind: "report"},
	{kind: "document"}, {kind: "card_order", when: `"status":"INITIAL"`},
	{kind: "application", when: `"status":"CREATED"`}, {kind: "counterparty"}, {kind: "portal"},
	{kind: "origination", when: `"DEBIT".*"APPROVED"`},
	{kind: "origination", when: `"status":"REJECTED"`},
	{kind: "wire", when: `"INCOMING","status":"PROCESSING"`}, {kind: "application", when: `"status":"SUBMITTED"`},
}

// isFree says which of the entries a change of a record belongs to, or returns -1.
func isFree(all []free, kind, member string, data []byte) int {
	for i, f := range all {
		if (f.kind == kind || f.kind == "") && f.member == member && regexp.MustCompile(f.when).Match(data) {
			return i
		}
	}
	return -1
}

var nowhere = Address{Street: "x", City: "x", PostalCode: "x", Country: "US"}

// subscribeToAll has somebody be told of everything, so that each notice is one of somebody's.
func (t *Tx) subscribeToAll() error {
	_, err := t.CreateSubscription(Subscription{Events: EventTypes(), URL: "https://example.com", Secret: "x",
		RetryPolicy: &RetryPolicy{BackoffCoefficient: 1, MaximumAttempts: 1, InitialIntervalSeconds: 1,
			MaximumIntervalSeconds: 1}})
	return err
}

// everything opens a bank that has records of every kind, in every status that they can have, and returns its store.
func everything(t *testing.T) *statetest.Memory {
	t.Helper()
	store := &statetest.Memory{}
	w := openOn(t, Config{Seed: 1, Clock: moment(t, "2026-07-15 09:00"), Store: store, CustomerUpdates: true})
	w.do(t, func(x *Tx) error {
		err := x.subscribeToAll()
		x.KeepKey(&Key{Scope: "x", Key: "y", Expires: x.now.AddDate(1, 0, 0)})
		return err
	})
	peer := w.onboard(t)
	w.do(t, func(x *Tx) error { return x.Fund(w.first, 50_000_00, "Employer") })
	w.moveOnUs(t, peer)
	w.moveOut(t)
	w.useCards(t)
	w.do(t, func(x *Tx) error {
		if _, err := x.CreatePlaidCounterparties(w.customer, "ins_1", []PlaidAccount{{ID: "x"}}); err != nil {
			return err
		}
		_, err := x.CreateReport(ReportOrder{Type: TradeReport, Pockets: []uuid.UUID{w.first}})
		return err
	})
	w.until(t, "2026-08-24 09:00") // What was bought first falls due.
	w.do(t, func(x *Tx) error {
		_, err := x.CreateReport(ReportOrder{Type: TradeReport, Pockets: []uuid.UUID{w.first}})
		return err
	})
	w.sendWire(t, 1_00)
	w.originate(t, ACHCredit, 1_00)
	w.originate(t, ACHDebit, 1_00)
	w.do(t, func(x *Tx) error {
		w.deliver(x, true)
		w.deliver(x, false)
		return nil
	})
	w.do(t, func(x *Tx) error {
		return x.TriggerEvent(Event{ID: uuid.New(), Type: "card.status.open", Time: x.now, CustomerID: uuid.New(),
			Payload: json.RawMessage(`{"card_id":"` + uuid.NewString() + `"}`)})
	})
	w.do(t, func(x *Tx) error { // The transfer is carried out when somebody asks next, and nobody does.
		x.IssueToken()
		if _, err := x.CreatePortal(w.first, "Another", "account_id"); err != nil {
			return err
		}
		if _, err := x.OrderCard(w.first, "Acme", nowhere); err != nil {
			return err
		}
		_, err := x.CreateTransfer(TransferOrder{Type: Reallocation, From: w.first, To: w.second, Cents: 1_00,
			Async: true})
		return err
	})
	w.close(t)
	return store
}

// deliver has the subscriber of what is ready take it, or refuse it for good.
func (w *world) deliver(x *Tx, taken bool) {
	post, _ := x.NextPost(nil, nil)
	a := Attempt{Time: x.now, Success: taken, Code: 400}
	if taken {
		a.Code = 200
	}
	x.AddAttempt(post.Delivery.ID, post.Attempts+1, a, time.Time{})
}

// onboard has a person and a company apply, and returns an on-us counterparty who has become a customer.
func (w *world) onboard(t *testing.T) (peer uuid.UUID) {
	t.Helper()
	company := uuid.New()
	w.do(t, func(x *Tx) error {
		for range 2 {
			a, err := x.CreateApplication(Customer{Type: Individual, Name: "Ada Lovelace"},
				calendar.NewDate(1970, time.January, 1), Consent{Version: AgreementVersion}, json.RawMessage(`{}`))
			if err != nil {
				return err
			}
			peer = a.ID
		}
		if _, err := x.SubmitApplication(peer); err != nil {
			return err
		}
		_, err := x.CreateBusinessApplication(company, json.RawMessage(`{"entity_type":"PARTNERSHIP"}`))
		return err
	})
	w.do(t, func(x *Tx) error {
		for range 2 {
			if _, err := x.AddRelatedParty(company, func(id uuid.UUID) (RelatedParty, error) {
				return RelatedParty{ID: id, Owner: json.RawMessage(`{}`), Details: json.RawMessage(
					`{"age":40,"identification_number":{"identification_type":"PASSPORT"}}`)}, nil
			}); err != nil {
				return err
			}
		}
		_, err := x.handInTo(company, DocumentPassport, Upload{MediaType: "image/png", Body: strings.NewReader(png)})
		return err
	})
	w.do(t, func(x *Tx) error {
		p, err := x.CreatePocket(x.applications.Get(peer).CustomerID, "Savings", "UST-13W", nil)
		if err != nil {
			return err
		}
		c, err := x.CreateCounterparty(w.customer, Counterparty{Kind: CounterpartyOnUs,
			AccountNumber: p.AccountNumber})
		if err == nil {
			peer = c.ID
		}
		return err
	})
	return peer
}

// moveOnUs makes transfers of every type.
func (w *world) moveOnUs(t *testing.T, peer uuid.UUID) {
	t.Helper()
	for _, o := range []TransferOrder{
		{Type: Funding, From: w.PartnerAccount(), To: w.first, Cents: 3_000_00},
		{Type: Defunding, From: w.first, To: w.PartnerAccount(), Cents: 1_000_00},
		{Type: Reallocation, From: w.first, To: w.second, Cents: 500_00, Async: true},
		{Type: PeerToPeer, From: w.first, Counterparty: peer, Cents: 250_00},
		{Type: Reallocation, From: w.second, To: w.first, Cents: 1_000_000_00},
	} {
		w.do(t, func(x *Tx) error { _, err := x.CreateTransfer(o); return err })
	}
	w.do(t, func(x *Tx) error {
		p, err := x.CreatePocket(w.customer, "For a while", "UST-4W", nil)
		if err == nil {
			closed, reason := PocketClosed, "Not needed"
			_, err = x.UpdatePocket(w.customer, p.ID, PocketChange{Status: &closed, ClosureReason: &reason})
		}
		return err
	})
}

// moveOut sends money by ACH and by wire, some of which comes back.
func (w *world) moveOut(t *testing.T) {
	t.Helper()
	out, in := w.originate(t, ACHCredit, 700_00), w.originate(t, ACHDebit, 800_00)
	w.originate(t, ACHCredit, 710_00)
	w.originate(t, ACHDebit, 810_00)
	w.originate(t, ACHCredit, 1_000_000_00)
	w.sendWire(t, 400_00)
	w.sendWire(t, 1_000_000_00)
	rejected := w.sendWire(t, 300_00)
	w.do(t, func(x *Tx) error {
		return x.DecideAbout(rejected, Fate{State: "REJECTED", Reason: ReasonInvalidTransfer})
	})
	w.do(t, func(x *Tx) error {
		_, err := x.ReceiveWire(WireIn{Pocket: w.first, Cents: 600_00, Sender: "Jane Doe"})
		return err
	})
	w.until(t, "2026-07-16 18:00")
	w.do(t, func(x *Tx) error { return x.DecideAbout(out, Fate{Return: "R03"}) })
	w.do(t, func(x *Tx) error { return x.DecideAbout(in, Fate{Return: "R01"}) })
}

// useCards pays with cards, and orders some.
func (w *world) useCards(t *testing.T) {
	t.Helper()
	card, lost := w.newCard(t, 1), w.newCard(t, 2)
	w.pay(t, card, 20_00)
	w.pay(t, card, 1_000_000_00)
	w.pay(t, lost, 30_00)
	w.do(t, func(x *Tx) error { return x.CloseCard(w.first, lost, CardClosure{Reason: CardCanceled}) })
	w.until(t, "2026-07-20 12:00")
	w.pay(t, card, 40_00)
	w.do(t, func(x *Tx) error {
		o, err := x.OrderCard(w.first, "Acme", nowhere)
		if err != nil {
			return err
		}
		return x.GenerateCard(o.ID)
	})
}

// decided opens a bank that has what is under way for long, or has ended as somebody decided, and returns its store.
func decided(t *testing.T) *statetest.Memory {
	t.Helper()
	w, store := newFatedWorld(t)
	w.do(t, (*Tx).subscribeToAll)
	card := w.newCard(t, 9)
	for _, operation := range FateOperations() {
		fates := []Fate{{Hold: true}, {Days: 3}}
		switch operation {
		case "uploadApplicationDocument", "uploadCustomerDocument", "verifyPlaidCounterparty", "createOnUsTransfer":
			fates = fates[:1]
		case "createACHOrigination":
			fates = append(fates, Fate{State: "PROCESSED", Correction: "C01"}, Fate{Correction: "C02", Days: 5})
		case "submitBusinessApplication":
			fates = append(fates, Fate{State: "CLOSED"}, Fate{State: "DOCUMENTS_NEEDED"})
		case "simulateCardSwipe":
			fates = append(fates, Fate{State: "ON_HOLD"}, Fate{State: "ON_HOLD"}, Fate{State: "ON_HOLD"},
				Fate{State: "REVERSED"})
		case "createReportRequest":
			fates = append(fates, Fate{State: "FAILED"})
		}
		for _, f := range fates {
			if !forms[operation].timed {
				continue
			}
			of := makers[operation]
			if operation == "simulateCardSwipe" {
				of = func(tester, *world) maker {
					return func(x *Tx) (uuid.UUID, error) { return uuid.Nil, x.Swipe(card, 1_00) }
				}
			}
			made := of(t, w)
			w.do(t, func(x *Tx) error { x.Decide(&f); _, err := made(x); return err })
		}
	}
	w.do(t, func(x *Tx) error {
		var ids []uuid.UUID
		x.swipes.All().Each(func(s *Swipe) bool {
			if s.Status == SwipeOnHold {
				ids = append(ids, s.ID)
			}
			return true
		})
		return errors.Join(x.DecideAbout(ids[0], Fate{State: "SETTLED"}),
			x.DecideAbout(ids[1], Fate{State: "REVERSED"}))
	})
	w.do(t, func(x *Tx) error {
		c := &Customer{Type: Individual, Name: "Eve"}
		x.addCustomer(c)
		if _, err := x.CreatePocket(c.ID, "Savings", "UST-4W", nil); err != nil {
			return err
		}
		return x.DecideAbout(c.ID, Fate{State: "FROZEN"})
	})
	var processed uuid.UUID
	w.do(t, func(x *Tx) error {
		x.Decide(&Fate{Correction: "C07"})
		o, err := x.CreateOrigination(OriginationOrder{Pocket: w.first, Counterparty: w.ach, Direction: ACHDebit,
			Cents: 1_00})
		processed = o.ID
		return err
	})
	w.do(t, func(x *Tx) error { return x.DecideAbout(processed, Fate{State: "PROCESSED", Correction: "C07"}) })
	w.close(t)
	return store
}

var uuidPattern = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// formPattern finds what tells records of one kind from each other.
var formPattern = regexp.MustCompile(
	`"(kind|status|direction|type|activity|reason|portal|file|triggered|description|held|suspect)":"?\w+`)

// eachMember calls f for every number and every id in a JSON value, with its path and what it could be as well. set
// puts another value in its place.
func eachMember(value any, path string, set func(any), f func(path string, set func(any), is, other any)) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			eachMember(member, strings.TrimPrefix(path+"."+name, "."), func(x any) { v[name] = x }, f)
		}
	case []any:
		for i, member := range v {
			eachMember(member, path, func(x any) { v[i] = x }, f)
		}
	case json.Number:
		if n, err := v.Int64(); err == nil {
			f(path, set, v, n+1)
		}
	case string:
		if other := uuidPattern.ReplaceAllString(v, "12345678-90ab-4def-8234-567890abcdef"); other != v {
			f(path, set, v, other)
		}
	}
}

// tampered is what Verify says when a record of a store is another one, or is gone.
func tampered(t *testing.T, records []state.Record, changed state.Record) error {
	t.Helper()
	store := &statetest.Memory{}
	for _, r := range records {
		store.Put(r)
	}
	store.Put(changed)
	_, err := Verify(store)
	if err != nil && strings.Contains(err.Error(), "{") {
		t.Errorf("a record is in the message: %s", err)
	}
	return err
}

// Whatever number is one too high, and whatever id is another one, somebody finds it who adds the bank up again.
func TestEveryMemberThatIsChangedIsFound(t *testing.T) {
	t.Parallel()
	used := make([]bool, len(freeMembers))
	for _, records := range [][]state.Record{everything(t).Records(), decided(t).Records()} {
		changeEveryMember(t, records, used)
	}
	for i, f := range freeMembers {
		if !used[i] {
			t.Errorf("%s of a %s with %q is not free: %s", f.member, f.kind, f.when, f.why)
		}
	}
}

// changeEveryMember changes each member of records, one after the other, and notes which of the free ones there are.
func changeEveryMember(t *testing.T, records []state.Record, used []bool) {
	t.Helper()
	seen := map[string]int{}
	for _, r := range records {
		form := fmt.Sprintf("%s %q", r.Kind, formPattern.FindAll(r.Data, -1))
		if seen[form]++; seen[form] > 2 { // More of the same would take a minute with the race detector.
			continue
		}
		d := json.NewDecoder(bytes.NewReader(r.Data))
		d.UseNumber()
		var value any
		if err := d.Decode(&value); err != nil {
			t.Fatal(err)
		}
		eachMember(value, "", nil, func(path string, set func(any), is, other any) {
			set(other)
			data, err := json.Marshal(value)
			set(is)
			if err != nil {
				t.Fatal(err)
			}
			if tampered(t, records, state.Record{Kind: r.Kind, Seq: r.Seq, Data: data}) != nil {
				return
			}
			if i := isFree(freeMembers, r.Kind, path, r.Data); i >= 0 {
				used[i] = true
				return
			}
			t.Errorf("%s may be %v instead of %v in the %s %s", path, other, is, r.Kind, r.Data)
		})
	}
}

// That a record is gone is found by the number of records, whatever it is; and by others that name it, if any do.
func TestEveryRecordThatIsMissingIsFound(t *testing.T) {
	t.Parallel()
	kinds, used := map[string]bool{}, make([]bool, len(lonely))
	for _, records := range [][]state.Record{everything(t).Records(), decided(t).Records()} {
		missEveryRecord(t, records, kinds, used)
	}
	for _, kind := range newBank(Config{}).db.Kinds() {
		if !kinds[kind] {
			t.Errorf("there is no %s: make one", kind)
		}
	}
	for i, f := range lonely {
		if !used[i] {
			t.Errorf("a %s with %q is not lonely", f.kind, f.when)
		}
	}
}

// missEveryRecord leaves out each of records, one after the other, and notes of which kinds they are, and which of the
// lonely ones there are.
func missEveryRecord(t *testing.T, records []state.Record, kinds map[string]bool, used []bool) {
	t.Helper()
	for _, r := range records {
		kinds[r.Kind] = true
		if tampered(t, records, state.Record{Seq: r.Seq}) == nil {
			t.Errorf("nobody misses the %s %s", r.Kind, r.Data)
		}
	}
	records[0].Data = regexp.MustCompile(`,"records":\d+`).ReplaceAll(records[0].Data, nil)
	for _, r := range records {
		if tampered(t, records, state.Record{Seq: r.Seq}) != nil {
			continue
		}
		if i := isFree(lonely, r.Kind, "", r.Data); i >= 0 {
			used[i] = true
		} else {
			t.Errorf("if nobody counts, nobody misses the %s %s", r.Kind, r.Data)
		}
	}
}
