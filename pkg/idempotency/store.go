package idempotency

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Store remembers which requests were executed and what was answered. Its methods are atomic across all processes that
// share the store, and safe for concurrent use. Package storetest has a suite that any implementation can run.
//
// A record belongs to a scope and a key. It is either held by whoever claimed it, or done. The store forgets it a
// window after it was last claimed, renewed or completed, and the key is new again. A claim that does not end in
// StateMine prolongs nothing, and neither does a call that fails. Any error that a method does not name means that the
// store did not answer: what it was asked for may have happened or not.
//
// If the store's clock jumps back, a lease or a window may last longer but never shorter, and a hold that another one
// followed never becomes valid again.
type Store interface {
	// Claim asks for the right to execute a request. It fails with ErrClaim if the claim makes no sense and with
	// ErrFull if the store has no room for another key; both change nothing.
	Claim(ctx context.Context, claim Claim) (Outcome, error)
	// Renew lets the lease end after the given time from now. It fails with ErrLost if the hold is over. A lease that
	// has expired can still be renewed as long as nobody has taken the record over.
	Renew(ctx context.Context, hold Hold, lease time.Duration) error
	// Complete stores the response, which must not be changed afterwards, and ends the hold. It fails with ErrLost if
	// the hold is over. Completing twice by the same hold is not an error, though: the second time changes nothing. It
	// may fail with ErrFull if there is no room for the response, which changes nothing; there is always room for one
	// of up to MinResponse bytes then.
	Complete(ctx context.Context, hold Hold, response []byte) error
	// Release forgets the record, so that the next claim executes. It fails with ErrLost if the hold is over.
	Release(ctx context.Context, hold Hold) error
}

// Transactional is a Store that claims in a transaction which the handler joins. Complete commits it with all that the
// handler did, and Release rolls it back. If Complete fails with ErrNotCommitted, nothing has happened; after any other
// error either that, or the answer to the commit was lost, and the next claim tells which. Both fail with ErrInDoubt if
// the handler has ended the transaction behind the store's back.
type Transactional interface {
	Store
	// Join returns a context that carries the transaction of a hold.
	Join(ctx context.Context, hold Hold) context.Context
}

// Fingerprint tells apart the requests that were sent with one key.
type Fingerprint [32]byte

// Token is a fencing token. It is positive, and greater than all tokens that the same scope and key had before. A
// resource that refuses tokens lower than the highest it has seen is safe from a handler that wakes up after another
// one took over.
type Token int64

// Claim asks for the right to execute a request.
type Claim struct {
	// Scope says whose key it is: the same key in two scopes is two keys. It has up to MaxScope bytes of UTF-8, and may
	// be empty.
	Scope string
	// Key is the idempotency key: 1 to MaxKey visible ASCII characters.
	Key string
	// Fingerprint is the request's. The zero Fingerprint is one like any other.
	Fingerprint Fingerprint
	// Lease is how long the claim holds unless it is renewed. It is at least MinLease.
	Lease time.Duration
	// Window is how long the key is remembered. It is at least as long as the lease.
	Window time.Duration
	// Attempt is a random name of this attempt, see NewAttempt. If the answer to a claim was lost, make the claim again
	// with the same Attempt: if that holds the record, the answer is StateMine with the token it already has, and lease
	// and window begin anew. The zero Attempt names nothing. A claim whose Attempt contradicts that of the record is of
	// another request, as if their fingerprints differed.
	Attempt Attempt
	// TakeOver lets the claim succeed if the lease of the holder has expired. That holder may have executed the
	// request, or may still be executing it, so ask for this only if a second execution does no harm.
	TakeOver bool
}

const (
	// MaxScope is the maximum length of a scope, in bytes.
	MaxScope = 255
	// MaxKey is the maximum length of a key, in bytes.
	MaxKey = 255
	// MinResponse is a length for which a store has room if it has room for the key, in bytes.
	MinResponse = 128
	// MinLease is the shortest lease. Stores may round leases and windows up to a multiple of it.
	MinLease = time.Millisecond
)

// Validate returns an error that wraps ErrClaim if the claim makes no sense. It does not repeat the scope or the key.
func (c Claim) Validate() error {
	switch {
	case len(c.Scope) > MaxScope || !utf8.ValidString(c.Scope) || strings.ContainsRune(c.Scope, 0):
		return fmt.Errorf("%w: the scope is not UTF-8 of up to %d bytes", ErrClaim, MaxScope)
	case !isVisible(c.Key, MaxKey):
		return fmt.Errorf("%w: the key is not 1 to %d visible ASCII characters", ErrClaim, MaxKey)
	case c.Lease < MinLease:
		return fmt.Errorf("%w: a lease of %s is below %s", ErrClaim, c.Lease, MinLease)
	case c.Window < c.Lease:
		return fmt.Errorf("%w: a window of %s is shorter than the lease of %s", ErrClaim, c.Window, c.Lease)
	}
	return nil
}

// isVisible reports whether a text has 1 to most visible ASCII characters, and nothing else.
func isVisible(text string, most int) bool {
	return text != "" && len(text) <= most &&
		!strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// Hold identifies a successful claim. It takes one to renew, complete or release.
type Hold struct {
	Scope, Key string
	Token      Token
}

// State is what became of a claim.
type State uint8

// The states.
const (
	// StateMine says that the caller holds the record: execute, then Complete or Release.
	StateMine State = iota + 1
	// StateInProgress says that somebody holds the record, perhaps the caller by an earlier claim. It is also the
	// answer if the holder's lease has expired, unless the claim asked to take over; Outcome.Remaining is zero then.
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
	// Token is the hold's, if the state is StateMine.
	Token Token
	// TookOver says, if the state is StateMine, that somebody else held the record before and let the lease expire.
	TookOver bool
	// Remaining is what is left of the holder's lease, if the state is StateInProgress. Zero means that the holder did
	// not renew in time: it died or is cut off, before or after the request took effect.
	Remaining time.Duration
	// Response is what Complete was given, if the state is StateDone. The caller may keep it and must not change it.
	Response []byte
}

var (
	// ErrClaim says that a claim makes no sense.
	ErrClaim = errors.New("idempotency: the claim makes no sense")
	// ErrLost says that a hold is over: the record was completed, released, taken over or forgotten.
	ErrLost = errors.New("idempotency: the hold is over")
	// ErrFull says that a store has no room for another key, or for another one of its scope. It refuses new ones,
	// since forgetting one early could execute its request twice.
	ErrFull = errors.New("idempotency: the store is full")
	// ErrNotCommitted says that a transaction was certainly not committed, so that nothing has happened. It wraps why.
	ErrNotCommitted = errors.New("idempotency: the transaction was not committed")
	// ErrInDoubt says that a hold is over, and that nobody knows what was done under it. The key is in doubt, as after
	// the end of a lease.
	ErrInDoubt = errors.New("idempotency: the key is in doubt")
	// ErrCorrupt says that the record of a key is damaged. Its request is neither executed nor replayed.
	ErrCorrupt = errors.New("idempotency: the stored record is damaged")
)
