package contracttest

import (
	"context"
	"encoding/json"
	"math/big"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// mostCounts bounds how many counts are tried one by one.
const mostCounts = 10

// credits has each number of credits made that a request can ask for, and one where it asks for none, and counts them
// when they all have had time to come. Each request has another amount, by which its credits are known.
func (r *run) credits(ctx context.Context, f *ground, amount, to string) error {
	media := f.operation.json()
	if !r.controls || media == nil || media.Schema == nil {
		return nil
	}
	count := media.Schema.Value.Properties["count"]
	list, has := operationByID("listPocketTransactions").readOf(map[string]string{"pocket_id": to})
	if count == nil || count.Value.Max == nil || !has {
		return nil
	}
	list = asking(list, pair{"limit", wholePage})
	steps := []step{list}
	for n := range min(int(*count.Value.Max), mostCounts) + 1 {
		s := f.remade(f.request())
		several, ok := graft(*s.Body, amount, json.RawMessage(strconv.Itoa(1213+n)))
		switch {
		case !ok:
		case n == 0:
			if less, has := cut(several, "/count"); has {
				several = less
			}
		default:
			several, ok = graft(several, "/count", json.RawMessage(strconv.Itoa(n)))
		}
		if ok && r.isValid(f, several) {
			s.Body = &several
			steps = append(steps, s)
		}
	}
	counted := list
	counted.Want = []want{{judgeCredited, map[string]string{"operation": f.operation.ID}}}
	_, err := r.on(ctx, f, append(steps, step{Clock: &recipe.Clock{By: "72h"}}, counted)...)
	return err
}

// judgeCredited wants as many credits to have come as each request has asked for, since the list before.
var judgeCredited = register("credited", func(_ *run, t *trace, at int, args map[string]string) []failure {
	seen, places := t.lastReads(at, 2)
	if seen == nil || at == 0 || t.steps[at-1].Clock == nil || len(itemsOf(seen[1].value)) >= 100 {
		return nil
	}
	known := idsOf(seen[0].value)
	ids := idsOf(seen[1].value)
	items, _ := member(seen[1].value, "items").([]any)
	came := map[string]int64{}
	for i, item := range items {
		is := integer(member(member(item, "amount"), "value"))
		if is != nil && member(item, "direction") == "CREDIT" && !slices.Contains(known, ids[i]) {
			came[is.String()]++
		}
	}
	due := map[string]int64{}
	for i := places[0] + 1; i < at; i++ {
		e := t.of(i)
		if e == nil {
			continue
		}
		amount, count := integerAt(e.sent.Body, amountPointer(e.sent.Body)), integerAt(e.sent.Body, "/count")
		if count == nil {
			count = big.NewInt(1)
		}
		if e.step.Operation != args["operation"] || !succeeded(e) || amount == nil || !count.IsInt64() {
			return nil
		}
		due[amount.String()] += count.Int64()
	}
	for _, amount := range sortedKeys(due) {
		if came[amount] != due[amount] {
			return blame(failure{code: codeMoney, place: "body /count", rule: "credits",
				expected: "as many credits as the request has asked for", got: "another number of them",
				source: operationByID(args["operation"]).source("requestBody")}, args["operation"],
				t.steps[at].Operation)
		}
	}
	return nil
})

// withdraws moves all that a pocket has, which are no whole dollars: at once, and when it is of another day.
func (r *run) withdraws(ctx context.Context, g *ground, from, to string) error {
	waits := []string{""}
	if r.controls {
		waits = append(waits, "36h")
	}
	for _, wait := range waits {
		f, err := r.funded(ctx, g)
		if err != nil {
			return err
		}
		s := atOnce(f.remade(f.request()))
		all, ok := graft(*s.Body, "/amount", json.RawMessage(`{"type":"FULL_WITHDRAWAL"}`))
		if less, has := cut(all, "/amount_usdc"); has {
			all = less
		}
		source, hasSource := operationByID("getPocket").readOf(map[string]string{"pocket_id": from})
		target, hasTarget := operationByID("getPocket").readOf(map[string]string{"pocket_id": to})
		if !ok || !hasSource || !hasTarget || !r.isValid(f, all) {
			return nil
		}
		s.Body = &all
		// So much is in no currency a round sum, and some of it buys nothing.
		t, err := r.on(ctx, f, step{Operation: "fundAccount", Method: http.MethodPost,
			Path: operationByID("fundAccount").Path, Media: mediaJSON,
			Body: text(`{"account_id":"` + from + `","amount_usdc":1234567}`)})
		if err != nil {
			return err
		}
		if has, err := r.arrived(ctx, t, from); err != nil || !has {
			return err
		}
		var steps []step
		if wait != "" {
			steps = []step{{Clock: &recipe.Clock{By: wait}}}
		}
		args := map[string]string{"operation": s.Operation}
		emptied, filled := source, target
		emptied.Want, filled.Want = []want{{judgeEmptied, args}}, []want{{judgeFilled, args}}
		if err := r.more(ctx, t, append(steps, target, source, s, emptied, filled)...); err != nil {
			return err
		}
	}
	return nil
}

// isAll reports whether an exchange is an order to move all that there is, and it was done.
func isAll(e *exchange) bool {
	return succeeded(e) && member(e.value, "status") == "COMPLETED" &&
		strings.Contains(string(e.sent.Body), "FULL_WITHDRAWAL")
}

// judgeEmptied wants a pocket to have nothing after all that it has was moved: the contract says so, net of fees.
var judgeEmptied = register("emptied", func(_ *run, t *trace, at int, args map[string]string) []failure {
	write, place := t.lastWrite(at, args["operation"])
	before, after := worthOf(t.of(place-1)), worthOf(t.of(at))
	if write == nil || place != at-1 || before == nil || after == nil || before.Sign() <= 0 || after.Sign() == 0 ||
		!isPricedAlike(t.of(place-1).value, t.of(at).value) || !isAll(write) ||
		t.of(place-1).sent.Target != t.of(at).sent.Target {
		return nil
	}
	return blame(failure{code: codeMoney, place: "body value", rule: "emptied",
		expected: "nothing, as all that the pocket has was moved", got: "something that is left",
		source: "#/components/schemas/FullWithdrawal"}, args["operation"], t.steps[at].Operation)
})

// judgeFilled wants all that a pocket had to be in the one to which it was moved, but for fees and what is lost where
// several holdings are sold, each to a cent.
var judgeFilled = register("filled", func(_ *run, t *trace, at int, args map[string]string) []failure {
	write, place := t.lastWrite(at, args["operation"])
	if write == nil || place != at-2 || !isAll(write) {
		return nil
	}
	target, source, after := t.of(place-2), t.of(place-1), t.of(at)
	was, moved, is := worthOf(target), worthOf(source), worthOf(after)
	fees := new(big.Int)
	if found, err := recipe.Find(write.value, "/fees/*/amount/value"); err == nil {
		for _, fee := range found {
			if n := integer(fee); n != nil {
				fees.Add(fees, n)
			}
		}
	}
	if was == nil || moved == nil || is == nil || target.sent.Target != after.sent.Target ||
		!isPricedAlike(target.value, after.value) || source.sent.Target == after.sent.Target {
		return nil
	}
	due := new(big.Int).Sub(new(big.Int).Add(was, moved), fees)
	lost := rounding(source, t.of(at-1), moved)
	if isNear(is, due, lost.Add(lost, rounding(target, after, moved))) {
		return nil
	}
	return blame(failure{code: codeMoney, place: "body value", rule: "filled",
		expected: "all that the other pocket had", got: "another sum", source: "#/components/schemas/FullWithdrawal"},
		args["operation"], t.steps[at].Operation)
})
