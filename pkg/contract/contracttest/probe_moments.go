package contracttest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// apart is how far what happens is apart where filters by moments are looked at: less than a second, so that whoever
// drops fractions mixes them up.
const apart = 123456 * time.Microsecond

// moments has things happen within a second, and asks for them by moments that are nearly theirs.
func (r *run) moments(ctx context.Context) error {
	var done []string
	for _, p := range pagedLists {
		isAbout := slices.ContainsFunc(filterings[p.list], filtering.isOfMoments)
		if !isAbout || slices.Contains(done, p.list) || !r.tests([]string{p.list}) || !r.config.AllowWrites ||
			p.maker == "" {
			continue
		}
		err := r.momentsOf(ctx, p)
		if err := leaveOut(err); err != nil {
			return err
		}
		if err == nil {
			done = append(done, p.list)
		}
	}
	return nil
}

// isOfMoments reports whether it keeps what is before or after a moment.
func (f filtering) isOfMoments() bool { return f.how == "from" || f.how == "to" }

func (r *run) momentsOf(ctx context.Context, p paged) error {
	o := operationByID(p.list)
	f, err := r.freshOf(ctx, p.maker)
	if err != nil {
		return err
	}
	list, ok := o.readOf(f.ids(""))
	if !ok {
		return nil
	}
	whole := list
	if o.asks("limit") {
		whole = asking(list, pair{"limit", wholePage})
	}
	maker := f.remade(f.request())
	t, err := r.on(ctx, f, maker, whole)
	if err != nil {
		return err
	}
	var steps []step
	if p.maker == "triggerWebhook" {
		latest := whole
		latest.Keep = map[string]string{"now": optional + latestEvent(t.last().value)}
		steps = append(steps, latest)
	}
	for i := range 3 {
		s := maker
		switch {
		case p.maker == "triggerWebhook": // Who triggers an event says when it happened.
			b, ok := graft(bodyOf(s), "/timestamp", json.RawMessage(`"${moment}"`))
			if !ok {
				return nil
			}
			s.Body, s.Make = &b, map[string]recipe.Made{"moment": shift("now", time.Duration(i+1)*apart)}
			for name, made := range maker.Make {
				s.Make[name] = made
			}
		case r.controls:
			steps = append(steps, step{Clock: &recipe.Clock{By: apart.String()}})
		}
		steps = append(steps, s)
	}
	if err := r.more(ctx, t, steps...); err != nil {
		return err
	}
	for _, filter := range filterings[o.ID] {
		if filter.isOfMoments() {
			if err := r.near(ctx, t, whole, filter); err != nil {
				return err
			}
		}
	}
	return nil
}

// latestEvent is the pointer of when the latest of some events has happened: what happens then is on the first page of
// what comes after it.
func latestEvent(list any) string {
	const pointer = "/event/timestamp"
	items, _ := member(list, "items").([]any)
	latest, last := 0, time.Time{}
	for i, item := range items {
		if moment, _ := momentOf(item, pointer); moment.After(last) {
			latest, last = i, moment
		}
	}
	return fmt.Sprintf("/items/%d%s", latest, pointer)
}

// near asks for what is on one side of moments that are those of things, and a millisecond before and after them.
func (r *run) near(ctx context.Context, t *trace, whole step, f filtering) error {
	if err := r.more(ctx, t, whole); err != nil {
		return err
	}
	items, _ := member(t.last().value, "items").([]any)
	at, pointer := middleMoment(items, f.member)
	if at < 0 {
		return nil
	}
	look := whole
	look.Keep = map[string]string{"bound": optional + fmt.Sprintf("/items/%d%s", at, pointer)}
	steps := []step{look}
	for i, by := range []time.Duration{-2 * time.Second, -time.Millisecond, 0, time.Millisecond} {
		if f.how == "to" {
			by = -by // The first one lets all through that the others do.
		}
		s := asking(whole, pair{f.parameter, "${near}"})
		s.Make = map[string]recipe.Made{"near": shift("bound", by)}
		if i > 0 {
			s.Want = []want{{judgeMoment, map[string]string{"parameter": f.parameter, "member": f.member,
				"how": f.how}}}
		}
		steps = append(steps, s)
	}
	return r.more(ctx, t, steps...)
}

