package schemagen

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Constraint is something that a schema asks of a value at one place.
type Constraint struct {
	// ID is a stable name: the way from the schema that the generator is for, by keywords and through references, with
	// what the keyword says: "/properties/amount/minimum=1".
	ID string
	// Pointer leads to the value, as a JSON pointer. It goes through item 0 of an array, and through an invented name
	// where any name may be.
	Pointer string
	// Keyword is the one of the schema: minimum, enum, required …
	Keyword string
	// Valid and Invalid are its two sides.
	Valid, Invalid Side
}

// Side is one of the two sides of a constraint.
type Side struct {
	// Boundaries is how many there are.
	Boundaries int
	// Absent says that there is no such side: a value of an enum is right, and only the enum as a whole has values that
	// are wrong.
	Absent bool
	// Reason says why there are none.
	Reason string
}

// Boundary is a value at the edge of a constraint.
type Boundary struct {
	// Value is a whole value for the schema.
	Value json.RawMessage
	// IsValid says whether the schema accepts it.
	IsValid bool
	// Pointer leads to the place that makes the difference. Of an invalid value it is what pkg/validation reports: for
	// a member that is missing, its own.
	Pointer string
	// Rule is what an invalid value breaks, as in validation.Violation. It is empty for a valid one.
	Rule string
	// Alone says of an invalid value that nothing else is wrong with it. Where one mistake always makes another, as a
	// number of more than 64 bits is beyond its maximum as well, it is false.
	Alone bool
	// Constraint is the ID of the one that it is for.
	Constraint string
	// Why says what is special about it: "2 characters, fewer than minLength 3".
	Why string
}

// Invalid is a value with one mistake.
type Invalid struct {
	Value json.RawMessage
	// Pointer and Rule are what pkg/validation reports, and nothing else. A member that is missing has its own pointer,
	// and so has one that must not be there.
	Pointer, Rule string
	// Constraint is the ID of the one that is broken.
	Constraint string
	Why        string
}

// Constraints lists what the schema asks for, in a stable order. Schemas that contain themselves are followed once.
func (g *Generator) Constraints() []Constraint {
	return append([]Constraint(nil), g.survey().constraints...)
}

// Boundaries are values on both sides of every constraint, each enumerated value and each variant by itself, and each
// optional member alone. They are always the same, and in the order of Constraints. The first call makes them.
func (g *Generator) Boundaries() []Boundary {
	return append([]Boundary(nil), g.survey().boundaries...)
}

// DrawInvalid makes a value that the schema refuses for one reason. A schema that accepts whatever is JSON has none,
// which is an ErrNoValue.
func (g *Generator) DrawInvalid(src Source) (Invalid, error) {
	s := g.survey()
	if len(s.wrong) == 0 {
		return Invalid{}, fmt.Errorf("schemagen: %w: every value is right, or none is wrong for one reason", ErrNoValue)
	}
	from := pick(src, pick(src, s.wrong))
	for try := range 8 {
		if b, _ := g.probe(from.probe, g.drawer(src, try)); b != nil {
			return b.invalid(), nil
		}
	}
	return s.boundaries[from.boundary].invalid(), nil
}

func (b *Boundary) invalid() Invalid { return Invalid{b.Value, b.Pointer, b.Rule, b.Constraint, b.Why} }

// probe tries to make a value for one side of a constraint, and has it judged. It says why there is none.
func (g *Generator) probe(p *probe, d *drawer) (*Boundary, string) {
	v, ok := d.value(g.root, 0, &p.aim)
	if !ok {
		return nil, "no such value can be made"
	}
	text := encode(v)
	if len(text) > maxText {
		return nil, "such a value is too large"
	}
	b := &Boundary{Value: text, IsValid: p.valid, Pointer: p.pointer, Constraint: p.constraint, Why: p.why}
	faults := g.faults(text)
	switch {
	case p.valid && len(faults) > 0:
		return nil, "ruled out by " + faults[0].Rule + " at " + named(pointerOf(faults[0].Pointer))
	case p.valid:
		return b, ""
	case len(faults) == 0:
		return nil, "such a value is right all the same"
	}
	var found []string
	for _, f := range faults {
		pointer := pointerOf(f.Pointer)
		if b.Rule == "" && p.expects(f.Rule, pointer) {
			b.Rule, b.Pointer = f.Rule, pointer
		}
		found = append(found, f.Rule+" at "+named(pointer))
	}
	b.Alone = len(faults) == 1
	if b.Rule == "" || !b.Alone && !p.loose {
		return nil, "such a value is refused for " + strings.Join(found, ", ")
	}
	return b, ""
}

func named(pointer string) string {
	if pointer == "" {
		return "the whole value"
	}
	return pointer
}
