package reconcile_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/partner/reconcile"
	"github.com/jiko-partner/partner-go/pkg/webhook"
)

// day is a moment in the window, some days after it begins.
func day(n int) time.Time { return fakeFrom.AddDate(0, 0, n) }

func everyone() reconcile.Scope {
	return reconcile.Scope{Customers: []uuid.UUID{someone}, From: fakeFrom}
}

// run compares with a fake, at its moment.
func (f *fake) run(t *testing.T, beliefs reconcile.Beliefs, change ...func(*reconcile.Config, *reconcile.Scope)) (
	*reconcile.Report, error) {
	t.Helper()
	config := reconcile.Config{Client: f.client, Now: func() time.Time { return fakeNow }}
	scope := everyone()
	for _, c := range change {
		c(&config, &scope)
	}
	return newReconciler(t, config).Run(t.Context(), scope, beliefs)
}

// found are the findings of a run that must not fail, as text.
func (f *fake) found(t *testing.T, beliefs reconcile.Beliefs,
	change ...func(*reconcile.Config, *reconcile.Scope)) []string {
	t.Helper()
	report, err := f.run(t, beliefs, change...)
	must(t, report, err)
	return texts(report)
}

// texts are the findings as text, with ids as they are numbered: 51 is the first payment, and e1 the first event.
func texts(report *reconcile.Report) []string {
	var all []string
	for _, f := range report.Findings {
		all = append(all, strings.ReplaceAll(f.String(), "0000000-0000-4000-8000-00000000000", ""))
	}
	return all
}

// For tables.
type (
	listing = []*reconcile.ListedPayment
	known   = []reconcile.Payment
)

func events(values ...reconcile.Event) reconcile.Beliefs {
	return reconcile.Beliefs{Events: reconcile.Values(values...)}
}

