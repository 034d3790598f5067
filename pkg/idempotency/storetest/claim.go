package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// century is a window. Added to another one, it still fits into a time.Duration.
const century = 100 * 365 * 24 * time.Hour

var claimChecks = []check{
	{"a new key is mine", "StateMine says that the caller holds the record.", func(x *trial) {
		claim := x.fresh()
		hold := x.mine(claim)
		x.complete(hold, []byte("answer"))
		x.mine(takeOver(x.fresh()))
	}},
	{"a key that is held is in progress",
		"StateInProgress says that somebody holds the record; Remaining is what is left of the holder's lease.",
		func(x *trial) {
			claim := x.fresh()
			hold := x.mine(claim)
			for range 2 {
				x.inProgress(claim, lease-drift, lease)
				if o := x.want(idempotency.StateInProgress, claim); o.Remaining <= lease-drift ||
					o.Remaining > lease+rounding {
					x.broken("%s remain of a lease of %s", o.Remaining, lease)
				}
			}
			x.complete(hold, nil)
		}},
	{"a key that is done answers with the response",
		"StateDone says that the request was executed before; Response is what Complete was given.", func(x *trial) {
			claim := x.fresh()
			x.completed(claim, []byte("answer"))
			for range 2 {
				x.done(claim, []byte("answer"))
				x.done(takeOver(claim), []byte("answer"))
			}
		}},
	{"another fingerprint is told apart",
		"StateOtherFingerprint says that the key was used for another request; it changes nothing.", func(x *trial) {
			claim := x.withLeaseThatEnds()
			hold := x.mine(claim)
			other := func() {
				x.Helper()
				x.want(idempotency.StateOtherFingerprint, otherwise(claim))
				x.want(idempotency.StateOtherFingerprint, takeOver(otherwise(claim)))
			}
			other()
			x.pass(claim.Lease)
			other()
			x.complete(hold, []byte("answer"))
			other()
			x.done(claim, []byte("answer"))
		}},
	{"every byte of a fingerprint counts",
		"The zero Fingerprint is one like any other; all 32 bytes tell requests apart.", func(x *trial) {
			claim := x.fresh()
			claim.Fingerprint = idempotency.Fingerprint{}
			hold := x.mine(claim)
			for i := range claim.Fingerprint {
				other := claim
				other.Fingerprint[i] = 0x80
				x.want(idempotency.StateOtherFingerprint, other)
			}
			x.want(idempotency.StateInProgress, claim)
			x.complete(hold, nil)
			x.done(claim, nil)
			full := x.fresh()
			full.Fingerprint = idempotency.Fingerprint(bytes.Repeat([]byte{0xff}, 32))
			x.completed(full, []byte("answer"))
			x.done(full, []byte("answer"))
		}},
	{"a claim made again by its attempt gets its hold",
		"If the attempt holds the record, the answer is StateMine with the token it already has, and lease and " +
			"window begin anew.", func(x *trial) {
			claim := x.withLeaseThatEnds()
			claim.Attempt = idempotency.Attempt{15: 1}
			hold := x.mine(claim)
			again := func(claim idempotency.Claim, tookOver bool) {
				x.Helper()
				if o := x.want(idempotency.StateMine, claim); o.Token != hold.Token || o.TookOver != tookOver {
					x.broken("the token is %d, took over %t; want %d, %t", o.Token, o.TookOver, hold.Token, tookOver)
				}
			}
			nameless, other := claim, claim
			nameless.Attempt, other.Attempt = idempotency.Attempt{}, idempotency.Attempt{15: 2}
			again(claim, false)
			x.want(idempotency.StateInProgress, nameless)
			x.want(idempotency.StateInProgress, other)
			x.want(idempotency.StateOtherFingerprint, otherwise(claim))
			x.pass(claim.Lease)
			again(claim, false)
			x.inProgress(other, claim.Lease-drift, claim.Lease)
			x.pass(claim.Lease)
			hold = holdOf(other, x.want(idempotency.StateMine, takeOver(other)).Token)
			again(other, true)
			x.complete(hold, []byte("answer"))
			x.done(other, []byte("answer"))
			unnamed := x.fresh()
			x.mine(unnamed)
			x.want(idempotency.StateInProgress, unnamed)
		}},
	{"another mark is told apart",
		"A claim whose Attempt contradicts that of the record is of another request, as if their fingerprints " +
			"differed.",
		func(x *trial) {
			marked := func(claim idempotency.Claim, details string) idempotency.Claim {
				claim.Attempt = idempotency.NewAttempt([]byte(details))
				return claim
			}
			claim := x.withLeaseThatEnds()
			// apart demands that marks count, and that what has none is told apart by its fingerprint alone.
			apart := func(state idempotency.State) {
				x.Helper()
				x.want(idempotency.StateOtherFingerprint, marked(claim, "b"))
				x.want(idempotency.StateOtherFingerprint, takeOver(marked(claim, "b")))
				x.want(state, marked(claim, "a"))
				for _, claim.Attempt = range []idempotency.Attempt{{}, idempotency.NewAttempt(nil)} {
					x.want(state, claim)
				}
			}
			x.mine(marked(claim, "a"))
			apart(idempotency.StateInProgress)
			x.pass(claim.Lease)
			apart(idempotency.StateInProgress)
			claim.Lease = lease
			hold := x.taken(marked(claim, "a"))
			apart(idempotency.StateInProgress)
			x.complete(hold, []byte("answer"))
			apart(idempotency.StateDone)
			// A key that is new has no mark of before.
			claim = x.fresh()
			x.release(x.mine(marked(claim, "b")))
			x.complete(x.mine(marked(claim, "a")), []byte("answer"))
			apart(idempotency.StateDone)
			// Nor has the record of a server that knows no marks.
			claim = x.fresh()
			x.release(x.mine(marked(claim, "b")))
			claim.Attempt = idempotency.NewAttempt(nil)
			x.completed(claim, []byte("answer"))
			for _, details := range []string{"a", "b"} {
				x.done(marked(claim, details), []byte("answer"))
			}
		}},
	{"scopes keep keys apart", "The same key in two scopes is two keys.", func(x *trial) {
		a := x.fresh()
		b := otherwise(a)
		b.Scope += " other"
		holdA, holdB := x.mine(a), x.mine(b)
		x.complete(holdA, []byte("a"))
		x.want(idempotency.StateInProgress, b)
		x.release(holdB)
		x.done(a, []byte("a"))
		x.completed(b, []byte("b"))
		x.done(a, []byte("a"))
		x.done(b, []byte("b"))
	}},
	{"odd scopes and keys are all different",
		"A scope is up to MaxScope bytes of UTF-8, a key 1 to MaxKey visible ASCII characters; both are opaque.",
		func(x *trial) {
			claims := oddClaims(x)
			holds := make([]idempotency.Hold, len(claims))
			for i, claim := range claims {
				outcome := x.ask(claim)
				if outcome.State != idempotency.StateMine {
					x.broken("scope %q, key %q: the outcome is %q, want %q; the key is new", claim.Scope, claim.Key,
						outcome.State, idempotency.StateMine)
				}
				holds[i] = holdOf(claim, outcome.Token)
			}
			for i, hold := range holds {
				x.complete(hold, fmt.Append(nil, i))
			}
			for i, claim := range claims {
				x.done(claim, fmt.Append(nil, i))
			}
		}},
	{"a claim that makes no sense changes nothing",
		"Claim fails with ErrClaim when the claim makes no sense, which changes nothing.", func(x *trial) {
			held, done := x.fresh(), x.fresh()
			hold := x.mine(held)
			x.completed(done, []byte("answer"))
			refused := func(what string, claim idempotency.Claim) {
				x.Helper()
				if outcome, err := x.Store.Claim(context.Background(), claim); !errors.Is(err, idempotency.ErrClaim) ||
					outcome.State != 0 {
					x.broken("%s: Claim = %q, %v; want no outcome and ErrClaim", what, outcome.State, err)
				}
			}
			for what, spoil := range map[string]func(*idempotency.Claim){
				"no lease":               func(c *idempotency.Claim) { c.Lease = 0 },
				"a negative lease":       func(c *idempotency.Claim) { c.Lease = -time.Hour },
				"a lease below MinLease": func(c *idempotency.Claim) { c.Lease = idempotency.MinLease - 1 },
				"no window":              func(c *idempotency.Claim) { c.Window = 0 },
				"a window that is shorter than the lease": func(c *idempotency.Claim) { c.Window = c.Lease - 1 },
			} {
				fresh := x.fresh()
				for _, claim := range []idempotency.Claim{held, done, fresh} {
					spoil(&claim)
					refused(what, claim)
					refused(what, takeOver(otherwise(claim)))
				}
				x.mine(fresh)
			}
			for what, key := range map[string]string{
				"no key": "", "a key that is too long": strings.Repeat("k", idempotency.MaxKey+1), "a space": "a b",
				"a line break": "a\n",
				"a zero byte":  "a\x00", "DEL": "a\x7f", "a letter beyond ASCII": "é", "no UTF-8": "\xff",
			} {
				claim := x.fresh()
				claim.Key = key
				refused("in the key, "+what, claim)
			}
			for what, scope := range map[string]string{
				"one byte too many": x.scope + strings.Repeat("s", idempotency.MaxScope+1-len(x.scope)),
				"a zero byte":       x.scope + "\x00", "no UTF-8": x.scope + "\xff", "half a letter": x.scope + "\xc3",
			} {
				claim := x.fresh()
				claim.Scope = scope
				refused("in the scope, "+what, claim)
			}
			x.complete(hold, nil)
			x.done(done, []byte("answer"))
		}},
	{"the shortest and the longest times are usable",
		"A lease is at least MinLease, a window at least as long as the lease.", func(x *trial) {
			claim := x.fresh()
			claim.Lease, claim.Window = idempotency.MinLease, idempotency.MinLease
			x.mine(claim)
			claim = x.fresh()
			claim.Lease = idempotency.MinLease + time.Nanosecond // which is rounded up
			x.complete(x.mine(claim), nil)
			x.done(claim, nil)
			claim = x.fresh()
			claim.Lease, claim.Window = century, century
			hold := x.mine(claim)
			x.inProgress(claim, century-drift, century)
			x.renew(hold, lease)
			x.inProgress(claim, lease-drift, lease)
			x.complete(hold, []byte("answer"))
			x.done(claim, []byte("answer"))
		}},
}

