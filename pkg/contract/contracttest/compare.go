package contracttest

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

// moving are members that change without anybody's asking.
var moving = regexp.MustCompile(`^(status|.*_at|documents|verification|exception_reasons?|delivery_attempts|` +
	`account_status|.*_needed|customer_id|card_id|reference_number|reason|fees|time_settled)$`)

func moves(name string) bool { return isWorth(name) || moving.MatchString(name) }

// hidden are members that a server shows in part, or otherwise than they were sent.
var hidden = regexp.MustCompile(`secret|password|identification_number|account_number|_token|encrypted|^ssn$|` +
	`public_key`)

// disagreement is where two values that should say the same do not, at members that both have. What is shown in part is
// left out; what moves, too, unless they were read at the same time.
func disagreement(at string, a, b any, isSameTime bool) (string, bool) {
	switch a := a.(type) {
	case map[string]any:
		other, ok := b.(map[string]any)
		if !ok {
			return "", false
		}
		for _, name := range sortedKeys(a) {
			value, has := other[name]
			if !has || name == "object_type" || !isSameTime && (moves(name) || hidden.MatchString(name)) {
				continue
			}
			if pointer, differs := disagreement(at+"/"+escapePointer(name), a[name], value, isSameTime); differs {
				return pointer, true
			}
		}
		return "", false
	case []any:
		other, ok := b.([]any)
		if !ok {
			return "", false
		}
		if isSameTime {
			return difference(at, a, other)
		}
		return at, !alike(a, other)
	}
	switch b.(type) {
	case map[string]any, []any:
		return "", false
	}
	return at, !isAlike(a, b)
}

// nulled is where something that was asked for is shown as null. What is shown in part is left out, and what moves.
func nulled(at string, asked, shown any) (string, bool) {
	object, _ := asked.(map[string]any)
	other, _ := shown.(map[string]any)
	for _, name := range sortedKeys(object) {
		value, has := other[name]
		if !has || object[name] == nil || moves(name) || hidden.MatchString(name) {
			continue
		}
		if value == nil {
			return at + "/" + escapePointer(name), true
		}
		if pointer, is := nulled(at+"/"+escapePointer(name), object[name], value); is {
			return pointer, true
		}
	}
	return "", false
}

// alike compares lists of scalars, whatever their order. Others it does not decide.
func alike(a, b []any) bool {
	of := func(list []any) ([]string, bool) {
		var all []string
		for _, v := range list {
			switch v.(type) {
			case map[string]any, []any:
				return nil, false
			}
			encoded, err := json.Marshal(v)
			if err != nil {
				return nil, false
			}
			all = append(all, string(encoded))
		}
		slices.Sort(all)
		return slices.Compact(all), true
	}
	x, okX := of(a)
	y, okY := of(b)
	return !okX || !okY || slices.Equal(x, y)
}

var noise = regexp.MustCompile(`[^\pL\pN]+`)

// decimal is a number as text. One without a sign and a point may be the name of something.
var decimal = regexp.MustCompile(`^-?(0|[1-9]\d*)(\.\d+)?$`)

// isAlike compares scalars: times as moments, numbers in texts as numbers, and other texts without their blanks, signs
// and case, as servers write phone numbers and addresses in their own way.
func isAlike(a, b any) bool {
	if a == nil || b == nil || reflect.DeepEqual(a, b) {
		return true
	}
	x, isX := a.(string)
	y, isY := b.(string)
	if !isX || !isY {
		return numbersAlike(a, b)
	}
	if strings.Contains(y, "*") || strings.Contains(strings.ToUpper(y), "XX") {
		return true
	}
	first, errX := time.Parse(time.RFC3339, x)
	second, errY := time.Parse(time.RFC3339, y)
	if errX == nil && errY == nil {
		return first.Truncate(time.Second).Equal(second.Truncate(time.Second))
	}
	if decimal.MatchString(x) && decimal.MatchString(y) && strings.ContainsAny(x+y, ".-") {
		return len(effectOf(json.Number(x), json.Number(y)).numbers) == 0
	}
	return strings.EqualFold(noise.ReplaceAllString(x, ""), noise.ReplaceAllString(y, ""))
}

func numbersAlike(a, b any) bool {
	x, isX := a.(json.Number)
	y, isY := b.(json.Number)
	if !isX || !isY {
		return false
	}
	return len(effectOf(x, y).numbers) == 0
}
