package storetest

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// Subject is a storage under test. It is empty at first.
type Subject struct {
	// Open opens the storage, again if its store was closed. The suite also calls it once while a store is open: it may
	// fail, or return a second store, and either way the first has to be none the worse.
	Open func() (sandbox.Store, error)
	// Binary says that the storage keeps all bytes, and not JSON alone.
	Binary bool
	// Fill makes a store's storage so full that a commit of 3 MiB fails, until empty is called or the store is
	// closed. Nil means that it cannot be done; what would be shown by that is skipped.
	Fill func(store sandbox.Store) (empty func(), err error)
}

// Run runs the suite. It calls newSubject once per case.
func Run(t *testing.T, newSubject func(t *testing.T) Subject) {
	t.Helper()
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) { c.try(t, newSubject(t)) })
	}
}

// check is a case of the suite. It reports to a trial, so that the suite itself can be tested.
type check struct {
	// name says what is tested. rule is the sentence of the contract that is broken if it fails.
	name, rule string
	run        func(*trial)
}

// reporter is the part of a testing.T that the suite uses.
type reporter = rapid.TB

func (c check) try(r reporter, s Subject) {
	x := &trial{reporter: r, Subject: s, rule: c.rule}
	defer x.end()
	c.run(x)
}
