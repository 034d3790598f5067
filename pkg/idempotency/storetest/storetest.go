package storetest

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// Subject is a store under test.
type Subject struct {
	// Store needs room for a few thousand keys.
	Store idempotency.Store
	// Advance moves the store's clock forward, or back if the duration is negative. It may be called while the store is
	// in use, see Steady. The clock may also run by itself, but by no more than 30 seconds during a case. Nil means
	// that the clock cannot be moved. The suite then waits for short leases and windows to pass, and skips what that
	// cannot show, such as the model check.
	Advance func(time.Duration)
}

// Run runs the suite. It calls newSubject once per case, which closes what it opened in t.Cleanup.
func Run(t *testing.T, newSubject func(t *testing.T) Subject) {
	t.Helper()
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) { c.run(newTrial(t, c, newSubject(t))) })
	}
}

// check is a case of the suite. It reports to a trial, so that the suite itself can be tested.
type check struct {
	// name says what is tested. rule is the sentence of the contract that is broken if it fails.
	name, rule string
	run        func(*trial)
}

func checks() []check {
	return slices.Concat(claimChecks, holdChecks, leaseChecks, windowChecks, contextChecks, concurrencyChecks,
		modelChecks, historyChecks)
}

// reporter is the part of a testing.T that the suite uses.
type reporter = rapid.TB
