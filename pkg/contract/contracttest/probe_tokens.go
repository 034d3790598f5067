package contracttest

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

const (
	// tokenLife is how long a token lives, and nearlyEnded is shortly before that; soonAfter is when another part of a
	// client may log in. (Source: the contract, Authentication.)
	tokenLife   = 60 * time.Minute
	nearlyEnded = "58m"
	soonAfter   = "9m"
	// mostAfterLogin is how many operations are asked after a login or a move of the clock.
	mostAfterLogin = 8
)

// idly is a request of an operation whose credentials are looked at, and which changes nothing whatever they are: it is
// about nothing that there is, or is none of the contract's.
func idly(o *operation) step {
	s := step{Operation: o.ID, Method: o.Method, Path: pathOfNobody(o)}
	for _, p := range o.in("query") {
		if p.Required {
			s.Query = append(s.Query, pair{p.Name, exampleOf(p)})
		}
	}
	if !o.isRead() && o.declared.RequestBody != nil {
		s.Media, s.Body = mediaJSON, text("[]")
	}
	return s
}

// asked are the operations of a run for which a token is needed and which can be asked idly, some at a time.
func (r *run) asked() func(func([]*operation) bool) {
	var all []*operation
	for _, o := range r.tested {
		isWhole := o.isRead() || o.declared.RequestBody != nil || len(o.in("path")) > 0
		if !o.Bare && isWhole && (r.config.AllowWrites || o.isRead()) {
			all = append(all, o)
		}
	}
	return slices.Chunk(all, mostAfterLogin)
}

// keepsTokens logs in again, beside the token that there is, which has to be good for all operations as before.
func (r *run) keepsTokens(ctx context.Context) error {
	login := operationByID("login")
	again := step{Operation: login.ID, Method: login.Method, Path: login.Path, Media: mediaJSON,
		Body: text(`{"username":"${username}","password":"${password}"}`)}
	for some := range r.asked() {
		var before, after []step
		for _, o := range some {
			s := idly(o)
			before = append(before, s)
			s.Token, s.Want = call.TokenKept, []want{{judgeKept, nil}}
			after = append(after, s)
		}
		t, err := r.try(ctx, slices.Concat(before, []step{again}, after))
		r.judged(t)
		if leaveOut(err) != nil {
			return err
		}
	}
	return nil
}

// judgeKept wants a token to be good that was so before another login, with nothing but requests in between.
var judgeKept = register("kept_token", func(_ *run, t *trace, at int, _ map[string]string) []failure {
	e := t.of(at)
	if e == nil || e.status() != http.StatusUnauthorized {
		return nil
	}
	hasLogin := false
	for i := at - 1; i >= 0; i-- {
		before := t.of(i)
		switch {
		case before == nil || before.step.Token == call.TokenRenewed:
			return nil // Time has passed, or it is another token.
		case before.step.Operation == "login":
			hasLogin = hasLogin || succeeded(before)
		case before.step.Operation == e.step.Operation && before.step.Token == "" &&
			before.sent.Target == e.sent.Target:
			if !hasLogin || before.status()/100 == 5 || before.status() == http.StatusUnauthorized ||
				before.status() == http.StatusTooManyRequests || before.status() == 0 {
				return nil
			}
			return blame(failure{code: codeNotRecognized, place: placeToken, rule: "second_login",
				expected: "the caller recognized: a token lives for 60 minutes, whoever logs in",
				got:      "status " + strconv.Itoa(e.status()), source: operationByID("login").source()}, "login",
				e.step.Operation)
		}
	}
	return nil
})

// lastingTokens calls with a token that is about to end, and that was given soon after another one.
func (r *run) lastingTokens(ctx context.Context) error {
	if !r.controls {
		return nil
	}
	for some := range r.asked() {
		first, second := callBy("listEventTypes", ""), callBy("listEventTypes", "")
		first.Token = call.TokenRenewed
		steps := []step{first, {Clock: &recipe.Clock{By: soonAfter}}, second, {Clock: &recipe.Clock{By: nearlyEnded}}}
		for _, o := range some {
			s := idly(o)
			s.Token, s.Want = call.TokenEnded, []want{{judgeLasting, nil}}
			steps = append(steps, s)
		}
		t, err := r.try(ctx, steps)
		r.judged(t)
		if leaveOut(err) != nil {
			return err
		}
	}
	return nil
}

