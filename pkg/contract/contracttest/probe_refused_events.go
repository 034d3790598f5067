package contracttest

import (
	"context"
	"slices"
)

// refusedEvents has a card locked, and then asks for what is refused: of that there is no event.
func (r *run) refusedEvents(ctx context.Context) error {
	f, err := r.freshOf(ctx, "setCardStatus")
	if err != nil {
		return err
	}
	lock := func(content string) step {
		s := f.remade(f.request())
		s.Body = text(content)
		return s
	}
	types := callBy("listEventTypes", "")
	types.Want = []want{{judgeUncalled, map[string]string{"hook": "${all_hook}", "operation": "setCardStatus"}}}
	_, err = r.on(ctx, f, subscribe("all_id", "all_hook", "all_secret", []string{"card.status.locked"}),
		lock(`{"status":"LOCKED"}`), step{Await: true}, lock(`{"status":"CLOSED"}`), lock(`{"status":["LOCKED"]}`),
		lock(`{"status":"locked"}`), step{Await: true}, types, callBy("deleteSubscription", "all_id"))
	return err
}

// judgeUncalled wants no more events than requests have succeeded.
var judgeUncalled = register("uncalled", func(r *run, t *trace, at int, args map[string]string) []failure {
	if r.receiver == nil || !t.hasAwaited(at) {
		return nil
	}
	succeeding, refused := 0, 0
	for i := range at {
		e := t.of(i)
		switch {
		case e == nil || e.step.Operation != args["operation"]:
		case e.isSuccess():
			succeeding++
		case e.status()/100 == 4:
			refused++
		default:
			return nil
		}
	}
	var came []string
	for _, d := range r.receiver.at(args["hook"]) {
		came = append(came, d.event())
	}
	slices.Sort(came)
	if came = slices.Compact(came); refused == 0 || succeeding == 0 || len(came) <= succeeding {
		return nil
	}
	return blame(failure{code: codeDelivery, place: "event", rule: "refused",
		expected: "no event of a request that was refused", got: "a delivery", source: sourceDelivery},
		args["operation"])
})
