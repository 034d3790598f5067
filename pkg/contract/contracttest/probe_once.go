package contracttest

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// keyLife is how long a key is known. (Source: the contract, Idempotency.)
const keyLife = time.Hour

// repeatedStates repeats what has made a thing when the thing is in another state, for each state that a recipe knows a
// way to: whatever has become of it, the repeat makes no second one.
func repeatedStates(ctx context.Context, r *run) error {
	if r.config.Prepare != nil {
		return nil // What there is comes from a hook.
	}
	var done []step
	for _, known := range recipe.All() {
		if known.Object == "" {
			continue
		}
		steps, ok := r.follow(known)
		at := lastIndex(steps, func(s step) bool {
			return slices.ContainsFunc(resources, func(c resource) bool { return c.create == s.Operation })
		})
		if !ok || at < 0 || !r.tests([]string{steps[at].Operation}) {
			continue
		}
		for i := range steps {
			steps[i].Want = nil
		}
		again := sameKey(steps[at])
		again.Make, again.Keep, again.Want = nil, nil, []want{{judgeMadeOnce, nil}}
		steps[at] = keyed(steps[at])
		way := steps
		if passed, ok := timeOf(steps[at:]); !ok || passed >= keyLife {
			way = steps[:at+1] // The key may be forgotten by the time that the state is reached.
		}
		if isReading(way[at+1:]) {
			if slices.ContainsFunc(done, func(other step) bool { return same(other, again) }) {
				continue // It was as it is at once, and was repeated.
			}
			done = append(done, again)
		}
		t, err := r.try(ctx, append(slices.Clone(way), again))
		r.judged(t)
		if leaveOut(err) != nil {
			return err
		}
	}
	return r.hush(ctx)
}

// timeOf is how much time steps have pass, if they say so.
func timeOf(steps []step) (time.Duration, bool) {
	var all time.Duration
	for _, s := range steps {
		if s.Clock == nil {
			continue
		}
		by, err := time.ParseDuration(s.Clock.By)
		if err != nil {
			return 0, false
		}
		all += by
	}
	return all, true
}

// judgeMadeOnce wants a repeat to be of the same thing as the request that it repeats, or to be refused.
var judgeMadeOnce = register("made_once", func(_ *run, t *trace, at int, _ map[string]string) []failure {
	e, first := t.of(at), t.firstOf(at)
	if !succeeded(e) || !succeeded(first) || first.sent.Method != e.sent.Method || first.sent.Target != e.sent.Target ||
		string(first.sent.Body) != string(e.sent.Body) {
		return nil
	}
	begun := slices.IndexFunc(t.exchanges, func(all []*exchange) bool { return slices.Contains(all, first) })
	pointer, differs := otherIdentity(first.value, e.value)
	if passed, ok := timeOf(t.steps[begun:at]); !differs || !ok || passed >= keyLife {
		return nil
	}
	return []failure{{code: codeSecondEffect, operation: e.step.Operation, place: "body " + pointer, rule: "another_id",
		expected: "the id that the first answer had, whatever has become of it",
		got:      "another id, as if there were two", source: sourceRepeats}}
})

// A spending is a member of a request whose value may be used once, by whatever request, as descriptions say.
type spending struct{ operation, pointer, source string }

var spendings = []spending{
	{"getVirtualCard", "/public_key", "PublicKeyRequest.public_key: a key may be used only once"},
}

// probeSpent uses again what may be used once: by the same request under another key, and about another thing.
func probeSpent(ctx context.Context, r *run) error {
	for _, c := range spendings {
		if !r.tests([]string{c.operation}) {
			continue
		}
		g, err := r.known(ctx, operationByID(c.operation))
		if err == nil {
			g, err = r.fresh(ctx, g)
		}
		if leaveOut(err) != nil {
			return err
		}
		if err != nil {
			continue
		}
		again := g.request()
		again.Make = nil
		again.Want = []want{{judgeSpent, map[string]string{"pointer": c.pointer, "source": c.source}}}
		way := []step{g.remade(g.request()), again}
		for _, s := range g.setup { // The same of another thing, which is made now.
			if s.Method == http.MethodPost && len(s.Keep) > 0 && isMadeFor(s, g.base) {
				s.Want = nil
				way = append(way, s, again)
			}
		}
		if err := leaveOut(onlyError(r.on(ctx, g, way...))); err != nil {
			return err
		}
	}
	return nil
}

// isMadeFor reports whether what a step keeps is what a request is about: the last id of its path.
func isMadeFor(s, of step) bool {
	names := step{Path: of.Path}.uses()
	last := ""
	for _, name := range names {
		if strings.LastIndex(of.Path, "${"+name+"}") > strings.LastIndex(of.Path, "${"+last+"}") || last == "" {
			last = name
		}
	}
	return last != "" && s.Keep[last] != ""
}

// judgeSpent wants a value to be refused that was used already by a request which has succeeded.
var judgeSpent = register("spent", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	if !succeeded(e) || e.step.Key != "" {
		return nil
	}
	value, has := valueAt(e.sent.Body, args["pointer"])
	if !has {
		return nil
	}
	for i := range at {
		first := t.of(i)
		if !succeeded(first) || first.step.Operation != e.step.Operation || first.sent.Key == e.sent.Key {
			continue
		}
		if was, has := valueAt(first.sent.Body, args["pointer"]); has && string(was) == string(value) {
			return []failure{{code: codeInvalid, operation: e.step.Operation, place: "body " + args["pointer"],
				rule: "used_once", expected: "a refusal, as the value was used before, under another idempotency key",
				got: "status " + strconv.Itoa(e.status()), source: args["source"]}}
		}
	}
	return nil
})
