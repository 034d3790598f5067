package contracttest

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// withCredentials has asked for the credentials, if they are to be asked for.
func (c Config) withCredentials(ctx context.Context) (Config, error) {
	if c.Credentials == nil {
		return c, nil
	}
	given, err := c.Credentials(ctx)
	if err != nil {
		return Config{}, fmt.Errorf("contracttest: Credentials has none: %w", err)
	}
	c.Username, c.Password, c.SigningSecret = given.Username, given.Password, given.SigningSecret
	return c, nil
}

// ask asks Prepare for what an operation needs, and puts it into variables. Each finding asks anew, so what it gives is
// not in the steps of a finding, but for its names.
func (r *run) ask(ctx context.Context, s step, vs variables) error {
	values := r.offered[s.Prepare]
	if values == nil {
		var err error
		if values, err = r.prepared(ctx, s.Prepare); err != nil {
			return err
		}
	}
	for _, name := range s.Given {
		value, ok := values[name]
		if !ok {
			return fmt.Errorf("%w: Prepare gives no %s for %s, as it did before", errStep, name, s.Prepare)
		}
		vs[variableOf(name)] = value
	}
	return nil
}

// prepared calls Prepare. Its error leaves the operation out.
func (r *run) prepared(ctx context.Context, operation string) (map[string]string, error) {
	if r.config.Prepare == nil {
		return nil, fmt.Errorf("%w: %s needs what a hook prepares, and there is no Prepare", errStep, operation)
	}
	values, err := r.config.Prepare(ctx, operation)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	for _, name := range sortedKeys(values) {
		if err == nil && !isPreparable(name) {
			err = fmt.Errorf("it gives %q, which is no parameter of the contract, no variable of the recipes "+
				"and no JSON pointer", name)
		}
	}
	if err == nil {
		if values == nil {
			values = map[string]string{}
		}
		return values, nil
	}
	if r.unprepared == nil {
		r.unprepared = map[string]error{}
	}
	r.unprepared[operation] = err
	return nil, fmt.Errorf("%w: %s is not prepared: %w", errStep, operation, err)
}

// isPreparable reports whether a name says where a value belongs.
func isPreparable(name string) bool { return strings.HasPrefix(name, "/") || preparable()[name] }

// preparable are the parameters of the contract and the variables of the recipes.
var preparable = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for _, o := range operations() {
		for _, p := range slices.Concat(o.in("path"), o.in("query")) {
			names[p.Name] = true
		}
	}
	for _, known := range recipe.All() {
		all := known.Steps
		for _, thing := range known.Things {
			all = slices.Concat(all, thing.Steps)
		}
		for _, s := range all {
			for _, name := range sortedKeys(s.Keep) {
				names[name] = true
			}
		}
	}
	return names
})

var notOfVariable = regexp.MustCompile(`[^a-z0-9_]`)

// variableOf is the variable for the value of a parameter, or of a place in a body.
func variableOf(name string) string {
	if strings.HasPrefix(name, "/") {
		name = "at" + name
	}
	return notOfVariable.ReplaceAllString(strings.ToLower(name), "_")
}

// preparedWays are the ways of an operation, each behind the step that prepares it. What is given is used first: in the
// requests of the recipes, without the steps before them, and in those of the contract's examples. The steps before
// them come last, for what was prepared may be no id, but a switch that was turned.
func (r *run) preparedWays(o *operation, values map[string]string) func(func([]step) bool) {
	return func(yield func([]step) bool) {
		prepare := step{Prepare: o.ID, Given: sortedKeys(values)}
		for _, way := range r.givenWays(o, prepare) {
			if !yield(way) {
				return
			}
		}
		for way := range r.ways(o) {
			if !yield(append([]step{prepare}, way...)) {
				return
			}
		}
	}
}

// givenWays are requests that need nothing but what is given.
func (r *run) givenWays(o *operation, prepare step) [][]step {
	if len(prepare.Given) == 0 {
		return nil
	}
	own := newPool(map[string][]string{})
	for _, p := range o.in("path") {
		if slices.Contains(prepare.Given, p.Name) {
			own.known[p.Name] = []string{"${" + variableOf(p.Name) + "}"}
		} else {
			own.known[p.Name] = r.pool.texts(p.Name)
		}
	}
	var all [][]step
	for _, way := range append(r.recipes(o), own.ways(r, o)...) {
		call := way[len(way)-1].given(o, prepare.Given)
		before := prepare
		before.Make = map[string]recipe.Made{}
		isEnough := true
		for _, name := range call.uses() {
			if slices.Contains(slices.Concat(callersVariables, call.gives(), prepare.gives()), name) ||
				r.pool.used[name] != nil {
				continue
			}
			made, ok := madeIn(way[:len(way)-1], name)
			before.Make[name] = made
			isEnough = isEnough && ok
		}
		if isEnough && len(all) < mostWays {
			all = append(all, []step{before, call})
		}
	}
	return all
}

// madeIn is how steps make a variable. It reports false if it comes from elsewhere, or needs what does.
func madeIn(steps []step, name string) (recipe.Made, bool) {
	for _, s := range steps {
		if made, has := s.Make[name]; has {
			return made, made != recipe.MadeEncryptedPIN
		}
	}
	return "", false
}

// callersVariables are those that there are without a step. The receiver's is one if there is a receiver.
var callersVariables = []string{"nobody", "username", "password", "receiver"}

// given has what is prepared for a request in the places that it is for.
func (s step) given(o *operation, names []string) step {
	s.Query = slices.Clone(s.Query)
	for _, name := range names {
		text := "${" + variableOf(name) + "}"
		if strings.HasPrefix(name, "/") {
			if s.Body != nil && isJSON(s.Media) {
				quoted, _ := json.Marshal(text) //nolint:errchkjson // It is a text.
				if changed, ok := graft(*s.Body, name, quoted); ok {
					s.Body = &changed
				}
			}
			continue
		}
		for _, p := range o.in("query") {
			if p.Name == name {
				s.Query = slices.DeleteFunc(s.Query, func(q pair) bool { return q.Name == name })
				s.Query = append(s.Query, pair{name, text})
			}
		}
	}
	return s
}

// warnUnprepared says what Prepare could not make.
func (r *Report) warnUnprepared(run *run) {
	for _, o := range operations() {
		if err := run.unprepared[o.ID]; err != nil {
			r.Warnings = append(r.Warnings, fmt.Sprintf("%s was left out, as Prepare failed: %v", o.ID, err))
		}
	}
}
