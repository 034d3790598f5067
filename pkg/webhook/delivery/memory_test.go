package delivery_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/webhook/delivery"
)

func TestAMemoryRefuses(t *testing.T) {
	t.Parallel()
	valid := delivery.Delivery{ID: "a", Subscription: "s", Body: body(0), Secret: secret}
	memory := &delivery.Memory{MaxWaiting: 2}
	add(t, memory, valid)
	for name, change := range map[string]func(*delivery.Delivery){
		"no id":                 func(d *delivery.Delivery) { d.ID = "" },
		"no subscription":       func(d *delivery.Delivery) { d.Subscription = "" },
		"no body":               func(d *delivery.Delivery) { d.Body = nil },
		"no secret":             func(d *delivery.Delivery) { d.Secret = signing.Secret{} },
		"a secret with a break": func(d *delivery.Delivery) { d.Secret = signing.NewSecret("0123456789abcdef\n") },
		"attempts below zero":   func(d *delivery.Delivery) { d.Attempts = -1 },
		"what waits already":    func(d *delivery.Delivery) { d.ID = "a" },
	} {
		d := valid
		d.ID = "b"
		change(&d)
		if err := memory.Add(d); err == nil || memory.Len() != 1 {
			t.Errorf("%s: %v, and %d wait", name, err, memory.Len())
		}
	}
	if err := memory.Add(valid); !errors.Is(err, delivery.ErrExists) {
		t.Errorf("%v", err)
	}
	add(t, memory, delivery.Delivery{ID: "b"})
	if err := memory.Add(delivery.Delivery{ID: "c", Subscription: "s", Body: body(0), Secret: secret}); !errors.Is(err,
		delivery.ErrFull) {
		t.Errorf("%v", err)
	}
}

func TestAMemoryReturnsWhatIsDueFirst(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 5, 15, 0, 0, 0, time.UTC)
	memory := &delivery.Memory{}
	add(t, memory,
		delivery.Delivery{ID: "later", Subscription: "a", Due: now.Add(time.Hour)},
		delivery.Delivery{ID: "second", Subscription: "b", Due: now},
		delivery.Delivery{ID: "third", Subscription: "b", Due: now},
		delivery.Delivery{ID: "first", Subscription: "a", Due: now.Add(-time.Hour), Order: "o"},
		delivery.Delivery{ID: "behind", Subscription: "a", Order: "o"})
	var busy []string
	for _, want := range []string{"first", "second", "third"} {
		d, _, err := memory.Next(t.Context(), delivery.Query{Now: now, Busy: busy})
		if err != nil || d == nil || d.ID != want {
			t.Fatalf("%v, %v; want %s", d, err, want)
		}
		busy = append(busy, d.ID)
	}
	for _, c := range []struct {
		query delivery.Query
		want  string
	}{
		{delivery.Query{Now: now, Busy: busy}, "<nil> in 1h0m0s"},
		{delivery.Query{Now: now, Full: []string{"a"}, Busy: busy[1:2]}, "third"},
		{delivery.Query{Now: now, Full: []string{"a", "b"}}, "<nil> in 1h0m0s"},
		{delivery.Query{Now: now.Add(time.Hour), Busy: busy}, "later"},
	} {
		d, later, err := memory.Next(t.Context(), c.query)
		got := fmt.Sprint(d)
		if d == nil {
			got += fmt.Sprint(" in ", later.Sub(now))
		}
		if err != nil || got != c.want {
			t.Errorf("%s, %v; want %s", got, err, c.want)
		}
	}
	memory.End("a")
	if err := memory.Record(t.Context(), delivery.Delivery{ID: "first"}, delivery.Attempt{Number: 1}); err != nil {
		t.Error(err)
	}
	d, later, err := memory.Next(t.Context(), delivery.Query{Now: now, Full: []string{"b"}})
	if d != nil || !later.IsZero() || err != nil || memory.Len() != 2 {
		t.Errorf("%v at %v, %v; %d wait", d, later, err, memory.Len())
	}
}
