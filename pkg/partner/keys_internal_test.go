package partner

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// callWith is a write with an own key.
func callWith(key idempotency.Key, text string, now time.Time) *call {
	c := &call{core: &core{now: func() time.Time { return now }},
		Request: partnerapi.Request{Body: partnerapi.Body{Bytes: []byte(text)}}}
	c.key, c.ownKey = key, true
	return c
}

// use claims a key, sends something with it and settles it. A call with OutcomeNotSent sends nothing.
func use(m *keyMemory, key idempotency.Key, text string, now time.Time, outcome Outcome) error {
	c := callWith(key, text, now)
	if err := m.claim(context.Background(), c); err != nil {
		return err
	}
	if m.begin(c, now) && outcome == OutcomeNotSent {
		m.retract(c)
	}
	m.settle(c, outcome)
	return nil
}

func TestTheMemoryOfKeysIsBoundedAndForgetsDoubtsLast(t *testing.T) {
	var m keyMemory
	now := time.Now()
	done, doubted, busy := idempotency.NewKey(), idempotency.NewKey(), callWith(idempotency.NewKey(), "a", now)
	if err := errors.Join(use(&m, done, "a", now, OutcomeDone), use(&m, doubted, "a", now, OutcomeUnknown),
		m.claim(context.Background(), busy)); err != nil {
		t.Fatal(err)
	}
	others := func(n int) {
		for range n {
			if err := use(&m, idempotency.NewKey(), "a", now, OutcomeDone); err != nil {
				t.Fatal(err)
			}
			if len(m.uses) > maxKeys+1 { // for the doubt
				t.Fatalf("%d keys are remembered", len(m.uses))
			}
		}
	}
	others(maxKeys - 2)
	if err := use(&m, done, "b", now, OutcomeDone); !errors.Is(err, ErrKeyReused) {
		t.Errorf("the oldest key is forgotten too early: %v", err)
	}
	others(3 * maxKeys)
	if len(m.uses) != maxKeys+1 || m.order.Len() != maxKeys+1 {
		t.Errorf("%d keys in an order of %d are remembered, want %d", len(m.uses), m.order.Len(), maxKeys+1)
	}
	if err := use(&m, done, "b", now, OutcomeDone); err != nil {
		t.Errorf("the oldest key is still remembered: %v", err)
	}
	for name, key := range map[string]idempotency.Key{"in doubt": doubted, "of a call under way": busy.key} {
		if err := use(&m, key, "b", now, OutcomeDone); !errors.Is(err, ErrKeyReused) {
			t.Errorf("a key %s was forgotten: %v", name, err)
		}
	}
	// Doubts have their bound, too.
	for range maxDoubts + 1000 {
		if err := use(&m, idempotency.NewKey(), "a", now, OutcomeUnknown); err != nil {
			t.Fatal(err)
		}
	}
	if n := m.order.Len(); n > maxKeys+maxDoubts || n != len(m.uses) {
		t.Errorf("%d keys in an order of %d, %d of them doubts", len(m.uses), n, m.doubts)
	}
}

func TestAsManyDoubtsAsThereMayBeAreKept(t *testing.T) {
	var m keyMemory
	now, first := time.Now(), idempotency.NewKey()
	for i := range maxDoubts + maxKeys + 10 {
		key, outcome := idempotency.NewKey(), OutcomeDone
		if i < maxDoubts {
			outcome = OutcomeUnknown
		}
		if i == 0 {
			key = first
		}
		if err := use(&m, key, "a", now, outcome); err != nil {
			t.Fatal(err)
		}
	}
	if err := use(&m, first, "b", now, OutcomeDone); !errors.Is(err, ErrKeyReused) {
		t.Errorf("the first doubt is forgotten: %v", err)
	}
}

func TestACallThatSentNothingLeavesTheTimeOfAKeyToOthers(t *testing.T) {
	now := time.Now()
	for name, steps := range map[string]func(m *keyMemory, a, b *call){
		"another has begun": func(m *keyMemory, a, b *call) {
			m.begin(b, now.Add(time.Second))
			m.retract(a)
		},
		"another has ended": func(m *keyMemory, a, b *call) {
			m.begin(b, now.Add(time.Second))
			m.settle(b, OutcomeUnknown)
			m.retract(a)
		},
		"another begins later": func(m *keyMemory, a, b *call) {
			m.retract(a)
			m.begin(b, now.Add(time.Second))
		},
	} {
		var m keyMemory
		key := idempotency.NewKey()
		a, b := callWith(key, "a", now), callWith(key, "a", now)
		if err := m.claim(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		if !m.begin(a, now) {
			t.Fatal("the first call is not the first")
		}
		if err := m.claim(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		steps(&m, a, b)
		if first := m.uses[key].first; !first.Equal(now) {
			t.Errorf("%s: the key was used first at %v, want %v", name, first, now)
		}
	}
}

func TestTheMemoryOfKeysIsWhatItsModelIs(t *testing.T) {
	type state struct {
		text          string
		first         time.Time
		doubted, done bool
	}
	rapid.Check(t, func(t *rapid.T) {
		var m keyMemory
		model := map[idempotency.Key]*state{}
		now := time.Unix(1_000_000, 0)
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "minutes")) * time.Minute)
			key := idempotency.Key{byte(rapid.IntRange(1, 4).Draw(t, "key"))}
			text := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "body")
			outcome := rapid.SampledFrom([]Outcome{OutcomeNotSent, OutcomeRefusedThisTime, OutcomeUnknown,
				OutcomeReceivedBefore, OutcomeDone, OutcomeDoneUnreadable}).Draw(t, "outcome")
			insists := rapid.IntRange(0, 5).Draw(t, "insists") == 0

			s := model[key]
			if s == nil {
				s = &state{}
				model[key] = s
			}
			if !s.first.IsZero() && now.Sub(s.first) >= idempotency.Window &&
				(insists || !s.doubted && (!s.done || s.text != text)) {
				*s = state{}
			}
			held := s.doubted || s.done
			reused := held && s.text != text

			c := callWith(key, text, now)
			c.expiredKey = insists
			err := m.claim(context.Background(), c)
			if errors.Is(err, ErrKeyReused) != reused || err != nil && !reused {
				t.Fatalf("claim = %v of %+v", err, s)
			}
			if reused {
				continue
			}
			if c.known.doubt != held || !c.first.Equal(s.first) || !c.known.history {
				t.Fatalf("the call knows %+v, since %s; the model %+v", c.known, c.first, s)
			}
			if m.begin(c, now) != s.first.IsZero() {
				t.Fatalf("the first time is another than the model's, %s", s.first)
			}
			if s.first.IsZero() {
				if outcome == OutcomeNotSent {
					m.retract(c)
				} else {
					s.first = now
				}
			}
			m.settle(c, outcome)
			s.text = text
			switch outcome {
			case OutcomeDone, OutcomeDoneUnreadable:
				s.done, s.doubted = true, false
			case OutcomeUnknown, OutcomeReceivedBefore:
				s.doubted = !s.done
			default:
			}
			doubts := 0
			for _, s := range model {
				if s.doubted {
					doubts++
				}
			}
			if m.doubts != doubts {
				t.Fatalf("%d doubts are counted, the model has %d", m.doubts, doubts)
			}
		}
	})
}
