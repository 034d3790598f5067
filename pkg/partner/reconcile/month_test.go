package reconcile_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/partner/reconcile"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/webhook"
)

const (
	monthCustomers = 4
	monthDays      = 30
	// differences is how many are planted, a quarter of each kind.
	differences = 1000
)

// month is a month of payments in a sandbox.
type month struct {
	*sandbox.Running
	has       truth
	random    *rand.Rand
	customers []uuid.UUID
	pockets   map[uuid.UUID][]uuid.UUID
	ach, wire map[uuid.UUID]uuid.UUID
	begin     time.Time
	invoices  int
	// orders are what was paid, as the program asked for it, by the id.
	orders []order
}

// order is a payment that was asked for.
type order struct {
	object         reconcile.Object
	id, from, to   uuid.UUID
	reference      string
	cents          int64
	created        time.Time
	customer, also uuid.UUID
}

func newMonth(t *testing.T, seed uint64) *month {
	t.Helper()
	clock := time.Date(2026, 1, 8, 15, 0, 0, 0, time.UTC)
	m := &month{Running: sandbox.Start(t, sandbox.Config{Seed: seed, Clock: clock}),
		random: rand.New(rand.NewPCG(seed, 14)), pockets: map[uuid.UUID][]uuid.UUID{},
		ach: map[uuid.UUID]uuid.UUID{}, wire: map[uuid.UUID]uuid.UUID{},
		has: truth{again: map[uuid.UUID]*reconcile.ListedPayment{}, second: map[uuid.UUID]bool{},
			pockets: map[uuid.UUID]uuid.UUID{}}}
	for range monthCustomers {
		m.open(t)
	}
	// Counterparties for ACH are verified two business days later.
	if err := m.Sandbox.Advance(t.Context(), 4*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	m.begin = m.Sandbox.Time()
	return m
}

// open opens a customer with three pockets and those whom they pay.
func (m *month) open(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	profile, err := partner.NewInvestmentProfile(partner.EmployedInvestmentProfile{
		Income:   partner.AnnualPersonalIncomeBetween100KAnd250K,
		NetWorth: partner.AveragePersonalNetWorthBetween1MAnd5M, Occupation: "Investor"})
	must(t, profile, err)
	a, err := m.Client.Individuals.CreateApplication(ctx, partner.CreateApplicationRequest{
		Name: partner.Name{FirstName: "Jiko", LastName: "Customer"}, IdentificationNumber: "123-45-6789",
		Email: "jiko@example.com", PhoneNumber: "+15551234567",
		DateOfBirth: partner.Date{Time: time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)},
		Address: partner.Address{StreetAddress: "2000 Allston Way", City: "Berkeley", PostalCode: "94701",
			State: partner.Ptr("CA"), Country: "US"},
		AgreementConsent:  partner.AgreementConsent{Version: "1.0.0", Timestamp: m.Sandbox.Time()},
		InvestmentProfile: profile})
	_, err = m.Client.Individuals.SubmitApplication(ctx, must(t, a, err).ID)
	must(t, a, err)
	a, err = m.Client.Individuals.GetApplication(ctx, a.ID)
	customer, err := must(t, a, err).CustomerID.Get()
	must(t, customer, err)
	m.customers = append(m.customers, customer)
	for range 3 {
		p, err := m.Client.Pockets.Create(ctx, customer, partner.CreatePocketRequest{PocketName: "Operating",
			DepositStrategyID: partner.Ptr("UST-4W")})
		id := must(t, p, err).ID
		m.pockets[customer] = append(m.pockets[customer], id)
		if err := m.Client.Sandbox.FundAccount(ctx, nil,
			partner.FundAccountRequest{AccountID: id, AmountUSDC: 999_999}); err != nil {
			t.Fatal(err)
		}
	}
	name, err := partner.NewCounterpartyName(partner.BusinessCounterpartyName{BusinessName: "Supplier Inc."})
	must(t, name, err)
	m.ach[customer] = m.payee(t, customer, partner.CreateACHCounterparty{AccountNumber: "123456789",
		RoutingNumber: "021000021"})
	m.wire[customer] = m.payee(t, customer, partner.CreateWireCounterparty{Identifier: "123456789",
		RoutingNumber: "021000021", CounterpartyName: name, Address: partner.Address{StreetAddress: "1 Main Street",
			City: "Berkeley", PostalCode: "94701", State: partner.Ptr("CA"), Country: "US"}})
}

