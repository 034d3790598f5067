package storetest

import (
	"context"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

var modelChecks = []check{
	{"random calls answer as the model does", "The model says which sentence.", func(x *trial) {
		x.needsAdvance()
		var c clock
		rapid.Check(x.reporter, func(t *rapid.T) {
			m := newMachine(x.Subject, &c)
			m.advance(c.latest - c.now)
			m.run(t)
		})
	}},
}

// machine makes random calls and holds every answer to the model. The clock jumps by whole minutes, and all times are
// odd half minutes, so that it makes no difference if the store's own clock runs on by as much as drift.
type machine struct {
	subject Subject
	scopes  []string
	clock   *clock
	records map[name]record
	// holds has every hold that there ever was. Its holder may have been suspended, and come back after another one got
	// the record.
	holds []idempotency.Hold
}

type name struct{ scope, key string }

func newMachine(s Subject, c *clock) *machine {
	scope := uuid.NewString()
	return &machine{subject: s, scopes: []string{scope, scope + "2"}, clock: c, records: map[name]record{}}
}

func (m *machine) run(t *rapid.T) {
	steady := rapid.Bool().Draw(t, "the clock never goes back")
	t.Repeat(map[string]func(*rapid.T){
		"claim":         m.claim,
		"renew":         m.renew,
		"complete":      m.complete,
		"release":       m.release,
		"let time pass": func(t *rapid.T) { m.advance(minutes(t)) },
		"let the clock go back": func(t *rapid.T) {
			if steady {
				t.Skip("the clock never goes back")
			}
			m.advance(-minutes(t))
		},
		// Most calls are claims.
		"claim again":     m.claim,
		"claim yet again": m.claim,
	})
}

// attempts are few, so that claims are made again. Some have marks.
var attempts = []idempotency.Attempt{{}, {15: 1}, {15: 1}, {15: 2}, idempotency.NewAttempt([]byte("a")),
	idempotency.NewAttempt([]byte("a")), idempotency.NewAttempt([]byte("b"))}

func (m *machine) advance(d time.Duration) {
	m.subject.Advance(d)
	m.clock.advance(d)
	for n, r := range m.records {
		m.records[n] = r.passed(*m.clock)
	}
}

func minutes(t *rapid.T) time.Duration {
	return time.Duration(rapid.IntRange(1, 6).Draw(t, "minutes")) * time.Minute
}

func halfMinutes(t *rapid.T, label string, least, most int) time.Duration {
	return time.Duration(rapid.IntRange(least, most).Draw(t, label))*time.Minute + 30*time.Second
}

func (m *machine) claim(t *rapid.T) {
	claim := idempotency.Claim{
		Scope:       rapid.SampledFrom(m.scopes).Draw(t, "scope"),
		Key:         rapid.SampledFrom([]string{"a", "A"}).Draw(t, "key"),
		Fingerprint: idempotency.Fingerprint{31: rapid.SampledFrom([]byte{1, 1, 1, 2}).Draw(t, "fingerprint")},
		Lease:       halfMinutes(t, "lease", 0, 3),
		Window:      halfMinutes(t, "window", 3, 7),
		Attempt:     attempts[rapid.IntRange(0, len(attempts)-1).Draw(t, "attempt")],
		TakeOver:    rapid.Bool().Draw(t, "take over"),
	}
	outcome, err := m.subject.Store.Claim(context.Background(), claim)
	t.Logf("claim: %s, token %d, took over %t, %s remaining, %v", outcome.State, outcome.Token, outcome.TookOver,
		outcome.Remaining, err)
	m.step(t, claim.Scope, claim.Key, func(r record) (record,
		error) {
		return r.claimed(*m.clock, claim, outcome, err)
	})
	if err == nil && outcome.State == idempotency.StateMine {
		m.holds = append(m.holds, holdOf(claim, outcome.Token))
	}
}

// hold draws a hold, mostly one of the latest.
func (m *machine) hold(t *rapid.T) idempotency.Hold {
	if len(m.holds) == 0 {
		t.Skip("there are no holds")
	}
	first := 0
	if rapid.IntRange(0, 3).Draw(t, "age") > 0 {
		first = max(0, len(m.holds)-3)
	}
	return rapid.SampledFrom(m.holds[first:]).Draw(t, "hold")
}

func (m *machine) renew(t *rapid.T) {
	hold, lease := m.hold(t), halfMinutes(t, "lease", 0, 3)
	err := m.subject.Store.Renew(context.Background(), hold, lease)
	t.Logf("renew: %v", err)
	m.step(t, hold.Scope, hold.Key, func(r record) (record, error) { return r.renewed(*m.clock, hold, lease, err) })
}

func (m *machine) complete(t *rapid.T) {
	hold, response := m.hold(t), rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "response")
	err := m.subject.Store.Complete(context.Background(), hold, response)
	t.Logf("complete: %v", err)
	m.step(t, hold.Scope, hold.Key, func(r record) (record,
		error) {
		return r.completed(*m.clock, hold, response, err)
	})
}

func (m *machine) release(t *rapid.T) {
	hold := m.hold(t)
	err := m.subject.Store.Release(context.Background(), hold)
	t.Logf("release: %v", err)
	m.step(t, hold.Scope, hold.Key, func(r record) (record, error) { return r.released(*m.clock, hold, err) })
}

// step lets the model judge an answer.
func (m *machine) step(t *rapid.T, scope, key string, judge func(record) (record, error)) {
	n := name{scope, key}
	next, err := judge(m.records[n])
	if err != nil {
		t.Fatalf("The contract is broken: %v", err)
	}
	m.records[n] = next
}
