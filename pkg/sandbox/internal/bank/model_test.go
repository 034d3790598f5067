package bank

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state/statetest"
)

// model is a bank in a few lines: what each pocket was paid and has paid, and which of them are open.
type model struct {
	*world
	customers []*modelCustomer
	pockets   map[uuid.UUID]*modelPocket
	// inbound is what is to come.
	inbound map[uuid.UUID]*modelPayment
	// fated are the payments whose fate was decided, and swipes those of them with cards that are on hold.
	fated      []uuid.UUID
	swipes     map[uuid.UUID]*modelPayment
	operations int
	store      *statetest.Memory
	// saved is what a snapshot has.
	saved *savedModel
}

// savedModel is what the model was at a snapshot.
type savedModel struct {
	hash      [sha256.Size]byte
	customers []modelCustomer
	pockets   []modelPocket
	// inbound and swipes are the payments by their pockets.
	inbound, swipes map[uuid.UUID]modelInbound
	fated           []uuid.UUID
}

type modelInbound struct {
	pocket uuid.UUID
	cents  int64
}

type modelCustomer struct {
	id        uuid.UUID
	ach, wire uuid.UUID
	frozen    bool
}

type modelPocket struct {
	id       uuid.UUID
	customer *modelCustomer
	open     bool
	// pending says that it is not open yet, and arrested that it is frozen with its customer.
	pending, arrested bool
	// card is one that is open as long as the pocket is.
	card uuid.UUID
	// net is what was paid in and not paid out, without what T-bills have earned.
	net int64
}

type modelPayment struct {
	pocket *modelPocket
	cents  int64
}

// fate draws what is decided about what an operation makes: mostly nothing.
func fate(r *rapid.T, operation string) *Fate {
	if rapid.IntRange(0, 2).Draw(r, "fated") != 0 {
		return nil
	}
	f := &Fate{}
	switch rapid.IntRange(0, 3).Draw(r, "how") {
	case 0:
		f.Hold = true
	case 1:
		f.Days = rapid.IntRange(1, 4).Draw(r, "days")
	default:
		f.State = rapid.SampledFrom(FateStates(operation)).Draw(r, "state")
		f.Days = rapid.IntRange(0, 2).Draw(r, "days")
	}
	if CheckFate(operation, *f) != nil {
		return nil
	}
	return f
}

// pocket draws one of the pockets, open or not.
func (m *model) pocket(r *rapid.T) *modelPocket {
	var all []uuid.UUID
	m.look(r, func(x *Tx) {
		x.pockets.All().Each(func(p *Pocket) bool { all = append(all, p.ID); return true })
	})
	if len(all) == 0 {
		r.Skip("there is no pocket")
	}
	return m.pockets[rapid.SampledFrom(all).Draw(r, "pocket")]
}

func (m *model) customer(r *rapid.T) *modelCustomer {
	if len(m.customers) == 0 {
		r.Skip("there is no customer")
	}
	return rapid.SampledFrom(m.customers).Draw(r, "customer")
}

func (m *model) total(r *rapid.T, p *modelPocket) (cents int64) {
	m.look(r, func(x *Tx) { cents = x.Total(p.id) })
	return cents
}

// refused runs an operation, and reports whether it was refused. Anything else that goes wrong is a fault.
func (m *model) refused(r *rapid.T, f func(*Tx) error) bool {
	err := m.Do(r.Context(), f)
	var refusal *Refusal
	if err != nil && !errors.As(err, &refusal) {
		r.Fatal(err)
	}
	return err != nil
}

func cents(r *rapid.T) int64 {
	return rapid.OneOf(rapid.Int64Range(1, 200), rapid.Int64Range(1, 30_000), rapid.Int64Range(1, 4_999_999)).
		Draw(r, "cents")
}

// expect fails unless what happened is what the model says.
func expect(r *rapid.T, what string, got, want bool) {
	r.Helper()
	if got != want {
		r.Fatalf("%s: %t; want %t", what, got, want)
	}
}

func (m *model) apply(r *rapid.T) {
	if len(m.customers) == 3 {
		r.Skip("there are enough customers")
	}
	c := &modelCustomer{}
	m.do(r, func(x *Tx) error {
		made := Customer{Type: Individual, Name: "Ada Lovelace"}
		x.addCustomer(&made)
		c.id = made.ID
		c.ach = x.AddVerified(c.id, CounterpartyACH, "Jane Doe").ID
		c.wire = x.AddVerified(c.id, CounterpartyWire, "Jane Doe").ID
		return nil
	})
	m.customers = append(m.customers, c)
}

