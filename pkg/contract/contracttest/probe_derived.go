package contracttest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// mostChoices bounds how many values of a member are tried of which others follow.
const mostChoices = 4

// following are reads that say what follows from other things, by the operations that change those; members are those
// of a change of whose values it follows. Of other reads a server may say more as time goes by. (Source: the
// descriptions of these operations and of listDocumentRequests.)
var following = []struct {
	read, write string
	members     []string
}{
	{"listDocumentRequests", "updateBusinessApplication", []string{"entity_type"}},
	{"listDocumentRequests", "createRelatedPartyApplication", nil},
	{"listDocumentRequests", "updateRelatedPartyApplication", nil},
	{"listDocumentRequests", "deleteRelatedPartyApplication", nil},
}

// derived looks whether a read says the same after a change, whether it was asked before it or not: what is worked out
// from other things has to be worked out again.
func (r *run) derived(ctx context.Context) error {
	for _, c := range following {
		if !r.tests([]string{c.read, c.write}) {
			continue
		}
		g, err := r.known(ctx, operationByID(c.write))
		if leaveOut(err) != nil {
			return err
		}
		if err != nil {
			continue
		}
		read, ok := operationByID(c.read).readOf(g.ids(""))
		if !ok {
			continue
		}
		bodies := []*body{g.base.Body}
		for _, b := range r.choices(g, c.members) {
			bodies = append(bodies, &b)
		}
		for _, b := range bodies {
			if err := leaveOut(r.derivedOf(ctx, g, b, read)); err != nil {
				return err
			}
		}
	}
	return nil
}

// derivedOf makes and changes a thing three times, and reads the last one before that as well.
func (r *run) derivedOf(ctx context.Context, g *ground, b *body, read step) error {
	setup := slices.Clone(g.setup)
	for i := range setup {
		setup[i].Want = nil
	}
	write := g.request()
	write.Body = b
	last := read
	last.Want = []want{{judgeDerived, map[string]string{"operation": g.operation.ID}}}
	made := slices.Concat(setup, []step{write, read})
	t, err := r.try(ctx, slices.Concat(made, made, setup, []step{read, write, last}))
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
	isChange := func(w string) bool { return strings.HasPrefix(w, args["operation"]+" 2") }
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
				if slices.ContainsFunc(writes, isChange) {
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
	if n < 3 || !hasRead || !slices.Equal(blocks[n-1], blocks[n-2]) || !slices.Equal(blocks[n-2], blocks[n-3]) ||
		!slices.ContainsFunc(blocks[n-1], isChange) {
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
		got:      "something else, as if it had not been worked out again",
		source:   operationByID(e.step.Operation).source()}, e.step.Operation, args["operation"])
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
