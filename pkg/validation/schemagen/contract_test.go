package schemagen_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/validation/schemagen"
)

func TestWhatIsDrawnForTheContractIsWhatItIsSaidToBe(t *testing.T) {
	t.Parallel()
	for _, target := range all() {
		gen, compiled := generator(t, target.config), oracle(t, target.config)
		src := schemagen.NewSource(1)
		for range 40 {
			v, err := gen.DrawValid(src)
			if err != nil {
				t.Fatalf("%s: %v", target.name, err)
			}
			if found := faults(compiled, v); found != nil {
				t.Fatalf("%s: %s is said to be right, and is refused for %q", target.name, v, found)
			}
		}
		for range 40 {
			v, err := gen.DrawInvalid(src)
			if err != nil {
				t.Fatalf("%s: %v", target.name, err)
			}
			if found := faults(compiled, v.Value); !slices.Equal(found, []string{v.Rule + " " + v.Pointer}) {
				t.Fatalf("%s: %s is said to break %s at %q, and is refused for %q", target.name, v.Value, v.Rule,
					v.Pointer, found)
			}
		}
	}
}

func TestBoundariesOfTheContractAreOnTheSideThatTheySay(t *testing.T) {
	t.Parallel()
	for _, target := range all() {
		gen, compiled := generator(t, target.config), oracle(t, target.config)
		for _, b := range gen.Boundaries() {
			found := faults(compiled, b.Value)
			switch {
			case b.IsValid && found != nil:
				t.Errorf("%s: %s: %s is refused for %q", target.name, b.Constraint, b.Value, found)
			case !b.IsValid && !slices.Contains(found, b.Rule+" "+b.Pointer):
				t.Errorf("%s: %s: %s is refused for %q, not for %s at %s", target.name, b.Constraint, b.Value, found,
					b.Rule, b.Pointer)
			}
		}
	}
}

// oneSided are the constraints of bodies of requests that have one side although the schema has another, each with the
// reason.
var oneSided = map[string]string{
	// Without a routing number, and with null for it, the body is one of another form of wire.
	"createCounterparty /oneOf/2/required=routing_number":                  "such a value is right all the same",
	"createCounterparty /oneOf/2/properties/routing_number/nullable=false": "such a value is right all the same",
	// What the form rules out is a routing number, of which the forms that have one say more.
	"createCounterparty /oneOf/3/not": "such a value is refused for type at /routing_number",
}

func TestEveryConstraintOfTheContractHasBothSides(t *testing.T) {
	t.Parallel()
	listed := 0
	for _, target := range all() {
		values := 0
		for _, c := range generator(t, target.config).Constraints() {
			listed++
			if c.Keyword == "enum" && c.Valid.Boundaries > 0 {
				values++
			}
			for _, side := range []schemagen.Side{c.Valid, c.Invalid} {
				switch name := target.name + " " + c.ID; {
				case side.Boundaries > 0:
				case side.Reason == "":
					t.Errorf("%s has a side without boundaries, and nobody says why", name)
				case !side.Absent && side.Reason != oneSided[name]:
					t.Errorf("%s has one side: %s", name, side.Reason)
				}
			}
		}
	}
	if listed < 20_000 {
		t.Errorf("%d constraints are listed", listed)
	}
}

// Each enumerated value of each schema that a request leads to is the value of some boundary, unless nothing can have
// it.
func TestEveryEnumeratedValueOfTheContractIsTried(t *testing.T) {
	t.Parallel()
	tried, absent := map[string]bool{}, map[string]bool{}
	for _, target := range all() {
		for _, c := range generator(t, target.config).Constraints() {
			_, value, found := strings.Cut(c.ID, "/enum/")
			if !found {
				continue
			}
			if c.Valid.Boundaries > 0 {
				tried[value] = true
			} else {
				absent[value] = true
			}
		}
	}
	for value := range absent {
		if !tried[value] {
			t.Errorf("%s is the value of no boundary", value)
		}
	}
	if len(tried) < 200 {
		t.Errorf("%d values are tried", len(tried))
	}
}

// A generator can be used by many at once, and says the same to all.
func TestAGeneratorIsForManyAtOnce(t *testing.T) {
	t.Parallel()
	gen := generator(t, transfer())
	var group sync.WaitGroup
	hashes := make([]string, 8)
	for i := range hashes {
		group.Go(func() { hashes[i] = hash(t, gen, 7, 50) })
	}
	group.Wait()
	if slices.Sort(hashes); hashes[0] != hashes[7] {
		t.Errorf("%q", hashes)
	}
}
