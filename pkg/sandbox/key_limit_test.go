package sandbox

import (
	"fmt"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// As many writes as memory allows are remembered for an hour of the sandbox's own clock, and no longer.
func TestKeysAreBoundedByMemoryAlone(t *testing.T) {
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	keys, err := newKeys(func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	claim := idempotency.Claim{Scope: "u", Window: idempotency.Window, Lease: time.Minute}
	const many = 100_001
	answer := make([]byte, 1<<20) // Each takes a MiB by the count, and all of them take one.
	for i := range many {
		claim.Key, claim.Attempt = fmt.Sprintf("key-%d", i),
			idempotency.Attempt{byte(i), byte(i >> 8), byte(i >> 16), 1}
		outcome, err := keys.Claim(t.Context(), claim)
		if err != nil || outcome.State != idempotency.StateMine {
			t.Fatalf("write %d: %v, %v", i+1, outcome.State, err)
		}
		hold := idempotency.Hold{Scope: claim.Scope, Key: claim.Key, Token: outcome.Token}
		if err := keys.Complete(t.Context(), hold, answer); err != nil {
			t.Fatalf("write %d: %v", i+1, err)
		}
	}
	if keys.Len() != many {
		t.Errorf("%d keys are remembered, not %d", keys.Len(), many)
	}
	now = now.Add(idempotency.Window + time.Second)
	claim.Key = "key-0" // It is forgotten, so it is somebody else's.
	claim.Fingerprint[0]++
	if outcome, err := keys.Claim(t.Context(), claim); err != nil || outcome.State != idempotency.StateMine {
		t.Errorf("after an hour: %v, %v", outcome.State, err)
	}
}
