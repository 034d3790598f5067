package rapidgen

import (
	"encoding/json"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/validation/schemagen"
)

// Valid generates values that the schema accepts.
func Valid(gen *schemagen.Generator) *rapid.Generator[json.RawMessage] {
	return rapid.Custom(func(t *rapid.T) json.RawMessage {
		src := &source{t: t}
		v, err := gen.DrawValid(src)
		if err != nil {
			t.Skip(err) // Other numbers find one: schemagen.New did.
		}
		src.drawSomething()
		return v
	})
}

// Invalid generates values that the schema refuses for one reason. A schema that accepts whatever is JSON, such as {},
// has none: to draw one fails the test.
func Invalid(gen *schemagen.Generator) *rapid.Generator[schemagen.Invalid] {
	return rapid.Custom(func(t *rapid.T) schemagen.Invalid {
		src := &source{t: t}
		v, err := gen.DrawInvalid(src)
		if err != nil {
			t.Fatalf("rapidgen: %v", err) // The schema accepts everything.
		}
		src.drawSomething()
		return v
	})
}

// Boundaries generates the boundaries of the schema, in no order. A schema that asks for nothing, such as {}, has none:
// to draw one fails the test.
func Boundaries(gen *schemagen.Generator) *rapid.Generator[schemagen.Boundary] {
	all := gen.Boundaries()
	if len(all) == 0 {
		return rapid.Custom(func(t *rapid.T) schemagen.Boundary {
			t.Fatal("rapidgen: the schema has no boundaries: it asks for nothing")
			return schemagen.Boundary{}
		})
	}
	return rapid.SampledFrom(all)
}

// source draws from rapid, which makes the numbers smaller when it shrinks.
type source struct {
	t        *rapid.T
	hasDrawn bool
}

func (s *source) Intn(n int) int {
	s.hasDrawn = true
	return rapid.IntRange(0, n-1).Draw(s.t, "choice")
}

// drawSomething is for schemas with a single value: rapid panics at a generator that draws nothing.
func (s *source) drawSomething() {
	if !s.hasDrawn {
		rapid.Bool().Draw(s.t, "nothing to choose from")
	}
}