// oddClaims returns claims of different records, which a careless store mixes up or cannot store.
func oddClaims(x *trial) []idempotency.Claim {
	s := x.scope
	fill := func(text string, length int) string { return text + strings.Repeat("x", length-len(text)) }
	longScope, longKey := fill(s, idempotency.MaxScope-1), fill(s, idempotency.MaxKey-1)
	wide := s + strings.Repeat("é", (idempotency.MaxScope-len(s))/len("é"))
	pairs := [][2]string{
		{"", s}, {s, "k"}, {s, "K"}, {strings.ToUpper(s), "k"}, {s, "0"}, {s, "00"},
		// These are equal if scope and key are just joined, whatever character stands between them.
		{"", s + "k"}, {s + "a", "bc"}, {s + "ab", "c"}, {s + "a:b", "c"}, {s + "a", "b:c"}, {s + "a/b", "c"},
		{s + "a", "b/c"},
		{s + "a|b", "c"}, {s + "a", "b|c"}, {s + `a\`, ":c"}, {s + "a", `\:c`}, {s + ":", "c"}, {s, ":c"},
		{s + "::", ":"}, {s + ":", "::"},
		// Padding, case and composed letters count, and long texts are not cut off.
		{s + " ", "k"}, {" " + s, "k"}, {s + "  ", "k"}, {s + "\t", "k"}, {s + "\n", "k"}, {s + "é", "k"},
		{s + "e\u0301", "k"}, {s + "É", "k"},
		{longScope + "1", "k"}, {longScope + "2", "k"}, {s, longKey + "1"}, {s, longKey + "2"},
		{longScope + "1", longKey + "1"}, {wide, "k"},
		{s + "名前 \U0001F600", "k"}, {s + "\u202e", "k"},
		// These have a meaning in some database or file system.
		{s, "{a}"}, {s, "{a}b"}, {s + "{a}", "k"}, {s, "%"}, {s, "_"}, {s, "*"}, {s, "?"}, {s, "[k]"},
		{s, "'"}, {s, `"`}, {s, `\`}, {s, `\\`}, {s, "$1"}, {s, "..;--"},
		{s + "'; SELECT 1; --", "k"}, {s, "../k"}, {s, "k/"}, {s, "%00"}, {s, "k%20"}, {s, "NULL"}, {s, "-1"},
		{s, "~!@#$%^&*()"},
	}
	claims := make([]idempotency.Claim, len(pairs))
	for i, pair := range pairs {
		claims[i] = x.fresh()
		claims[i].Scope, claims[i].Key = pair[0], pair[1]
	}
	return claims
}