func (m *model) openPocket(r *rapid.T) {
	c := m.customer(r)
	if len(m.pockets) >= 8 {
		r.Skip("there are enough pockets")
	}
	strategy := rapid.SampledFrom([]string{"UST-4W", "UST-13W", "UST-26W", "UST-52W"}).Draw(r, "strategy")
	var made *Pocket
	var card uuid.UUID
	f := fate(r, "createPocket")
	refused := m.refused(r, func(x *Tx) (err error) {
		x.Decide(f)
		if made, err = x.CreatePocket(c.id, "x", strategy, nil); err == nil {
			card = x.makeCard(made, VirtualCard, CardOpen, "Ada Lovelace").ID
		}
		return err
	})
	expect(r, "a pocket is refused", refused, c.frozen)
	if !refused {
		m.pockets[made.ID] = &modelPocket{id: made.ID, customer: c, open: made.Status == PocketOpen,
			pending: made.Status == PocketPending, card: card}
	}
}

func (m *model) fund(r *rapid.T) {
	p, amount := m.pocket(r), cents(r)
	refused := m.refused(r, func(x *Tx) error { return x.Fund(p.id, amount, "Employer") })
	expect(r, "a credit is refused", refused, !p.open)
	if !refused {
		p.net += amount
	}
}

func (m *model) transfer(r *rapid.T) {
	from, to, amount := m.pocket(r), m.pocket(r), cents(r)
	order := TransferOrder{From: from.id, To: to.id, Cents: amount, Async: rapid.Bool().Draw(r, "async"),
		Type: rapid.SampledFrom([]TransferType{Reallocation, Funding, Defunding}).Draw(r, "type")}
	has := m.total(r, from)
	if order.Type != Funding && rapid.IntRange(0, 3).Draw(r, "everything") == 0 {
		order.FullWithdrawal, order.Cents = true, 0
		amount = has
	}
	switch rapid.IntRange(0, 2).Draw(r, "partner") {
	case 0:
		if order.Type == Funding {
			order.From, from = m.PartnerAccount(), nil
		}
	case 1:
		if order.Type == Defunding {
			order.To, to = m.PartnerAccount(), nil
		}
	}
	var made *Transfer
	refused := m.refused(r, func(x *Tx) (err error) { made, err = x.CreateTransfer(order); return err })
	wrong := from == to
	if from != nil && to != nil {
		wrong = wrong || (from.customer == to.customer) != (order.Type == Reallocation)
	}
	expect(r, "a transfer is refused", refused, wrong)
	if refused {
		return
	}
	if order.Async {
		expect(r, "it is pending at first", made.Status == TransferPending, true)
		if err := m.Look(r.Context(), func(x *Tx) (err error) {
			made,
				err = x.Transfer(made.ID)
			return err
		}); err != nil {
			r.Fatal(err)
		}
	}
	completes := (from == nil || from.open && has >= amount && amount > 0) && (to == nil || to.open)
	expect(r, "it is completed", made.Status == TransferCompleted, completes)
	expect(r, "it is rejected", made.Status == TransferRejected, !completes)
	if !completes {
		return
	}
	if from != nil {
		from.net -= amount
	}
	if to != nil {
		to.net += amount
	}
}

// receive has a wire arrive.
func (m *model) receive(r *rapid.T) {
	p, amount := m.pocket(r), cents(r)
	var made *Wire
	refused := m.refused(r, func(x *Tx) (err error) {
		made, err = x.ReceiveWire(WireIn{Pocket: p.id, Cents: amount, Sender: "Jane Doe"})
		return err
	})
	expect(r, "a wire is refused", refused, false)
	expect(r, "a wire is returned", made.Status == WireRejected, !p.open)
	if p.open {
		p.net += amount
	}
}

// swipe pays with a card: the money is on hold, and gone the next day.
func (m *model) swipe(r *rapid.T) {
	p, amount := m.pocket(r), cents(r)
	has := m.total(r, p)
	refused := m.refused(r, func(x *Tx) error { return x.Swipe(p.card, amount) })
	expect(r, "a card payment is refused", refused, false)
	if p.open && has >= amount {
		p.net -= amount
	}
}

