package idempotency

import (
	"crypto/rand"
	"crypto/sha256"
)

// Attempt names one attempt to claim a key. It may carry a mark, which is a part of the request's fingerprint: see
// NewAttempt.
//
// The mark stands here rather than in the Fingerprint so that servers of before it and of after it can share a store
// while one replaces the other. They agree on the Fingerprint, and take an Attempt with a mark for a name like any
// other.
type Attempt [16]byte

// What an Attempt with a mark consists of: a sign that it has one, the version of the rule that made it, the mark, and
// 7 random bytes. All 16 bytes of any other are random: one of 2³² looks as if it had a mark of this version.
const (
	attemptSign    = "\xf1\x9e\x52"
	attemptVersion = 2
	versionAt      = len(attemptSign)
	markAt         = versionAt + 1
	markEnd        = markAt + 5
)

// NewAttempt returns a random name. It carries a mark of the details, which tell apart requests with the same
// Fingerprint, unless they are nil. A Guard's are the path that was called and the media type of the body.
func NewAttempt(details []byte) Attempt {
	var a Attempt
	_, _ = rand.Read(a[:]) // It never fails.
	if details != nil {
		sum := sha256.Sum256(details)
		copy(a[:], attemptSign)
		a[versionAt] = attemptVersion
		copy(a[markAt:markEnd], sum[:])
	}
	return a
}

// Contradicts reports whether the requests of two attempts differ although their Fingerprints may be the same: both
// have a mark, by the same version of the rule, and the marks differ. An attempt without a mark contradicts none.
func (a Attempt) Contradicts(other Attempt) bool {
	return string(a[:versionAt]) == attemptSign && string(a[:markAt]) == string(other[:markAt]) &&
		string(a[markAt:markEnd]) != string(other[markAt:markEnd])
}

// Mark returns the Attempt without its random name, which is what a store has to keep of it once the request is done.
// It is zero if there is no mark.
func (a Attempt) Mark() Attempt {
	if string(a[:versionAt]) != attemptSign {
		return Attempt{}
	}
	clear(a[markEnd:])
	return a
}
