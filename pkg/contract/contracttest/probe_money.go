package contracttest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// movers are operations that move money, with the pockets that it leaves and arrives in.
var movers = []struct{ operation, from, to string }{
	{"createOnUsTransfer", "${pocket_id}", "${other_pocket_id}"},
	{"fundAccount", "", "${pocket_id}"},
	{"createACHOrigination", "${pocket_id}", ""},
	{"simulateCardSwipe", "${pocket_id}", ""},
	{"createWire", "${pocket_id}", ""},
}

// moneyReads are operations that show what a pocket has.
var moneyReads = []string{"getPocket", "getAccount", "getCustomerPocket", "listPocketTransactions",
	"listAccountTransactions", "listCustomerPockets", "getOnUsTransfer"}

// digits is an amount that is another one as a float: 2^53 + 1.
const digits = "9007199254740993"

// money moves amounts, and compares what pockets have before and after with what was moved, and with transactions.
func money(ctx context.Context, r *run) error {
	for _, m := range movers {
		if !r.tests(append(slices.Clone(moneyReads), m.operation)) {
			continue
		}
		if err := leaveOut(r.moves(ctx, m.operation, m.from, m.to)); err != nil {
			return err
		}
	}
	if err := r.returned(ctx); err != nil {
		return err
	}
	if err := leaveOut(r.aged(ctx)); err != nil {
		return err
	}
	if !r.tests(append(slices.Clone(moneyReads), "createOnUsTransfer")) {
		return nil
	}
	return leaveOut(r.overdraws(ctx))
}

// looksAt are reads of what a pocket has, the same that come after a move with wants.
func looksAt(g *ground, pocket string) []step {
	known := g.ids(pocket, "pocket_id", "account_id")
	var steps []step
	for _, id := range moneyReads[:5] {
		s, ok := operationByID(id).readOf(known)
		if !ok {
			continue
		}
		if strings.HasPrefix(id, "list") {
			s.Query = append(s.Query, pair{"limit", "100"})
		}
		steps = append(steps, s)
	}
	return steps
}

// atOnce has a transfer be over when it is answered.
func atOnce(s step) step { return inAsyncMode(s, false) }

// inAsyncMode says of a transfer whether its outcome is told later.
func inAsyncMode(s step, is bool) step {
	changed, ok := graft(*s.Body, "/async_mode", json.RawMessage(strconv.FormatBool(is)))
	if ok && s.Operation == "createOnUsTransfer" {
		s.Body = &changed
	}
	return s
}

// amountPointer is where the request of an operation has its amount.
func amountPointer(b body) string {
	for _, pointer := range []string{"/amount/amount_usdc", "/amount_usdc"} {
		if _, ok := valueAt(b, pointer); ok {
			return pointer
		}
	}
	return ""
}

