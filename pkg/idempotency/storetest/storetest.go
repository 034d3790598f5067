package storetest

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// Subject is a store that is tested.
type Subject struct {
	// Store is the store. It has room for a few thousand keys.
	Store idempotency.Store
	// Advance moves the clock that the store decides by, forwards, or backwards when the duration is negative. It may
	// be called while the store is in use, see Steady. The clock may go on by itself as well, but not by more than 30
	// seconds during a case. Nil means that the clock cannot be moved: the suite then waits for short leases and
	// windows to pass, and skips what that cannot show, the model check included.
	Advance func(time.Duration)
}

// Run runs the suite. newSubject is called once per case; it closes what it opened in t.Cleanup.
func Run(t *testing.T, newSubject func(t *testing.T) Subject) {
	t.Helper()
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) { c.run(newTrial(t, c, newSubject(t))) })
	}
}

// check is one case of the suite. It reports to a trial, so that the suite itself can be tested.
type check struct {
	// name and rule say what is tested, and the sentence of the contract that is broken if it fails.
	name, rule string
	run        func(*trial)
}

func checks() []check {
	return slices.Concat(claimChecks, holdChecks, leaseChecks, windowChecks, contextChecks, concurrencyChecks,
		modelChecks, historyChecks)
}

// reporter is what is used of a testing.T.
type reporter = rapid.TB
