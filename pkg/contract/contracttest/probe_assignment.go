package contracttest

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// probeAssignment sends members that only answers have, which have to be refused, or left alone.
func probeAssignment(ctx context.Context, r *run, g *ground) error {
	o := g.operation
	if o.isRead() || o.Bare || g.base.Body == nil || !isJSON(g.base.Media) || o.json() == nil || g.answer == nil {
		return nil
	}
	shown, _ := g.answer.value.(map[string]any)
	known := propertiesOf(o.json().Schema.Value)
	f, err := r.fresh(ctx, g)
	if err != nil {
		return err
	}
	var reads []string
	for _, c := range changes {
		if c.operation == o.ID {
			reads = c.reads
		}
	}
	if len(shown) == 0 && len(reads) > 0 {
		look := readsOf(f.ids(""), reads[:1])
		t, err := r.on(ctx, f, look...)
		if err != nil {
			return err
		}
		if e := t.last(); succeeded(e) && len(look) > 0 {
			shown, _ = e.value.(map[string]any)
		}
	}
	unshown := unshownOf(o, shown)
	for _, name := range append(sortedKeys(shown), sortedKeys(unshown)...) {
		if slices.Contains(known, name) {
			continue
		}
		value := r.assigned(name, shown[name])
		if shown[name] == nil {
			value = r.assigned(name, unshown[name])
		}
		if value == nil {
			continue
		}
		changed, ok := graft(*f.base.Body, "/"+escapePointer(name), value)
		if !ok {
			continue
		}
		s := f.remade(f.request())
		s.Body = &changed
		args := map[string]string{"operation": o.ID, "name": name, "value": string(value)}
		s.Want = []want{{judgeAssigned, args}}
		steps := []step{s}
		if o.Method == http.MethodPatch {
			for _, look := range readsOf(f.ids(""), reads) {
				look.Want = []want{{judgeAssigned, args}}
				steps = append(steps, look)
			}
		}
		t, err := r.on(ctx, f, steps...)
		if err != nil {
			return err
		}
		if e := t.of(len(f.setup)); succeeded(e) {
			if f, err = r.fresh(ctx, g); err != nil {
				return err
			}
		}
	}
	return nil
}

// unshownOf are the members that an answer of an operation has by the contract, and that the one of a ground does not
// show: each with a value like one that it could have.
func unshownOf(o *operation, shown map[string]any) map[string]any {
	all := map[string]any{}
	for _, status := range []int{http.StatusOK, http.StatusCreated} {
		response := o.declared.Responses.Status(status)
		if response == nil || response.Value == nil || response.Value.Content[mediaJSON] == nil {
			continue
		}
		schema := response.Value.Content[mediaJSON].Schema
		if schema == nil || schema.Value == nil {
			continue
		}
		for _, name := range propertiesOf(schema.Value) {
			p := propertyOf(schema.Value, name)
			if p == nil || shown[name] != nil {
				continue
			}
			switch {
			case p.Format == "uuid":
				all[name] = "00000000-0000-4000-8000-000000000000"
			case p.Format == "date-time":
				all[name] = "2026-01-05T09:30:00Z"
			case p.Type.Is("boolean"):
				all[name] = false
			case p.Type.Is("integer"):
				all[name] = json.Number("1")
			}
		}
	}
	return all
}

// assigned is another value for a member of an answer, or nil.
func (r *run) assigned(name string, was any) json.RawMessage {
	switch was := was.(type) {
	case string:
		switch _, err := time.Parse(time.RFC3339, was); {
		case err == nil:
			return json.RawMessage(`"2001-02-03T04:05:06Z"`)
		case uuidText.MatchString(was):
			return json.RawMessage(`"` + r.uuid() + `"`)
		case name == "status" || name == "account_status":
			for _, other := range []string{"APPROVED", closed, "COMPLETED", "PROCESSED", "VERIFIED", "disabled",
				"OPEN"} {
				if other != was {
					return json.RawMessage(strconv.Quote(statusFor(was, other)))
				}
			}
		case name == "object_type":
			return nil
		}
		return nil
	case bool:
		return json.RawMessage(strconv.FormatBool(!was))
	case json.Number:
		return json.RawMessage("987654")
	}
	return nil
}

// statusFor is the state that somebody would like something to be in that is in another one.
func statusFor(was, other string) string {
	switch was {
	case "CREATED", "SUBMITTED":
		return "APPROVED"
	case "OPEN":
		return closed
	case "enabled":
		return "disabled"
	case "PENDING":
		return "COMPLETED"
	case "INITIAL":
		return "RECEIVED"
	}
	return other
}

// judgeAssigned wants a member that only answers have not to be what a request has said.
var judgeAssigned = register("assigned", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	if !succeeded(e) {
		return nil
	}
	sent := strconv.Quote(args["name"]) + ":" + args["value"]
	if e.step.Operation != args["operation"] {
		write, _ := t.lastWrite(at, args["operation"])
		if write == nil || !strings.Contains(string(write.sent.Body), sent) {
			return nil
		}
	} else if !strings.Contains(string(e.sent.Body), sent) {
		return nil
	}
	is, err := json.Marshal(member(e.value, args["name"]))
	if err != nil || string(is) != args["value"] {
		return nil
	}
	return blame(failure{code: codeMassAssignment, place: "body /" + escapePointer(args["name"]), rule: "assigned",
		expected: "a value of the server's, as requests do not have this member", got: "the value of the request",
		source: operationByID(args["operation"]).source("requestBody")}, args["operation"], e.step.Operation)
})

// propertyOf is a member of an object, wherever its schema has it, or nil.
func propertyOf(s *openapi3.Schema, name string) *openapi3.Schema {
	if p := s.Properties[name]; p != nil {
		return p.Value
	}
	for _, list := range []openapi3.SchemaRefs{s.AllOf, s.OneOf, s.AnyOf} {
		for _, form := range list {
			if p := propertyOf(form.Value, name); p != nil {
				return p
			}
		}
	}
	return nil
}