func records(values ...reconcile.Payment) reconcile.Beliefs {
	return reconcile.Beliefs{Payments: reconcile.Values(values...)}
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) && len(got)+len(want) > 0 {
		t.Errorf("found\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// Times at the edges of the window and of what is young.
func TestTheEdgesOfTheWindow(t *testing.T) {
	f := newFake(t)
	old, to := fakeNow.Add(-reconcile.DefaultGrace), day(20)
	for _, c := range []struct {
		name  string
		at    time.Time
		to    time.Time
		found bool
	}{
		{"at its beginning", fakeFrom, time.Time{}, true},
		{"at its beginning, told in another zone", fakeFrom.In(time.FixedZone("", -5*3600)), time.Time{}, true},
		{"before its beginning", fakeFrom.Add(-1), time.Time{}, false},
		{"before its end", to.Add(-1), to, true},
		{"at its end", to, to, false},
		{"just old enough", old, time.Time{}, true},
		{"too young", old.Add(1), time.Time{}, false},
		{"in the future", fakeNow.Add(time.Hour), fakeNow.Add(2 * time.Hour), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.reset()
			f.events = []*reconcile.ListedEvent{happened(numbered("e", 1), numbered("6", 1), c.at)}
			f.payments = listing{paid(1, reconcile.ObjectOnUs, reconcile.StateDone, c.at),
				paid(2, reconcile.ObjectACH, reconcile.StateDone, c.at),
				paid(3, reconcile.ObjectWire, reconcile.StateDone, c.at)}
			var want []string
			if c.found {
				want = []string{
					"missing (program): event e1 transfers.wire.out.success",
					"missing (program): on-us transfer 51",
					"missing (program): ach origination 52",
					"missing (program): wire 53"}
			}
			expect(t, f.found(t, reconcile.Beliefs{Events: reconcile.Values[reconcile.Event](),
				Payments: reconcile.Values[reconcile.Payment]()},
				func(_ *reconcile.Config, s *reconcile.Scope) { s.To = c.to }), want...)
		})
	}
}

// What the program gives is compared whatever its age: the lists are read as far back as it needs.
func TestWhatIsOlderThanTheWindow(t *testing.T) {
	f := newFake(t)
	old := fakeFrom.AddDate(-1, 0, 0)
	var older known
	for n, object := range objects {
		p := paid(n, object, reconcile.StateDone, old)
		f.payments = append(f.payments, p, paid(10+n, object, reconcile.StateDone, old))
		r := p.Record()
		r.State = reconcile.StateOpen
		older = append(older, r)
	}
	f.events = []*reconcile.ListedEvent{happened(numbered("e", 1), uuid.Nil, old)}
	b := records(older...)
	b.Events = reconcile.Values(reconcile.Event{ID: numbered("e", 1), Timestamp: old},
		reconcile.Event{ID: numbered("e", 2), Timestamp: old, Handled: 1})
	expect(t, f.found(t, b),
		"missing (program): event e1 transfers.wire.out.success",
		"missing (api): event e2 unknown",
		"different (program): on-us transfer 50: state",
		"different (program): ach origination 51: state",
		"different (program): wire 52: state")
}

func TestEvents(t *testing.T) {
	f := newFake(t)
	id, at := numbered("e", 1), day(3)
	f.events = []*reconcile.ListedEvent{happened(id, numbered("6", 1), at)}
	event := func(change ...func(*reconcile.Event)) reconcile.Event {
		e := reconcile.Event{ID: id, Type: "transfers.wire.out.success", Timestamp: at, Handled: 1,
			Received: at.Add(time.Minute)}
		for _, c := range change {
			c(&e)
		}
		return e
	}
	text := "event e1 transfers.wire.out.success"
	for _, c := range []struct {
		name  string
		known []reconcile.Event
		want  []string
	}{
		{"one that is as it should be", []reconcile.Event{event()}, nil},
		{"one whose time was rounded", []reconcile.Event{event(func(e *reconcile.Event) {
			e.Timestamp = at.Add(-999 * time.Millisecond).In(time.FixedZone("", 3600))
		})}, nil},
		{"one whose type nobody noted", []reconcile.Event{event(func(e *reconcile.Event) { e.Type = "" })}, nil},
		{"one that came just in time", []reconcile.Event{event(func(e *reconcile.Event) {
			e.Received = at.Add(reconcile.DefaultLateAfter)
		})}, nil},
		{"one that came late", []reconcile.Event{event(func(e *reconcile.Event) {
			e.Received = at.Add(reconcile.DefaultLateAfter + 1)
		})}, []string{"late (program): " + text}},
		{"one that came late, which is known", []reconcile.Event{event(func(e *reconcile.Event) {
			e.Received, e.Reviewed = at.Add(1000*time.Hour), true
		})}, nil},
		{"one that was fetched", []reconcile.Event{event(func(e *reconcile.Event) { e.Received = time.Time{} })}, nil},
		{"one that came late and then in time", []reconcile.Event{
			event(func(e *reconcile.Event) { e.Received, e.Handled = at.Add(1000*time.Hour), 0 }), event()}, nil},
		{"one that was received and not handled", []reconcile.Event{event(func(e *reconcile.Event) { e.Handled = 0 })},
			[]string{"missing (program): " + text}},
		{"one that was handled twice", []reconcile.Event{event(), event()}, []string{"doubled (program): " + text}},
		{"one of another type, a second later, and late", []reconcile.Event{event(func(e *reconcile.Event) {
			e.Type, e.Timestamp, e.Received = "card.status.open", at.Add(time.Second), at.Add(1000*time.Hour)
		})}, []string{"late (program): " + text, "different (program): " + text + ": type, timestamp"}},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, f.found(t, events(c.known...)), c.want...) })
	}
}

func TestEventsOfOtherSubscriptionsAndTypes(t *testing.T) {
	f := newFake(t)
	f.events = []*reconcile.ListedEvent{happened(numbered("e", 1), numbered("6", 1), day(1))}
	asked := []uuid.UUID{}
	list := f.fakes.Events.ListFunc
	f.fakes.Events.ListFunc = func(ctx context.Context, q *partner.ListEventsParams, options ...partner.CallOption) (
		*partner.PastEventPage, error) {
		asked = append(asked, *q.SubscriptionID)
		return list(ctx, q, options...)
	}
	// The event is of both, and found once.
	expect(t, f.found(t, events(), func(_ *reconcile.Config, s *reconcile.Scope) {
		s.Subscriptions = []uuid.UUID{numbered("1", 1), numbered("1", 2)}
	}), "missing (program): event e1 transfers.wire.out.success")
	if !slices.Equal(asked, []uuid.UUID{numbered("1", 1), numbered("1", 2)}) {
		t.Errorf("asked for %s", asked)
	}
	expect(t, f.found(t, events(), func(_ *reconcile.Config, s *reconcile.Scope) {
		s.Subscriptions, s.EventTypes = []uuid.UUID{numbered("1", 1)}, []partner.EventType{"application.approved"}
	}))
}

func believedDone(l *reconcile.ListedPayment) reconcile.Payment {
	r := l.Record()
	r.State = reconcile.StateDone
	return r
}