// middleMoment is the place of an item whose moment has others within the same second, best on both sides, or -1.
func middleMoment(items []any, pointer string) (int, string) {
	best, most := -1, 0
	for i, item := range items {
		moment, digits := momentOf(item, pointer)
		if digits < 3 {
			continue
		}
		var before, after int
		for _, other := range items {
			switch o, _ := momentOf(other, pointer); {
			case !o.Truncate(time.Second).Equal(moment.Truncate(time.Second)):
			case o.Before(moment):
				before = 1
			case o.After(moment):
				after = 1
			}
		}
		if n := 1 + before + after; n > most {
			best, most = i, n
		}
	}
	return best, pointer
}

// fraction is that of a second.
var fraction = regexp.MustCompile(`:\d\d\.(\d+)`)

// momentOf is a moment that an item shows, and with how many digits behind those of its second.
func momentOf(item any, pointer string) (time.Time, int) {
	value, ok := at(item, pointer)
	if !ok {
		return time.Time{}, 0
	}
	moment, err := time.Parse(time.RFC3339, fmt.Sprint(value))
	m := fraction.FindStringSubmatch(fmt.Sprint(value))
	if err != nil || m == nil {
		return moment, 0
	}
	return moment, len(m[1])
}

// judgeMoment wants of what a wider filter by a moment lets through all that a narrower one has to, and nothing else.
// What shows no thousandths of a second may have them.
var judgeMoment = register("moment", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	if !succeeded(e) || e.value == nil || e.hasNext() {
		return nil
	}
	bound, err := momentAsked(e, args["parameter"])
	if err != nil {
		return nil
	}
	isFrom := args["how"] == "from"
	var wide *exchange
	for i := at - 1; i >= 0 && wide == nil; i-- {
		other := t.of(i)
		if other == nil {
			continue
		}
		if other.step.Method != e.step.Method {
			return nil
		}
		asked, err := momentAsked(other, args["parameter"])
		isWider := err == nil && asked.Before(bound) == isFrom && asked.Sub(bound).Abs() >= time.Second
		if other.step.Operation == e.step.Operation && isWider && succeeded(other) && !other.hasNext() &&
			slices.Equal(unfiltered(other.step, args["parameter"]), unfiltered(e.step, args["parameter"])) {
			wide = other
		}
	}
	if wide == nil {
		return nil
	}
	fail := func(rule, expected, got string) []failure {
		return []failure{{code: codeFilter, operation: e.step.Operation, place: "query " + args["parameter"],
			rule: rule, expected: expected, got: got, source: operationByID(e.step.Operation).source("parameters")}}
	}
	// fits reports whether an item is to be let through. "after" is all that is later, "from" that moment as well. What
	// is shown at a moment may be stored with more digits, and so be a little later.
	fits := func(item any) (is, isDecided bool) {
		moment, digits := momentOf(item, args["member"])
		if moment.Equal(bound) {
			isWhole := digits >= 9 || t.isSentBefore(at, moment)
			if isFrom && args["parameter"] != "after" {
				isWhole = digits >= 6
			}
			return args["parameter"] != "after", isWhole
		}
		return moment.After(bound) == isFrom, digits >= 3
	}
	shown := idsOf(e.value)
	items, _ := member(e.value, "items").([]any)
	for _, item := range items {
		if is, isDecided := fits(item); isDecided && !is {
			return fail("moment item", "what is on that side of the moment, with its fractions", "an item that is not")
		}
	}
	all, _ := member(wide.value, "items").([]any)
	ids := idsOf(wide.value)
	for i, item := range all {
		if is, isDecided := fits(item); isDecided && is && i < len(ids) && !slices.Contains(shown, ids[i]) {
			return fail("moment loses", "all that is on that side of the moment, with its fractions",
				"a list without one of them")
		}
	}
	return nil
})

// isSentBefore reports whether a request before a step has said that something has happened at a moment.
func (t *trace) isSentBefore(at int, moment time.Time) bool {
	for i := range at {
		e := t.of(i)
		if e == nil || e.step.Method == http.MethodGet {
			continue
		}
		raw, _ := valueAt(e.sent.Body, "/timestamp")
		if said, err := time.Parse(strconv.Quote(time.RFC3339), string(raw)); err == nil && said.Equal(moment) {
			return true
		}
	}
	return false
}

// momentAsked is the moment that a request has for a parameter.
func momentAsked(e *exchange, name string) (time.Time, error) {
	_, query, _ := strings.Cut(e.sent.Target, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339, values.Get(name))
}
