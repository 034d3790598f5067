package schema

import (
	"slices"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/validation/internal/nearest"
)

// description is the name of a rule and what it expects.
type description struct{ rule, message string }

// phrase is a keyword of a schema.
type phrase struct {
	keyword string
	source  *openapi3.Schema
}

// fault spells a finding out.
func (v *vocabulary) fault(text []byte, path []step, f finding) Fault {
	of := phrase{f.keyword, f.source}
	said, known := v.said.Load(of)
	if !known {
		rule, message := v.describe(f.keyword, f.source)
		said = description{rule, message}
		v.said.Store(of, said)
	}
	d, _ := said.(description)
	fault := Fault{Rule: d.rule, Message: d.message}
	name := ""
	for _, s := range path {
		switch {
		case s.to > 0:
			name = string(appendUnescaped(nil, text[s.from:s.to]))
			fault.Pointer = append(fault.Pointer, v.spell(name))
		case s.name != "":
			fault.Pointer = append(fault.Pointer, s.name)
		default:
			fault.Pointer = append(fault.Pointer, s.index)
		}
	}
	if f.keyword == "unknown" || f.keyword == "properties" && v.reveal {
		fault.Message += v.meant(name, f.known)
	}
	return fault
}

// flaw spells out why a text is not JSON.
func (v *vocabulary) flaw(text []byte, f flaw, at int) Fault {
	message := f.message()
	if v.reveal {
		message += ": " + f.detail() + " at byte " + strconv.Itoa(f.at(text, at))
	}
	return Fault{nil, f.rule(), message}
}

// meant names the member that was probably meant.
func (v *vocabulary) meant(name string, known [][]byte) string {
	names := func(yield func(string) bool) {
		for _, k := range known {
			if !yield(string(k)) {
				return
			}
		}
	}
	if name, ok := nearest.Of(name, names); ok {
		return "; the nearest known one is " + name
	}
	if len(known) > 0 && len(known) <= 8 {
		list := make([]string, 0, len(known))
		for _, k := range known {
			list = append(list, string(k))
		}
		slices.Sort(list)
		return "; known are " + join(list)
	}
	return ""
}
