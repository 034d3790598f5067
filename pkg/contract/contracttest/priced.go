package contracttest

import (
	"encoding/json"
	"fmt"
	"slices"
)

// What a pocket is worth moves by itself: securities are priced anew, and some earn by the second. An answer says of
// which moment its worth is, and only two of the same moment can be compared.

// isWorth reports whether a member says what something is worth.
func isWorth(name string) bool {
	switch name {
	case "portfolio", "total_value", "all_time_earnings", pricedAt, perSecond:
		return true
	}
	return false
}

const (
	pricedAt  = "pricing_timestamp"
	perSecond = "appreciation_per_second"
)

// isPricedAlike reports whether what two answers say of worths is of the same moments. What says nothing of moments
// stands still, but for what earns by the second.
func isPricedAlike(a, b any) bool {
	x, areX := moments(a, nil)
	y, areY := moments(b, nil)
	return areX && areY && slices.Equal(x, y)
}

// moments are those of which an answer has worths. It reports false if there is a worth that moves, of no moment.
func moments(v any, found []string) ([]string, bool) {
	are := true
	switch v := v.(type) {
	case map[string]any:
		moment, has := v[pricedAt].(string)
		if has {
			found = append(found, moment)
		}
		if earns, is := v[perSecond]; is && !has && !isZero(earns) {
			return found, false
		}
		for _, name := range sortedKeys(v) {
			all, still := moments(v[name], found)
			found, are = all, are && still
		}
	case []any:
		for _, element := range v {
			all, still := moments(element, found)
			found, are = all, are && still
		}
	}
	return found, are
}

// isZero reports whether a number, or a text of one, is nothing at all.
func isZero(v any) bool {
	if v == nil {
		return true
	}
	n, ok := rational(json.Number(fmt.Sprint(v)))
	return ok && n.Sign() == 0
}

// unpriced is a value without the worths in it.
func unpriced(v any) any {
	switch v := v.(type) {
	case map[string]any:
		rest := make(map[string]any, len(v))
		for name, member := range v {
			if !isWorth(name) {
				rest[name] = unpriced(member)
			}
		}
		return rest
	case []any:
		rest := make([]any, len(v))
		for i := range v {
			rest[i] = unpriced(v[i])
		}
		return rest
	}
	return v
}
