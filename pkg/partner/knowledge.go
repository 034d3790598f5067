package partner

import (
	"errors"
	"net/http"
)

// knowledge is what is known of the effect of a call, beside its last answer. docs/client.md has it as a table.
type knowledge struct {
	// harmless says that the operation moves nothing: a read, or a login.
	harmless bool
	// doubt says that a request with the key may have been executed, or was: by an attempt whose answer was not seen,
	// by another call, or by net/http, which sends some requests again by itself.
	doubt bool
	// history says that the key may have been used where this process cannot know.
	history bool
	// late says that the provider may have forgotten the key, or will have when a repeat arrives.
	late bool
}

// reply is what came back from an attempt.
type reply int

const (
	// replyUnsent: nothing of the request can have arrived.
	replyUnsent reply = iota
	// replyLost: the request may have arrived, and no answer did.
	replyLost
	// replyUnclear: an answer that does not say whether anything was done.
	replyUnclear
	// replyTurnedAway: a refusal that comes before the request is looked at.
	replyTurnedAway
	// replyRefused: a refusal of the request.
	replyRefused
	// replyKnown: a refusal because the server knows the key, or what the request would make.
	replyKnown
	// replyBroken: a success whose answer is not whole.
	replyBroken
	// replyDone: a success.
	replyDone
)

// conclude returns the outcome of a call after an answer, and keeps what was learned for the next one.
func (k *knowledge) conclude(r reply) Outcome {
	before := *k
	switch r {
	case replyLost, replyUnclear, replyKnown, replyBroken:
		k.doubt = true
	case replyDone:
		k.doubt = false
	default: // Nothing of it was executed.
	}
	switch {
	case r == replyDone:
		return OutcomeDone
	case r == replyBroken:
		return OutcomeDoneUnreadable
	case r == replyUnsent && !before.doubt:
		return OutcomeNotSent
	case k.harmless && (r == replyUnsent || r == replyLost || r == replyUnclear):
		return OutcomeNoEffect
	case k.harmless:
		return OutcomeRefused
	case r == replyKnown, r == replyRefused && before.doubt:
		return OutcomeReceivedBefore
	case k.doubt && k.late:
		return OutcomeTooLate
	case k.doubt:
		return OutcomeUnknown
	case k.history:
		return OutcomeRefusedThisTime
	}
	return OutcomeRefused
}

// reply says what kind an answer is. Whoever gave a key of their own may be repeating a request that is still under way
// elsewhere, which a 409 then says.
func (r *call) reply(a *answer) reply {
	switch {
	case errors.Is(a.err, errPage):
		return replyUnclear
	case a.err != nil && isSuccess(a.status):
		return replyBroken
	case a.err != nil && a.unsent:
		return replyUnsent
	case a.err != nil:
		return replyLost
	case isSuccess(a.status):
		return replyDone
	}
	switch a.status {
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return replyTurnedAway
	case http.StatusRequestTimeout:
		return replyUnclear
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return replyTurnedAway // It is to be sent elsewhere. Other redirects may come after the deed, as a 303 does.
	}
	switch {
	case a.status < 400 || a.status > 499:
		return replyUnclear // No server that keeps to HTTP answers 000 to 199 here, or 600 and above.
	case a.status == http.StatusConflict && (r.ownKey || r.known.doubt), r.core.repeats.find(a):
		return replyKnown
	case turnedAway[a.status]:
		return replyTurnedAway
	}
	return replyRefused
}

// turnedAway are the refusals that come before a request is looked at, so that they say nothing about a key.
var turnedAway = map[int]bool{
	http.StatusUnauthorized: true, http.StatusForbidden: true, http.StatusProxyAuthRequired: true,
	http.StatusLengthRequired: true, http.StatusRequestEntityTooLarge: true, http.StatusRequestURITooLong: true,
	http.StatusUnsupportedMediaType: true, http.StatusExpectationFailed: true, http.StatusMisdirectedRequest: true,
	http.StatusTooEarly: true, http.StatusUpgradeRequired: true, http.StatusTooManyRequests: true,
	http.StatusRequestHeaderFieldsTooLarge: true,
}

// comeAgain are those that have nothing against the request itself.
var comeAgain = map[int]bool{
	http.StatusUnauthorized: true, http.StatusForbidden: true, http.StatusProxyAuthRequired: true,
	http.StatusMisdirectedRequest: true, http.StatusTooEarly: true, http.StatusTooManyRequests: true,
}

// worthRepeating reports whether the same request may fare better later.
func (r *call) worthRepeating(a *answer, kind reply) bool {
	switch kind {
	case replyUnsent:
		return !errors.Is(a.err, errNotWorthRepeating)
	case replyLost:
		return !errors.Is(a.err, errNotWorthRepeating)
	case replyBroken:
		// A write is done. Only a read is worth another look.
		return r.read() && !errors.Is(a.err, errTooLarge)
	case replyUnclear:
		return a.status >= 500 && a.status <= 599 || a.status == http.StatusRequestTimeout
	case replyTurnedAway:
		return a.status == http.StatusTooManyRequests || a.status == http.StatusTooEarly
	case replyKnown:
		return a.status == http.StatusConflict // The first may be under way, and be done soon.
	default:
		return false
	}
}
