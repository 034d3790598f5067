package contracttest

import (
	"context"
	"net/http"
	"strconv"
)

// removed removes a thing, which then has to be gone for everybody.
func (r *run) removed(ctx context.Context, c change) error {
	if !r.tests(c.operations()) {
		return nil
	}
	if err := r.served(ctx, &c.reads, &c.lists); err != nil {
		return err
	}
	f, err := r.freshOf(ctx, c.operation)
	if err != nil {
		return err
	}
	known := f.ids("")
	id := known[c.parameter]
	args := map[string]string{"removal": c.operation, "id": id}
	var before []step
	for _, s := range readsOf(known, c.reads) {
		if s.Method == http.MethodGet {
			before = append(before, s) // It may come from a cache then.
		}
	}
	for _, l := range c.lists {
		if s, ok := listOf(known, l); ok {
			before = append(before, s)
		}
	}
	t, err := r.on(ctx, f, append(before, f.request())...)
	if err != nil {
		return err
	}
	for _, name := range c.reads {
		s, ok := r.callOf(known, name)
		if !ok {
			continue
		}
		s.Want = []want{{judgeGone, args}}
		if err := r.more(ctx, t, s); err != nil {
			return err
		}
	}
	for _, l := range c.lists {
		s, ok := listOf(known, l)
		if !ok {
			continue
		}
		s.Want = []want{{judgeUnlisted, map[string]string{"removal": c.operation, "id": id, "ids": l.ids}}}
		if err := r.readAll(ctx, t, s); err != nil {
			return err
		}
	}
	return nil
}

// closed closes a thing for good, which has to be shown as CLOSED, and to stay it.
func (r *run) closed(ctx context.Context, c closing) error {
	if !r.tests(append(c.operations(), c.reopen...)) {
		return nil
	}
	about, err := r.subjectOf(ctx, &c.change)
	if err != nil {
		return err
	}
	looks, id := about.looks, about.id
	s := about.ground.request()
	if c.body != "" {
		s.Media, s.Body = mediaJSON, text(c.body)
	}
	steps := append([]step{s}, wantClosed(looks, c.operation, id, "")...)
	for _, name := range c.reopen {
		again, ok := operationByID(name).readOf(about.known)
		if !ok {
			continue
		}
		again.Media, again.Body = mediaJSON, text(`{"status":"OPEN"}`)
		steps = append(append(steps, again), wantClosed(looks, c.operation, id, name)...)
	}
	return r.more(ctx, about.trace, steps...)
}

// wantClosed are looks at a thing that want it to be closed, by a removal or by a request that is blamed if it is not.
func wantClosed(looks []look, removal, id, blamed string) []step {
	steps := make([]step, len(looks))
	for i, l := range looks {
		args := map[string]string{"removal": removal, "id": id, "blamed": blamed}
		if l.ids != "" {
			args["ids"] = l.ids
		}
		steps[i] = l.step
		steps[i].Want = []want{{judgeClosed, args}}
	}
	return steps
}

// closedPocket closes one of two pockets that have no money: another one could not be closed.
func (r *run) closedPocket(ctx context.Context) error {
	c := change{"updatePocket", "pocket_id", []string{"getCustomerPocket", "getPocket"}, pocketLists[:2]}
	if !r.tests(c.operations()) {
		return nil
	}
	f, err := r.freshOf(ctx, "createPocket")
	if err != nil {
		return err
	}
	left, made := f.remade(f.request()), f.remade(f.request())
	made.Keep = map[string]string{theThing: "/id"}
	known := f.ids(thing, c.parameter)
	s, ok := operationByID(c.operation).readOf(known)
	if !ok {
		return nil
	}
	s.Media, s.Body = mediaJSON, text(`{"status":"CLOSED","closure_reason":"No longer needed"}`)
	t, err := r.on(ctx, f, left, made)
	if err != nil {
		return err
	}
	looks, err := r.looks(ctx, t, c, known, thing)
	if err != nil {
		return err
	}
	return r.more(ctx, t, append([]step{s}, wantClosed(looks, c.operation, thing, "")...)...)
}

// judgeGone wants what was removed to be refused.
var judgeGone = register("gone", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	removal, _ := t.lastWrite(at, args["removal"])
	if !succeeded(e) || removal == nil || !removal.isAbout(args["id"]) || !e.isAbout(args["id"]) {
		return nil
	}
	// What is removed may be removed again, unless the contract has a status for it (RFC 9110, 9.2.2).
	if e.step.Method == http.MethodDelete && !operationByID(e.step.Operation).names(http.StatusNotFound) {
		return nil
	}
	return blame(failure{code: codeUseAfterFree, place: "status", rule: "after " + args["removal"],
		expected: "404, as it was removed", got: "status " + strconv.Itoa(e.status()),
		source: operationByID(e.step.Operation).source("responses")}, e.step.Operation, args["removal"])
})

// judgeUnlisted wants what was removed to be in no list.
var judgeUnlisted = register("unlisted", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	removal, _ := t.lastWrite(at, args["removal"])
	if !succeeded(e) || removal == nil || !removal.isAbout(args["id"]) ||
		elementOf(e.value, args["ids"], args["id"]) == nil {
		return nil
	}
	return blame(failure{code: codeUseAfterFree, place: "body " + args["ids"], rule: "after " + args["removal"],
		expected: "a list without it, as it was removed", got: "a list that has it",
		source: operationByID(e.step.Operation).source()}, e.step.Operation, args["removal"])
})

// judgeClosed wants what was closed to be shown as CLOSED.
var judgeClosed = register("closed", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	removal, place := t.lastWrite(at, args["removal"])
	if !succeeded(e) || removal == nil || !removal.isAbout(args["id"]) {
		return nil
	}
	if answered, _ := member(removal.value, "status").(string); answered != "" && answered != closed {
		return nil // It is not closed yet.
	}
	shown := e.value
	if args["ids"] != "" {
		element := elementOf(e.value, args["ids"], args["id"])
		if element == nil {
			return nil // It need not be listed any more.
		}
		shown = element
	}
	status, _ := member(shown, "status").(string)
	if status == "" || status == closed {
		return nil
	}
	rule := "after " + args["removal"]
	if again, later := t.lastWrite(at, args["blamed"]); args["blamed"] != "" && again != nil && later > place {
		rule = "opened again by " + args["blamed"]
	}
	return blame(failure{code: codeUseAfterFree, place: "body /status", rule: rule,
		expected: closed + ", as it was closed for good", got: "another status",
		source: operationByID(e.step.Operation).source()}, e.step.Operation, args["removal"], args["blamed"])
})
