package contracttest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// agedReads show what has come of money in time.
var agedReads = []string{"getPocket", "getCustomerPocket", "getAccount", "getPocketEarnings", "listAccountTrades",
	"listCustomerTradesV1", "listCustomerTrades", "listAccountTransactions", "listCustomerTransactionsV1",
	"listPocketTransactions", "listCustomerTransactions", "listAccountStatements", "listCustomerStatements",
	"listCustomerAccounts", "listCustomerPockets", "getTradeConfirmation"}

// fewDays is how many days earnings are looked at one by one, and manyDays how long it takes until the T-bills of four
// weeks fall due and a month has ended.
const (
	fewDays  = 5
	manyDays = "40d"
)

// aged pays in, and has days and weeks pass.
func (r *run) aged(ctx context.Context) error {
	if !r.controls || !r.tests(agedReads) {
		return nil
	}
	f, err := r.freshOf(ctx, "createPocket")
	if err != nil {
		return err
	}
	s := f.remade(f.request())
	for _, name := range []string{"deposit_strategy_id", "reinvestment_strategy_id"} {
		if short, ok := graft(bodyOf(s), "/"+name, json.RawMessage(`"UST-4W"`)); ok && r.isValid(f, short) {
			s.Body = &short
		}
	}
	s.Keep = map[string]string{theThing: "/id"}
	known := f.ids(thing, "pocket_id", "account_id")
	earnings, ok := operationByID("getPocketEarnings").readOf(known)
	if !ok {
		return nil
	}
	all := asking(earnings, pair{"period", "all-time"})
	fund := step{Operation: "fundAccount", Method: http.MethodPost, Path: operationByID("fundAccount").Path,
		Media: mediaJSON, Body: text(`{"account_id":"` + thing + `","amount_usdc":4000033}`)}
	steps := []step{s, fund}
	for n := range fewDays + 1 {
		if n > 0 {
			steps = append(steps, step{Clock: &recipe.Clock{By: "1d"}})
		}
		day := all
		day.Keep = map[string]string{dayOf(n): optional + "/date_to"}
		steps = append(steps, day)
	}
	t, err := r.on(ctx, f, steps...)
	if err != nil {
		return err
	}
	if err := leaveOut(r.ranges(ctx, t, earnings)); err != nil {
		return err
	}
	if err := leaveOut(r.viewed(ctx, t, known)); err != nil {
		return err
	}
	// A second payment has not settled when the rest is of weeks ago.
	if err := r.more(ctx, t, step{Clock: &recipe.Clock{By: manyDays}}, fund); err != nil {
		return err
	}
	if err := leaveOut(r.viewed(ctx, t, known)); err != nil {
		return err
	}
	if err := leaveOut(r.matured(ctx, t, known)); err != nil {
		return err
	}
	if err := leaveOut(r.stated(ctx, t, known)); err != nil {
		return err
	}
	for _, id := range []string{"listCustomerTrades", "listPocketTransactions", "listCustomerTransactions"} {
		o := operationByID(id)
		list, ok := o.readOf(known)
		if !ok || !r.tests([]string{id}) {
			continue
		}
		some := slices.DeleteFunc(slices.Clone(filterings[id]), func(f filtering) bool {
			return !settlements.MatchString(f.parameter)
		})
		if err := leaveOut(r.filtersBy(ctx, t, o, list, some)); err != nil {
			return err
		}
	}
	return nil
}

// dayOf is the variable that has the nth of the days.
func dayOf(n int) string { return fmt.Sprintf("day_%d", n) }

// ranges asks for what was earned on each of several days, on some of them together, and over each period.
func (r *run) ranges(ctx context.Context, t *trace, earnings step) error {
	between := func(from, to string) step {
		return asking(earnings, pair{"period", "range"}, pair{"date_from", from}, pair{"date_to", to})
	}
	nth := func(n int) string { return "${" + dayOf(n) + "}" }
	args := map[string]string{"since": nth(0)}
	wants := []want{{judgeRange, args}}
	var steps []step
	for n := range fewDays + 1 {
		steps = append(steps, between(nth(n), nth(n)))
	}
	for _, days := range [][2]int{{1, 2}, {3, 4}, {1, 4}, {2, 3}, {0, fewDays}} {
		s := between(nth(days[0]), nth(days[1]))
		s.Want = wants
		steps = append(steps, s)
	}
	for _, period := range enumOf(operationByID(earnings.Operation), "period") {
		if period == "range" {
			continue
		}
		s := asking(earnings, pair{"period", period})
		s.Keep = map[string]string{"period_from": optional + "/date_from", "period_to": optional + "/date_to"}
		s.Want = []want{{judgePeriod, map[string]string{"period": period, "since": nth(0)}}}
		if err := r.more(ctx, t, append(steps, s)...); err != nil {
			return err
		}
		steps = nil
		if t.vars["period_from"] == "" || t.vars["period_to"] == "" {
			continue
		}
		s = between("${period_from}", "${period_to}")
		s.Want = wants
		if err := r.more(ctx, t, s); err != nil {
			return err
		}
	}
	return r.more(ctx, t, steps...)
}

