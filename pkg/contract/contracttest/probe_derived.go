package contracttest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// mostChoices bounds how many values of a member are tried of which others follow.
const mostChoices = 4

// derivedReads are reads that are worked out from other things than those that they name, by the operations that change
// these, with the members of a change that decide. (Source: the descriptions of updateBusinessApplication and of
// listDocumentRequests.) Of whatever else stands around a change, nothing is said: it may move by itself in time.
var derivedReads = map[string]map[string][]string{
	"listDocumentRequests": {"updateBusinessApplication": {"entity_type"}, "createRelatedPartyApplication": nil,
		"updateRelatedPartyApplication": nil, "deleteRelatedPartyApplication": nil},
}

// derived looks whether a read says the same after a change, whether it was asked before it or not: what is worked out
// from other things has to be worked out again.
func (r *run) derived(ctx context.Context) error {
	for _, read := range sortedKeys(derivedReads) {
		writes := derivedReads[read]
		for _, id := range sortedKeys(writes) {
			if !r.tests([]string{read, id}) {
				continue
			}
			g, err := r.known(ctx, operationByID(id))
			if leaveOut(err) != nil {
				return err
			}
			if err != nil {
				continue
			}
			bodies := []*body{g.base.Body}
			for _, b := range r.choices(g, writes[id]) {
				bodies = append(bodies, &b)
			}
			for _, b := range bodies {
				if err := leaveOut(r.derivedOf(ctx, g, b, read)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (r *run) derivedOf(ctx context.Context, g *ground, b *body, read string) error {
	reads := readsOf(g.parameters(), []string{read})
	if len(reads) == 0 {
		return nil
	}
	setup := slices.Clone(g.setup)
	for i := range setup {
		setup[i].Want = nil
	}
	write := g.request()
	write.Body = b
	last := slices.Clone(reads)
	for i := range last {
		last[i].Want = []want{{judgeDerived, map[string]string{"operation": g.operation.ID}}}
	}
	t, err := r.try(ctx, slices.Concat(setup, []step{write}, reads, setup, []step{write}, reads, setup, reads,
		[]step{write}, last))
	r.judged(t)
	return err
}

// choices are bodies that have nothing but one of the values that the contract has for a member.
func (r *run) choices(g *ground, names []string) []body {
	var all []body
	for _, name := range names {
		media := g.operation.json()
		if media == nil || media.Schema == nil {
			continue
		}
		values := choicesOf(media.Schema.Value, []string{name})
		for i, n := 0, max(len(values)/mostChoices, 1); i < len(values); i += n {
			encoded, err := json.Marshal(map[string]any{name: values[i]})
			if b := body(encoded); err == nil && r.isValid(g, b) {
				all = append(all, b)
			}
		}
	}
	return all
}

// judgeDerived wants a read of a thing that was read before it was changed to say what it says of two others that were
// made and changed in the same way, and not read before. Where those two differ, nothing is said.
var judgeDerived = register("derived", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	if !succeeded(e) {
		return nil
	}
	// A block is what was written up to a read.
	var blocks [][]string
	var reads []*exchange
	hasRead := false
	var writes []string
	for i := range at + 1 {
		other := t.of(i)
		switch {
		case other != nil && other.step.Operation == e.step.Operation && len(other.step.Query) == len(e.step.Query):
			if other != e && other.sent.Target == e.sent.Target {
				hasRead = true
				if slices.ContainsFunc(writes, func(w string) bool { return strings.HasPrefix(w, args["operation"]+" ") }) {
					return nil // It was changed before it was read.
				}
				continue
			}
			blocks, reads, writes = append(blocks, writes), append(reads, other), nil
		case other == nil && t.steps[i].Clock != nil:
			writes = append(writes, fmt.Sprint("clock ", *t.steps[i].Clock))
		case other != nil && other.step.Method != http.MethodGet:
			content := ""
			if other.step.Body != nil {
				content = string(*other.step.Body)
			}
			writes = append(writes, fmt.Sprintf("%s %d %s", other.step.Operation, other.status(), content))
		}
	}
	n := len(reads)
	if n < 3 || !hasRead || !reflect.DeepEqual(blocks[n-1], blocks[n-2]) || !reflect.DeepEqual(blocks[n-2], blocks[n-3]) ||
		!slices.ContainsFunc(blocks[n-1], func(w string) bool { return strings.HasPrefix(w, args["operation"]+" 2") }) {
		return nil
	}
	first, second := reads[n-3], reads[n-2]
	if !succeeded(first) || !succeeded(second) || first.sent.Target == second.sent.Target {
		return nil
	}
	said := sayingOf(e.value)
	if other := sayingOf(first.value); other != sayingOf(second.value) || other == said {
		return nil
	}
	return blame(failure{code: codeReadBack, place: "body", rule: "derived",
		expected: "what is said of another one that was changed in the same way, and was not read before",
		got:      "something else, as if it had not been worked out again", source: operationByID(e.step.Operation).source()},
		e.step.Operation, args["operation"])
})

// sayingOf is what an answer says of one thing as it would of another: without ids and times, in whatever order.
func sayingOf(v any) string {
	var plain func(v any) any
	plain = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			for name := range v {
				v[name] = plain(v[name])
			}
		case []any:
			texts := make([]string, len(v))
			for i := range v {
				encoded, _ := json.Marshal(plain(v[i]))
				texts[i] = string(encoded)
			}
			slices.Sort(texts)
			return texts
		}
		return v
	}
	encoded, err := json.Marshal(plain(withoutOwn(v)))
	if err != nil {
		return ""
	}
	return string(encoded)
}
