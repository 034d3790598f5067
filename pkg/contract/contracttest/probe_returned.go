package contracttest

import (
	"context"
	"slices"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// inVain are the states of what moves money in which it has moved none.
var inVain = []string{"FAILED", "REJECTED", "CANCELLED"}

// returned takes the ways to each state in which what was to be moved stays, or comes back: once.
func (r *run) returned(ctx context.Context) error {
	for _, known := range recipe.All() {
		if known.Object == "" || r.config.Prepare != nil {
			continue
		}
		steps, ok := r.follow(known)
		at := lastIndex(steps, func(s step) bool {
			return slices.ContainsFunc(movers, func(m struct{ operation, from, to string }) bool {
				return m.operation == s.Operation
			})
		})
		if !ok || at < 0 || at == len(steps)-1 || !strings.HasPrefix(steps[len(steps)-1].Operation, "get") {
			continue
		}
		if !r.tests([]string{steps[at].Operation, steps[len(steps)-1].Operation}) {
			continue
		}
		look := callBy("listPocketTransactions", "pocket_id")
		look.Query = []pair{{"limit", wholePage}}
		last := look
		last.Want = []want{{judgeReturned, map[string]string{"operation": steps[at].Operation}}}
		for i := range steps {
			steps[i].Want = nil
		}
		t, err := r.try(ctx, slices.Concat(steps[:at], []step{look}, steps[at:], []step{last}))
		r.judged(t)
		if err := leaveOut(err); err != nil {
			return err
		}
	}
	return nil
}

func lastIndex(steps []step, is func(step) bool) int {
	for i := len(steps) - 1; i >= 0; i-- {
		if is(steps[i]) {
			return i
		}
	}
	return -1
}

// judgeReturned wants what has moved nothing in the end to have paid nothing back but what it has taken. What is looked
// at are transactions of the same amount: others may come at any time.
var judgeReturned = register("returned", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e, shown := t.of(at), t.of(at-1)
	if !succeeded(e) || !succeeded(shown) {
		return nil
	}
	write, place := t.lastWrite(at, args["operation"])
	status, _ := member(shown.value, "status").(string)
	if write == nil || !slices.Contains(inVain, status) || !hasID(write.value, idOf(shown.value)) {
		return nil
	}
	asked, err := decodeNumbers(write.sent.Body)
	amount := integer(valueOf(asked, amountPointer(write.sent.Body)))
	if err != nil || amount == nil || amount.Sign() <= 0 {
		return nil
	}
	var before *exchange
	for i := place - 1; i >= 0 && before == nil; i-- {
		if other := t.of(i); succeeded(other) && other.sent.Target == e.sent.Target {
			before = other
		}
	}
	if before == nil {
		return nil
	}
	net := 0
	items, _ := member(e.value, "items").([]any)
	for _, item := range items {
		id := idOf(item)
		value := integer(valueOf(item, "/amount/value"))
		isOther := value == nil || value.CmpAbs(amount) != 0
		if isOther || slices.Contains(idsOf(before.value), id) {
			continue
		}
		switch member(item, "direction") {
		case "CREDIT":
			net++
		case "DEBIT":
			net--
		}
	}
	if net <= 0 {
		return nil
	}
	return blame(failure{code: codeMoney, place: "amount", rule: "returned",
		expected: "no more paid back than was taken, as it is " + status, got: "more",
		source: operationByID(args["operation"]).source()}, args["operation"], shown.step.Operation)
})

func valueOf(v any, pointer string) any {
	if pointer == "" {
		return nil
	}
	found, _ := at(v, pointer)
	return found
}