func TestPayments(t *testing.T) {
	f := newFake(t)
	at := day(3)
	wire := paid(1, reconcile.ObjectWire, reconcile.StateDone, at)
	record := func(change func(*reconcile.Payment)) reconcile.Payment {
		r := wire.Record()
		change(&r)
		return r
	}
	open := paid(2, reconcile.ObjectACH, reconcile.StateOpen, at)
	second := paid(3, reconcile.ObjectWire, reconcile.StateDone, at.Add(time.Hour))
	second.Reference = wire.Reference
	refund := paid(4, reconcile.ObjectWire, reconcile.StateDone, at.Add(time.Hour))
	refund.Reference = wire.Reference
	failed := paid(5, reconcile.ObjectWire, reconcile.StateFailed, at)
	failed.Reference = wire.Reference
	rejected := paid(7, reconcile.ObjectOnUs, reconcile.StateFailed, at)
	pending := paid(8, reconcile.ObjectOnUs, reconcile.StateOpen, at)
	odd := paid(9, reconcile.ObjectWire, reconcile.StateUnknown, at)
	odd.Status = "ON_ITS_HEAD"
	for _, c := range []struct {
		name   string
		listed listing
		record known
		want   []string
	}{
		{"a record that says all", listing{wire}, known{wire.Record()}, nil},
		{"a record that says little", listing{wire}, known{{Object: reconcile.ObjectWire,
			ID: wire.ID, Created: at, State: reconcile.StateDone}}, nil},
		{"a record that knows the reference alone", listing{wire},
			known{record(func(p *reconcile.Payment) { p.ID = uuid.Nil })}, nil},
		{"a record in doubt", listing{wire},
			known{record(func(p *reconcile.Payment) { p.ID, p.State = uuid.Nil, "" })},
			[]string{"different (program): wire 51: state"}},
		{"a record with all wrong", listing{wire}, known{record(func(p *reconcile.Payment) {
			p.State, p.Cents, p.Pocket, p.Direction = reconcile.StateOpen, 7, someone, reconcile.DirectionIn
		})}, []string{"different (program): wire 51: state, amount, pocket, direction"}},
		{"a record with another id", listing{wire},
			known{record(func(p *reconcile.Payment) { p.ID = someone })},
			[]string{"different (program): wire 51: id"}},
		{"a record of what never was", nil, known{wire.Record()},
			[]string{"missing (api): wire 51"}},
		{"a record of what never was, and is known to have failed", nil,
			known{record(func(p *reconcile.Payment) { p.State = reconcile.StateFailed })}, nil},
		{"a payment that is open for long", listing{open}, known{open.Record()},
			[]string{"late (api): ach origination 52"}},
		{"a reference that was paid twice", listing{second, wire}, known{wire.Record()},
			[]string{"doubled (api): wire 53, after 51"}},
		{"a reference that was paid twice, of which the program knows the second", listing{second, wire},
			known{second.Record()},
			[]string{"doubled (api): wire 51, after 53"}},
		{"a reference whose money came back", listing{wire, refund},
			known{wire.Record(), refund.Record()}, nil},
		{"a reference that failed before", listing{failed, wire},
			known{failed.Record(), wire.Record()}, nil},
		{"a record in doubt beside one of the same payment", listing{wire},
			known{wire.Record(), record(func(p *reconcile.Payment) { p.ID, p.State = uuid.Nil, "" })},
			[]string{"doubled (program): wire 51, after 51"}},
		{"a transfer that was rejected", listing{rejected}, known{rejected.Record()}, nil},
		{"a transfer that is believed to be done", listing{rejected}, known{believedDone(rejected)},
			[]string{"different (program): on-us transfer 57: state"}},
		{"a transfer that waits", listing{pending}, known{pending.Record()},
			[]string{"late (api): on-us transfer 58"}},
		{"a status that is not known yet", listing{odd}, known{believedDone(odd)},
			[]string{"different (program): wire 59: state"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.reset()
			f.payments = c.listed
			report, err := f.run(t, records(c.record...))
			must(t, report, err)
			expect(t, texts(report), c.want...)
			p := &program{}
			for _, r := range c.record {
				p.keep(r)
			}
			report, err = f.run(t, reconcile.Beliefs{Payments: p.beliefs().Payments})
			must(t, report, err)
			p.repair(t, report, fakeNow)
			expect(t, f.found(t, reconcile.Beliefs{Payments: p.beliefs().Payments}))
		})
	}
}

