package reconcile_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/jiko-partner/partner-go/pkg/partner/reconcile"
	"github.com/jiko-partner/partner-go/pkg/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// program is what a partner's program keeps.
type program struct {
	events   []reconcile.Event
	payments []reconcile.Payment
	keys     int
}

func (p *program) beliefs() reconcile.Beliefs {
	return reconcile.Beliefs{Events: reconcile.Values(p.events...), Payments: reconcile.Values(p.payments...)}
}

// keep adds a record.
func (p *program) keep(r reconcile.Payment) {
	p.keys++
	r.Key = fmt.Sprintf("record-%d", p.keys)
	p.payments = append(p.payments, r)
}

func (p *program) event(id uuid.UUID) *reconcile.Event {
	return &p.events[slices.IndexFunc(p.events, func(e reconcile.Event) bool { return e.ID == id })]
}

func (p *program) record(id uuid.UUID) *reconcile.Payment {
	return &p.payments[slices.IndexFunc(p.payments, func(r reconcile.Payment) bool { return r.ID == id })]
}

func (p *program) forget(key string) reconcile.Payment {
	i := slices.IndexFunc(p.payments, func(r reconcile.Payment) bool { return r.Key == key })
	r := p.payments[i]
	p.payments = slices.Delete(p.payments, i, i+1)
	return r
}

func (p *program) forgetEvent(id uuid.UUID) {
	p.events = slices.DeleteFunc(p.events, func(e reconcile.Event) bool { return e.ID == id })
}

// failer is a *testing.T or a *rapid.T.
type failer interface {
	Helper()
	Errorf(format string, values ...any)
	Fatalf(format string, values ...any)
}

// repair does what a report advises, and nothing else.
func (p *program) repair(t failer, report *reconcile.Report, now time.Time) {
	t.Helper()
	for _, f := range report.Findings {
		if f.Advice() == "" {
			t.Fatalf("nobody knows what to do about %s", f)
		}
		switch f.Action() {
		case reconcile.ActionHandle:
			event, err := webhook.Parse(f.Event.API.Raw)
			if err != nil || event.ID != f.ID {
				t.Fatalf("%s cannot be handled: %v", f, err)
			}
			p.forgetEvent(f.ID)
			p.events = append(p.events, f.Event.API.Record())
		case reconcile.ActionDistrust:
			p.forgetEvent(f.ID)
		case reconcile.ActionUndo:
			once := *f.Event.Program
			once.Handled = 1
			p.forgetEvent(f.ID)
			p.events = append(p.events, once)
		case reconcile.ActionReread:
			p.event(f.ID).Reviewed = true
		case reconcile.ActionCorrect:
			if f.Event != nil {
				*p.event(f.ID) = f.Event.Corrected()
				continue
			}
			p.forget(f.Payment.Program.Key)
			p.payments = append(p.payments, f.Payment.Corrected())
		case reconcile.ActionRecord:
			p.keep(f.Payment.Corrected())
		case reconcile.ActionFail:
			r := p.forget(f.Payment.Program.Key)
			r.State = reconcile.StateFailed
			p.payments = append(p.payments, r)
		case reconcile.ActionRecover:
			r := f.Payment.Corrected()
			if f.Payment.Program != nil {
				p.forget(r.Key)
			}
			r.Reviewed = true
			p.keep(r)
		case reconcile.ActionMerge:
			p.forget(f.Payment.Program.Key)
		case reconcile.ActionAsk:
			r := p.forget(f.Payment.Program.Key)
			r.Due = now.Add(48 * time.Hour)
			p.payments = append(p.payments, r)
		case reconcile.ActionNone:
			t.Fatalf("%s has no action", f)
		}
	}
}

// describe says all that a test holds a finding to.
func describe(kind reconcile.Kind, side reconcile.Side, object reconcile.Object, id uuid.UUID, reference string,
	fields ...string) string {
	if id != uuid.Nil {
		reference = ""
	}
	return fmt.Sprintf("%s %s %s %s%s %v", kind, side, object, id, reference, fields)
}