func (m *month) payee(t *testing.T, customer uuid.UUID, form partner.CreateCounterpartyRequestVariant) uuid.UUID {
	t.Helper()
	request, err := partner.NewCreateCounterpartyRequest(form)
	made, wrong := m.Client.Counterparties.Create(t.Context(), customer, must(t, request, err))
	shared, err := must(t, made, wrong).Shared()
	return must(t, shared, err).ID
}

// pay asks for a payment, of a new reference or once more of one that was paid.
func (m *month) pay(t *testing.T, o order) *order {
	t.Helper()
	ctx, again := t.Context(), o.reference != ""
	if !again {
		m.invoices++
		o.reference = fmt.Sprintf("INV-%05d", m.invoices)
		pockets := m.pockets[o.customer]
		which := m.random.Perm(3)
		o.from, o.to, o.also = pockets[which[0]], pockets[which[1]], pockets[which[2]]
		o.cents = 1 + m.random.Int64N(2_00)
		if m.random.IntN(20) == 0 {
			o.cents = 5_000_000_00 // Nobody has as much: it is rejected.
		}
	}
	o.created = m.Sandbox.Time()
	switch o.object {
	case reconcile.ObjectOnUs:
		o.id = m.newID()
		amount, err := partner.NewTransferAmount(partner.RequestedAmount{AmountUSDC: o.cents})
		must(t, amount, err)
		request, err := partner.NewCreateOnUsTransferRequest(partner.CreateInternalReallocationTransfer{
			TransferID: &o.id, Description: &o.reference, AsyncMode: partner.Ptr(m.random.IntN(2) == 0),
			FromAccount: partner.JikoAccountReference{ID: o.from, Type: partner.JikoAccountReferenceTypeJikoAccount},
			ToAccount:   partner.JikoAccountReference{ID: o.to, Type: partner.JikoAccountReferenceTypeJikoAccount},
			Amount:      amount})
		_, err = m.Client.OnUsTransfers.Create(ctx, must(t, request, err))
		must(t, o, err)
	case reconcile.ObjectACH:
		if !again && m.random.IntN(3) == 0 {
			o.from = uuid.Nil
		} else if !again {
			o.to = uuid.Nil
		}
		direction := partner.ACHDirectionCredit
		if o.from == uuid.Nil {
			direction = partner.ACHDirectionDebit
		}
		made, err := m.Client.ACH.Create(ctx, o.pocket(), partner.CreateACHOriginationRequest{Direction: direction,
			CounterpartyID: m.ach[o.customer], AmountUSDC: o.cents,
			PaymentRelatedInformation: []string{"our ref", o.reference}})
		o.id = must(t, made, err).ID
	default:
		o.id, o.to = m.newID(), uuid.Nil
		err := m.Client.Wires.Create(ctx, o.from, partner.CreateWireRequest{WireID: &o.id, Description: &o.reference,
			CounterpartyID: m.wire[o.customer], AmountUSDC: &o.cents})
		must(t, o, err)
	}
	m.orders = append(m.orders, o)
	return &o
}

func (o *order) pocket() uuid.UUID {
	if o.from != uuid.Nil {
		return o.from
	}
	return o.to
}

func (m *month) newID() (id uuid.UUID) {
	for i := range id {
		id[i] = byte(m.random.Uint32())
	}
	return id
}

// live has everybody pay, every day.
func (m *month) live(t *testing.T, each int) {
	t.Helper()
	repeated := map[uuid.UUID]uuid.UUID{}
	for day := range monthDays {
		for _, customer := range m.customers {
			for range each {
				for _, object := range objects {
					first := m.pay(t, order{object: object, customer: customer})
					// Not on the last day: what is open is needed for what is late.
					if day < monthDays-2 && first.cents < 100_00 && m.random.IntN(5) == 0 {
						if err := m.Sandbox.Advance(t.Context(), time.Second); err != nil {
							t.Fatal(err)
						}
						repeated[first.id] = m.pay(t, *first).id
					}
				}
			}
			if m.random.IntN(4) == 0 {
				m.receive(t, customer)
			}
		}
		next := 24 * time.Hour
		if day == monthDays-1 {
			next = 3 * time.Hour // After it nothing is young.
		}
		if err := m.Sandbox.Advance(t.Context(), next); err != nil {
			t.Fatal(err)
		}
	}
	m.see(t, repeated)
}

