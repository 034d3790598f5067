package contracttest

import (
	"slices"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// A request whose contract says oneOf has variants, each with members of its own.

// variants are the bodies that the contract has as examples of an operation, one of each variant other than that of a
// ground: those that have other members.
func (r *run) variants(g *ground) []body {
	media := g.operation.json()
	if g.base.Body == nil || media == nil || media.Schema == nil || len(media.Schema.Value.OneOf) == 0 {
		return nil
	}
	known := []string{shapeOf(*g.base.Body)}
	var all []body
	for _, example := range g.operation.exampleBodies() {
		names := shapeOf(example.body)
		if slices.Contains(known, names) || len(step{Body: &example.body}.uses()) > 0 || !r.isValid(g, example.body) {
			continue
		}
		known, all = append(known, names), append(all, example.body)
	}
	return all
}

// mostOtherWays bounds how many variants are come by on ways of their own.
const mostOtherWays = 3

// otherWays are ways to variants of the request of a ground that need something else than it: those on which a recipe
// makes one for others.
func (r *run) otherWays(g *ground) [][]step {
	media := g.operation.json()
	if g.base.Body == nil || media == nil || media.Schema == nil || len(media.Schema.Value.OneOf) == 0 {
		return nil
	}
	known := []string{shapeOf(*g.base.Body)}
	var all [][]step
	for _, of := range recipe.All() {
		steps, ok := r.follow(of)
		for i, s := range steps {
			if !ok || s.Operation != g.operation.ID || s.Body == nil || slices.Contains(known, shapeOf(*s.Body)) ||
				len(all) == mostOtherWays {
				continue
			}
			known, all = append(known, shapeOf(*s.Body)), append(all, steps[:i+1])
		}
	}
	return all
}

// shapeOf is what an object is made of: its members of an object, with the value of one that tells its variant.
func shapeOf(b body) string {
	value, err := decodeNumbers(b)
	object, ok := value.(map[string]any)
	if err != nil || !ok {
		return ""
	}
	kind, _ := object["type"].(string)
	return strings.Join(sortedKeys(object), " ") + " " + kind
}