// moves moves several amounts, of which some may be refused.
func (r *run) moves(ctx context.Context, operation, from, to string) error {
	g, err := r.known(ctx, operationByID(operation))
	if err != nil {
		return err
	}
	at := amountPointer(bodyOf(g.base))
	if at == "" {
		return nil
	}
	f, err := r.funded(ctx, g)
	if err != nil {
		return err
	}
	amounts := []string{"", "1", "1205", "1234567", "0", "-700", digits}
	if media := f.operation.json(); media != nil && media.Schema != nil {
		if p := media.Schema.Value.Properties[strings.TrimPrefix(at, "/")]; p != nil && p.Value.Max != nil {
			amounts = append(amounts, strconv.FormatInt(int64(*p.Value.Max), 10))
		}
	}
	for _, amount := range amounts {
		s := atOnce(f.remade(f.request()))
		if amount != "" {
			changed, ok := graft(*s.Body, at, json.RawMessage(amount))
			if !ok {
				continue
			}
			s.Body = &changed
		}
		isOver, err := r.moved(ctx, f, s, from, to)
		if err != nil {
			return err
		}
		if isOver {
			continue
		}
		// What was only begun may arrive while the next one is looked at, unless that is about another pocket.
		known := f.vars
		if f, err = r.funded(ctx, g); err != nil {
			return err
		}
		if isShared(known, f.vars, from, to) {
			return nil
		}
	}
	if operation != "createOnUsTransfer" {
		return r.credits(ctx, f, at, to)
	}
	// To the same pocket it moves nothing.
	s := atOnce(f.remade(f.request()))
	if changed, ok := graft(*s.Body, "/to_account/id", json.RawMessage(strconv.Quote(from))); ok {
		s.Body = &changed
		if isOver, err := r.moved(ctx, f, s, from, from); err != nil || !isOver {
			return err
		}
	}
	if err := r.withdraws(ctx, g, from, to); err != nil {
		return err
	}
	// What is larger than any float with cents is funded first, and moved on.
	fund := step{Operation: "fundAccount", Method: http.MethodPost, Path: operationByID("fundAccount").Path,
		Media: mediaJSON, Body: text(`{"account_id":"` + from + `","amount_usdc":` + digits + `}`)}
	large := atOnce(f.remade(f.request()))
	changed, ok := graft(*large.Body, at, json.RawMessage(digits))
	if !ok {
		return nil
	}
	large.Body = &changed
	t, err := r.on(ctx, f, fund, fund)
	if err != nil {
		return err
	}
	if has, err := r.arrived(ctx, t, from); err != nil || !has {
		return err
	}
	_, err = r.moved(ctx, f, large, from, to)
	return err
}

// funded is a fresh ground whose pockets have what the steps to it have paid in. It is no ground where that does not
// come.
func (r *run) funded(ctx context.Context, g *ground) (*ground, error) {
	f, err := r.fresh(ctx, g)
	if err == nil && !f.isPaid {
		err = fmt.Errorf("%w: what %s needs is not paid", errNoGround, g.operation.ID)
	}
	return f, err
}

// paid waits until what the steps to a ground have paid has arrived: it would be taken for what others have done.
func (r *run) paid(ctx context.Context, g *ground) (bool, error) {
	t := &trace{steps: g.setup, vars: g.vars}
	for _, name := range sortedKeys(g.vars) {
		isPaid, err := r.arrived(ctx, t, "${"+name+"}")
		if err != nil || !isPaid {
			return false, err
		}
	}
	return true, nil
}

// arrived waits until a pocket is worth what steps have paid into it, as long as a server may take. It reports false if
// it is not. What is bought at once may be worth a little less than was paid.
func (r *run) arrived(ctx context.Context, t *trace, pocket string) (bool, error) {
	due, most := new(big.Int), new(big.Int)
	for _, s := range t.steps {
		content := bodyOf(s)
		raw, _ := valueAt(content, "/account_id")
		amount := integerAt(content, amountPointer(content))
		if s.Operation != "fundAccount" || string(raw) != strconv.Quote(pocket) || amount == nil {
			continue
		}
		if count := integerAt(content, "/count"); count != nil {
			amount = new(big.Int).Mul(amount, count)
		}
		if due.Add(due, amount); amount.Cmp(most) > 0 {
			most = amount
		}
	}
	look, ok := operationByID("getPocket").readOf(map[string]string{"pocket_id": pocket})
	if !ok || due.Sign() == 0 || !r.tests([]string{look.Operation}) {
		return true, nil
	}
	look.Key = "${nobody}" // How often it is read is up to chance: nothing is drawn for it.
	enough := due.Sub(due, new(big.Int).Rsh(most, 1))
	end := time.Now().Add(patience)
	if r.isUnpaid {
		end = time.Now() // It was waited for before, and never came.
	}
	for {
		seen, err := r.on(ctx, &ground{setup: t.steps, vars: t.vars}, look)
		if err != nil {
			return false, err
		}
		if worth := worthOf(seen.last()); worth == nil || worth.Cmp(enough) >= 0 {
			return true, nil
		}
		if r.isUnpaid = time.Now().After(end); r.isUnpaid {
			return false, nil
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(quiet):
		}
	}
}