// receive has a wire arrive.
func (m *month) receive(t *testing.T, customer uuid.UUID) {
	t.Helper()
	o := order{object: reconcile.ObjectWire, customer: customer, to: m.pockets[customer][0],
		also: m.pockets[customer][1], cents: 1 + m.random.Int64N(1000), created: m.Sandbox.Time()}
	m.invoices++
	o.reference = fmt.Sprintf("INV-%05d", m.invoices)
	id, err := m.Sandbox.ReceiveWire(t.Context(), sandbox.IncomingWire{PocketID: o.to, AmountUSDC: o.cents,
		Sender: "Acme, Inc.", Description: o.reference})
	o.id = must(t, id, err)
	m.orders = append(m.orders, o)
}

// see reads everything one by one, which is what a program must not do.
func (m *month) see(t *testing.T, repeated map[uuid.UUID]uuid.UUID) {
	t.Helper()
	ctx := t.Context()
	all := map[uuid.UUID]*reconcile.ListedPayment{}
	for _, o := range m.orders {
		l := &reconcile.ListedPayment{Object: o.object, ID: o.id, Reference: o.reference, From: o.from, To: o.to,
			Cents: o.cents, Time: o.created}
		switch o.object {
		case reconcile.ObjectOnUs:
			x, err := m.Client.OnUsTransfers.Get(ctx, o.id)
			l.State = reconcile.OnUsState(must(t, x, err).Status)
		case reconcile.ObjectACH:
			x, err := m.Client.ACH.Get(ctx, o.pocket(), o.id)
			l.State = reconcile.ACHState(must(t, x, err).Status)
		default:
			x, err := m.Client.Wires.Get(ctx, o.id)
			l.State = reconcile.WireState(*must(t, x, err).Status)
		}
		all[o.id] = l
		m.has.payments = append(m.has.payments, l)
		m.has.pockets[o.id] = o.also
	}
	for first, second := range repeated {
		m.has.again[first] = all[second]
		m.has.second[second] = true
	}
	before := m.begin.Add(-time.Second)
	for e, err := range m.Client.Events.All(ctx, &partner.ListEventsParams{After: &before}) {
		body, wrong := must(t, e, err).Event.MarshalJSON()
		event, err := webhook.Parse(must(t, body, wrong))
		must(t, event, err)
		m.has.events = append(m.has.events, &reconcile.ListedEvent{ID: event.ID, Type: event.Type,
			Timestamp: event.Timestamp, Raw: event.Raw})
	}
}

// deliver delivers the events to a receiver: three in ten are lost, one in ten comes twice, and none in its order.
func (m *month) deliver(t *testing.T, p *program) (lost map[uuid.UUID]bool) {
	t.Helper()
	secret := signing.NewSecret("webhook-secret")
	lost, handled := map[uuid.UUID]bool{}, map[uuid.UUID]int{}
	handler, err := webhook.New(webhook.Config{Secrets: []signing.Secret{secret}, MaxAge: -1,
		Handle: func(_ context.Context, e *webhook.Event) error {
			handled[e.ID]++
			return nil
		}})
	must(t, handler, err)
	var deliveries []*reconcile.ListedEvent
	for _, e := range m.has.events {
		switch n := m.random.IntN(100); {
		case n < 30:
			lost[e.ID] = true
		case n < 40:
			deliveries = append(deliveries, e, e)
		default:
			deliveries = append(deliveries, e)
		}
	}
	m.random.Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })
	for _, e := range deliveries {
		request, err := webhook.NewRequest(t.Context(), "https://partner.example/webhooks/", secret, []byte(e.Raw))
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, must(t, request, err))
		if answer.Code/100 != 2 {
			t.Fatalf("a delivery was answered with %d", answer.Code)
		}
	}
	if err := handler.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range p.events {
		p.events[i].Handled = handled[p.events[i].ID]
	}
	p.events = slices.DeleteFunc(p.events, func(e reconcile.Event) bool { return lost[e.ID] })
	return lost
}

