package contracttest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// A ground is where an operation can be called from: what it is about has been made, and base is a request that
// succeeds. Probes change base a little and see what becomes of it.
type ground struct {
	operation *operation
	// setup has been taken, and vars are what it has kept.
	setup []step
	vars  variables
	// base is the request, and answer what came back when it was sent.
	base   step
	answer *exchange
	// isPaid says that what the set-up has paid into pockets has arrived.
	isPaid bool
}

// errNoGround says that no request to an operation succeeds. Probes leave it out, and the report says so.
var errNoGround = errors.New("contracttest: no request to the operation succeeds")

// ground makes a ground for an operation, another one each time. Those probes that change nothing take the one that
// known remembers.
func (r *run) ground(ctx context.Context, o *operation) (*ground, error) {
	if r.unprepared[o.ID] != nil {
		return nil, fmt.Errorf("%w: %s is not prepared", errNoGround, o.ID)
	}
	var last error
	ways := r.ways(o)
	if r.config.Prepare != nil {
		values, err := r.prepared(ctx, o.ID)
		if err != nil {
			return nil, err
		}
		if r.offered == nil {
			r.offered = map[string]map[string]string{}
		}
		r.offered[o.ID] = values
		defer delete(r.offered, o.ID)
		ways = r.preparedWays(o, values)
	}
	for way := range ways {
		g, err := r.prepare(ctx, o, way)
		switch {
		case err == nil:
			return g, nil
		case leaveOut(err) != nil:
			return nil, err
		}
		last = err
	}
	if last == nil {
		last = errors.New("what it needs is not known")
	}
	return nil, fmt.Errorf("%w: %s: %w", errNoGround, o.ID, last)
}

// ways are lists of steps that may end in a call of an operation that succeeds, the most promising one first.
func (r *run) ways(o *operation) func(func([]step) bool) {
	return func(yield func([]step) bool) {
		if r.config.AllowWrites || len(o.in("path")) == 0 {
			for _, way := range r.recipes(o) {
				if !yield(way) {
					return
				}
			}
		}
		for _, way := range r.pool.ways(r, o) {
			if !yield(way) {
				return
			}
		}
	}
}

// recipes are the ways that recipes know, without those that ask for what the server does not have.
func (r *run) recipes(o *operation) [][]step {
	var all [][]step
	for _, known := range recipe.All() {
		if known.Operation != o.ID || known.Status/100 != 2 {
			continue
		}
		if way, ok := r.follow(known); ok && (r.config.AllowWrites || isReading(way)) {
			all = append(all, way)
		}
	}
	return all
}

// follow has the steps of a recipe. It reports false if they need controls that are not there.
func (r *run) follow(known recipe.Recipe) ([]step, bool) {
	var source []recipe.Step
	for _, thing := range known.Things {
		source = append(source, thing.Steps...)
	}
	var steps []step
	for _, s := range append(source, known.Steps...) {
		if strings.HasPrefix(s.Path, controlPath) || s.Clock != nil && !r.controls {
			return nil, false
		}
		converted, err := fromRecipe(s)
		if err != nil {
			return nil, false
		}
		steps = append(steps, converted)
	}
	return steps, true
}

// isReading reports whether steps change nothing.
func isReading(steps []step) bool {
	return !slices.ContainsFunc(steps, func(s step) bool {
		return s.Clock != nil || s.Method != "" && s.Method != http.MethodGet
	})
}

// prepare takes steps, of which the last one is the call of an operation.
func (r *run) prepare(ctx context.Context, o *operation, way []step) (*ground, error) {
	setup, base := way[:len(way)-1], way[len(way)-1]
	t, err := r.try(ctx, setup)
	r.judged(t)
	if err != nil {
		return nil, err
	}
	g := &ground{operation: o, setup: setup, vars: t.vars, base: base}
	tried, err := r.on(ctx, g, base)
	if err != nil {
		return nil, err
	}
	g.answer = tried.last()
	if g.answer == nil || !g.answer.isSuccess() {
		status := 0
		if g.answer != nil {
			status = g.answer.status()
		}
		return nil, fmt.Errorf("%w: %s answers %d", errNoGround, o.ID, status)
	}
	r.pool.learn(g)
	return g, nil
}

// anew is the request with new values of what its caller chooses, such as the id of a wire: with the old ones, it would
// be refused as one that has been there.
func (g *ground) anew() step {
	s := g.base
	s.Make = maps.Clone(s.Make)
	for i, setup := range g.setup {
		for name, made := range setup.Make {
			isShared := slices.ContainsFunc(g.setup[i:], func(later step) bool {
				return slices.Contains(later.uses(), name)
			})
			if made != recipe.MadeUUID || isShared || !slices.Contains(s.uses(), name) {
				continue
			}
			if s.Make == nil {
				s.Make = map[string]recipe.Made{}
			}
			s.Make[name] = made
		}
	}
	return s
}

// on takes steps on a ground, and notes what judges find. What the steps keep is theirs alone.
func (r *run) on(ctx context.Context, g *ground, steps ...step) (*trace, error) {
	t := &trace{steps: slices.Clone(g.setup), vars: maps.Clone(g.vars)}
	t.exchanges = make([][]*exchange, len(g.setup))
	err := r.takeAll(ctx, t, steps)
	r.judged(t)
	return t, err
}