// send sends money out, by ACH or by wire.
func (m *model) send(r *rapid.T) {
	p, amount := m.pocket(r), cents(r)
	has := m.total(r, p)
	byWire := rapid.Bool().Draw(r, "by wire")
	rejected := false
	refused := m.refused(r, func(x *Tx) error {
		if byWire {
			made, err := x.CreateWire(WireOrder{Pocket: p.id, Counterparty: p.customer.wire, Cents: &amount})
			if err == nil {
				rejected = made.Status == WireRejected
			}
			return err
		}
		made, err := x.CreateOrigination(OriginationOrder{Pocket: p.id, Counterparty: p.customer.ach,
			Direction: ACHCredit, Cents: amount})
		if err == nil {
			rejected = made.Status == OriginationRejected
		}
		return err
	})
	expect(r, "a payment is refused", refused, !p.open)
	if refused {
		return
	}
	expect(r, "a payment is rejected", rejected, has < amount)
	if !rejected {
		p.net -= amount
	}
}

// pull brings money in by ACH: it arrives some days later.
func (m *model) pull(r *rapid.T) {
	p, amount := m.pocket(r), cents(r)
	var made *Origination
	refused := m.refused(r, func(x *Tx) (err error) {
		made, err = x.CreateOrigination(OriginationOrder{Pocket: p.id, Counterparty: p.customer.ach,
			Direction: ACHDebit, Cents: amount})
		return err
	})
	expect(r, "a debit is refused", refused, !p.open)
	if !refused {
		m.inbound[made.ID] = &modelPayment{p, amount}
	}
}

// sleep lets time go by; what was to come may have come.
func (m *model) sleep(r *rapid.T) {
	by := rapid.SampledFrom([]time.Duration{time.Minute, 5 * time.Hour, 26 * time.Hour, 4 * 24 * time.Hour,
		33 * 24 * time.Hour}).Draw(r, "by")
	if err := m.Advance(r.Context(), by); err != nil {
		r.Fatal(err)
	}
	m.look(r, func(x *Tx) {
		for _, p := range m.pockets {
			if status := x.pockets.Get(p.id).Status; p.pending && status != PocketPending {
				p.pending, p.open, p.arrested = false, status == PocketOpen, x.pockets.Get(p.id).Arrested
			}
		}
		for id, p := range m.inbound {
			o := x.originations.Get(id)
			if o.Status == OriginationProcessed {
				p.pocket.net += p.cents
				delete(m.inbound, id)
			}
			if o.Status == OriginationFailed {
				expect(r, "a debit fails though the pocket is open", p.pocket.open, false)
				delete(m.inbound, id)
			}
		}
	})
}

func (m *model) closePocket(r *rapid.T) {
	p := m.pocket(r)
	has := m.total(r, p)
	var (
		next *modelPocket // Where what was on hold goes back to.
		held int64
	)
	m.look(r, func(x *Tx) {
		x.pocketsOf(p.customer.id).Each(func(other *Pocket) bool {
			if one := m.pockets[other.ID]; one != p && one.open && next == nil {
				next = one
			}
			return true
		})
		x.held.Of(p.card).Each(func(s *Swipe) bool { held += s.Cents; return true })
	})
	status, reason := PocketClosed, "Not needed"
	refused := m.refused(r, func(x *Tx) error {
		_, err := x.UpdatePocket(p.customer.id, p.id, PocketChange{Status: &status, ClosureReason: &reason})
		return err
	})
	expect(r, "closing is refused", refused, !p.open && !p.pending || has != 0 || next == nil)
	if !refused {
		p.open, p.pending = false, false
		next.net += held
		for id, s := range m.swipes {
			if s.pocket == p {
				delete(m.swipes, id)
			}
		}
	}
}

