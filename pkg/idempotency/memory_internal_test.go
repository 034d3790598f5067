package idempotency

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// sound compares the queue and what is counted to what a scan of all records finds.
func (m *Memory) sound() error {
	if len(m.queue) != len(m.records) || len(m.records) > m.maxKeys {
		return fmt.Errorf("%d are queued, %d remembered, %d allowed", len(m.queue), len(m.records), m.maxKeys)
	}
	var bytes int64
	scopes := map[string]usage{}
	for id, r := range m.records {
		size := int64(overhead + len(id) + max(MinResponse, len(r.response)))
		used := scopes[r.usage.scope]
		scopes[r.usage.scope] = usage{r.usage.scope, used.keys + 1, used.bytes + size}
		bytes += size
	}
	if bytes != m.bytes || bytes > m.maxBytes {
		return fmt.Errorf("%d bytes are taken, %d counted, %d allowed", bytes, m.bytes, m.maxBytes)
	}
	if len(scopes) != len(m.scopes) {
		return fmt.Errorf("%d scopes have records, %d are counted", len(scopes), len(m.scopes))
	}
	for scope, used := range scopes {
		if *m.scopes[scope] != used {
			return fmt.Errorf("scope %q has %v, and %v is counted", scope, used, *m.scopes[scope])
		}
	}
	for i, slot := range m.queue {
		r := slot.record
		switch {
		case m.records[r.id] != r:
			return fmt.Errorf("record %q is queued and not remembered", r.id)
		case r.place != i:
			return fmt.Errorf("record %q is at %d and says %d", r.id, i, r.place)
		case slot.expires != r.expires:
			return fmt.Errorf("record %q expires at %s and is queued for %s", r.id, r.expires, slot.expires)
		case i > 0 && r.expires < m.queue[(i-1)/2].expires:
			return fmt.Errorf("record %q expires before its parent", r.id)
		}
	}
	return nil
}

// expired counts by a scan.
func (m *Memory) expired(now time.Duration) (n int) {
	for _, r := range m.records {
		if r.expires <= now {
			n++
		}
	}
	return n
}

func TestTheQueueOfAMemoryIsInOrderWhateverHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1_700_000_000, 0)
		m, err := NewMemory(MemoryConfig{MaxKeys: rapid.IntRange(1, 30).Draw(t, "MaxKeys"),
			MaxBytes: rapid.Int64Range(400, 10_000).Draw(t, "MaxBytes"), Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		var holds []Hold
		scopes := []string{"", "a", "acme"}
		hold := func(t *rapid.T) Hold {
			if len(holds) == 0 {
				t.Skip("there are no holds")
			}
			return rapid.SampledFrom(holds).Draw(t, "hold")
		}
		seconds := func(t *rapid.T, least, most int) time.Duration {
			return time.Duration(rapid.IntRange(least, most).Draw(t, "seconds")) * time.Second
		}
		claim := func(t *rapid.T) {
			key, scope := rapid.StringMatching(`[a-z]{1,2}`).Draw(t, "key"), rapid.SampledFrom(scopes).Draw(t, "scope")
			lease := seconds(t, 1, 20)
			before, expired, used := m.Len(), m.expired(now.Sub(m.start)), m.scopes[scope]
			outcome, err := m.Claim(ctx, Claim{Scope: scope, Key: key, Lease: lease, Window: lease + seconds(t, 0, 100),
				TakeOver: true})
			switch {
			case err == nil && outcome.State == StateMine:
				holds = append(holds, Hold{Scope: scope, Key: key, Token: outcome.Token})
			case errors.Is(err, ErrFull):
				size := int64(overhead + len(scope) + 1 + len(key) + MinResponse)
				room := m.Len() < m.maxKeys && m.bytes+size <= m.maxBytes
				mine := used != nil && (used.keys >= share*(m.maxKeys-m.Len()) ||
					used.bytes >= share*(m.maxBytes-m.bytes))
				if room && !mine || m.expired(now.Sub(m.start)) > 0 {
					t.Fatalf("refused, though there is room: %d of %d keys, %d of %d bytes, of which %v are the "+
						"scope's; %d expired", m.Len(), m.maxKeys, m.bytes, m.maxBytes, used,
						m.expired(now.Sub(m.start)))
				}
			case err != nil:
				t.Fatal(err)
			}
			if m.Len() > before-min(expired, sweep)+1 || m.Len() < before-expired {
				t.Fatalf("%d records became %d, %d of them expired", before, m.Len(), expired)
			}
		}
		complete := func(t *rapid.T) {
			h, response := hold(t), make([]byte, rapid.IntRange(0, 3*MinResponse).Draw(t, "response"))
			if err := m.Complete(ctx, h, response); errors.Is(err, ErrFull) {
				if len(response) <= MinResponse {
					t.Fatal("there is no room for the smallest response")
				}
				if m.held(h, now.Sub(m.start), false) == nil {
					t.Fatal("a completion that was refused has ended the hold")
				}
				if err := m.Complete(ctx, h, response[:MinResponse]); err != nil {
					t.Fatalf("a smaller response is refused as well: %v", err)
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				if err := m.sound(); err != nil {
					t.Fatal(err)
				}
			},
			"claim":                 claim,
			"claim again":           claim,
			"renew":                 func(t *rapid.T) { _ = m.Renew(ctx, hold(t), seconds(t, 1, 20)) },
			"complete":              complete,
			"release":               func(t *rapid.T) { _ = m.Release(ctx, hold(t)) },
			"let time pass":         func(t *rapid.T) { now = now.Add(seconds(t, 1, 40)) },
			"let the clock go back": func(t *rapid.T) { now = now.Add(-seconds(t, 1, 40)) },
		})
	})
}

func TestAMemoryHasTheDefaultsIfNothingElseIsSaid(t *testing.T) {
	m, err := NewMemory(MemoryConfig{})
	if err != nil || m.maxKeys != DefaultMaxKeys || m.maxBytes != DefaultMaxBytes {
		t.Fatalf("%d keys, %d bytes, %v", m.maxKeys, m.maxBytes, err)
	}
}
