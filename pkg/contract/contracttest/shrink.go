package contracttest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"
)

// Shrinking has requests and time of its own, after those of the run: so much for each finding, and again where its ids
// have to be others, and for all of them half as much time as the run.
const (
	shrinkRequests = 300
	shrinkTime     = 5 * time.Second
)

// grant has a finding take as much as it may, for each of so many tries, but nothing after the end.
func (r *run) grant(end time.Time, tries int) {
	r.config.MaxRequests = r.requests + tries*shrinkRequests
	r.until = time.Now().Add(time.Duration(tries) * shrinkTime)
	if r.until.After(end) {
		r.until = end
	}
}

// shrink makes the steps of a finding as few and as small as they get while they lead to it, again and again from the
// beginning. Steps that do not lead to it by themselves are left as they are.
func (r *run) shrink(ctx context.Context, f *Finding, end time.Time) error {
	r.grant(end, f.triesToShow())
	clear(r.silent)
	r.wrong.more = mostWrongShrinks
	wrong := r.wrong.sent
	shown, err := r.confirms(ctx, f, end)
	if err != nil || !shown {
		return leaveSpent(err)
	}
	f.Confirmed = true
	if f.Check.Code == codeNoAnswer {
		return nil // Each try could take as long again.
	}
	if r.wrong.sent > wrong {
		return nil // Each try could be the one that locks the account.
	}
	long := f.Steps
	if err := r.reduce(ctx, f); err != nil || !f.isAllowedOnce() || len(f.Steps) == len(long) {
		return err
	}
	// Of many events one is out of order now and then, of few it is not.
	r.grant(end, f.triesToShow())
	shown, err = r.showsAtLast(ctx, f, f.Steps)
	if f.Confirmed = shown && err == nil; !f.Confirmed {
		f.Steps = long
	}
	return leaveSpent(err)
}

// leaveSpent is an error, unless it says that there is no more time, or nobody to send more.
func leaveSpent(err error) error {
	if errors.Is(err, errSpent) || errors.Is(err, errNoLogin) || errors.Is(err, errStep) {
		return nil
	}
	return err
}

// reduce makes the steps of a finding that they lead to smaller.
func (r *run) reduce(ctx context.Context, f *Finding) error {
	for reduction := range smaller(f.Steps) {
		steps := reduction(f.Steps)
		if slices.EqualFunc(steps, f.Steps, same) {
			continue // It has shown it already.
		}
		if r.spoils(f.Steps, steps) {
			continue
		}
		if f.Check.isOfState() && writes(steps) < writes(f.Steps) {
			continue
		}
		shown, err := r.shows(ctx, f, steps)
		if errors.Is(err, errSpent) || errors.Is(err, errNoLogin) {
			return nil
		}
		if err != nil && !errors.Is(err, errStep) {
			return err
		}
		if shown {
			f.Steps = steps
		}
	}
	return nil
}

// isOfState says that a finding is about what a server has: what was made for it may not be needed here, where a run
// has made as much before, and be needed where nothing is.
func (c Check) isOfState() bool {
	switch c.Code {
	case codeUseAfterFree, codeLeftover, codeDelivery, codeMoney, codePages, codeReadBack, codeFilter:
		return true
	}
	return false
}

// writes is how many steps may change something.
func writes(steps []step) int {
	n := 0
	for _, s := range steps {
		if s.Operation != "" && s.Method != http.MethodGet {
			n++
		}
	}
	return n
}

// A reduction makes steps smaller. It can be applied to whatever is left of the steps that it was made for.
type reduction func([]step) []step

// smaller are ways to make steps smaller: those that take most away come first.
func smaller(all []step) func(func(reduction) bool) {
	return func(yield func(reduction) bool) {
		last := len(all) - 1
		// Most of a long way has nothing to do with where it ends: all of it may go at once, or half.
		if last > 2 {
			if !yield(needed) {
				return
			}
		}
		for part := last / 2; part > 1; part /= 2 {
			for end := last; end >= part; end -= part {
				gone := all[end-part : end]
				if !yield(func(s []step) []step {
					for _, one := range slices.Backward(gone) {
						s = without(s, one)
					}
					return s
				}) {
					return
				}
			}
		}
		for i := last - 1; i >= 0; i-- {
			gone := all[i]
			if !yield(func(s []step) []step { return without(s, gone) }) {
				return
			}
		}
		for _, change := range smallerStep(all[last]) {
			if !yield(func(s []step) []step {
				s = slices.Clone(s)
				s[len(s)-1] = change(s[len(s)-1])
				return s
			}) {
				return
			}
		}
	}
}