// A scope of pockets asks for their lists; the two sides of a transfer are one payment.
func TestPocketsAreAskedByThemselves(t *testing.T) {
	f := newFake(t)
	p := paid(1, reconcile.ObjectOnUs, reconcile.StateDone, day(1))
	f.payments = listing{p, paid(3, reconcile.ObjectACH, reconcile.StateDone, day(1)),
		paid(5, reconcile.ObjectWire, reconcile.StateDone, day(1))}
	report, err := f.run(t, records(), func(_ *reconcile.Config, s *reconcile.Scope) {
		s.Customers, s.Pockets = nil, []uuid.UUID{p.From, p.To, f.payments[1].From}
	})
	must(t, report, err)
	if len(report.Findings) != 2 || report.Calls != 9 || report.Payments != 2 {
		t.Errorf("%s of %d payments: %v", report, report.Payments, report.Findings)
	}
	if l := report.Findings[0].Payment.API; l.From != p.From || l.To != p.To {
		t.Errorf("from %s to %s", l.From, l.To)
	}
}

func TestOnlyWhatIsOursIsMissing(t *testing.T) {
	f := newFake(t)
	f.payments = listing{paid(1, reconcile.ObjectWire, reconcile.StateDone, day(1)),
		paid(2, reconcile.ObjectWire, reconcile.StateDone, day(1)),
		paid(3, reconcile.ObjectACH, reconcile.StateDone, day(1))}
	expect(t, f.found(t, records(), func(_ *reconcile.Config, s *reconcile.Scope) {
		s.Payments = []reconcile.Object{reconcile.ObjectWire}
		s.Ours = func(p *reconcile.ListedPayment) bool { return p.Direction() == reconcile.DirectionOut }
	}), "missing (program): wire 51")
	if f.calls["ach"]+f.calls["on-us"] > 0 {
		t.Errorf("asked for what is not in the scope: %v", f.calls)
	}
}

// A payment that a young event is about may be in another state than the program knows.
func TestTheProgramMayYetBeToldOfAState(t *testing.T) {
	f := newFake(t)
	wire := paid(1, reconcile.ObjectWire, reconcile.StateDone, day(25))
	f.payments = listing{wire}
	r := wire.Record()
	r.State = reconcile.StateOpen
	old, young := fakeNow.Add(-2*time.Hour), fakeNow.Add(-time.Minute)
	for _, c := range []struct {
		name string
		at   time.Time
		of   uuid.UUID
		want int
	}{
		{"an event of today", old, wire.ID, 1},
		{"an event of now", young, wire.ID, 0},
		{"an event of now about another", young, someone, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := happened(numbered("e", 1), c.of, c.at)
			f.events = []*reconcile.ListedEvent{e}
			b := records(r)
			b.Events = reconcile.Values(e.Record())
			if got := f.found(t, b); len(got) != c.want {
				t.Errorf("found %q", got)
			}
		})
	}
}

// The lists of ACH originations and wires know no time. They are left where they come to what is too old, unless their
// order says that something newer may follow.
func TestListsAreLeftWhereTheyAreTooOld(t *testing.T) {
	f := newFake(t)
	for _, ascending := range []bool{false, true} {
		f.reset()
		f.ascending = ascending
		for n := range 100 {
			f.payments = append(f.payments, paid(n, objects[1+n%2], reconcile.StateDone, fakeNow.AddDate(0, 0, -n)))
		}
		report, err := f.run(t, records(), func(c *reconcile.Config, _ *reconcile.Scope) { c.PageSize = 5 })
		must(t, report, err)
		// 16 of 50 and 15 of 50 are in the window, and the page after those is all too old.
		ach, wires := 5, 4
		if ascending {
			ach, wires = 10, 10
		}
		if len(report.Findings) != 30 || f.calls["ach"] != ach || f.calls["wires"] != wires {
			t.Errorf("%d found by %v calls", len(report.Findings), f.calls)
		}
	}
}

func TestCallsAreLimited(t *testing.T) {
	f := newFake(t)
	for n := range 30 {
		f.payments = append(f.payments, paid(n, reconcile.ObjectWire, reconcile.StateDone, day(n/2)))
		f.events = append(f.events, happened(numbered("e", n), uuid.Nil, day(n/2)))
	}
	b := reconcile.Beliefs{Events: reconcile.Values[reconcile.Event](), Payments: records(reconcile.Payment{
		Object: reconcile.ObjectWire, Reference: "lost", Created: day(1), State: reconcile.StateOpen}).Payments}
	for limit := 1; limit <= 8; limit++ {
		report, err := f.run(t, b, func(c *reconcile.Config, _ *reconcile.Scope) { c.PageSize, c.MaxCalls = 10, limit })
		missing := max(0, 10*min(limit-2, 6))
		// One page of each of the other lists, then three of wires, then three of events.
		if limit == 8 {
			if err != nil || !report.Complete || len(report.Findings) != 61 {
				t.Errorf("%v, %s", err, report)
			}
			continue
		}
		// What the API lacks is known when all its payments are.
		if limit >= 5 {
			missing++
		}
		var tooMany *reconcile.CallLimitError
		if !errors.As(err, &tooMany) || tooMany.Limit != limit || report.Complete || report.Calls != limit ||
			len(report.Findings) != missing || !strings.Contains(err.Error(), fmt.Sprint(limit)) {
			t.Errorf("limit %d: %v, %s; want %d findings", limit, err, report, missing)
		}
	}
}