// pay makes a payment whose fate is decided.
func (m *model) pay(r *rapid.T) {
	operation := rapid.SampledFrom([]string{"createOnUsTransfer", "createACHOrigination", "createWire", "receiveWire",
		"simulateCardSwipe", "fundAccount"}).Draw(r, "operation")
	p, to, amount, f := m.pocket(r), m.pocket(r), cents(r), fate(r, operation)
	direction := rapid.SampledFrom([]ACHDirection{ACHDebit, ACHCredit}).Draw(r, "direction")
	var id uuid.UUID
	declined := false
	refused := m.refused(r, func(x *Tx) (err error) {
		x.Decide(f)
		switch operation {
		case "createOnUsTransfer":
			kind := Reallocation
			if p.customer != to.customer {
				kind = Defunding
			}
			var made *Transfer
			made, err = x.CreateTransfer(TransferOrder{Type: kind, From: p.id, To: to.id, Cents: amount})
			id, err = idOf(made, err, func(x *Transfer) uuid.UUID { return x.ID })
		case "createACHOrigination":
			var made *Origination
			made, err = x.CreateOrigination(OriginationOrder{Pocket: p.id, Counterparty: p.customer.ach,
				Direction: direction, Cents: amount})
			id, err = idOf(made, err, func(o *Origination) uuid.UUID { return o.ID })
		case "createWire":
			var made *Wire
			made, err = x.CreateWire(WireOrder{Pocket: p.id, Counterparty: p.customer.wire, Cents: &amount})
			id, err = idOf(made, err, func(w *Wire) uuid.UUID { return w.ID })
		case "receiveWire":
			var made *Wire
			made, err = x.ReceiveWire(WireIn{Pocket: p.id, Cents: amount})
			id, err = idOf(made, err, func(w *Wire) uuid.UUID { return w.ID })
		case "fundAccount":
			return x.Fund(p.id, amount, "Employer")
		default:
			err = x.Swipe(p.card, amount)
			s, _ := x.swipes.All().At(x.swipes.All().Len() - 1)
			id, declined = s.ID, s.Status == SwipeDeclined
		}
		return err
	})
	switch {
	case refused || declined:
	case operation == "fundAccount":
		p.net += amount
	case operation == "simulateCardSwipe":
		p.net -= amount
		m.swipes[id] = &modelPayment{p, amount}
		m.fated = append(m.fated, id)
	default:
		m.fated = append(m.fated, id)
	}
}

// decide decides about something, or settles it.
func (m *model) decide(r *rapid.T) {
	ids := append([]uuid.UUID{{1}}, m.fated...)
	for _, c := range m.customers {
		ids = append(ids, c.id)
	}
	p := m.pocket(r)
	id := rapid.SampledFrom(append(ids, p.id)).Draw(r, "id")
	if rapid.IntRange(0, 4).Draw(r, "settle") == 0 {
		if !m.refused(r, func(x *Tx) error { return x.SettleNow(id) }) && id == p.id {
			p.open, p.pending = true, false
		}
		return
	}
	var f Fate
	m.look(r, func(x *Tx) {
		k := x.kindOf(id)
		switch {
		case k == nil:
			f.Hold = true
		case k.like == "createACHOrigination" && rapid.Bool().Draw(r, "returned"):
			f.Return = rapid.SampledFrom([]string{"R01", "R03", "R10"}).Draw(r, "return")
		case k.like == "createACHOrigination" && rapid.IntRange(0, 3).Draw(r, "corrected") == 0:
			f.Correction = "C01"
		default:
			f.State = rapid.SampledFrom(forms[k.like].states).Draw(r, "state")
			f.Hold = rapid.IntRange(0, 3).Draw(r, "hold") == 0
		}
	})
	if f.State == string(PocketClosed) { // closePocket does that.
		return
	}
	if !m.refused(r, func(x *Tx) error { return x.DecideAbout(id, f) }) {
		m.decided(p, id, f)
	}
}

// decided notes what a decision means to a pocket, or to all of those of a customer.
func (m *model) decided(p *modelPocket, id uuid.UUID, f Fate) {
	if id == p.id {
		p.open, p.pending, p.arrested = f.State == string(PocketOpen), f.Hold, false
	}
	for _, c := range m.customers {
		if c.id == id {
			c.frozen = f.State == string(CustomerFrozen)
		}
	}
	for _, one := range m.pockets {
		switch {
		case one.customer.id != id:
		case one.customer.frozen && one.open:
			one.open, one.arrested = false, true
		case !one.customer.frozen && one.arrested:
			one.open, one.arrested = true, false
		}
	}
}

