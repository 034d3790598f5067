package rapidgen

import (
	"encoding/json"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/validation/schemagen"
)

// Valid generates values that the schema accepts.
func Valid(gen *schemagen.Generator) *rapid.Generator[json.RawMessage] {
	return rapid.Custom(func(t *rapid.T) json.RawMessage {
		v, err := gen.DrawValid(source{t})
		if err != nil {
			t.Skip(err) // Other numbers find one: schemagen.New did.
		}
		return v
	})
}

// Invalid generates values that the schema refuses for one reason.
func Invalid(gen *schemagen.Generator) *rapid.Generator[schemagen.Invalid] {
	return rapid.Custom(func(t *rapid.T) schemagen.Invalid {
		v, err := gen.DrawInvalid(source{t})
		if err != nil {
			t.Fatal(err) // The schema accepts everything.
		}
		return v
	})
}

// Boundaries generates the boundaries of the schema, in no order.
func Boundaries(gen *schemagen.Generator) *rapid.Generator[schemagen.Boundary] {
	return rapid.SampledFrom(gen.Boundaries())
}

// source draws from rapid, which makes the numbers smaller when it shrinks.
type source struct{ t *rapid.T }

func (s source) Intn(n int) int { return rapid.IntRange(0, n-1).Draw(s.t, "choice") }