// pages is how many pages of 100 the lists have that a run has to read.
func (m *month) pages() int {
	count := func(items int) int { return max(1, (items+99)/100) }
	all := count(len(m.has.events))
	for _, customer := range m.customers {
		items := map[reconcile.Object]int{}
		for i, o := range m.orders {
			switch l := m.has.payments[i]; {
			case o.customer != customer, !listed(l):
			case o.object == reconcile.ObjectOnUs:
				items[o.object] += 2
			default:
				items[o.object]++
			}
		}
		for _, object := range objects {
			all += count(items[object])
		}
	}
	return all
}

// TestAMonthIsReconciled is the proof of this package: after a month of payments of all kinds, with webhooks lost,
// doubled and shuffled, and a thousand differences planted, all of it is found, nothing is invented, and after repair
// nothing is left. RECONCILE_MONTHS has it go on with as many longer months.
func TestAMonthIsReconciled(t *testing.T) {
	months, each := 1, 3
	if text := os.Getenv("RECONCILE_MONTHS"); text != "" {
		n, err := strconv.Atoi(text)
		months, each = must(t, n, err), 10
	}
	for seed := range uint64(months) {
		t.Run(fmt.Sprintf("seed %d", seed+1), func(t *testing.T) { reconcileMonth(t, seed+1, each) })
	}
}

func reconcileMonth(t *testing.T, seed uint64, each int) {
	t.Helper()
	m := newMonth(t, seed)
	m.live(t, each)
	p := knows(m.random, &m.has)
	lost := m.deliver(t, p)
	pages, events, payments := m.pages(), len(m.has.events), len(m.has.payments)
	now := m.Sandbox.Time()
	plant := &planter{truth: &m.has, program: p, random: m.random, now: now, planted: map[string]bool{}}
	for id := range lost {
		plant.want(reconcile.KindMissing, reconcile.SideProgram, reconcile.ObjectEvent, id, "")
	}
	m.has.events = slices.DeleteFunc(m.has.events, func(e *reconcile.ListedEvent) bool { return lost[e.ID] })
	lostOnes := len(plant.planted)
	for _, kind := range reconcile.Kinds() {
		for n, tries := 0, 0; n < differences/len(reconcile.Kinds()); tries++ {
			if plants[kind][tries%len(plants[kind])](plant) {
				n++
			} else if tries > 10*differences {
				t.Fatalf("there is nothing left to be %s", kind)
			}
		}
	}
	if got := len(plant.planted) - lostOnes; got != differences {
		t.Fatalf("%d differences are planted", got)
	}

	config := reconcile.Config{Client: m.Client, Now: m.Sandbox.Time}
	if seed%2 == 0 {
		config.Reference = invoice
	}
	r := newReconciler(t, config)
	scope := reconcile.Scope{Customers: m.customers, From: m.begin}
	report, err := r.Run(t.Context(), scope, p.beliefs())
	must(t, report, err)
	sameFindings(t, described(t, report), plant.planted)
	if !report.Complete || report.Events != events {
		t.Errorf("complete: %t; %d of %d events", report.Complete, report.Events, events)
	}
	if report.Calls-report.Lookups != pages || report.Lookups > differences/len(reconcile.Kinds()) {
		t.Errorf("%d calls, %d of them for single transfers; the lists have %d pages", report.Calls, report.Lookups,
			pages)
	}
	var counts []string
	for _, kind := range reconcile.Kinds() {
		counts = append(counts, fmt.Sprintf("%d %s", len(report.Of(kind)), kind))
	}
	t.Logf("%d payments, %d events, %d lost: %s; %d pages, %d looked up", payments, events, len(lost),
		strings.Join(counts, ", "), pages, report.Lookups)

	p.repair(t, report, now)
	again, err := r.Run(t.Context(), scope, p.beliefs())
	must(t, again, err)
	for _, f := range again.Findings {
		t.Errorf("left after repair: %s: %s", f, f.Advice())
	}
	if again.Calls-again.Lookups != pages || again.Lookups > 0 {
		t.Errorf("after repair: %d calls, %d of them for single transfers", again.Calls, again.Lookups)
	}
}