// isShared reports whether one of some pockets is the same in two grounds.
func isShared(a, b variables, pockets ...string) bool {
	return slices.ContainsFunc(pockets, func(pocket string) bool {
		name := strings.Trim(pocket, "${}")
		return name != "" && a[name] != nil && a[name] == b[name]
	})
}

// moved sends a request that may move money, with looks before and after. It reports whether all is over: it was
// refused, or it is done by now.
func (r *run) moved(ctx context.Context, f *ground, s step, from, to string) (isOver bool, err error) {
	var looks []step
	for _, pocket := range slices.Compact([]string{from, to}) {
		if _, has := f.vars[strings.Trim(pocket, "${}")]; pocket != "" && has {
			looks = append(looks, looksAt(f, pocket)...)
		}
	}
	if len(looks) == 0 {
		return true, nil
	}
	args := map[string]string{"operation": s.Operation, "from": from, "to": to}
	if from == "" {
		args["from"] = "nobody"
	}
	if to == "" {
		args["to"] = "nobody"
	}
	s.Want = []want{{judgeDigits, args}}
	steps := slices.Concat(looks, looks, []step{s})
	if s.Operation == "createOnUsTransfer" {
		steps[len(steps)-1].Keep = map[string]string{"transferred_id": optional + "/id"}
	}
	for _, look := range looks {
		switch {
		case strings.HasPrefix(look.Operation, "get"):
			look.Want = []want{{judgeMoved, args}, {judgeDigits, args}}
		default:
			look.Want = []want{{judgeBooked, args}, {judgeDigits, args}}
		}
		steps = append(steps, look)
	}
	t, err := r.on(ctx, f, steps...)
	if err != nil {
		return false, err
	}
	sent := t.of(len(f.setup) + 2*len(looks))
	isOver = sent != nil && (!sent.isSuccess() || member(sent.value, "status") == "COMPLETED")
	if s.Operation != "createOnUsTransfer" || t.vars["transferred_id"] == "" {
		return isOver, nil
	}
	read := step{Operation: "getOnUsTransfer", Method: http.MethodGet,
		Path: strings.Replace(operationByID("getOnUsTransfer").Path, "{transfer_id}", "${transferred_id}", 1),
		Want: []want{{judgeOrdered, args}, {judgeDigits, args}}}
	return isOver, r.more(ctx, t, read)
}

// overdraws sends many transfers at once, which are more together than there is.
func (r *run) overdraws(ctx context.Context) error {
	g, err := r.known(ctx, operationByID("createOnUsTransfer"))
	if err != nil {
		return err
	}
	if _, has := g.vars["other_pocket_id"]; !has {
		return nil
	}
	rounds := 1
	if r.few() {
		rounds = 4
	}
	for range rounds {
		f, err := r.funded(ctx, g)
		if err != nil {
			return err
		}
		look := func(pocket string) step {
			s, _ := operationByID("getPocket").readOf(map[string]string{"pocket_id": pocket})
			return s
		}
		from, to := look("${pocket_id}"), look("${other_pocket_id}")
		t, err := r.on(ctx, f, from)
		if err != nil {
			return err
		}
		worth := worthOf(t.last())
		if worth == nil || !worth.IsInt64() || worth.Int64() < 10 {
			return nil
		}
		many := atOnce(f.request())
		amount := json.RawMessage(strconv.FormatInt(worth.Int64()*2/5, 10))
		b, ok := graft(*many.Body, amountPointer(*many.Body), amount)
		if less, has := cut(b, "/transfer_id"); has {
			b = less
		}
		if !ok {
			return nil
		}
		many.Body, many.Times, many.OwnKeys = &b, manyAtOnce, true
		args := map[string]string{"operation": "createOnUsTransfer", "from": "${pocket_id}", "to": "${other_pocket_id}"}
		from.Want, to.Want = []want{{judgeMoved, args}}, []want{{judgeMoved, args}}
		first := []step{look("${pocket_id}"), look("${other_pocket_id}")}
		if _, err := r.on(ctx, f, slices.Concat(first, first, []step{many, from, to})...); err != nil {
			return err
		}
	}
	return nil
}

