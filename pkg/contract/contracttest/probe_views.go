package contracttest

import (
	"context"
	"encoding/json"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"
)

// views are members of two reads of one pocket that say the same, by their operations, and where each has it. (Sources:
// the descriptions of Account, Portfolio and PocketEarnings.)
var views = []struct{ one, at, other, there string }{
	{"getPocket", "/pocket_name", "getAccount", "/name"},
	{"getPocket", "/portfolio/total_value", "getAccount", "/total_value"},
	{"getPocket", "/portfolio/cash", "getAccount", "/portfolio/cash"},
	{"getPocket", "/portfolio/all_time_earnings", "getAccount", "/portfolio/all_time_earnings"},
	{"getPocket", "/portfolio/all_time_earnings", "getPocketEarnings", "/earnings"},
}

// viewed reads what a pocket has by all operations that show it, which have to show the same.
func (r *run) viewed(ctx context.Context, t *trace, known map[string]string) error {
	var steps []step
	for _, id := range agedReads {
		o := operationByID(id)
		s, ok := o.readOf(known)
		if !ok || id == "getTradeConfirmation" {
			continue
		}
		if o.asks("limit") {
			s = asking(s, pair{"limit", wholePage})
		}
		if id == "getPocketEarnings" {
			s = asking(s, pair{"period", "all-time"})
		}
		s.Want = []want{{judgeViews, nil}}
		steps = append(steps, s)
	}
	return r.more(ctx, t, steps...)
}

// judgeViews wants all that was read of a thing since anything was done to agree with what is read now.
var judgeViews = register("views", func(_ *run, t *trace, at int, _ map[string]string) []failure {
	e := t.of(at)
	if !succeeded(e) || e.step.Method != http.MethodGet {
		return nil
	}
	for i := at - 1; i >= 0; i-- {
		other := t.of(i)
		if other == nil || other.step.Method != http.MethodGet {
			return nil // Something was done, or time has passed.
		}
		if !other.isSuccess() || other.step.Operation == e.step.Operation {
			continue
		}
		isSameTime := isPricedAlike(e.value, other.value)
		pointer, differs := differentViews(e, other, isSameTime)
		for _, one := range shownBy(e) {
			for _, two := range shownBy(other) {
				if !differs && idOf(one) != "" && idOf(one) == idOf(two) {
					pointer, differs = contradiction("", one, two, isSameTime)
				}
			}
		}
		if differs {
			return blame(failure{code: codeReadBack, place: "body " + pointer, rule: "views",
				expected: "what another operation shows of the same", got: "another value",
				source: operationByID(e.step.Operation).source("responses", "200")},
				e.step.Operation, other.step.Operation)
		}
	}
	return nil
})

// shownBy are the things that a read shows: one, or those of a list.
func shownBy(e *exchange) []any {
	if elements, isList := elementsOf(e.value); isList {
		return elements
	}
	return []any{e.value}
}

// differentViews is where two reads of one pocket say otherwise what they call by two names.
func differentViews(a, b *exchange, isSameTime bool) (string, bool) {
	if ownerOf(a) != ownerOf(b) {
		return "", false
	}
	for _, v := range views {
		one, other := a, b
		if one.step.Operation != v.one {
			one, other = b, a
		}
		if one.step.Operation != v.one || other.step.Operation != v.other || !isSameTime && v.at != "/pocket_name" {
			continue
		}
		if period, has := other.step.parameterOf("period"); has && period != "all-time" {
			continue
		}
		is, hasIs := at(one.value, v.at)
		there, hasThere := at(other.value, v.there)
		if !hasIs || !hasThere {
			continue
		}
		if pointer, differs := contradiction(v.at, is, there, true); differs {
			return pointer, true
		}
	}
	return "", false
}

// spoken are members that are for people, or that each version has its own words for. Addresses are others each time.
var spoken = []string{"formatted", "object_type", "description", "title", "sub_title", "type", "name", "details"}

// contradiction is where two views of one thing say otherwise what both of them say. Each may write numbers with fewer
// digits, and moments too.
func contradiction(at string, a, b any, isSameTime bool) (string, bool) {
	if object, ok := a.(map[string]any); ok {
		other, isObject := b.(map[string]any)
		for _, name := range sortedKeys(object) {
			value, has := other[name]
			isOther := isState(name) || slices.Contains(spoken, name) || strings.HasSuffix(name, "url") ||
				hidden.MatchString(name) ||
				!isSameTime && isWorth(name)
			if !isObject || !has || isOther {
				continue
			}
			if pointer, differs := contradiction(at+"/"+escapePointer(name), object[name], value, isSameTime); differs {
				return pointer, true
			}
		}
		return "", false
	}
	switch a := a.(type) {
	case json.Number:
		other, isNumber := b.(json.Number)
		x, okX := rational(a)
		y, okY := rational(other)
		// Some views have amounts with a sign, and some a direction.
		return at, isNumber && okX && okY && x.Abs(x).Cmp(y.Abs(y)) != 0
	case string:
		other, isText := b.(string)
		return at, isText && !isSaidAlike(a, other)
	case bool:
		other, isBool := b.(bool)
		return at, isBool && a != other
	}
	return "", false
}

// isSaidAlike reports whether two texts say the same: numbers but for digits that one of them leaves out, and moments
// but for parts of a second.
func isSaidAlike(a, b string) bool {
	x, errX := time.Parse(time.RFC3339, a)
	y, errY := time.Parse(time.RFC3339, b)
	if errX == nil && errY == nil {
		return x.Sub(y).Abs() < time.Second
	}
	one, isOne := decimalOf(a)
	two, isTwo := decimalOf(b)
	if isOne && isTwo {
		digits := min(decimalsOf(a), decimalsOf(b))
		unit := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil))
		off := one.Sub(one, two)
		return off.Sign() == 0 || decimalsOf(a) != decimalsOf(b) && off.Abs(off).Cmp(unit) < 0
	}
	return a == b
}

// decimalsOf is how many digits a number has behind its point.
func decimalsOf(text string) int {
	_, decimals, _ := strings.Cut(text, ".")
	return len(decimals)
}