func described(t testing.TB, report *reconcile.Report) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, f := range report.Findings {
		text := describe(f.Kind, f.Side, f.Object, f.ID, f.Reference, f.Fields...)
		if all[text] {
			t.Errorf("found twice: %s", text)
		}
		all[text] = true
	}
	return all
}

// sameFindings fails if what was found is not exactly what was planted.
func sameFindings(t failer, found, planted map[string]bool) {
	t.Helper()
	for _, text := range slices.Sorted(maps.Keys(planted)) {
		if !found[text] {
			t.Errorf("not found: %s", text)
		}
	}
	for _, text := range slices.Sorted(maps.Keys(found)) {
		if !planted[text] {
			t.Errorf("invented: %s", text)
		}
	}
}

// truth is what the API has.
type truth struct {
	events   []*reconcile.ListedEvent
	payments []*reconcile.ListedPayment
	// again are payments that paid a reference a second time, by the payment that paid it first.
	again map[uuid.UUID]*reconcile.ListedPayment
	// second are those payments.
	second map[uuid.UUID]bool
	// pockets are those that a payment is not of, by its id.
	pockets map[uuid.UUID]uuid.UUID
}

// listed reports whether a payment can be found without its id.
func listed(p *reconcile.ListedPayment) bool {
	return p.Object != reconcile.ObjectOnUs || p.State == reconcile.StateDone
}

// planter makes the program believe what is not so.
type planter struct {
	*truth
	*program
	random *rand.Rand
	now    time.Time
	// planted are the findings that there should be.
	planted map[string]bool
	made    int
}

// drawn removes one of what suits, or returns false.
func drawn[T any](random *rand.Rand, all *[]T, suits func(T) bool) (T, bool) {
	for _, i := range random.Perm(len(*all)) {
		if v := (*all)[i]; suits(v) {
			*all = slices.Delete(*all, i, i+1)
			return v, true
		}
	}
	return *new(T), false
}

func (p *planter) want(kind reconcile.Kind, side reconcile.Side, object reconcile.Object, id uuid.UUID,
	reference string, fields ...string) {
	p.planted[describe(kind, side, object, id, reference, fields...)] = true
}

func (p *planter) wantPayment(kind reconcile.Kind, side reconcile.Side, l *reconcile.ListedPayment, fields ...string) {
	p.want(kind, side, l.Object, l.ID, l.Reference, fields...)
}

func (p *planter) anyEvent() (*reconcile.ListedEvent, bool) {
	return drawn(p.random, &p.truth.events, func(*reconcile.ListedEvent) bool { return true })
}

func (p *planter) payment(suits func(*reconcile.ListedPayment) bool) (*reconcile.ListedPayment, bool) {
	return drawn(p.random, &p.truth.payments, func(l *reconcile.ListedPayment) bool {
		return p.again[l.ID] == nil && !p.second[l.ID] && suits(l)
	})
}

// pair returns the payment that paid a reference a second time.
func (p *planter) pair() (second *reconcile.ListedPayment, ok bool) {
	first, ok := drawn(p.random, &p.truth.payments, func(l *reconcile.ListedPayment) bool {
		return p.again[l.ID] != nil
	})
	if !ok {
		return nil, false
	}
	return p.again[first.ID], true
}

func (p *planter) id() uuid.UUID {
	var id uuid.UUID
	for i := range id {
		id[i] = byte(p.random.Uint32())
	}
	return id
}

// eventPlant is a difference in an event.
func eventPlant(kind reconcile.Kind, change func(*planter, *reconcile.Event), fields ...string) func(*planter) bool {
	return func(p *planter) bool {
		e, ok := p.anyEvent()
		if ok {
			change(p, p.event(e.ID))
			p.want(kind, reconcile.SideProgram, reconcile.ObjectEvent, e.ID, "", fields...)
		}
		return ok
	}
}

