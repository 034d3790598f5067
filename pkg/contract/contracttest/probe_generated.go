package contracttest

import (
	"context"
	"encoding/json"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/validation/schemagen"
)

// generated sends requests that are drawn: such with one mistake, which have to be refused, and valid ones, whose
// answers have to be as the contract has them. A bank may refuse those: nothing in them is at the edge of what the
// contract says, so they are not told, and a right side of a constraint is tried by the boundaries alone.
func generated(ctx context.Context, r *run) error {
	source := drawing{r}
	for _, o := range r.tested {
		var all []variation
		for range r.config.Generated {
			all = append(all, drawnParameters(source, o)...)
			if media := o.json(); media != nil && media.Schema != nil {
				if g := generatorOf(media.Schema); g != nil {
					all = append(all, drawnBodies(source, g)...)
				}
			}
		}
		if most := 2 * r.config.Generated; len(all) > most {
			r.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			all = all[:most]
		}
		if err := r.variations(ctx, o, all); err != nil {
			return err
		}
	}
	return nil
}

// drawing is where values come from that are drawn: the numbers of the run.
type drawing struct{ r *run }

func (d drawing) Intn(n int) int { return d.r.random.IntN(n) }

// drawnParameters are a right and a wrong value for one of the parameters.
func drawnParameters(source schemagen.Source, o *operation) []variation {
	var free []*openapi3.Parameter
	for _, p := range o.parameters {
		if p.In != "path" {
			free = append(free, p)
		}
	}
	if len(free) == 0 {
		return nil
	}
	p := free[source.Intn(len(free))]
	g := generatorOf(p.Schema)
	if g == nil {
		return nil
	}
	of := func(value json.RawMessage, why string) variation {
		return variation{place: p.In + " " + p.Name, why: why, apply: func(s step) (step, bool) {
			return withParameter(s, p, value)
		}}
	}
	var all []variation
	if value, err := g.DrawValid(source); err == nil {
		all = append(all, of(value, "drawn"))
	}
	if wrong, err := g.DrawInvalid(source); err == nil {
		all = append(all, of(wrong.Value, wrong.Why))
	}
	return all
}

// drawnBodies are a right and a wrong body. What in it names something that is there stays as it was.
func drawnBodies(source schemagen.Source, g *schemagen.Generator) []variation {
	var all []variation
	if value, err := g.DrawValid(source); err == nil {
		all = append(all, variation{place: "body", why: "drawn", apply: func(s step) (step, bool) {
			if s.Body == nil || !isJSON(s.Media) {
				return s, false
			}
			kept := keepNamed(*s.Body, value)
			s.Body = &kept
			return s, true
		}})
	}
	if wrong, err := g.DrawInvalid(source); err == nil {
		all = append(all, bodyVariation(schemagen.Boundary{Value: wrong.Value, Pointer: wrong.Pointer, Rule: wrong.Rule,
			Constraint: wrong.Constraint, Why: wrong.Why, Alone: true}))
	}
	return all
}

// keepNamed is a body that was drawn, with those members of another one that are a variable, or an address.
func keepNamed(base, drawn []byte) body {
	kept := body(drawn)
	value, err := decodeNumbers(base)
	if err != nil {
		return kept
	}
	for _, path := range members(value, nil) {
		pointer := pointerOf(path)
		found, ok := valueAt(base, pointer)
		if !ok || !variable.Match(found) && !isAddress(found) {
			continue
		}
		if changed, ok := graft(kept, pointer, found); ok {
			kept = changed
		}
	}
	return kept
}

// isAddress reports whether a value is where a server would call somebody.
func isAddress(value json.RawMessage) bool {
	var text string
	return json.Unmarshal(value, &text) == nil && (hasPrefixFold(text, "http://") || hasPrefixFold(text, "https://"))
}
