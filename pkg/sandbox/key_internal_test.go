package sandbox

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/storetest"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// The keys of the bank are a store like any other.
func TestTheKeysAreAStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Subject {
		var mu sync.Mutex
		now := time.Date(2026, 1, 2, 15, 0, 0, 0, time.UTC)
		b, err := bank.Open(bank.Config{Now: func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return now
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = b.Close() })
		return storetest.Steady(newKeys(b), func(d time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			now = now.Add(d)
		})
	})
}

// claimed returns the keys of a bank whose clock can be moved, and a hold on one of them.
func claimed(t *testing.T) (b *bank.Bank, k *keys, hold idempotency.Hold) {
	t.Helper()
	b, err := bank.Open(bank.Config{Clock: time.Date(2026, 1, 2, 15, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	k = newKeys(b)
	claim := idempotency.Claim{Scope: "partner", Key: idempotency.NewKey().String(), Lease: time.Minute,
		Window: time.Hour, Attempt: idempotency.NewAttempt(nil)}
	outcome, err := k.Claim(t.Context(), claim)
	if err != nil || outcome.State != idempotency.StateMine {
		t.Fatal(outcome, err)
	}
	return b, k, idempotency.Hold{Scope: claim.Scope, Key: claim.Key, Token: outcome.Token}
}

// Whoever ends an attempt waits for its renewal, which must therefore not wait for the bank that the attempt has
// locked.
func TestARenewalDoesNotWaitForItsOwnAttempt(t *testing.T) {
	b, k, hold := claimed(t)
	ctx := k.Join(t.Context(), hold)
	tx, err := b.Write()
	if err != nil {
		t.Fatal(err)
	}
	attemptOf(ctx).tx = tx
	renewed := make(chan error, 1)
	go func() { renewed <- k.Renew(ctx, hold, time.Minute) }()
	select {
	case err := <-renewed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it waits for the bank")
	}
	if err := k.Complete(ctx, hold, nil); err != nil {
		t.Error(err)
	}
}

// The clock may be moved beyond the window of a key between its claim and what its request does. If that took effect,
// it would do so without the key, and a second time with a repeat.
func TestAnAttemptThatIsOverTakesNoEffect(t *testing.T) {
	for name, again := range map[string]bool{"nobody else has the key": false, "a repeat has it": true} {
		t.Run(name, func(t *testing.T) {
			b, k, hold := claimed(t)
			if err := b.Advance(t.Context(), 2*time.Hour); err != nil {
				t.Fatal(err)
			}
			if again {
				if outcome, err := k.Claim(t.Context(), idempotency.Claim{Scope: hold.Scope, Key: hold.Key,
					Lease: time.Minute, Window: time.Hour, Attempt: idempotency.NewAttempt(nil)}); err != nil ||
					outcome.State != idempotency.StateMine {
					t.Fatal(outcome, err)
				}
			}
			s := &Sandbox{bank: b}
			ctx := k.Join(t.Context(), hold)
			operation := s.transaction(func(ctx context.Context, _ http.ResponseWriter, _ *http.Request,
				_ any) (any, error) {
				bank.FromContext(ctx).IssueToken()
				return nil, nil
			}, "")
			before, err := b.Hash()
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", http.NoBody)
			if _, err := operation(ctx, nil, r, nil); err != nil {
				t.Fatal(err)
			}
			if err := k.Complete(ctx, hold, nil); !errors.Is(err, idempotency.ErrLost) {
				t.Errorf("%v; want that the hold was lost", err)
			}
			if after, err := b.Hash(); err != nil || after != before {
				t.Errorf("it has taken effect: %v", err)
			}
		})
	}
}

// A key may come back while somebody holds it: a move of the clock had ended it, and is undone. Then the first answer
// counts, and nobody waits for the second.
func TestAKeyThatComesBackKeepsItsAnswer(t *testing.T) {
	b, k, hold := claimed(t)
	var nothing [sha256.Size]byte
	kept := &bank.Key{Scope: hold.Scope, Key: hold.Key, Fingerprint: nothing[:], Token: -1,
		Response: []byte("the first"), Expires: b.Time().Add(time.Hour)}
	if err := b.Do(t.Context(), func(tx *bank.Tx) error { tx.KeepKey(kept); return nil }); err != nil {
		t.Fatal(err)
	}
	if err := k.Complete(k.Join(t.Context(), hold), hold, []byte("the second")); !errors.Is(err, idempotency.ErrLost) {
		t.Errorf("%v; want that the hold is over", err)
	}
	claim := idempotency.Claim{Scope: hold.Scope, Key: hold.Key, Lease: time.Minute, Window: time.Hour}
	outcome, err := k.Claim(t.Context(), claim)
	if err != nil || outcome.State != idempotency.StateDone || string(outcome.Response) != "the first" {
		t.Errorf("%v, %v", outcome, err)
	}
}