// worthOf is what a pocket is worth by a read of it, in cents, or nil.
func worthOf(e *exchange) *big.Int {
	if !succeeded(e) {
		return nil
	}
	for _, pointer := range []string{"/portfolio/total_value/value", "/total_value/value"} {
		if found, err := recipe.Find(e.value, pointer); err == nil && len(found) == 1 {
			return integer(found[0])
		}
	}
	return nil
}

// rounding is by how many cents the worth of a pocket may be another one than what was moved. What is invested is sold
// to pay with, and what is left of each security is priced anew, to a cent. What is bought and sold at once has the
// price of a trade, which need not be the one that it is worth by.
func rounding(before, after *exchange, moved *big.Int) *big.Int {
	held := func(e *exchange) []any {
		securities, _ := member(member(e.value, "portfolio"), "securities").([]any)
		return securities
	}
	if reflect.DeepEqual(held(before), held(after)) {
		return new(big.Int)
	}
	cents := big.NewInt(int64(max(len(held(before)), len(held(after)))))
	spread := new(big.Int).Abs(moved)
	return cents.Add(cents, spread.Quo(spread, big.NewInt(spreadPart)))
}

// spreadPart is the part of what is traded by which two prices of it may differ: a thousandth, more than those of
// Treasury bills do.
const spreadPart = 1000

// isNear reports whether two sums are the same to so many cents.
func isNear(a, b, cents *big.Int) bool { return new(big.Int).Sub(a, b).CmpAbs(cents) <= 0 }

func integer(v any) *big.Int {
	number, ok := v.(json.Number)
	if !ok {
		return nil
	}
	return whole(number)
}

// order is what a request has asked to be moved, by how much each pocket has to be other. It is nil if that cannot be
// decided.
type order struct {
	// amount is what each request moves, in so many parts that may arrive one by one.
	amount, parts *big.Int
	// times are how often it was done: 0 if it was refused.
	times int64
	fees  *big.Int
	// isSure says that it was done by now. Else it may come later.
	isSure bool
	at     int
}

// orderBefore is the one request of an operation between two places of a trace, if nothing else was written there.
func (t *trace) orderBefore(from, to int, operation string) *order {
	var o *order
	for i := from + 1; i < to; i++ {
		for _, e := range t.exchanges[i] {
			if e.step.Method == http.MethodGet {
				continue
			}
			if e.step.Operation != operation || o != nil && o.at != i {
				return nil
			}
			if o == nil {
				amount := integerAt(e.sent.Body, amountPointer(e.sent.Body))
				if amount == nil {
					return nil
				}
				o = &order{amount: amount, parts: big.NewInt(1), fees: new(big.Int), isSure: true, at: i}
				if count := integerAt(e.sent.Body, "/count"); count != nil && count.Sign() > 0 {
					o.amount, o.parts = new(big.Int).Mul(amount, count), count
				}
			}
			status, _ := member(e.value, "status").(string)
			switch {
			case e.status()/100 == 4, status == "REJECTED", status == "FAILED", status == "CANCELLED":
			case !e.isSuccess():
				return nil
			default:
				o.times++
				o.isSure = o.isSure && status == "COMPLETED"
				if found, err := recipe.Find(e.value, "/fees/*/amount/value"); err == nil {
					for _, fee := range found {
						if n := integer(fee); n != nil {
							o.fees.Add(o.fees, n)
						}
					}
				}
			}
		}
	}
	return o
}

func integerAt(b body, pointer string) *big.Int {
	raw, ok := valueAt(b, pointer)
	if pointer == "" || !ok {
		return nil
	}
	return integer(json.Number(raw))
}

