package contracttest

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

const (
	// keyTime is nearly as long as a key is known. (Source: the authentication guide, which says an hour.)
	keyTime = "55m"
	// manyKeys is how many others a server has to know beside a key. It is few for any that has several callers.
	manyKeys = 64
	// keysAtOnce is how many of them are sent at a time.
	keysAtOnce = 16
)

// probeKeys repeats a write under its key after most of the time that a key is known, and after many others: what
// remembers keys must not have forgotten it.
func probeKeys(ctx context.Context, r *run) error {
	for _, o := range r.tested {
		if o.Bare || o.Method != http.MethodPost || o.isRead() {
			continue
		}
		if err := leaveOut(r.keysOf(ctx, o)); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) keysOf(ctx context.Context, o *operation) error {
	known, err := r.known(ctx, o)
	if err != nil {
		return err
	}
	g := r.unnamed(known)
	seen, err := r.observe(ctx, g)
	if err != nil {
		return err
	}
	hasID := len(identities(g.answer.value)) > 0
	if !hasID && len(seen) == 0 {
		return errNoGround // Nothing would show it.
	}
	repeat := func(g *ground) step {
		s := sameKey(g.request())
		s.Want = []want{{judgeRepeat, nil}}
		return s
	}
	f, err := r.fresh(ctx, g)
	if err != nil {
		return err
	}
	other, err := r.otherWrite(ctx, o)
	if err != nil {
		return err
	}
	if s := f.remade(f.request()); hasID {
		other = &s // It may be that each operation has keys of its own.
	}
	if other != nil {
		steps := slices.Concat([]step{keyed(f.remade(f.request()))}, r.others(*other), reads(seen), reads(seen),
			[]step{repeat(f)}, wanting(seen, judgeForgotten, map[string]string{"operation": o.ID}))
		if _, err := r.on(ctx, f, steps...); err != nil {
			return err
		}
	}
	if !hasID {
		return r.paidOnce(ctx, g)
	}
	if !r.controls {
		return nil
	}
	if f, err = r.fresh(ctx, g); err != nil {
		return err
	}
	login := callBy("listEventTypes", "")
	login.Token = call.TokenRenewed // It has to last for as long.
	first := keyed(f.remade(f.request()))
	return onlyError(r.on(ctx, f, login, first, step{Clock: &recipe.Clock{By: keyTime}}, repeat(f)))
}

// theAmount is one that nothing else is of.
const theAmount = "123457"

// paidOnce has a payment, which is known by its amount alone, be followed by many others, and repeats it.
func (r *run) paidOnce(ctx context.Context, g *ground) error {
	f, err := r.fresh(ctx, g)
	if err != nil {
		return err
	}
	at := amountPointer(bodyOf(f.base))
	look, ok := operationByID("listPocketTransactions").readOf(f.ids(""))
	if at == "" || !ok {
		return nil
	}
	look.Query = []pair{{"limit", wholePage}}
	changed, ok := graft(*f.base.Body, at, json.RawMessage(theAmount))
	if !ok {
		return nil
	}
	first, others := f.remade(f.request()), f.remade(f.request())
	first.Body = &changed
	last := look
	last.Want = []want{{judgePaidOnce, map[string]string{"operation": f.operation.ID}}}
	repeat := sameKey(first)
	repeat.Make = nil
	return onlyError(r.on(ctx, f, slices.Concat([]step{keyed(first)}, r.others(others), []step{look, repeat, last})...))
}

// judgePaidOnce wants a list to have no more payments of an amount than before it was repeated, and one if it has any.
var judgePaidOnce = register("paid_once", func(_ *run, t *trace, at int, args map[string]string) []failure {
	seen, places := t.lastReads(at, 2)
	if seen == nil {
		return nil
	}
	for i := places[0] + 1; i < places[1]; i++ {
		e := t.of(i)
		if first := t.firstOf(i); e == nil || !succeeded(first) || e.step.Operation != args["operation"] ||
			string(first.sent.Body) != string(e.sent.Body) ||
			integerAt(e.sent.Body, amountPointer(e.sent.Body)) == nil {
			return nil
		}
	}
	count := func(e *exchange) int {
		n := 0
		items, _ := member(e.value, "items").([]any)
		for _, item := range items {
			if value, ok := valueOf(item, "/amount/value").(json.Number); ok && value.String() == theAmount {
				n++
			}
		}
		return n
	}
	if before := count(seen[0]); before != 1 || count(seen[1]) <= before {
		return nil
	}
	return blame(failure{code: codeSecondEffect, place: "effect", rule: "forgotten",
		expected: "one payment, as the request is a repeat, if of one before many others", got: "another one",
		source: sourceRepeats}, args["operation"])
})

// unnamed is a ground whose request leaves it to the server what the new thing is called: with an id of the caller's, a
// second one would be refused for that.
func (r *run) unnamed(g *ground) *ground {
	if g.base.Body == nil || !isJSON(g.base.Media) {
		return g
	}
	value, err := decodeNumbers(*g.base.Body)
	object, ok := value.(map[string]any)
	if err != nil || !ok {
		return g
	}
	other := *g
	for _, name := range sortedKeys(object) {
		text, _ := object[name].(string)
		m := variable.FindStringSubmatch(text)
		if m == nil || !g.makes(m[1]) {
			continue
		}
		if less, ok := cut(*other.base.Body, "/"+escapePointer(name)); ok && r.isValid(g, less) {
			other.base.Body = &less
		}
	}
	return &other
}

// makes reports whether a variable of a ground is made by the caller.
func (g *ground) makes(name string) bool {
	return slices.ContainsFunc(append(slices.Clone(g.setup), g.base), func(s step) bool {
		return s.Make[name] == recipe.MadeUUID
	})
}

// others are many requests, each under a key of its own.
func (r *run) others(s step) []step {
	s.Times, s.OwnKeys, s.Want, s.Keep = keysAtOnce, true, nil, nil
	return slices.Repeat([]step{s}, manyKeys/keysAtOnce)
}

// judgeForgotten wants a repeat to have no effect: the reads before it are alike.
var judgeForgotten = register("forgotten", func(_ *run, t *trace, at int, args map[string]string) []failure {
	pointers, from := t.changedAt(at)
	repeats := t.repeatsBetween(from, at, args["operation"])
	for _, pointer := range pointers {
		if repeats == 1 && slices.Contains(strings.Fields(args["pointers"]), pointer) {
			return []failure{{code: codeSecondEffect, operation: args["operation"], place: "effect", rule: "forgotten",
				expected: "no effect, as the request is a repeat, if of one that many others came after",
				got:      "another value at " + pointer, source: sourceRepeats}}
		}
	}
	return nil
})