// A run that is cut short says what is certain.
func TestWhatIsFoundBeforeAnErrorStands(t *testing.T) {
	f := newFake(t)
	wire := paid(1, reconcile.ObjectWire, reconcile.StateDone, day(1))
	other := paid(3, reconcile.ObjectWire, reconcile.StateDone, day(2))
	f.payments = listing{wire, other}
	r := wire.Record()
	r.Cents = 7
	inDoubt := reconcile.Payment{Object: reconcile.ObjectWire, Reference: "INV-9", Created: day(1)}
	for _, c := range []struct{ fails, want string }{
		{"wires", "missing:0 different:0"}, {"events", "missing:2 different:1"},
	} {
		f.before = func(what string) error {
			if what == c.fails {
				return errStop
			}
			return nil
		}
		b := records(r, inDoubt)
		b.Events = reconcile.Values(reconcile.Event{ID: someone, Timestamp: day(1), Handled: 1})
		report, err := f.run(t, b)
		if !errors.Is(err, errStop) || report.Complete || !strings.Contains(report.String(), "not complete") {
			t.Fatalf("%v, %s", err, report)
		}
		if got := fmt.Sprintf("missing:%d different:%d", len(report.Of(reconcile.KindMissing)),
			len(report.Of(reconcile.KindDifferent))); got != c.want {
			t.Errorf("%s fails: %s; want %s: %v", c.fails, got, c.want, report.Findings)
		}
	}
}

// Blanks around a reference are lost on the way, and are no reason to take a payment for one that was never made.
func TestBlanksAroundAReferenceSayNothing(t *testing.T) {
	for _, text := range []string{"INV-9", " INV-9\n"} {
		f := newFake(t)
		wire := paid(1, reconcile.ObjectWire, reconcile.StateDone, day(1))
		wire.Reference = text
		f.payments = listing{wire}
		for _, reference := range []string{"INV-9", "INV-9 ", "\tINV-9"} {
			r := wire.Record()
			r.ID, r.Reference = uuid.Nil, reference
			for name, find := range map[string]func(string) string{"the text": nil,
				"what is in it": func(text string) string { return text }} {
				got := f.found(t, records(r), func(c *reconcile.Config, _ *reconcile.Scope) { c.Reference = find })
				if len(got) != 0 {
					t.Errorf("%q is recorded, %q was sent, and the reference is %s: %q", reference, text, name, got)
				}
			}
		}
	}
}

func TestARunEndsWithItsContext(t *testing.T) {
	f := newFake(t)
	f.events = []*reconcile.ListedEvent{happened(numbered("e", 1), uuid.Nil, day(1)),
		happened(numbered("e", 2), uuid.Nil, day(2))}
	ctx, cancel := context.WithCancelCause(t.Context())
	f.before = func(string) error {
		cancel(errStop)
		return nil
	}
	r := newReconciler(t, reconcile.Config{Client: f.client, Now: func() time.Time { return fakeNow }, PageSize: 1})
	report, err := r.Run(ctx, everyone(), events())
	if !errors.Is(err, errStop) || report.Calls != 1 || len(report.Findings) != 1 {
		t.Errorf("%v, %s", err, report)
	}
	report, err = r.Run(ctx, everyone(), events())
	if !errors.Is(err, context.Canceled) && !errors.Is(err, errStop) || report != nil {
		t.Errorf("%v, %v", err, report)
	}
	report, err = r.Run(ctx, everyone(), records(reconcile.Payment{}))
	if !errors.Is(err, errStop) || report != nil || f.count() != 1 {
		t.Errorf("%v, %v", err, report)
	}
}

func TestAListThatLeadsBackIsNotFollowed(t *testing.T) {
	f := newFake(t)
	f.fakes.Events.ListFunc = func(context.Context, *partner.ListEventsParams, ...partner.CallOption) (
		*partner.PastEventPage, error) {
		return &partner.PastEventPage{NextPage: partner.Value("again")}, nil
	}
	if report, err := f.run(t, events()); !errors.Is(err, partner.ErrCursorRepeated) || report.Calls != 2 {
		t.Errorf("%v, %s", err, report)
	}
}

