package reconcile_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/partner/reconcile"
)

var objects = []reconcile.Object{reconcile.ObjectOnUs, reconcile.ObjectACH, reconcile.ObjectWire}

// invent fills a fake with events and payments, some of them young, some too old.
func (f *fake) invent(random *rand.Rand, events, payments int) *truth {
	has := &truth{again: map[uuid.UUID]*reconcile.ListedPayment{}, second: map[uuid.UUID]bool{},
		pockets: map[uuid.UUID]uuid.UUID{}}
	window := fakeNow.Sub(fakeFrom) - 2*time.Hour
	moment := func() time.Time { return fakeFrom.Add(time.Duration(random.Int64N(int64(window)))) }
	for n := range events {
		e := happened(numbered("e", n), numbered("6", n), moment())
		switch random.IntN(8) {
		case 0: // It is not in the window: nobody needs to know it.
			e = happened(e.ID, numbered("6", n), fakeFrom.Add(-time.Nanosecond))
		case 1: // It is young: perhaps it is still on its way.
			e = happened(e.ID, numbered("6", n), fakeNow.Add(time.Second-reconcile.DefaultGrace))
		default:
			has.events = append(has.events, e)
		}
		f.events = append(f.events, e)
	}
	for n := range payments {
		states := []reconcile.State{"done", "done", "open", "failed"}
		p := paid(n, objects[random.IntN(3)], states[random.IntN(4)], moment())
		f.payments = append(f.payments, p)
		switch random.IntN(8) {
		case 0:
			p.Time = fakeFrom.Add(-time.Nanosecond)
			continue
		case 1:
			p.Time = fakeNow.Add(time.Second - reconcile.DefaultGrace)
			continue
		}
		has.payments = append(has.payments, p)
		has.pockets[p.ID] = numbered("c", n)
		if random.IntN(3) == 0 && p.State == reconcile.StateDone {
			again := *p
			again.ID, again.Time = numbered("7", n), p.Time.Add(time.Minute)
			f.payments = append(f.payments, &again)
			has.payments = append(has.payments, &again)
			has.again[p.ID], has.second[again.ID] = &again, true
		}
	}
	return has
}

// pages is how many pages the lists have that a run of a month reads to their end.
func (f *fake) pages(size int) int {
	count := func(items int) int { return max(1, (items+size-1)/size) }
	events, onUs := 0, 0
	for _, e := range f.events {
		if e.Timestamp.After(fakeFrom.Add(-time.Second)) {
			events++
		}
	}
	for _, p := range f.of(reconcile.ObjectOnUs, uuid.Nil) {
		if p.State == reconcile.StateDone {
			onUs += 2
		}
	}
	return count(events) + count(onUs) + count(len(f.of(reconcile.ObjectACH, uuid.Nil))) +
		count(len(f.of(reconcile.ObjectWire, uuid.Nil)))
}

// Whatever a program does not know, or knows wrongly, is found, and nothing else; after repair nothing is left.
func TestWhatIsFoundIsWhatIsWrong(t *testing.T) {
	f := newFake(t)
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		f.reset()
		f.ascending = rapid.Bool().Draw(t, "the oldest first")
		has := f.invent(random, rapid.IntRange(0, 30).Draw(t, "events"), rapid.IntRange(0, 30).Draw(t, "payments"))
		p := knows(random, has)
		plant := &planter{truth: has, program: p, random: random, now: fakeNow, planted: map[string]bool{}}
		for range rapid.IntRange(0, 30).Draw(t, "differences") {
			some := plants[rapid.SampledFrom(reconcile.Kinds()).Draw(t, "kind")]
			some[rapid.IntRange(0, len(some)-1).Draw(t, "which")](plant)
		}
		// What the program has just done is not listed yet.
		p.keep(reconcile.Payment{Object: reconcile.ObjectACH, Reference: "INV-NEW", Created: fakeNow})
		p.events = append(p.events, reconcile.Event{ID: uuid.New(), Timestamp: fakeNow, Handled: 1})

		config := reconcile.Config{Client: f.client, Now: func() time.Time { return fakeNow },
			PageSize: rapid.IntRange(1, 10).Draw(t, "page size"), OpenFor: map[reconcile.Object]time.Duration{
				reconcile.ObjectOnUs: 1000 * time.Hour, reconcile.ObjectACH: 1000 * time.Hour,
				reconcile.ObjectWire: 1000 * time.Hour}}
		if rapid.Bool().Draw(t, "with a form of references") {
			config.Reference = invoice
		}
		r, err := reconcile.New(config)
		if err != nil {
			t.Fatal(err)
		}
		scope := reconcile.Scope{Customers: []uuid.UUID{someone}, From: fakeFrom}
		report, err := r.Run(t.Context(), scope, p.beliefs())
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, f := range report.Findings {
			found[describe(f.Kind, f.Side, f.Object, f.ID, f.Reference, f.Fields...)] = true
		}
		sameFindings(t, found, plant.planted)
		if len(found) != len(report.Findings) {
			t.Errorf("%d findings, of which %d are different", len(report.Findings), len(found))
		}
		// The cutoff leaves out pages at most.
		if report.Calls != f.count() || report.Calls-report.Lookups > f.pages(config.PageSize) {
			t.Errorf("%s, of which %d look up; the API counts %d, and there are %d pages", report, report.Lookups,
				f.count(), f.pages(config.PageSize))
		}
		p.repair(t, report, fakeNow)
		again, err := r.Run(t.Context(), scope, p.beliefs())
		if err != nil || len(again.Findings) > 0 {
			t.Errorf("after repair: %v, %v", err, again.Findings)
		}
	})
}