// judgeMoved wants a pocket to have less or more by what was moved, once.
var judgeMoved = register("moved", func(_ *run, t *trace, at int, args map[string]string) []failure {
	seen, places := t.lastReads(at, 3)
	if seen == nil {
		return nil
	}
	first, before, after := worthOf(seen[0]), worthOf(seen[1]), worthOf(seen[2])
	isPriced := isPricedAlike(seen[0].value, seen[1].value) && isPricedAlike(seen[1].value, seen[2].value)
	if first == nil || before == nil || after == nil || !isPriced {
		return nil
	}
	operation := t.steps[at].Operation
	fail := func(rule, expected, got string) []failure {
		return blame(failure{code: codeMoney, place: "body value", rule: rule, expected: expected, got: got,
			source: operationByID(args["operation"]).source()}, args["operation"], operation)
	}
	if after.Sign() < 0 && before.Sign() >= 0 {
		return fail("overdrawn", "no pocket with less than nothing", "a pocket with less than nothing")
	}
	o := t.orderBefore(places[1], places[2], args["operation"])
	if o == nil || first.Cmp(before) != 0 {
		return nil
	}
	delta := new(big.Int).Sub(after, before)
	due := new(big.Int).Mul(o.amount, big.NewInt(o.times))
	path := seen[2].sent.Target
	switch {
	case o.times == 0:
		if delta.Sign() != 0 {
			return fail("refused_and_moved", "what was there before, as it was refused", "another balance")
		}
		return nil
	case args["from"] == args["to"]: // It leaves and arrives in the same.
		due.Neg(o.fees)
	case strings.Contains(path, args["from"]):
		due.Neg(due).Sub(due, o.fees)
		if args["operation"] == "createWire" {
			return nil // A wire may cost something.
		}
	case !strings.Contains(path, args["to"]):
		return nil
	}
	if args["operation"] == "createACHOrigination" && delta.Sign() > 0 {
		due.Abs(due) // What is drawn arrives.
	}
	if isNear(delta, due, rounding(seen[1], seen[2], due)) {
		return nil
	}
	if !o.isSure && o.amount.Sign() != 0 {
		part, rest := new(big.Int).QuoRem(delta, new(big.Int).Quo(o.amount, o.parts), new(big.Int))
		most := new(big.Int).Mul(o.parts, big.NewInt(o.times))
		if rest.Sign() == 0 && part.Sign()*due.Sign() >= 0 && part.CmpAbs(most) <= 0 {
			return nil // The others may come later, or be refused.
		}
	}
	return fail("amount", "a balance that is other by what was moved, once", "another difference")
})