func TestConfigurationsThatAreRefused(t *testing.T) {
	client := newFake(t).client
	for name, c := range map[string]reconcile.Config{
		"has no Client":   {},
		"Grace":           {Client: client, Grace: -1},
		"LateAfter":       {Client: client, LateAfter: -1},
		"PageSize of 101": {Client: client, PageSize: 101},
		"PageSize of -1":  {Client: client, PageSize: -1},
		"MaxCalls":        {Client: client, MaxCalls: -1},
		`for "event"`:     {Client: client, OpenFor: map[reconcile.Object]time.Duration{reconcile.ObjectEvent: 1}},
		"OpenFor of 0s":   {Client: client, OpenFor: map[reconcile.Object]time.Duration{reconcile.ObjectACH: 0}},
	} {
		if r, err := reconcile.New(c); err == nil || r != nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v; want %q", err, name)
		}
	}
}

func TestScopesThatAreRefused(t *testing.T) {
	f := newFake(t)
	for name, s := range map[string]reconcile.Scope{
		"no From":         {Customers: []uuid.UUID{someone}},
		"From is not":     {Customers: []uuid.UUID{someone}, From: fakeNow},
		"neither":         {From: fakeFrom},
		"Nil UUID":        {Customers: []uuid.UUID{uuid.Nil}, From: fakeFrom},
		`not: "event"`:    {Customers: []uuid.UUID{someone}, From: fakeFrom, Payments: []reconcile.Object{"event"}},
		"is not before":   {Customers: []uuid.UUID{someone}, From: fakeFrom, To: fakeFrom},
		"which is nobody": {Pockets: []uuid.UUID{someone}, From: fakeFrom, Subscriptions: []uuid.UUID{uuid.Nil}},
	} {
		report, err := f.run(t, records(), func(_ *reconcile.Config, scope *reconcile.Scope) { *scope = s })
		if !errors.Is(err, reconcile.ErrScope) || report != nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v; want %q", err, name)
		}
	}
	if f.count() > 0 {
		t.Errorf("the API was asked: %v", f.calls)
	}
}

func TestBeliefsThatAreRefused(t *testing.T) {
	f := newFake(t)
	payment := func(change func(*reconcile.Payment)) reconcile.Beliefs {
		p := reconcile.Payment{Object: reconcile.ObjectWire, ID: someone, Created: day(1)}
		change(&p)
		return records(p)
	}
	broken := func(yield func(reconcile.Payment, error) bool) { yield(reconcile.Payment{}, errStop) }
	for name, b := range map[string]reconcile.Beliefs{
		"event 1 (00000000-0000-0000-0000-000000000000): it has no ID": events(reconcile.Event{Timestamp: day(1)}),
		"no Timestamp": events(reconcile.Event{ID: someone}),
		"less often":   events(reconcile.Event{ID: someone, Timestamp: day(1), Handled: -1}),
		"EventTypes":   events(reconcile.Event{ID: someone, Timestamp: day(1), Type: "card.status.open"}),
		"no payment":   payment(func(p *reconcile.Payment) { p.Object = "event" }),
		"Payments":     payment(func(p *reconcile.Payment) { p.Object = reconcile.ObjectACH }),
		"neither":      payment(func(p *reconcile.Payment) { p.ID = uuid.Nil }),
		"Pocket":       payment(func(p *reconcile.Payment) { p.Pocket = someone }),
		"no Created":   payment(func(p *reconcile.Payment) { p.Created = time.Time{} }),
		"less than":    payment(func(p *reconcile.Payment) { p.Cents = -1 }),
		"a Direction":  payment(func(p *reconcile.Payment) { p.Direction = "up" }),
		"a State":      payment(func(p *reconcile.Payment) { p.State = "PENDING" }),
		"stop":         {Payments: iter.Seq2[reconcile.Payment, error](broken)},
	} {
		report, err := f.run(t, b, func(_ *reconcile.Config, s *reconcile.Scope) {
			s.Customers, s.Pockets = nil, []uuid.UUID{numbered("a", 1)}
			s.Payments = []reconcile.Object{reconcile.ObjectWire}
			s.EventTypes = []partner.EventType{"application.approved"}
		})
		if !errors.Is(err, reconcile.ErrBeliefs) || report != nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v; want %q", err, name)
		}
	}
	if f.count() > 0 {
		t.Errorf("the API was asked: %v", f.calls)
	}
}

