package contracttest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// probeLeftovers has a request refused, after which all has to be as it was.
func probeLeftovers(ctx context.Context, r *run, g *ground) error {
	o := g.operation
	if o.isRead() || o.Bare {
		return nil
	}
	seen, err := r.observe(ctx, g)
	if err != nil {
		return err
	}
	f, err := r.fresh(ctx, g)
	if err != nil {
		return err
	}
	f = f.after(g)
	var refused []step
	for _, s := range r.halfWrong(f) {
		refused = append(refused, f.remade(s))
	}
	for _, b := range r.variants(f) { // One that succeeds, and then one like it without a part.
		s := f.remade(f.request())
		s.Body = &b
		if t, err := r.on(ctx, f, s); err != nil {
			return err
		} else if !succeeded(t.last()) {
			continue
		}
		if less, ok := r.lessThan(f, b); ok {
			s.Body = &less
			refused = append(refused, s)
		}
	}
	for _, s := range r.refusedByRecipe(f) {
		refused = append(refused, f.remade(s))
	}
	if len(refused) == 0 {
		return nil
	}
	t, err := r.on(ctx, f)
	if err != nil {
		return err
	}
	looks := reads(seen)
	add := func(s step) {
		if !slices.ContainsFunc(looks, func(known step) bool { return same(known, s) }) {
			looks = append(looks, s)
		}
	}
	for _, c := range resources {
		if c.create != o.ID {
			continue
		}
		for i, l := range c.lists {
			s, ok := listOf(f.ids(""), l)
			if !ok {
				continue
			}
			add(s)
			if !operationByID(l.operation).asks("cursor") {
				continue
			}
			last, err := r.pageOf(ctx, t, s, fmt.Sprintf("list_%d", i), func(*exchange) bool { return false })
			if err != nil {
				return err
			}
			if !same(last, s) { // What is new can be at the end.
				add(last)
				later := *f
				later.setup, later.vars = slices.Clone(t.steps), t.vars
				f = &later
			}
		}
	}
	for _, c := range changes {
		if c.operation == o.ID {
			looks = append(looks, readsOf(f.ids(""), c.reads)...)
		}
	}
	looks = looks[:min(len(looks), 6)]
	for _, bad := range refused {
		steps := slices.Concat(looks, looks, []step{bad})
		for _, s := range looks {
			s.Want = []want{{judgeLeftover, map[string]string{"operation": o.ID}}}
			steps = append(steps, s)
		}
		for _, c := range resources {
			if c.create != o.ID || strings.HasPrefix(c.id, "/") || !slices.Contains(bad.uses(), c.id[2:len(c.id)-1]) {
				continue
			}
			for _, s := range readsOf(f.ids(c.id, c.parameters...), c.reads) {
				s.Want = []want{{judgeAbsent, map[string]string{"operation": o.ID, "id": c.id}}}
				steps = append(steps, s)
			}
		}
		if err := onlyError(r.on(ctx, f, steps...)); err != nil {
			return err
		}
	}
	return nil
}

// lessThan is a body without a member that is more than a text, or else without its last one, so that it is wrong.
func (r *run) lessThan(g *ground, b body) (body, bool) {
	value, err := decodeNumbers(b)
	object, ok := value.(map[string]any)
	if err != nil || !ok {
		return nil, false
	}
	names := sortedKeys(object)
	slices.SortStableFunc(names, func(a, b string) int {
		_, isA := object[a].(map[string]any)
		_, isB := object[b].(map[string]any)
		switch {
		case isA == isB:
			return 0
		case isA:
			return -1
		}
		return 1
	})
	for _, name := range names {
		if less, ok := cut(b, "/"+escapePointer(name)); ok && !r.isValid(g, less) {
			return less, true
		}
	}
	return nil, false
}

// halfWrong are requests with one mistake, beside something new that would be right.
func (r *run) halfWrong(g *ground) []step {
	var all []step
	if s, ok := g.invalid(); ok && g.operation.Method != http.MethodPatch {
		all = append(all, s)
	}
	media := g.operation.json()
	if media == nil || media.Schema == nil {
		return all
	}
	names := propertiesOf(media.Schema.Value)
	for _, name := range names {
		p := media.Schema.Value.Properties[name]
		if p == nil || p.Value.MaxLength == nil || *p.Value.MaxLength > 1000 || g.base.Body == nil {
			continue
		}
		long, _ := json.Marshal(strings.Repeat("a", int(*p.Value.MaxLength)+1))
		if changed, ok := graft(*g.base.Body, "/"+escapePointer(name), long); ok {
			s := g.request()
			s.Body = &changed
			all = append(all, s)
		}
	}
	for _, b := range r.altered(g) {
		for _, name := range names {
			changed, ok := graft(b, "/"+escapePointer(name), json.RawMessage(`{"wrong":[]}`))
			if !ok {
				continue
			}
			known, err := decodeNumbers(b)
			if object, ok := known.(map[string]any); err == nil && ok && len(object) == 1 && object[name] != nil {
				continue // It would leave nothing that is right.
			}
			s := g.request()
			s.Body = &changed
			if said, ok := r.verdict(s.message(g.vars, "", false)); ok && !said.isValid {
				all = append(all, s)
				break
			}
		}
	}
	return all
}

// judgeLeftover wants a read to show nothing of requests that were refused.
var judgeLeftover = register("leftover", func(_ *run, t *trace, at int, args map[string]string) []failure {
	pointers, from := t.changedAt(at)
	refused := 0
	for i := from + 1; i < at; i++ {
		for _, e := range t.exchanges[i] {
			if e.step.Method != http.MethodGet {
				refused++
				if e.status()/100 != 4 {
					return nil
				}
			}
		}
	}
	if refused == 0 || len(pointers) == 0 {
		return nil
	}
	return blame(failure{code: codeLeftover, place: "effect", rule: "refused",
		expected: "what was there before, as the request was refused",
		got:      "another value in " + t.steps[at].Operation,
		source:   operationByID(args["operation"]).source("responses")}, args["operation"], t.steps[at].Operation)
})

// judgeAbsent wants an id that only a refused request has had not to be found.
var judgeAbsent = register("absent", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	if !succeeded(e) || strings.Contains(args["id"], "${") {
		return nil
	}
	refused := false
	for i := range at {
		for _, other := range t.exchanges[i] {
			if other.step.Operation != args["operation"] || !strings.Contains(string(other.sent.Body), args["id"]) {
				continue
			}
			if other.status()/100 != 4 {
				return nil
			}
			refused = true
		}
	}
	if !refused {
		return nil
	}
	return blame(failure{code: codeLeftover, place: "status", rule: "refused",
		expected: "404, as the request with that id was refused", got: "status " + strconv.Itoa(e.status()),
		source: operationByID(args["operation"]).source("responses")}, args["operation"], e.step.Operation)
})
