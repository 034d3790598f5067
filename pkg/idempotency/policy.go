package idempotency

import (
	"fmt"
	"net/http"
)

// Decision says what is done with the answer of a handler and, in the transaction of a Transactional store, with its
// effect.
type Decision uint8

// The decisions.
const (
	// DecisionDefault is what the table in docs/idempotency.md says for the status.
	DecisionDefault Decision = iota
	// DecisionStore stores the answer, and repeats get it. A transaction is committed.
	DecisionStore
	// DecisionRelease stores nothing and frees the key, so that the next request executes. A transaction is rolled
	// back.
	DecisionRelease
)

// String returns the decision in one word.
func (d Decision) String() string {
	switch d {
	case DecisionDefault:
		return "default"
	case DecisionStore:
		return "store"
	case DecisionRelease:
		return "release"
	}
	return fmt.Sprintf("Decision(%d)", uint8(d))
}

// decision is the default for a status. It agrees with what pkg/partner tells its caller of that status:
//
//   - It was done, or may have been before a redirect other than 307 and 308: the answer is stored.
//   - Nothing was done, the request may be mended and sent by the same key or another: nothing is stored. A store of
//     refusals would be full of them, and in a transaction there is nothing to keep.
//   - Unknown: a transaction is rolled back, so nothing was done, and the repeat executes. Elsewhere an effect may be
//     there, and the answer is stored. 408 and 503 belong here, since that is what handlers answer that gave up waiting
//     for what still runs, as behind http.TimeoutHandler.
func decision(status int, transactional bool) Decision {
	switch {
	case status == http.StatusTemporaryRedirect, status == http.StatusPermanentRedirect:
		return DecisionRelease
	case status < http.StatusBadRequest:
		return DecisionStore
	case status == http.StatusNotImplemented, status == http.StatusHTTPVersionNotSupported,
		status < http.StatusInternalServerError && status != http.StatusRequestTimeout, transactional:
		return DecisionRelease
	}
	return DecisionStore
}