// effects are what the payments whose fate was decided mean to pockets, by what has become of them.
func (m *model) effects(x *Tx) map[uuid.UUID]int64 {
	all := map[uuid.UUID]int64{}
	back := func(id uuid.UUID) {
		if x := x.transactions.Get(id); x != nil {
			all[x.PocketID] += x.Cents
		}
	}
	for _, id := range m.fated {
		if o := x.originations.Get(id); o != nil && o.TransactionID != uuid.Nil {
			all[o.PocketID] += o.signed()
			back(o.ReturnID)
		}
		if w := x.wires.Get(id); w != nil && w.TransactionID != uuid.Nil {
			all[w.PocketID] += map[WireDirection]int64{WireIncoming: w.Cents, WireOutgoing: -w.Cents}[w.Direction]
			back(w.ReturnID)
		}
		if t := x.transfers.Get(id); t != nil && t.Status == TransferCompleted {
			all[t.From] -= t.Cents
			all[t.To] += t.Cents
		}
		if s := m.swipes[id]; s != nil && x.swipes.Get(id).Status == SwipeReversed {
			s.pocket.net += s.cents
			delete(m.swipes, id)
		}
	}
	return all
}

// rarely has an action skipped more often than not: one that looks at the whole bank.
func rarely(action func(*rapid.T)) func(*rapid.T) {
	return func(r *rapid.T) {
		if rapid.IntRange(0, 3).Draw(r, "now") != 0 {
			r.Skip("not now")
		}
		action(r)
	}
}

// reopen closes the bank and opens it again, which makes no difference.
func (m *model) reopen(r *rapid.T) {
	before := m.hash(r)
	m.close(r)
	m.Bank, m.saved = openBank(r, Config{Store: m.store}), nil
	if m.hash(r) != before {
		r.Fatal("it is another bank")
	}
}

// fail does a few things at once while the store has no room, so that none of them has happened.
func (m *model) fail(r *rapid.T) {
	p, other := m.pocket(r), m.pocket(r)
	by := rapid.SampledFrom([]time.Duration{0, time.Hour, 40 * 24 * time.Hour}).Draw(r, "by")
	before := m.hash(r)
	m.store.FailWith(fmt.Errorf("no room: %w", state.ErrNotCommitted))
	amount := int64(1_234_567)
	var all sync.WaitGroup
	for _, f := range []func() error{
		func() error { return m.Do(r.Context(), func(x *Tx) error { return x.Fund(p.id, amount, "Employer") }) },
		func() error {
			return m.Do(r.Context(), func(x *Tx) error {
				_, err := x.CreateTransfer(TransferOrder{Type: Funding, From: m.PartnerAccount(), To: other.id,
					Cents: amount, Async: true})
				return err
			})
		},
		func() error {
			return m.Do(r.Context(), func(x *Tx) error {
				x.IssueToken()
				_, err := x.CreateWire(WireOrder{Pocket: p.id, Counterparty: p.customer.wire, Cents: &amount})
				return err
			})
		},
		func() error { return m.Advance(r.Context(), by) },
		func() error { return m.Look(r.Context(), func(x *Tx) error { x.Total(p.id); return nil }) },
	} {
		all.Go(func() {
			var refusal *Refusal
			if err := f(); err != nil && !errors.Is(err, state.ErrNotCommitted) && !errors.As(err, &refusal) {
				r.Error(err)
			}
		})
	}
	all.Wait()
	m.store.FailWith(nil)
	if m.hash(r) != before {
		r.Fatal("something has happened")
	}
}

// save takes a snapshot, in the place of the one before.
func (m *model) save(r *rapid.T) {
	if m.saved != nil {
		if err := m.DeleteSnapshot("saved"); err != nil {
			r.Fatal(err)
		}
	}
	if _, err := m.TakeSnapshot(r.Context(), "saved"); err != nil {
		r.Fatal(err)
	}
	s := &savedModel{hash: m.hash(r), inbound: map[uuid.UUID]modelInbound{}, swipes: map[uuid.UUID]modelInbound{},
		fated: slices.Clone(m.fated)}
	for _, c := range m.customers {
		s.customers = append(s.customers, *c)
	}
	for _, p := range m.pockets {
		s.pockets = append(s.pockets, *p)
	}
	for id, p := range m.inbound {
		s.inbound[id] = modelInbound{p.pocket.id, p.cents}
	}
	for id, p := range m.swipes {
		s.swipes[id] = modelInbound{p.pocket.id, p.cents}
	}
	m.saved = s
}

