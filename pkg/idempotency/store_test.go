package idempotency_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemoryKeepsTheContractOfStores(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Subject {
		clock := newTestClock()
		return storetest.Subject{Store: newMemory(t, idempotency.MemoryConfig{Now: clock.Now}), Advance: clock.Advance}
	})
}

func TestMemoryKeepsTheContractOfStoresByTheSystemsClock(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Subject {
		return storetest.Subject{Store: newMemory(t, idempotency.MemoryConfig{})}
	})
}

func TestAClaimThatMakesNoSenseIsRefusedWithoutRepeatingIt(t *testing.T) {
	const marker = "secret"
	for _, c := range []struct {
		name  string
		spoil func(*idempotency.Claim)
		ok    bool
	}{
		{"a sound claim", func(*idempotency.Claim) {}, true},
		{"no scope", func(c *idempotency.Claim) { c.Scope = "" }, true},
		{"a scope as long as can be", func(c *idempotency.Claim) {
			c.Scope = strings.Repeat("s", idempotency.MaxScope)
		}, true},
		{"a scope that is longer", func(c *idempotency.Claim) {
			c.Scope = marker + strings.Repeat("s", idempotency.MaxScope)
		}, false},
		{"a scope with a zero byte", func(c *idempotency.Claim) { c.Scope += "\x00" }, false},
		{"a scope that is no UTF-8", func(c *idempotency.Claim) { c.Scope += "\xff" }, false},
		{"no key", func(c *idempotency.Claim) { c.Key = "" }, false},
		{"a key as long as can be", func(c *idempotency.Claim) { c.Key = strings.Repeat("k", idempotency.MaxKey) },
			true},
		{"a key that is longer", func(c *idempotency.Claim) {
			c.Key = marker + strings.Repeat("k", idempotency.MaxKey)
		}, false},
		{"a key of the first and the last visible character", func(c *idempotency.Claim) { c.Key = "!~" }, true},
		{"a key with a space", func(c *idempotency.Claim) { c.Key += " " }, false},
		{"a key with a letter beyond ASCII", func(c *idempotency.Claim) { c.Key += "é" }, false},
		{"the shortest lease", func(c *idempotency.Claim) { c.Lease = idempotency.MinLease }, true},
		{"a lease that is shorter", func(c *idempotency.Claim) { c.Lease = idempotency.MinLease - 1 }, false},
		{"a window like the lease", func(c *idempotency.Claim) { c.Window = c.Lease }, true},
		{"a window that is shorter than the lease", func(c *idempotency.Claim) { c.Window = c.Lease - 1 }, false},
		{"nothing", func(c *idempotency.Claim) { *c = idempotency.Claim{} }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			claim := idempotency.Claim{Scope: marker, Key: marker, Lease: time.Minute, Window: time.Hour}
			c.spoil(&claim)
			err := claim.Validate()
			if c.ok != (err == nil) || !c.ok && !errors.Is(err, idempotency.ErrClaim) {
				t.Fatalf("Validate = %v", err)
			}
			if err != nil && strings.Contains(err.Error(), marker) {
				t.Errorf("the error repeats the scope or the key: %v", err)
			}
		})
	}
}

func TestStatesAreNamed(t *testing.T) {
	for state, want := range map[idempotency.State]string{
		idempotency.StateMine: "mine", idempotency.StateInProgress: "in progress", idempotency.StateDone: "done",
		idempotency.StateOtherFingerprint: "other fingerprint", 0: "State(0)", 5: "State(5)",
	} {
		if state.String() != want {
			t.Errorf("String = %q, want %q", state, want)
		}
	}
}