// A stretch is what was earned on some days.
type stretch struct {
	from, to string
	cents    *big.Int
	e        *exchange
}

// stretchOf is that of a read, by the days that were asked for, or that it says of itself where a period was.
func stretchOf(e *exchange, since string) (stretch, bool) {
	cents := integer(member(member(e.value, "earnings"), "value"))
	if !succeeded(e) || cents == nil {
		return stretch{}, false
	}
	s := stretch{cents: cents, e: e}
	if _, isRange := e.step.parameterOf("date_from"); isRange {
		asked := queryOf(e)
		s.from, s.to = asked.Get("date_from"), asked.Get("date_to")
	} else {
		s.from, _ = member(e.value, "date_from").(string)
		s.to, _ = member(e.value, "date_to").(string)
		if s.from == "" || s.from < since {
			s.from = since // There was nothing before.
		}
	}
	_, errFrom := time.Parse(time.DateOnly, s.from)
	_, errTo := time.Parse(time.DateOnly, s.to)
	return s, errFrom == nil && errTo == nil && s.from <= s.to
}

// judgeRange wants what was earned on some days to be what was on each of them: both ends count, and no day counts
// twice. Each sum may be another one by less than a cent.
var judgeRange = register("range", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	if !succeeded(e) || strings.Contains(args["since"], "${") {
		return nil
	}
	o := operationByID(e.step.Operation)
	fail := func(place, rule, expected, got string) []failure {
		return []failure{{code: codeMoney, operation: o.ID, place: place, rule: rule, expected: expected, got: got,
			source: o.source("description")}}
	}
	whole, ok := stretchOf(e, args["since"])
	if !ok {
		return nil
	}
	for _, name := range []string{"date_from", "date_to"} {
		if day, has := member(e.value, name).(string); has && day != queryOf(e).Get(name) {
			return fail("body /"+name, "days", "the day that was asked for", "another day")
		}
	}
	if whole.from < args["since"] {
		whole.from = args["since"]
	}
	var parts []stretch
	for i := range at {
		other := t.of(i)
		if other == nil {
			if t.steps[i].Clock != nil {
				parts = nil // What was earned by now has become more.
			}
			continue
		}
		if other.step.Operation != o.ID || pathOf(other.sent.Target) != pathOf(e.sent.Target) {
			continue
		}
		part, ok := stretchOf(other, args["since"])
		if ok && part.from >= whole.from && part.to <= whole.to && isPricedAlike(other.value, e.value) {
			parts = append(parts, part)
		}
	}
	isWrong := false
	tiled(parts, whole.from, whole.to, nil, func(chosen []stretch) {
		sum := new(big.Int)
		for _, part := range chosen {
			sum.Add(sum, part.cents)
		}
		isWrong = isWrong || !isNear(sum, whole.cents, big.NewInt(int64(len(chosen))))
	})
	if !isWrong {
		return nil
	}
	return fail("body /earnings/value", "range",
		"what was earned on each of the days, the first and the last among them", "another sum")
})

// tiled calls a function with each of the ways in which parts make a stretch of days without gaps.
func tiled(parts []stretch, from, to string, chosen []stretch, with func([]stretch)) {
	if from > to {
		with(chosen)
		return
	}
	if len(chosen) > 2*fewDays {
		return
	}
	for _, part := range parts {
		last, err := time.Parse(time.DateOnly, part.to)
		if err != nil || part.from != from || part.to > to {
			continue
		}
		tiled(parts, last.AddDate(0, 0, 1).Format(time.DateOnly), to, append(slices.Clone(chosen), part), with)
	}
}

// judgePeriod wants a period to begin when the contract says that it does, or when there was nothing before.
var judgePeriod = register("period", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	if !succeeded(e) || strings.Contains(args["since"], "${") {
		return nil
	}
	from, _ := member(e.value, "date_from").(string)
	to, err := time.Parse(time.DateOnly, fmt.Sprint(member(e.value, "date_to")))
	if from == "" || err != nil {
		return nil // It may be null.
	}
	var due []time.Time
	switch args["period"] {
	case "ytd":
		due = append(due, time.Date(to.Year(), time.January, 1, 0, 0, 0, 0, time.UTC))
	case "mtd":
		due = append(due, to.AddDate(0, 0, 1-to.Day()))
	case "wtd":
		monday := to.AddDate(0, 0, -int(to.Weekday()+6)%7)
		if due = append(due, monday); monday.Equal(to) { // Which one is the latest on a Monday is not told.
			due = append(due, monday.AddDate(0, 0, -7))
		}
	default:
		return nil
	}
	for _, day := range due {
		if is := day.Format(time.DateOnly); from == is || from == args["since"] && is < from {
			return nil
		}
	}
	return []failure{{code: codeMoney, operation: e.step.Operation, place: "body /date_from", rule: args["period"],
		expected: "the day on which the period begins", got: "another day",
		source: "#/components/schemas/EarningsPeriod"}}
})

