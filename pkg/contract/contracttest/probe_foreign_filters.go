package contracttest

import (
	"context"
	"slices"
	"strings"
)

// A filler puts something into lists that a filter by a thing lets through.
type filler struct {
	// thing is the name of its id, as filters has it, and operation what fills lists with what belongs to it.
	thing, operation string
	// id is the pointer of the id in the answer, or empty where the request has it.
	id string
}

var fillers = []filler{
	{"transfer_id", "createOnUsTransfer", "/id"}, {"wire_id", "createWire", ""}, {"card_id", "simulateCardSwipe", ""},
}

// probeFilledFilters has the second caller ask for what is the first one's by filters that name things which the list
// by itself has no need of: there is something that belongs to each, or nothing would be shown to anybody.
func probeFilledFilters(ctx context.Context, r *run, g *ground) error {
	o := g.operation
	for _, p := range o.in("query") {
		for _, k := range fillers {
			if filters[p.Name] != k.thing || !o.isRead() || g.ids("")[k.thing] != "" || !r.config.AllowWrites {
				continue
			}
			if err := leaveOut(r.filledFilter(ctx, o, p.Name, k)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) filledFilter(ctx context.Context, o *operation, filter string, k filler) error {
	f, err := r.freshOf(ctx, k.operation)
	if err != nil {
		return err
	}
	fills, id := f.request(), f.ids("")[k.thing]
	if k.id != "" {
		fills.Keep, id = map[string]string{theThing: k.id}, thing
	}
	list, ok := o.readOf(f.ids(""))
	if !ok || !strings.HasPrefix(id, "${") {
		return nil
	}
	steps := []step{fills}
	own := byOther(list)[0]
	if len(o.in("path")) > 0 {
		setup := byOther(renamed(append(slices.Clone(f.setup), list), theirs)...)
		steps, own = append(steps, setup[:len(setup)-1]...), setup[len(setup)-1]
	}
	asked := asking(list, pair{filter, id})
	steps = append(append(steps, asked),
		tried(asking(own, pair{filter, id}), ruleForeign, claim{id, "query " + filter})...)
	return onlyError(r.on(ctx, f, steps...))
}

// foreignSubscription has the second caller ask for the events of a subscription of the first one's.
func (r *run) foreignSubscription(ctx context.Context) error {
	examples := operationByID("triggerWebhook").exampleBodies()
	if r.receiver == nil || len(examples) == 0 || !r.tests([]string{"listEvents"}) {
		return nil
	}
	happens, kind, ok := trigger("event_0", examples[0].body)
	if !ok {
		return nil
	}
	list := callBy("listEvents", "")
	list.Query = []pair{{"subscription_id", "${all_id}"}}
	steps := []step{subscribe("all_id", "all_hook", "all_secret", []string{kind}), happens, {Await: true}, list}
	return r.whole(ctx, append(steps, tried(list, ruleForeign, claim{"${all_id}", "query subscription_id"})...))
}