// recordPlant is a difference in the record of a payment.
func recordPlant(suits func(*reconcile.ListedPayment) bool,
	change func(*planter, *reconcile.Payment, *reconcile.ListedPayment), fields ...string) func(*planter) bool {
	return func(p *planter) bool {
		l, ok := p.payment(suits)
		if ok {
			change(p, p.record(l.ID), l)
			p.wantPayment(reconcile.KindDifferent, reconcile.SideProgram, l, fields...)
		}
		return ok
	}
}

// nothing is a record of a payment that never was.
func (p *planter) nothing() reconcile.Payment {
	p.made++
	objects := []reconcile.Object{reconcile.ObjectOnUs, reconcile.ObjectACH, reconcile.ObjectWire}
	states := []reconcile.State{reconcile.StateOpen, reconcile.StateDone, ""}
	return reconcile.Payment{Object: objects[p.random.IntN(3)], Reference: fmt.Sprintf("NOTHING-%d", p.made),
		State: states[p.random.IntN(3)], Cents: 1 + p.random.Int64N(1000),
		Created: p.now.Add(-2*time.Hour - time.Duration(p.random.IntN(500))*time.Hour)}
}

func notFailed(l *reconcile.ListedPayment) bool { return listed(l) && l.State != reconcile.StateFailed }

