package contracttest

import (
	"net/http"
	"slices"
	"strings"
)

// A pocket that is PENDING becomes OPEN when the server is done with it, a payment is booked some time later: states
// move without anybody's asking, between any two reads. So a state that is another one shows nothing of a request that
// creates something or pays, or of a change that does not name it.

// movesAlone reports whether a state that changes around a request to an operation may have changed by itself.
func movesAlone(operation string, content body) bool {
	o := operationByID(operation)
	switch {
	case o == nil:
		return false
	case o.Method == http.MethodPatch:
		value, err := decodeNumbers(content)
		_, asks := member(value, "status").(string)
		return err == nil && !asks
	}
	for _, m := range movers {
		if m.operation == operation {
			return true
		}
	}
	return slices.ContainsFunc(resources, func(c resource) bool { return c.create == operation })
}

// settled is a value without the states in it.
func settled(v any) any {
	switch v := v.(type) {
	case map[string]any:
		rest := make(map[string]any, len(v))
		for name, member := range v {
			if !isState(name) {
				rest[name] = settled(member)
			}
		}
		return rest
	case []any:
		rest := make([]any, len(v))
		for i := range v {
			rest[i] = settled(v[i])
		}
		return rest
	}
	return v
}

func isState(name string) bool {
	return name == "status" || name == "account_status" || strings.HasSuffix(name, "_at")
}

// effectBetween is how an answer at a step differs from the one at an earlier one, as far as the writes between them
// can have seen to it.
func (t *trace) effectBetween(from, to int) effect {
	before, after := t.withoutBystanders(from, to)
	isAlone := true
	for i := from + 1; i < to; i++ {
		for _, e := range t.exchanges[i] {
			isAlone = isAlone && (e.step.Method == http.MethodGet || movesAlone(e.step.Operation, e.sent.Body))
		}
	}
	if !isPricedAlike(before, after) {
		before, after = unpriced(before), unpriced(after)
	}
	if isAlone {
		before, after = settled(before), settled(after)
	}
	return effectOf(before, after)
}
