package idempotency

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Store remembers which requests were executed and what was answered. Its methods are atomic, across all processes that
// share the store, and safe for concurrent use. Package storetest has a suite that any implementation can run.
//
// A record belongs to a scope and a key. It is held, by whoever claimed it, or done. It is forgotten a window after it
// was last claimed, renewed or completed; from then on the key is new. A claim that is not StateMine, and a call that
// fails, prolongs nothing. An error other than the ones that a method names means that the store could not be asked or
// did not answer: what was asked for may have happened or not.
//
// When the store's clock jumps back, a lease or a window may last longer, never shorter, and a hold that was followed
// by another never becomes valid again.
type Store interface {
	// Claim asks for the right to execute a request. It fails with ErrClaim when the claim makes no sense and with
	// ErrFull when the store can remember nothing more, both of which change nothing.
	Claim(ctx context.Context, claim Claim) (Outcome, error)
	// Renew makes the lease last for the given time from now. It fails with ErrLost when the hold is over. A lease that
	// has expired can be renewed as long as nobody took the record over.
	Renew(ctx context.Context, hold Hold, lease time.Duration) error
	// Complete stores the response, which must not be changed afterwards, and ends the hold. It fails with ErrLost when
	// the hold is over, except that completing again what the same hold has completed is no error and changes nothing.
	Complete(ctx context.Context, hold Hold, response []byte) error
	// Release forgets the record, so that the next claim executes. It fails with ErrLost when the hold is over.
	Release(ctx context.Context, hold Hold) error
}

// Transactional is a Store whose claim is part of a transaction in which the handler takes part: Complete commits it,
// with all that the handler did, and Release rolls it back. When Complete fails, nothing has happened, or the answer to
// the commit was lost; the next claim tells.
type Transactional interface {
	Store
	// Join returns a context that has the transaction of a hold.
	Join(ctx context.Context, hold Hold) context.Context
}

// Fingerprint tells requests apart that were sent with the same key.
type Fingerprint [32]byte

// Token is a fencing token: it is positive, and greater than all tokens that the same scope and key had before. A
// resource that refuses lower tokens than it has seen is safe from a handler that woke up after another one took over.
type Token int64

// Attempt names one attempt to claim a key.
type Attempt [16]byte

// Claim asks for the right to execute a request.
type Claim struct {
	// Scope is whose key it is: the same key in two scopes is two keys. It may be empty; MaxScope bytes of UTF-8 at
	// most.
	Scope string
	// Key is the idempotency key: 1 to MaxKey visible ASCII characters.
	Key string
	// Fingerprint is that of the request. The zero one is as good as any other.
	Fingerprint Fingerprint
	// Lease is how long the claim holds unless it is renewed: at least MinLease.
	Lease time.Duration
	// Window is how long the key is remembered: at least as long as the lease.
	Window time.Duration
	// Attempt names this attempt, at random. A claim whose answer was lost can be made again with the same attempt: if
	// that holds the record, the answer is StateMine with the same token as before, and its lease and window begin
	// anew. The zero Attempt names nothing.
	Attempt Attempt
	// TakeOver lets the claim succeed if the lease of another has expired. Whoever had it may have executed the request
	// already, or be at it still: ask for this only when executing twice does no harm.
	TakeOver bool
}

const (
	// MaxScope is how long a scope can be, in bytes.
	MaxScope = 255
	// MaxKey is how long a key can be, in bytes.
	MaxKey = 255
	// MinLease is the shortest lease. Stores may round leases and windows up to whole multiples of it.
	MinLease = time.Millisecond
)

// Validate returns an error that wraps ErrClaim when the claim makes no sense. The error does not repeat the scope or
// the key.
func (c Claim) Validate() error {
	switch {
	case len(c.Scope) > MaxScope || !utf8.ValidString(c.Scope) || strings.ContainsRune(c.Scope, 0):
		return fmt.Errorf("%w: the scope is not UTF-8 of up to %d bytes", ErrClaim, MaxScope)
	case c.Key == "" || len(c.Key) > MaxKey || strings.ContainsFunc(c.Key,
		func(r rune) bool { return r <= ' ' || r > '~' }):
		return fmt.Errorf("%w: the key is not 1 to %d visible ASCII characters", ErrClaim, MaxKey)
	case c.Lease < MinLease:
		return fmt.Errorf("%w: a lease of %s is below %s", ErrClaim, c.Lease, MinLease)
	case c.Window < c.Lease:
		return fmt.Errorf("%w: a window of %s is shorter than the lease of %s", ErrClaim, c.Window, c.Lease)
	}
	return nil
}

// Hold is what a successful claim gives, and what it takes to renew, complete or release it.
type Hold struct {
	Scope, Key string
	Token      Token
}

// State is what became of a claim.
type State uint8

const (
	// StateMine says that the caller holds the record now: execute, then Complete or Release.
	StateMine State = iota + 1
	// StateInProgress says that a claim holds it, whoever made that. It is also the answer when the lease of the holder
	// has expired, which Outcome.Remaining tells, unless the claim asked to take over.
	StateInProgress
	// StateDone says that the request was executed before.
	StateDone
	// StateOtherFingerprint says that the key was used for another request.
	StateOtherFingerprint
)

// String returns the state in words.
func (s State) String() string {
	switch s {
	case StateMine:
		return "mine"
	case StateInProgress:
		return "in progress"
	case StateDone:
		return "done"
	case StateOtherFingerprint:
		return "other fingerprint"
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

// Outcome is what a store answers to a claim.
type Outcome struct {
	State State
	// Token is that of the hold, if the state is StateMine.
	Token Token
	// TookOver says that somebody else held the record before and let the lease expire, if the state is StateMine.
	TookOver bool
	// Remaining is what is left of the holder's lease, if the state is StateInProgress. When it is zero, the holder has
	// not renewed in time: it died, or is cut off, before or after the request took effect.
	Remaining time.Duration
	// Response is what was given to Complete, if the state is StateDone. The caller may keep it and must not change it.
	Response []byte
}

var (
	// ErrClaim says that a claim makes no sense.
	ErrClaim = errors.New("idempotency: not a usable claim")
	// ErrLost says that a hold is over: the record was completed, released, taken over or forgotten.
	ErrLost = errors.New("idempotency: the claim is held no more")
	// ErrFull says that a store can remember no more keys. Forgetting one early could execute a request twice, so it
	// refuses.
	ErrFull = errors.New("idempotency: the store is full")
	// ErrCorrupt says that what a store has of a key cannot be understood. It is neither executed nor replayed.
	ErrCorrupt = errors.New("idempotency: the stored record is damaged")
)