// plants are all ways in which a program can be wrong, by the kind of what is to be found.
var plants = map[reconcile.Kind][]func(*planter) bool{
	reconcile.KindMissing: {
		func(p *planter) bool { // An event that never came.
			e, ok := p.anyEvent()
			if ok {
				p.forgetEvent(e.ID)
				p.want(reconcile.KindMissing, reconcile.SideProgram, reconcile.ObjectEvent, e.ID, "")
			}
			return ok
		},
		eventPlant(reconcile.KindMissing, func(_ *planter, e *reconcile.Event) { e.Handled = 0 }),
		func(p *planter) bool { // An event that somebody made up.
			e := reconcile.Event{ID: p.id(), Type: "transfers.wire.out.success", Handled: 1,
				Timestamp: p.now.Add(-2*time.Hour - time.Duration(p.random.IntN(500))*time.Hour)}
			p.program.events = append(p.program.events, e)
			p.want(reconcile.KindMissing, reconcile.SideAPI, reconcile.ObjectEvent, e.ID, "")
			return true
		},
		func(p *planter) bool { // A record that is lost.
			l, ok := p.payment(listed)
			if ok {
				p.forget(p.record(l.ID).Key)
				p.wantPayment(reconcile.KindMissing, reconcile.SideProgram, l)
			}
			return ok
		},
		func(p *planter) bool { // A record of nothing.
			r := p.nothing()
			r.ID = p.id()
			p.keep(r)
			p.want(reconcile.KindMissing, reconcile.SideAPI, r.Object, r.ID, "")
			return true
		},
		func(p *planter) bool { // A record of nothing that has no id.
			r := p.nothing()
			p.keep(r)
			p.want(reconcile.KindMissing, reconcile.SideAPI, r.Object, uuid.Nil, r.Reference)
			return true
		},
	},
	reconcile.KindDoubled: {
		eventPlant(reconcile.KindDoubled, func(p *planter, e *reconcile.Event) { e.Handled = 2 + p.random.IntN(3) }),
		eventPlant(reconcile.KindDoubled, func(p *planter, e *reconcile.Event) {
			p.program.events = append(p.program.events, *e)
		}),
		func(p *planter) bool { // A payment with two records.
			l, ok := p.payment(listed)
			if ok {
				again := *p.record(l.ID)
				again.Created = again.Created.Add(time.Minute)
				p.keep(again)
				p.wantPayment(reconcile.KindDoubled, reconcile.SideProgram, l)
			}
			return ok
		},
		func(p *planter) bool { // A payment with two records, one of which is in doubt.
			l, ok := p.payment(listed)
			if ok {
				again := *p.record(l.ID)
				again.ID, again.State, again.Created = uuid.Nil, "", again.Created.Add(-time.Minute)
				p.keep(again)
				p.wantPayment(reconcile.KindDoubled, reconcile.SideProgram, l)
			}
			return ok
		},
		func(p *planter) bool { // A reference that was paid twice, which the program does not know.
			second, ok := p.pair()
			if ok {
				p.forget(p.record(second.ID).Key)
				p.wantPayment(reconcile.KindDoubled, reconcile.SideAPI, second)
			}
			return ok
		},
		func(p *planter) bool { // A reference that was paid twice, with two records.
			second, ok := p.pair()
			if ok {
				p.record(second.ID).Reviewed = false
				p.wantPayment(reconcile.KindDoubled, reconcile.SideAPI, second)
			}
			return ok
		},
	},
	reconcile.KindLate: {
		eventPlant(reconcile.KindLate, func(p *planter, e *reconcile.Event) {
			e.Received = e.Timestamp.Add(61*time.Minute + time.Duration(p.random.IntN(5000))*time.Minute)
		}),
		func(p *planter) bool { // A payment that should have been done by now.
			l, ok := p.payment(func(l *reconcile.ListedPayment) bool { return l.State == reconcile.StateOpen })
			if ok {
				p.record(l.ID).Due = p.now.Add(-time.Minute)
				p.wantPayment(reconcile.KindLate, reconcile.SideAPI, l)
			}
			return ok
		},
	},
	reconcile.KindDifferent: {
		eventPlant(reconcile.KindDifferent, func(_ *planter, e *reconcile.Event) {
			e.Type = "card.status.closed"
		}, "type"),
		eventPlant(reconcile.KindDifferent, func(p *planter, e *reconcile.Event) {
			e.Timestamp = e.Timestamp.Add(time.Second * time.Duration(1+p.random.IntN(100)))
		}, "timestamp"),
		recordPlant(listed, func(p *planter, r *reconcile.Payment, _ *reconcile.ListedPayment) {
			r.Cents += 1 + p.random.Int64N(100)
		}, "amount"),
		recordPlant(func(*reconcile.ListedPayment) bool { return true },
			func(_ *planter, r *reconcile.Payment, l *reconcile.ListedPayment) {
				switch l.State {
				case reconcile.StateOpen, reconcile.StateFailed:
					r.State = reconcile.StateDone
				default:
					r.State = reconcile.StateFailed
				}
			}, "state"),
		recordPlant(listed, func(p *planter, r *reconcile.Payment, l *reconcile.ListedPayment) {
			r.Pocket = p.pockets[l.ID]
		}, "pocket"),
		recordPlant(listed, func(_ *planter, r *reconcile.Payment, _ *reconcile.ListedPayment) {
			if r.Direction == reconcile.DirectionIn {
				r.Direction = reconcile.DirectionOut
			} else {
				r.Direction = reconcile.DirectionIn
			}
		}, "direction"),
		// The program died before it had the answer.
		recordPlant(listed, func(_ *planter, r *reconcile.Payment, _ *reconcile.ListedPayment) {
			r.ID, r.State = uuid.Nil, ""
		}, "state"),
		recordPlant(notFailed, func(p *planter, r *reconcile.Payment, _ *reconcile.ListedPayment) {
			r.ID = p.id()
		}, "id"),
	},
}

// knows makes a program that knows everything as it is.
func knows(random *rand.Rand, has *truth) *program {
	p := &program{}
	for _, e := range has.events {
		r := e.Record()
		r.Received = r.Timestamp.Add(time.Duration(random.IntN(1800)) * time.Second)
		p.events = append(p.events, r)
	}
	for _, l := range has.payments {
		r := l.Record()
		r.Reviewed = has.second[l.ID]
		p.keep(r)
	}
	return p
}

func must[T any](t testing.TB, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func newReconciler(t testing.TB, config reconcile.Config) *reconcile.Reconciler {
	t.Helper()
	r, err := reconcile.New(config)
	return must(t, r, err)
}

// invoice finds the references of these tests.
func invoice(text string) string {
	for _, prefix := range []string{"INV-", "NOTHING-"} {
		if strings.HasPrefix(text, prefix) {
			return text
		}
	}
	return ""
}