// judgeBooked wants the transactions that are new since a list before to be what a pocket's worth is other by.
var judgeBooked = register("booked", func(_ *run, t *trace, at int, args map[string]string) []failure {
	seen, places := t.lastReads(at, 2)
	if seen == nil {
		return nil
	}
	o := t.orderBefore(places[0], places[1], args["operation"])
	known := map[string]bool{}
	idOf := func(item any) string { id, _ := member(item, "id").(string); return id }
	old, isOld := member(seen[0].value, "items").([]any)
	items, isNew := member(seen[1].value, "items").([]any)
	if o == nil || !isOld || !isNew || len(items) >= 100 {
		return nil
	}
	for _, item := range old {
		known[idOf(item)] = true
	}
	// The worth before and after, by the reads of the same pocket around both lists.
	worth := func(from, step int) (*big.Int, *exchange) {
		for i := from; i >= 0 && i < len(t.exchanges) && i != o.at; i += step {
			if e := t.of(i); e != nil && ownerOf(e) == ownerOf(seen[1]) {
				if n := worthOf(e); n != nil {
					return n, e
				}
			}
		}
		return nil, nil
	}
	before, readBefore := worth(places[0], -1)
	after, readAfter := worth(places[1]-1, -1)
	if before == nil || after == nil || !isPricedAlike(readBefore.value, readAfter.value) {
		return nil
	}
	delta, sum := new(big.Int).Sub(after, before), new(big.Int)
	fresh := 0
	for _, item := range items {
		if known[idOf(item)] {
			continue
		}
		amount := integer(member(member(item, "amount"), "value"))
		if amount == nil {
			return nil
		}
		amount = new(big.Int).Abs(amount)
		fresh++
		switch direction, _ := member(item, "direction").(string); direction {
		case "DEBIT":
			sum.Sub(sum, amount)
		case "CREDIT":
			sum.Add(sum, amount)
		default: // v1 says it in words for people.
			if args["from"] == args["to"] {
				return nil
			}
			if delta.Sign() < 0 {
				amount.Neg(amount)
			}
			sum.Add(sum, amount)
		}
	}
	// What is not sure may have come after the worth was read, or only then be listed.
	isBetween := !o.isSure && (fresh == 0 || delta.Sign() == 0)
	if isBetween || isNear(sum, delta, rounding(readBefore, readAfter, sum)) {
		return nil
	}
	operation := t.steps[at].Operation
	return blame(failure{code: codeMoney, place: "body /items/*/amount/value", rule: "transactions",
		expected: "transactions that are together what the balance is other by", got: "another sum",
		source: operationByID(operation).source()}, operation, args["operation"])
})

// ownerOf is the last id in the path of a read.
func ownerOf(e *exchange) string {
	all := uuidText.FindAllString(pathOf(e.sent.Target), -1)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

// judgeOrdered wants a transfer to be read as it was ordered.
var judgeOrdered = register("ordered", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	write, _ := t.lastWrite(at, args["operation"])
	if !succeeded(e) || write == nil || !strings.Contains(string(write.answer.Body), ownerOf(e)) {
		return nil
	}
	asked := integerAt(write.sent.Body, amountPointer(write.sent.Body))
	for _, shown := range []*exchange{write, e} {
		is := integer(member(member(member(shown.value, "transfer"), "amount"), "value"))
		if asked == nil || is == nil || is.Cmp(asked) == 0 || isRounded(is, asked) {
			continue
		}
		return blame(failure{code: codeMoney, place: "body /transfer/amount/value", rule: "ordered",
			expected: "the amount of the order", got: "another amount",
			source: operationByID(args["operation"]).source()},
			shown.step.Operation, args["operation"])
	}
	return nil
})

// isRounded reports whether a number is another one that has lost its last digits.
func isRounded(is, asked *big.Int) bool {
	distance := new(big.Int).Sub(is, asked)
	return asked.BitLen() > 53 && distance.Sign() != 0 && distance.CmpAbs(big.NewInt(1024)) < 0
}

// judgeDigits wants no number to be nearly that of a large order.
var judgeDigits = register("digits", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	if !succeeded(e) {
		return nil
	}
	var asked *big.Int
	for i := at; i >= 0 && asked == nil; i-- {
		for _, other := range t.exchanges[i] {
			if other.isSuccess() && other.step.Operation == args["operation"] {
				if n := integerAt(other.sent.Body, amountPointer(other.sent.Body)); n != nil && n.BitLen() > 53 {
					asked = n
				}
			}
		}
	}
	if asked == nil {
		return nil
	}
	// A balance may be near to it by what there was before; an amount may not.
	for _, pointer := range []string{"/items/*/amount/value", "/transfer/amount/value"} {
		found, err := recipe.Find(e.value, pointer)
		if err != nil {
			continue
		}
		for _, v := range found {
			if n := integer(v); n != nil && isRounded(new(big.Int).Abs(n), asked) {
				return blame(failure{code: codeDigits, place: "body " + pointer, rule: "rounded",
					expected: "all digits of the amount", got: "another number near to it",
					source: operationByID(e.step.Operation).source()}, e.step.Operation, args["operation"])
			}
		}
	}
	return nil
})
