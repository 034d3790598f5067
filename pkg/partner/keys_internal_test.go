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

func claimed(m *keyMemory, key idempotency.Key, text string, now time.Time) error {
	c := &call{core: &core{now: func() time.Time { return now }},
		Request: partnerapi.Request{Body: partnerapi.Body{Bytes: []byte(text)}}}
	c.key = key
	return m.claim(context.Background(), c)
}

func TestTheMemoryOfKeysIsBounded(t *testing.T) {
	var m keyMemory
	now := time.Now()
	first := idempotency.NewKey()
	if err := claimed(&m, first, "a", now); err != nil {
		t.Fatal(err)
	}
	for range maxKeys - 1 {
		if err := claimed(&m, idempotency.NewKey(), "a", now); err != nil {
			t.Fatal(err)
		}
	}
	if err := claimed(&m, first, "b", now); !errors.Is(err, ErrKeyReused) {
		t.Errorf("the oldest key is forgotten too early: %v", err)
	}
	for range 1000 {
		if err := claimed(&m, idempotency.NewKey(), "a", now); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.uses) != maxKeys || len(m.order) != maxKeys {
		t.Errorf("%d keys in an order of %d are remembered, want %d", len(m.uses), len(m.order), maxKeys)
	}
	if err := claimed(&m, first, "b", now); err != nil {
		t.Errorf("the oldest key is still remembered: %v", err)
	}
}

func TestTheMemoryOfKeysIsWhatItsModelIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m keyMemory
		type use struct {
			text string
			at   time.Time
		}
		model := map[idempotency.Key]use{}
		now := time.Unix(1_000_000, 0)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "minutes")) * time.Minute)
			key := idempotency.Key{byte(rapid.IntRange(1, 4).Draw(t, "key"))}
			text := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "body")
			before, known := model[key]
			var want error
			switch {
			case known && now.Sub(before.at) < idempotency.Window:
				if before.text != text {
					want = ErrKeyReused
				}
			default:
				model[key] = use{text, now}
			}
			if err := claimed(&m, key, text, now); !errors.Is(err, want) {
				t.Fatalf("claim = %v, want %v", err, want)
			}
		}
	})
}
