package contracttest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// echoes puts a mark into each place of a request that has a text, and sees to it that the request is refused: the
// refusal, which ends up in logs, must not repeat it. An identification number could have stood there.
func echoes(ctx context.Context, r *run) error {
	for _, o := range r.tested {
		if err := r.echoesOf(ctx, o); err != nil {
			return leaveOut(err)
		}
	}
	return nil
}

func (r *run) echoesOf(ctx context.Context, o *operation) error {
	if !r.config.AllowWrites && !o.isRead() || o.json() == nil && len(o.in("query")) == 0 {
		return nil
	}
	g, err := r.ground(ctx, o)
	if err != nil {
		return leaveOut(err)
	}
	for _, s := range r.marked(g) {
		said, ok := r.verdict(s.message(g.vars, "", false))
		if !ok || said.isValid {
			continue
		}
		s.Want = []want{{Judge: "silent", Args: map[string]string{"place": said.place}}}
		t, err := r.on(ctx, g, s)
		if err != nil {
			return leaveOut(err)
		}
		if e := t.last(); e != nil && e.isSuccess() {
			return nil // Other probes have that as a finding.
		}
	}
	return nil
}

// mark is the beginning of whatever is looked for in answers. A digit in the middle keeps it from being a word.
const mark = "Zq7mArK"

// marked are requests with marks. Those that are all right are not sent.
func (r *run) marked(g *ground) []step {
	var all []step
	number := 0
	next := func() string { number++; return fmt.Sprintf("%s%04d", mark, number) }
	for _, p := range g.operation.in("query") {
		text, err := json.Marshal(next())
		if err != nil {
			continue
		}
		if s, ok := withParameter(g.anew(), p, text); ok {
			all = append(all, s)
		}
	}
	base := g.anew()
	if base.Body == nil || !isJSON(base.Media) {
		return all
	}
	value, err := decodeNumbers(*base.Body)
	if err != nil {
		return all
	}
	// Of the places that may have any text, all have a mark at once; each of the others has one by itself.
	free := slices.Clone(*base.Body)
	var wrong []body
	var first string
	var firstText json.RawMessage
	for _, path := range members(value, nil) {
		pointer := pointerOf(path)
		found, ok := valueAt(*base.Body, pointer)
		if !ok || bytes.HasPrefix(found, []byte("{")) || bytes.HasPrefix(found, []byte("[")) || isAddress(found) {
			continue
		}
		text, err := json.Marshal(next())
		if err != nil {
			continue
		}
		changed, ok := graft(*base.Body, pointer, text)
		if !ok {
			continue
		}
		s := base
		s.Body = &changed
		said, ok := r.verdict(s.message(g.vars, "", false))
		switch {
		case !ok:
		case !said.isValid:
			if wrong = append(wrong, changed); first == "" {
				first, firstText = pointer, text
			}
		default:
			if both, ok := graft(free, pointer, text); ok {
				free = both
			}
		}
	}
	if both, ok := graft(free, first, firstText); ok && first != "" { // What is free is refused with what is wrong.
		wrong = append(wrong, both)
	}
	if len(wrong) == 0 { // All of it may be any text. As another kind of value it may not.
		for _, path := range members(value, nil) {
			if changed, ok := graft(*base.Body, pointerOf(path), json.RawMessage(`["`+next()+`"]`)); ok {
				wrong = append(wrong, changed)
			}
		}
	}
	for _, changed := range wrong {
		s := base
		s.Body = &changed
		all = append(all, s)
	}
	if value, ok := value.(map[string]any); ok { // What is free is refused for what is missing.
		for _, name := range sortedKeys(value) {
			less, ok := cut(free, "/"+escapePointer(name))
			if !ok {
				continue
			}
			s := base
			s.Body = &less
			all = append(all, s)
		}
	}
	return all
}

var _ = register("silent", func(_ *run, t *trace, at int, args map[string]string) []failure {
	var found []failure
	for _, e := range t.exchanges[at] {
		if e.status() < 400 {
			continue
		}
		where := ""
		if bytes.Contains(e.answer.Body, []byte(mark)) {
			where = "the body"
		}
		for _, name := range sortedKeys(e.answer.Header) {
			if strings.Contains(strings.Join(e.answer.Header[name], "\n"), mark) {
				where = "the header " + name
			}
		}
		if where != "" {
			found = append(found, failure{code: codeEcho, operation: e.step.Operation, place: args["place"],
				rule: "echo", expected: "a refusal that names the place and the rule, and not what stood there",
				got: where + " repeats a value of the request", source: "CWE-209"})
			break
		}
	}
	return found
})
