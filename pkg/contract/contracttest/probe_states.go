package contracttest

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// states takes the ways to each state that a thing can be in, by the recipes, and has all reads show it there: what is
// shown of a thing may be right in all states but one, and of all kinds of things but one. Each answer is held against
// the contract; whether the state was reached is not asked.
func states(ctx context.Context, r *run) error {
	if r.config.Prepare != nil {
		return nil // What there is comes from a hook.
	}
	for _, known := range recipe.All() {
		if known.Object == "" {
			continue
		}
		steps, ok := r.follow(known)
		if !ok {
			continue
		}
		for i := range steps {
			steps[i].Want = nil
		}
		given := map[string]string{}
		for _, s := range steps {
			for _, name := range s.gives() {
				given[name] = "${" + name + "}"
			}
		}
		shows := r.showing(given)
		if len(shows) == 0 && !slices.ContainsFunc(steps, func(s step) bool { return r.tests([]string{s.Operation}) }) {
			continue
		}
		t, err := r.try(ctx, steps)
		r.judged(t)
		if leaveOut(err) != nil {
			return err
		}
		if err != nil {
			continue // It is not reached here.
		}
		if err := leaveOut(r.more(ctx, t, shows...)); err != nil {
			return err
		}
	}
	return r.hush(ctx)
}

// showing are reads among those that are tested of what has ids that variables have.
func (r *run) showing(given map[string]string) []step {
	known := maps.Clone(given)
	for name, other := range map[string]string{"pocket_id": "account_id", "account_id": "pocket_id"} {
		if known[name] == "" {
			known[name] = given[other]
		}
	}
	others := maps.Clone(known) // What is in another state may be the other one of two.
	for _, name := range sortedKeys(given) {
		if plain, isOther := strings.CutPrefix(name, "other_"); isOther {
			others[plain] = given[name]
		}
	}
	if others["pocket_id"] != known["pocket_id"] {
		others["account_id"] = others["pocket_id"]
	}
	var all []step
	for _, o := range r.tested {
		if !o.isRead() || o.Bare || len(o.in("path")) == 0 {
			continue
		}
		for _, ids := range []map[string]string{known, others} {
			s, ok := o.readOf(ids)
			if ok && !slices.ContainsFunc(all, func(other step) bool { return same(other, s) }) {
				all = append(all, s)
			}
		}
	}
	return all
}
