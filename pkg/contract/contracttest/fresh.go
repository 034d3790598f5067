package contracttest

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// known is a ground of an operation on which its request was sent already, the same one each time. It will do for what
// changes nothing; fresh makes another.
func (r *run) known(ctx context.Context, o *operation) (*ground, error) {
	if r.knownGrounds == nil {
		r.knownGrounds = map[string]*ground{}
	}
	if g, ok := r.knownGrounds[o.ID]; ok {
		if g == nil {
			return nil, errNoGround
		}
		return g, nil
	}
	g, err := r.ground(ctx, o)
	if leaveOut(err) != nil {
		return nil, err
	}
	r.knownGrounds[o.ID] = g
	return g, err
}

// unused is a new ground of an operation whose request succeeds. What a thing can be asked for once, such as to be
// closed, would be refused whatever the request says: then its request was not sent to it yet.
func (r *run) unused(ctx context.Context, o *operation) (*ground, error) {
	isOnce, known := r.once[o.ID]
	if !isOnce {
		g, err := r.ground(ctx, o)
		if known || err != nil || o.isRead() || o.Bare {
			return g, err
		}
		t, err := r.on(ctx, g, g.anew())
		if err != nil {
			return nil, err
		}
		if r.once == nil {
			r.once = map[string]bool{}
		}
		if r.once[o.ID] = t.last() != nil && t.last().status()/100 == 4; !r.once[o.ID] {
			return g, nil
		}
	}
	g, err := r.known(ctx, o)
	if err != nil {
		return nil, err
	}
	return r.fresh(ctx, g)
}

// leaveOut is the error of a run that has to end, or none if an operation has to be left out.
func leaveOut(err error) error {
	if errors.Is(err, errNoGround) || errors.Is(err, errStep) {
		return nil
	}
	return err
}

// fresh takes the set-up of a ground again, so that its request can be sent for the first time.
func (r *run) fresh(ctx context.Context, g *ground) (*ground, error) {
	if g.operation.isRead() {
		return g, nil
	}
	t, err := r.try(ctx, g.setup)
	r.judged(t)
	if err != nil {
		return nil, err
	}
	f := &ground{operation: g.operation, setup: g.setup, vars: t.vars, base: g.base, answer: g.answer}
	f.isPaid, err = r.paid(ctx, f)
	return f, err
}

// after is a ground whose steps say that the request of another one was sent before: what a server does wrong with a
// request may need one that was right.
func (g *ground) after(before *ground) *ground {
	if before.operation.isRead() {
		return g
	}
	later := *g
	later.setup = slices.Concat(before.setup, []step{before.request()}, g.setup)
	return &later
}

// more takes further steps of a trace.
func (r *run) more(ctx context.Context, t *trace, steps ...step) error {
	err := r.takeAll(ctx, t, steps)
	r.judged(t)
	return err
}

// request is the request that succeeds, without what its answer gives to later steps.
func (g *ground) request() step {
	s := g.base
	s.Keep, s.Want = nil, nil
	return s
}

// remade has a request make those values anew that its set-up has made for it, so that it can be sent again and be
// another request.
func (g *ground) remade(s step) step {
	made := map[string]recipe.Made{}
	uses := s.uses()
	for _, earlier := range g.setup {
		for name, what := range earlier.Make {
			if slices.Contains(uses, name) {
				made[name] = what
			}
		}
	}
	maps.Copy(made, s.Make)
	s.Make = made
	return s
}

// theKey is the variable that has the key which is repeated.
const theKey = "repeated_key"

// keyed sends a request under a key that is made for it, and that others can have after it.
func keyed(s step) step {
	made := map[string]recipe.Made{theKey: recipe.MadeUUID}
	maps.Copy(made, s.Make)
	s.Make = made
	return sameKey(s)
}

// sameKey sends a request under the key that was made for another.
func sameKey(s step) step {
	s.Key = "${" + theKey + "}"
	return s
}

// each calls a probe with each operation that is tested and can be called.
func each(probe func(context.Context, *run, *ground) error) func(context.Context, *run) error {
	return func(ctx context.Context, r *run) error {
		for _, o := range r.tested {
			if !r.config.AllowWrites && !o.isRead() {
				continue
			}
			g, err := r.known(ctx, o)
			if err == nil {
				err = probe(ctx, r, g)
			}
			if leaveOut(err) != nil {
				return err
			}
		}
		return nil
	}
}

// few reports whether so few operations are tested that each can be looked at more closely.
func (r *run) few() bool { return len(r.tested) <= 12 }
