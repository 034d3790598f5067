package contracttest

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// subtle are variations of a body in what libraries read otherwise than the contract does: a line break behind a text,
// which a pattern's end matches before in some languages; the number of a value of an enum; one value in the place of a
// list; the same moment in another time zone.
func (r *run) subtle(g *ground) []variation {
	base := *g.base.Body
	value, err := decodeNumbers(base)
	if err != nil {
		return nil
	}
	var all []variation
	// wrong adds a value that the contract does not allow. What it allows is for others.
	wrong := func(pointer, why string, raw json.RawMessage) {
		changed, ok := graft(base, pointer, raw)
		if !ok || r.isValid(g, changed) {
			return
		}
		all = append(all, variation{place: "body " + starred(pointer), why: why, apply: grafting(pointer, raw)})
	}
	for _, path := range members(value, nil) {
		pointer := pointerOf(path)
		raw, has := valueAt(base, pointer)
		if !has {
			continue
		}
		switch {
		case bytes.HasPrefix(raw, []byte(`"`)):
			wrong(pointer, "a line break behind it", json.RawMessage(string(raw[:len(raw)-1])+`\n"`))
			if r.isEnum(g, pointer) {
				for n := range mostOrdinals {
					wrong(pointer, "the number of a value", json.RawMessage(strconv.Itoa(n)))
				}
			}
		case bytes.HasPrefix(raw, []byte(`[`)):
			if first, has := valueAt(base, pointer+"/0"); has {
				wrong(pointer, "one value and no list", first)
			}
		}
		moment, err := time.Parse(strconv.Quote(time.RFC3339), string(raw))
		if err == nil {
			there := moment.In(time.FixedZone("", 2*60*60)).Format(strconv.Quote(time.RFC3339))
			all = append(all, variation{place: "body " + starred(pointer), why: "the same moment with an offset",
				isTold: true, apply: grafting(pointer, json.RawMessage(there))})
		}
	}
	return append(all, r.patterned(g)...)
}

// patterned are the members of an object which a body does not have and whose texts have a pattern.
func (r *run) patterned(g *ground) []variation {
	media := g.operation.json()
	if media == nil || media.Schema == nil {
		return nil
	}
	var all []variation
	for _, name := range propertiesOf(media.Schema.Value) {
		p, pointer := propertyOf(media.Schema.Value, name), "/"+escapePointer(name)
		if _, has := valueAt(*g.base.Body, pointer); has || p == nil || p.Pattern == "" {
			continue
		}
		for _, text := range []string{"PAYROLL", "2026-01", "1", "+14155550134"} {
			plain, ok := graft(*g.base.Body, pointer, json.RawMessage(strconv.Quote(text)))
			if !ok || !r.isValid(g, plain) {
				continue
			}
			all = append(all, variation{place: "body " + pointer, why: "a line break behind it",
				apply: grafting(pointer, json.RawMessage(strconv.Quote(text+"\n")))})
			break
		}
	}
	return all
}

// mostOrdinals is how many numbers of values are tried: by most of them, another member would have to be there as well.
const mostOrdinals = 3

// isEnum reports whether a text of a body has to be one of some values.
func (r *run) isEnum(g *ground, pointer string) bool {
	changed, ok := graft(*g.base.Body, pointer, json.RawMessage(`"contracttest"`))
	if !ok {
		return false
	}
	s := g.request()
	s.Body = &changed
	said, ok := r.verdict(s.message(g.vars, "", false))
	return ok && !said.isValid && said.rule == "enum"
}

// subtleDay is always the same, as a run sends the same on any day. A server need not know it any more: what is told of
// it counts where the plain form of the same moment was taken.
const subtleDay = "2026-01-05"

// subtleParameters are values of a parameter that libraries read otherwise than the contract does, and those at the
// ends of time, where there is no index and where a time zone leads out of what there is.
func subtleParameters(p *openapi3.Parameter) []variation {
	schema := p.Schema.Value
	if schema.Type.Is("array") && schema.Items != nil {
		schema = schema.Items.Value
	}
	if p.In != "query" || !schema.Type.Is("string") {
		return nil
	}
	var all []variation
	with := func(text string) func(step) (step, bool) {
		return func(s step) (step, bool) { return withParameter(s, p, json.RawMessage(strconv.Quote(text))) }
	}
	plain := with(subtleDay + "T09:30:00Z")
	add := func(why string, isTold bool, text string) {
		v := variation{place: p.In + " " + p.Name, why: why, isTold: isTold, apply: with(text)}
		if isTold {
			v.plain = plain
		}
		all = append(all, v)
	}
	switch schema.Format {
	case "date-time":
		add("an offset", true, subtleDay+"T11:30:00+02:00")
		add("parts of a second", true, subtleDay+"T09:30:00.123456Z")
		add("long ago", false, "1900-01-01T00:00:00Z")
		add("the last moment that there is", false, "9999-12-31T23:59:59Z")
		add("a line break behind it", false, subtleDay+"T09:30:00Z\n")
	case "date":
		add("long ago", false, "1900-01-01")
		add("the last day that there is", false, "9999-12-31")
		add("a line break behind it", false, subtleDay+"\n")
	case "uuid":
		add("a line break behind it", false, "7d8a1c52-0b6f-4d7c-9f0e-3f1f0f5d2a11\n")
	}
	if len(schema.Enum) > 0 {
		if text, ok := schema.Enum[0].(string); ok {
			add("a line break behind it", false, text+"\n")
		}
	} else if example := exampleOf(p); example != "" && schema.Pattern != "" {
		add("a line break behind it", false, example+"\n")
	}
	return all
}