// judgeLasting wants a token to be good from before the clock was moved, if its time is not over: that which the
// request before the move has had, for which somebody has logged in after the move before that.
var judgeLasting = register("lasting", func(_ *run, t *trace, at int, _ map[string]string) []failure {
	e := t.of(at)
	if e == nil || e.status() != http.StatusUnauthorized {
		return nil
	}
	moved := lastIndex(t.steps[:at], func(s step) bool { return s.Clock != nil })
	if moved < 1 {
		return nil
	}
	passed, err := time.ParseDuration(t.steps[moved].Clock.By)
	given := t.of(moved - 1)
	isFirst := moved > 1 && t.steps[moved-2].Clock != nil
	if err != nil || passed >= tokenLife || given == nil || !given.isSuccess() || given.step.By != e.step.By ||
		given.step.Token != call.TokenRenewed && (given.step.Token != "" || !isFirst) ||
		operationByID(given.step.Operation) == nil || operationByID(given.step.Operation).Bare {
		return nil
	}
	return blame(failure{code: codeNotRecognized, place: placeToken, rule: "ended_early",
		expected: "the caller recognized, as the token is good until it expires",
		got:      "status " + strconv.Itoa(e.status()), source: operationByID("login").source()}, "login",
		e.step.Operation)
})

// needsNothing calls the operations that need no credentials with such as are wrong: those are not looked at.
func (r *run) needsNothing(ctx context.Context) error {
	login := operationByID("login")
	kept := step{Operation: login.ID, Method: login.Method, Path: login.Path, Media: mediaJSON,
		Body: text(`{"username":"${username}","password":"${password}"}`),
		Keep: map[string]string{"old_token": "/token"}}
	for _, o := range r.tested {
		if !o.Bare {
			continue
		}
		g, err := r.known(ctx, o)
		if leaveOut(err) != nil {
			return err
		}
		if err != nil {
			continue
		}
		for _, credentials := range []struct {
			rule   string
			before []step
			header []pair
		}{
			{"unknown_token", nil, []pair{{"Authorization", "Bearer " + call.NobodysToken}}},
			{"no_bearer", nil, []pair{{"Authorization", "Basic " + call.NobodysToken}}},
			{"wrong_signature", nil, []pair{{"X-Jiko-Idempotency", recipe.Nobody},
				{"X-Jiko-Signature", strings.Repeat("A", 43) + "="}}},
			{"key_that_is_none", nil, []pair{{"X-Jiko-Idempotency", "not-a-uuid"}}},
			{"ended_token", []step{kept, {Clock: &recipe.Clock{By: tokenTime}}},
				[]pair{{"Authorization", "Bearer ${old_token}"}}},
		} {
			if len(credentials.before) > 1 && !r.controls {
				continue
			}
			plain, s := g.request(), g.request()
			s.Header = append(slices.Clone(s.Header), credentials.header...)
			s.Want = []want{{judgeBare, map[string]string{"rule": credentials.rule}}}
			_, err := r.on(ctx, g, slices.Concat(credentials.before, []step{plain, s})...)
			if leaveOut(err) != nil {
				return err
			}
		}
	}
	return nil
}

// judgeBare wants what needs no credentials to be answered with wrong ones as without any.
var judgeBare = register("bare", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e, plain := t.of(at), t.of(at-1)
	if !succeeded(plain) || plain.step.Operation != e.step.Operation || len(plain.step.Header) >= len(e.step.Header) ||
		e.status()/100 != 4 || e.status() == http.StatusTooManyRequests {
		return nil
	}
	return []failure{{code: codeNotRecognized, operation: e.step.Operation, place: placeToken, rule: args["rule"],
		expected: "the answer that comes without any credentials, as none are needed",
		got:      "status " + strconv.Itoa(e.status()), source: operationByID(e.step.Operation).source("security")}}
})