// Wherever a finding is printed, it shows neither what the program wrote nor what somebody paid.
func TestFindingsPrintNoPersonalData(t *testing.T) {
	f := newFake(t)
	wire := paid(1, reconcile.ObjectWire, reconcile.StateDone, day(1))
	wire.Reference, wire.Cents = "Jane Doe", 987654
	e := happened(numbered("e", 1), numbered("6", 1), day(1))
	e.Attempts = []partner.DeliveryAttempt{{ResponseMessage: partner.Ptr("Jane Doe is not here")}}
	odd := happened(numbered("e", 2), numbered("6", 1), day(1))
	odd.Raw = json.RawMessage(strings.Replace(string(odd.Raw), "transfers.wire.out.success", "jane.doe", 1))
	f.events, f.payments = []*reconcile.ListedEvent{e, odd}, listing{wire}
	r := wire.Record()
	r.Cents, r.State = 123456, reconcile.StateOpen
	b := records(r, reconcile.Payment{Object: reconcile.ObjectACH, Reference: "Jane Doe's rent", Created: day(1)})
	b.Events = reconcile.Values[reconcile.Event]()
	report, err := f.run(t, b)
	must(t, report, err)
	if len(report.Findings) != 4 || len(report.Findings[0].Event.API.Attempts) != 1 {
		t.Fatalf("found %v", report.Findings)
	}
	for _, f := range report.Findings {
		values := []any{f, &f, f.LogValue(), f.Advice()}
		if f.Event != nil {
			values = append(values, f.Event.API, *f.Event.API, f.Event.API.LogValue(), f.Event.API.Record(),
				f.Event.API.Record().LogValue())
		} else {
			p := f.Payment.Corrected()
			values = append(values, p, p.LogValue())
			if l := f.Payment.API; l != nil {
				values = append(values, *l, l.LogValue())
			}
		}
		for _, v := range values {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
				text := fmt.Sprintf(verb, v)
				if l := strings.ToLower(text); strings.Contains(l, "jane") || strings.Contains(l, "987654") ||
					strings.Contains(l, "123456") {
					t.Errorf("%s of a %T: %s", verb, v, text)
				}
			}
		}
	}
}

// The same is found in the same order, whatever the order of what the program gives.
func TestFindingsHaveAnOrder(t *testing.T) {
	f := newFake(t)
	var heard []reconcile.Event
	var paidBefore known
	for n := range 40 {
		f.payments = append(f.payments, paid(n, objects[n%3], reconcile.StateDone, day(n%7)))
		f.events = append(f.events, happened(numbered("e", n), uuid.Nil, day(n%7)))
		heard = append(heard, reconcile.Event{ID: numbered("1", n), Timestamp: day(n % 5), Handled: 1})
		paidBefore = append(paidBefore, reconcile.Payment{Key: fmt.Sprint(n), Object: objects[n%3],
			Reference: fmt.Sprint("lost ", n), Created: day(n % 5)})
	}
	first := f.found(t, reconcile.Beliefs{Events: reconcile.Values(heard...),
		Payments: reconcile.Values(paidBefore...)})
	slices.Reverse(heard)
	slices.Reverse(paidBefore)
	slices.Reverse(f.payments)
	expect(t, f.found(t, reconcile.Beliefs{Events: reconcile.Values(heard...),
		Payments: reconcile.Values(paidBefore...)}), first...)
	if len(first) != 160 {
		t.Errorf("%d findings", len(first))
	}
}

// Whatever is missing can be handled as if it had been delivered.
func TestAMissingEventIsThereToBeHandled(t *testing.T) {
	f := newFake(t)
	f.events = []*reconcile.ListedEvent{happened(numbered("e", 1), numbered("6", 1), day(1))}
	report, err := f.run(t, events())
	must(t, report, err)
	event, err := webhook.Parse(report.Findings[0].Event.API.Raw)
	if data, ok := must(t, event, err).Data.(webhook.WireOutSuccess); !ok || data.Payload.WireID != numbered("6", 1) {
		t.Errorf("it is %v", event)
	}
}

func TestStates(t *testing.T) {
	for status, want := range map[partner.ACHStatus]reconcile.State{"PENDING": "open", "APPROVED": "open",
		"IN_TRANSIT": "open", "PROCESSED": "done", "FAILED": "failed", "REJECTED": "failed", "CANCELLED": "failed",
		"": "unknown", "NEW": "unknown"} {
		if got := reconcile.ACHState(status); got != want {
			t.Errorf("an ACH that is %q is %s", status, got)
		}
	}
	for status, want := range map[partner.WireStatus]reconcile.State{"PROCESSING": "open", "SUCCESS": "done",
		"REJECTED": "failed", "": "unknown"} {
		if got := reconcile.WireState(status); got != want {
			t.Errorf("a wire that is %q is %s", status, got)
		}
	}
	for status, want := range map[partner.OnUsTransferStatus]reconcile.State{"PENDING": "open", "COMPLETED": "done",
		"REJECTED": "failed", "": "unknown"} {
		if got := reconcile.OnUsState(status); got != want {
			t.Errorf("a transfer that is %q is %s", status, got)
		}
	}
}

