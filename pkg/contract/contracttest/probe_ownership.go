package contracttest

import (
	"context"
	"net/http"
)

// owners are members of a body that the contract says to be of the same customer as what the path is about, with the
// read that shows one.
var owners = []struct{ operation, member, variable, read string }{
	{"createACHOrigination", "/counterparty_id", "counterparty_id", "getCounterparty"},
	{"createWire", "/counterparty_id", "counterparty_id", "getCounterparty"},
}

// probeOwnership has a request name what another customer of the same caller has.
func probeOwnership(ctx context.Context, r *run, g *ground) error {
	for _, owner := range owners {
		o := operationByID(owner.read)
		if owner.operation != g.operation.ID {
			continue
		}
		f, err := r.fresh(ctx, g)
		if err != nil {
			return err
		}
		look, ok := o.readOf(f.ids("${"+owner.variable+"}", owner.variable))
		if _, has := valueAt(bodyOf(f.base), owner.member); !ok || !has || f.vars[owner.variable] == nil {
			continue
		}
		look.Keep = map[string]string{"first_id": "/id"}
		first, second := f.remade(f.request()), f.remade(f.request())
		wrong := f.remade(f.request())
		changed, ok := graft(*wrong.Body, owner.member, []byte(`"${first_id}"`))
		if !ok {
			continue
		}
		wrong.Body = &changed
		wrong.Want = []want{{judgeOwned, map[string]string{"member": owner.member, "id": "${first_id}"}}}
		steps := append([]step{first, look}, f.setup...)
		if _, err := r.on(ctx, f, append(steps, second, wrong)...); err != nil {
			return err
		}
	}
	return nil
}

// judgeOwned wants a request to be refused that names what was read below another customer. The one before it, which
// names the customer's own, succeeds.
var judgeOwned = register("owned", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e, right := t.of(at), t.of(at-1)
	if !succeeded(e) || !succeeded(right) || right.step.Operation != e.step.Operation ||
		right.sent.Target != e.sent.Target || asksFor(right, args["member"], args["id"]) {
		return nil
	}
	for i := range at - 1 {
		other := t.of(i)
		if !succeeded(other) || other.step.Operation != e.step.Operation || other.sent.Target == e.sent.Target ||
			other.step.Method == http.MethodGet || !asksFor(other, args["member"], args["id"]) {
			continue
		}
		return []failure{{code: codeHierarchy, operation: e.step.Operation, place: "body " + args["member"],
			rule: "another_customer", expected: "a refusal, as it belongs to another customer", got: "a success",
			source: operationByID(e.step.Operation).source()}}
	}
	return nil
})

// asksFor reports whether the body of a request has an id at a place.
func asksFor(e *exchange, pointer, id string) bool {
	raw, has := valueAt(e.sent.Body, pointer)
	return has && string(raw) == `"`+id+`"`
}
