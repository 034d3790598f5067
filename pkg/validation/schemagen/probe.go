package schemagen

import (
	"slices"
	"strings"
)

// probe is a way to make values for one side of a constraint.
type probe struct {
	constraint string
	index      int
	valid      bool
	// pointer is where the fault must be, and rules are those that it may break. Without any, every rule will do.
	pointer string
	rules   []string
	why     string
	aim     aim
	// loose says that there may be other faults.
	loose bool
	// last says that it is only for a side that has nothing yet.
	last bool
}

// expects reports whether a fault is the one that was intended. What is wrong in a variant may be reported of the value
// that has the variants: that none matches.
func (p *probe) expects(rule, pointer string) bool {
	if len(p.rules) == 0 || pointer == p.pointer && slices.Contains(p.rules, rule) {
		return true
	}
	inside := pointer == "" || pointer == p.pointer || strings.HasPrefix(p.pointer, pointer+"/")
	return inside && (rule == "one_of" || rule == "any_of")
}

// survey is what a schema asks for, with values on both sides.
type survey struct {
	constraints []Constraint
	boundaries  []Boundary
	// wrong are the ways to make values with one mistake, by their constraints.
	wrong [][]confirmed
}

// confirmed is a probe that has made a boundary.
type confirmed struct {
	*probe
	boundary int
}

// attempts is how often a probe is tried with different values around.
const attempts = 12

func newSurvey(g *Generator, config Config) *survey {
	w := newWalker(g, config)
	s := &survey{constraints: w.constraints}
	type side struct {
		constraint int
		valid      bool
	}
	type boundary struct {
		Boundary
		probe *probe
	}
	made := make([][]boundary, len(s.constraints))
	done := make(map[string]bool)
	reasons := make(map[side]string)
	of := func(at side) *Side {
		if at.valid {
			return &s.constraints[at.constraint].Valid
		}
		return &s.constraints[at.constraint].Invalid
	}
	values := make(map[string]bool)
	try := func(p *probe) {
		at := side{p.index, p.valid}
		key := p.constraint + "\x00" + p.why
		if done[key] || p.last && of(at).Boundaries > 0 {
			return
		}
		for attempt := range attempts {
			var src Source = zero{}
			if attempt > 0 {
				src = NewSource(uint64(attempt))
			}
			b, reason := g.probe(p, g.drawer(src, attempt))
			if b == nil {
				if reasons[at] == "" {
					reasons[at] = reason
				}
				continue
			}
			done[key] = true
			of(at).Boundaries++
			if again := p.constraint + "\x00" + string(b.Value); !values[again] {
				values[again] = true
				made[p.index] = append(made[p.index], boundary{*b, p})
			} else {
				of(at).Boundaries--
			}
			return
		}
	}
	for _, last := range []bool{false, true} {
		for _, p := range w.probes {
			if p.last == last {
				try(p)
			}
		}
	}
	// Where one mistake makes another, a value with both is better than none.
	for _, p := range w.probes {
		if !p.valid && !p.loose && !p.last {
			again := *p
			again.loose, again.last = true, true
			try(&again)
		}
	}
	for i := range s.constraints {
		for _, valid := range []bool{true, false} {
			at := side{i, valid}
			switch of(at).Boundaries {
			case 0:
				if of(at).Reason == "" {
					of(at).Reason = reasons[at]
				}
				if of(at).Reason == "" {
					of(at).Reason = "there is no such value"
				}
			default:
				of(at).Absent, of(at).Reason = false, ""
			}
		}
		var wrong []confirmed
		for _, b := range made[i] {
			if b.Alone {
				wrong = append(wrong, confirmed{b.probe, len(s.boundaries)})
			}
			s.boundaries = append(s.boundaries, b.Boundary)
		}
		if len(wrong) > 0 {
			s.wrong = append(s.wrong, wrong)
		}
	}
	return s
}