// restore goes back to the snapshot, now and then by way of an empty bank.
func (m *model) restore(r *rapid.T) {
	if m.saved == nil {
		r.Skip("there is no snapshot")
	}
	if rapid.Bool().Draw(r, "reset") {
		if err := m.Reset(r.Context()); err != nil {
			r.Fatal(err)
		}
		if counts := m.Count(); len(counts) != 1 || counts["settings"] != 1 {
			r.Fatalf("after a reset there are %v", counts)
		}
	}
	if err := m.RestoreSnapshot(r.Context(), "saved"); err != nil {
		r.Fatal(err)
	}
	if m.hash(r) != m.saved.hash {
		r.Fatal("it is another bank")
	}
	m.customers, m.pockets, m.inbound = nil, map[uuid.UUID]*modelPocket{}, map[uuid.UUID]*modelPayment{}
	byID := map[uuid.UUID]*modelCustomer{}
	for _, c := range m.saved.customers {
		byID[c.id] = &c
		m.customers = append(m.customers, &c)
	}
	for _, p := range m.saved.pockets {
		p.customer = byID[p.customer.id]
		m.pockets[p.id] = &p
	}
	for id, p := range m.saved.inbound {
		m.inbound[id] = &modelPayment{m.pockets[p.pocket], p.cents}
	}
	m.fated, m.swipes = slices.Clone(m.saved.fated), map[uuid.UUID]*modelPayment{}
	for id, p := range m.saved.swipes {
		m.swipes[id] = &modelPayment{m.pockets[p.pocket], p.cents}
	}
}

func (m *model) hash(r *rapid.T) [sha256.Size]byte {
	sum, err := m.Hash()
	if err != nil {
		r.Fatal(err)
	}
	return sum
}

// observe compares the bank with the model after each operation.
func (m *model) observe(r *rapid.T) {
	m.operations++
	if err := m.Check(); err != nil {
		r.Fatal(err)
	}
	m.look(r, func(x *Tx) {
		effects := m.effects(x)
		for _, p := range m.pockets {
			net := p.net + effects[p.id]
			if total, earned := x.Total(p.id), x.Earned(p.id); total != net+earned || total < 0 || earned < 0 {
				r.Fatalf("a pocket has %d cents of which %d are earned; %d were paid in", total, earned, net)
			}
			if got := x.pockets.Get(p.id).Status == PocketOpen; got != p.open {
				r.Fatalf("a pocket is open: %t; want %t", got, p.open)
			}
		}
	})
}

// newModel returns the model of a bank with a customer and a pocket, and what can be done.
func newModel(r *rapid.T, store *statetest.Memory) (*model, map[string]func(*rapid.T)) {
	config := Config{Seed: 1, Clock: moment(r, "2026-11-20 10:00")}
	if store != nil {
		config.Store = store
	}
	m := &model{world: &world{Bank: openBank(r, config)}, pockets: map[uuid.UUID]*modelPocket{},
		inbound: map[uuid.UUID]*modelPayment{}, swipes: map[uuid.UUID]*modelPayment{}, store: store}
	m.apply(r)
	m.openPocket(r)
	return m, map[string]func(*rapid.T){
		"apply": m.apply, "swipe": m.swipe, "open": m.openPocket, "fund": m.fund, "transfer": m.transfer,
		"transfer again": m.transfer,
		"save":           rarely(m.save),
		"restore":        rarely(m.restore),
		"send":           m.send, "receive": m.receive, "pull": m.pull, "sleep": m.sleep, "close": m.closePocket,
		"pay": m.pay, "pay again": m.pay, "decide": m.decide, "decide again": m.decide,
		"": m.observe,
	}
}

// Whatever is done in whatever order, the bank says what the model says, and all that must always hold does after each
// operation. -rapid.checks says how many banks there are; each lives through some hundred operations.
func TestTheBankBehavesLikeItsModel(t *testing.T) {
	t.Parallel()
	var operations atomic.Int64
	rapid.Check(t, func(r *rapid.T) {
		m, actions := newModel(r, nil)
		for range rapid.IntRange(3, 6).Draw(r, "rounds") {
			r.Repeat(actions)
		}
		operations.Add(int64(m.operations))
	})
	t.Logf("%d operations", operations.Load())
}

// Nothing of that changes if it is closed and opened again in between, or if its store has no room from time to time.
func TestABankThatIsStoredBehavesLikeItsModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		m, actions := newModel(r, &statetest.Memory{})
		defer func() { _ = m.Close() }()
		actions["reopen"], actions["fail"] = rarely(m.reopen), rarely(m.fail)
		r.Repeat(actions)
	})
}