// needed are the last step, those that give it what it needs, and waits.
func needed(all []step) []step {
	last := len(all) - 1
	uses, kept := all[last].uses(), []step{all[last]}
	for _, s := range slices.Backward(all[:last]) {
		isNeeded := s.Await || slices.ContainsFunc(s.gives(), func(name string) bool {
			return slices.Contains(uses, name)
		})
		if isNeeded {
			kept, uses = append(kept, s), append(uses, s.uses()...)
		}
	}
	slices.Reverse(kept)
	return kept
}

// without leaves out a step, unless a later one needs what it gives.
func without(all []step, gone step) []step {
	for i, s := range all[:len(all)-1] {
		if !same(s, gone) {
			continue
		}
		for _, later := range all[i+1:] {
			for _, name := range s.gives() {
				if slices.Contains(later.uses(), name) {
					return all
				}
			}
		}
		return slices.Delete(slices.Clone(all), i, i+1)
	}
	return all
}

func same(a, b step) bool {
	if a.Operation != b.Operation || a.Path != b.Path || len(a.Query) != len(b.Query) ||
		a.Body != nil && b.Body != nil && len(*a.Body) != len(*b.Body) {
		return false // Most are told apart by that, for a small part of the time.
	}
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// smallerStep are ways to make a request smaller.
func smallerStep(s step) []func(step) step {
	var ways []func(step) step
	for _, p := range s.Query {
		ways = append(ways, func(s step) step {
			s.Query = slices.DeleteFunc(slices.Clone(s.Query), func(q pair) bool { return q == p })
			return s
		})
	}
	for _, h := range s.Header {
		ways = append(ways, func(s step) step {
			s.Header = slices.DeleteFunc(slices.Clone(s.Header), func(q pair) bool { return q == h })
			return s
		})
	}
	if s.Body == nil {
		return ways
	}
	var value any
	if json.Unmarshal(*s.Body, &value) != nil {
		return ways
	}
	for _, path := range members(value, nil) {
		ways = append(ways, func(s step) step {
			if smaller, ok := drop(*s.Body, path); ok {
				s.Body = &smaller
			}
			return s
		})
	}
	return ways
}

// members are the paths of all members and elements of a value, the outer ones first.
func members(v any, at []any) [][]any {
	var paths [][]any
	switch v := v.(type) {
	case map[string]any:
		for _, name := range sortedKeys(v) {
			paths = append(paths, append(slices.Clone(at), name))
		}
		for _, name := range sortedKeys(v) {
			paths = append(paths, members(v[name], append(slices.Clone(at), name))...)
		}
	case []any:
		for i := len(v) - 1; i >= 0; i-- {
			paths = append(paths, append(slices.Clone(at), i))
		}
		for i, element := range v {
			paths = append(paths, members(element, append(slices.Clone(at), i))...)
		}
	}
	return paths
}

// drop is a JSON text without what is at a path. Members keep their order by name, and numbers their digits.
func drop(content body, path []any) (body, bool) {
	value, err := decodeNumbers(content)
	if err != nil {
		return nil, false
	}
	value, ok := dropped(value, path)
	if !ok {
		return nil, false
	}
	smaller, err := json.Marshal(value)
	return smaller, err == nil
}

func dropped(v any, path []any) (any, bool) {
	switch step := path[0].(type) {
	case string:
		object, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		member, has := object[step]
		if !has {
			return nil, false
		}
		if len(path) == 1 {
			delete(object, step)
			return object, true
		}
		object[step], ok = dropped(member, path[1:])
		return object, ok
	case int:
		array, ok := v.([]any)
		if !ok || step >= len(array) {
			return nil, false
		}
		if len(path) == 1 {
			return slices.Delete(array, step, step+1), true
		}
		array[step], ok = dropped(array[step], path[1:])
		return array, ok
	}
	return nil, false
}
