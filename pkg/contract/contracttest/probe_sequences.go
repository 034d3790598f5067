package contracttest

import (
	"context"
)

const (
	// theThing is the variable that has the id of what was made.
	theThing = "made_id"
	thing    = "${" + theThing + "}"
)

// sequences make things, read them, change them, and remove them: by each operation that shows them.
func sequences(ctx context.Context, r *run) error {
	for _, c := range resources {
		if err := leaveOut(r.created(ctx, c)); err != nil {
			return err
		}
	}
	for _, c := range changes {
		for _, probe := range []func(context.Context, change) error{r.changed, r.changedAtOnce} {
			if err := leaveOut(probe(ctx, c)); err != nil {
				return err
			}
		}
	}
	for _, c := range removals {
		if err := leaveOut(r.removed(ctx, c)); err != nil {
			return err
		}
	}
	for _, c := range closings {
		if err := leaveOut(r.closed(ctx, c)); err != nil {
			return err
		}
	}
	if err := leaveOut(r.closedPocket(ctx)); err != nil {
		return err
	}
	if err := leaveOut(r.derived(ctx)); err != nil {
		return err
	}
	return leaveOut(r.items(ctx))
}

// freshOf is a new ground of an operation.
func (r *run) freshOf(ctx context.Context, id string) (*ground, error) {
	g, err := r.known(ctx, operationByID(id))
	if err != nil {
		return nil, err
	}
	return r.fresh(ctx, g)
}

// callOf is a call of an operation with what is known, and the body that its recipe has.
func (r *run) callOf(known map[string]string, id string) (step, bool) {
	o := operationByID(id)
	s, ok := o.readOf(known)
	if !ok || o.declared.RequestBody == nil {
		return s, ok
	}
	for _, way := range r.recipes(o) {
		base := way[len(way)-1]
		if base.Body == nil || len(base.uses()) > len(step{Path: base.Path}.uses()) {
			continue
		}
		s.Media, s.Body = base.Media, base.Body
		return s, true
	}
	if bodies := o.exampleBodies(); len(bodies) > 0 {
		s.Media, s.Body = mediaJSON, &bodies[0].body
		return s, true
	}
	return s, false
}