// What a young event is about depends on its type: an ACH event names no transfer, so it stands for all of its account.
func TestEventsOfEachKindAreNews(t *testing.T) {
	f := newFake(t)
	for n, payload := range map[int]string{
		0: `{"on_us_id":"50000000-0000-4000-8000-000000000000"}`,
		1: `{"jiko_account_id":"a0000000-0000-4000-8000-000000000001"}`,
		2: `{"wire_id":"50000000-0000-4000-8000-000000000002"}`,
	} {
		f.reset()
		l := paid(n, objects[n], reconcile.StateDone, day(25))
		e := happened(numbered("e", 1), uuid.Nil, fakeNow)
		e.Raw = fmt.Appendf(nil, `{"event_id":%q,"event_type":"new","timestamp":%q,"payload":%s}`, e.ID,
			e.Timestamp.Format(time.RFC3339), payload)
		f.payments, f.events = listing{l}, []*reconcile.ListedEvent{e}
		r := l.Record()
		r.State, r.Cents = reconcile.StateOpen, r.Cents+1
		b := records(r)
		expect(t, f.found(t, b), fmt.Sprintf("different (program): %s 5%d: state, amount", l.Object, n))
		b.Events = reconcile.Values[reconcile.Event]()
		expect(t, f.found(t, b), fmt.Sprintf("different (program): %s 5%d: amount", l.Object, n))
	}
}

// An answer without what every event and transfer has ends the run: to leave it out would hide it.
func TestWhatCannotBeReadIsNotLeftOut(t *testing.T) {
	f := newFake(t)
	answer := func(x *partner.OnUsTransfer, err error) func(context.Context, uuid.UUID, ...partner.CallOption) (
		*partner.OnUsTransfer, error) {
		return func(context.Context, uuid.UUID, ...partner.CallOption) (*partner.OnUsTransfer, error) { return x, err }
	}
	transfer := reconcile.Payment{Object: reconcile.ObjectOnUs, ID: someone, Created: day(1), State: "open"}
	for _, body := range []string{`{"event_type":"card.status.open","timestamp":"2026-03-05T00:00:00Z"}`,
		`{"event_id":"50000000-0000-4000-8000-000000000000","timestamp":"2026-03-05T00:00:00Z"}`} {
		f.events = []*reconcile.ListedEvent{{Timestamp: day(1), Raw: json.RawMessage(body)}}
		if report, err := f.run(t, events()); err == nil || report.Complete {
			t.Errorf("%s: %v", body, report)
		}
	}
	f.fakes.OnUsTransfers.GetFunc = answer(&partner.OnUsTransfer{}, nil)
	if report, err := f.run(t, records(transfer)); err == nil || report.Complete {
		t.Errorf("an empty transfer: %v", report)
	}
	f.fakes.OnUsTransfers.GetFunc = answer(nil, errStop)
	if report, err := f.run(t, records(transfer)); !errors.Is(err, errStop) || len(report.Findings) > 0 {
		t.Errorf("%v: %v", err, report)
	}
}

// Of a transfer between two pockets a record is about either.
func TestTheSidesOfATransfer(t *testing.T) {
	f := newFake(t)
	l := paid(1, reconcile.ObjectOnUs, reconcile.StateDone, day(1))
	other := numbered("c", 1)
	for _, c := range []struct {
		name      string
		pocket    uuid.UUID
		direction reconcile.Direction
		fields    string
		right     uuid.UUID
		rightWay  reconcile.Direction
	}{
		{"out of where it came from", l.From, "out", "", l.From, "out"},
		{"into where it went", l.To, "in", "", l.To, "in"},
		{"of either, whatever the way", l.To, "", "", l.To, ""},
		{"of no pocket", uuid.Nil, "in", "", uuid.Nil, "in"},
		{"into where it came from", l.From, "in", "direction", l.From, "out"},
		{"out of where it went", l.To, "out", "direction", l.To, "in"},
		{"into another", other, "in", "pocket", l.To, "in"},
		{"out of another", other, "out", "pocket", l.From, "out"},
		{"of another", other, "", "pocket", l.From, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.payments = listing{l}
			r := l.Record()
			r.Pocket, r.Direction = c.pocket, c.direction
			report, err := f.run(t, records(r))
			must(t, report, err)
			got := ""
			for _, f := range report.Findings {
				got += strings.Join(f.Fields, ",")
				r = f.Payment.Corrected()
			}
			if got != c.fields || r.Pocket != c.right || r.Direction != c.rightWay {
				t.Errorf("%q differs, and right is %s of %s", got, r.Direction, r.Pocket)
			}
		})
	}
}