// matured asks for the confirmations of trades: a maturity has none.
func (r *run) matured(ctx context.Context, t *trace, known map[string]string) error {
	list, ok := operationByID("listAccountTrades").readOf(known)
	if !ok || !r.tests([]string{"getTradeConfirmation"}) {
		return nil
	}
	list = asking(list, pair{"limit", wholePage})
	if err := r.more(ctx, t, list); err != nil {
		return err
	}
	items, _ := member(t.last().value, "items").([]any)
	var asked []string
	for i, item := range items {
		activity, _ := member(item, "activity").(string)
		if slices.Contains(asked, activity) || member(item, "is_settled") != true {
			continue
		}
		asked = append(asked, activity)
		kept := list
		kept.Keep = map[string]string{"trade_id": "/items/" + strconv.Itoa(i) + "/id"}
		with := map[string]string{"trade_id": "${trade_id}", "account_id": known["account_id"]}
		s, ok := operationByID("getTradeConfirmation").readOf(with)
		if !ok {
			return nil
		}
		s.Want = []want{{judgeConfirmation, map[string]string{"id": "${trade_id}", "list": list.Operation}}}
		if err := r.more(ctx, t, kept, s); err != nil {
			return err
		}
	}
	return nil
}

// judgeConfirmation wants a trade to have a confirmation once it has settled, and a maturity none.
var judgeConfirmation = register("confirmation", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	var trade map[string]any
	for i := at - 1; i >= 0 && trade == nil; i-- {
		if other := t.of(i); succeeded(other) && other.step.Operation == args["list"] {
			trade = elementOf(other.value, itemIDs, args["id"])
		}
	}
	if e == nil || trade == nil || !strings.Contains(e.sent.Target, args["id"]) {
		return nil
	}
	o := operationByID(e.step.Operation)
	isMaturity := trade["activity"] == "MATURITY"
	switch {
	case isMaturity && e.isSuccess():
		return blame(failure{code: codeStatus, place: "status", rule: "maturity",
			expected: "404, as a maturity has no confirmation", got: "status " + strconv.Itoa(e.status()),
			source: o.source("description")}, o.ID, args["list"])
	case !isMaturity && trade["is_settled"] == true && e.status() == http.StatusNotFound:
		return blame(failure{code: codeAvailability, place: "status", rule: "confirmation",
			expected: "the confirmation of a trade that has settled", got: "status 404",
			source: o.source("description")}, o.ID, args["list"])
	}
	return nil
})

// stated reads the statements of months that have ended.
func (r *run) stated(ctx context.Context, t *trace, known map[string]string) error {
	for _, id := range []string{"listAccountStatements", "listCustomerStatements"} {
		s, ok := operationByID(id).readOf(known)
		if !ok || !r.tests([]string{id}) {
			continue
		}
		s = asking(s, pair{"limit", wholePage})
		args := map[string]string{"since": "${" + dayOf(0) + "}", "account": known["account_id"]}
		s.Want = []want{{judgeStated, args}}
		if err := r.more(ctx, t, s); err != nil {
			return err
		}
	}
	return nil
}

// judgeStated wants a statement to be of a time that had ended when it was made, but for a day that may have other ends
// elsewhere, and in which the account was there.
var judgeStated = register("stated", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	since, err := time.Parse(time.DateOnly, args["since"])
	if !succeeded(e) || err != nil {
		return nil
	}
	items, _ := member(e.value, "items").([]any)
	for _, item := range items {
		end, ok := endOf(member(item, "key"))
		made, err := time.Parse(time.RFC3339, fmt.Sprint(member(item, "time_created")))
		if !ok || err != nil || member(item, "jiko_account_id") != any(args["account"]) {
			continue
		}
		if made.Before(end.AddDate(0, 0, -1)) || end.Before(since) {
			return []failure{{code: codeMoney, operation: e.step.Operation, place: "body /items/*/key", rule: "period",
				expected: "what the statement covers, which ended before it was made, and not before there was an" +
					" account", got: "another one", source: "#/components/schemas/Statement"}}
		}
	}
	return nil
})

// endOf is when a year or a month is over.
func endOf(key any) (time.Time, bool) {
	text, _ := key.(string)
	if month, err := time.Parse("2006-01", text); err == nil {
		return month.AddDate(0, 1, 0), true
	}
	year, err := time.Parse("2006", text)
	return year.AddDate(1, 0, 0), err == nil
}

// queryOf are the parameters that a request had in its query.
func queryOf(e *exchange) url.Values {
	_, query, _ := strings.Cut(e.sent.Target, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil
	}
	return values
}
