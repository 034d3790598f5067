package schemagen_test

import (
	"slices"
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

func TestX(t *testing.T) {
	bodies, parameters, answers := targets()
	t.Log(len(bodies), len(parameters), len(answers))
	for i, list := range [][]target{bodies, parameters, answers} {
		cs, bs, both := 0, 0, 0
		for _, target := range list {
			gen := generator(t, target.config)
			bs += len(gen.Boundaries())
			for _, c := range gen.Constraints() {
				cs++
				if (c.Valid.Boundaries > 0 || c.Valid.Absent) && (c.Invalid.Boundaries > 0 || c.Invalid.Absent) {
					both++
					continue
				}
				if i < 3 {
					t.Log(target.name, c.ID, c.Pointer, c.Valid, c.Invalid)
				}
			}
		}
		t.Log(cs, both, bs)
	}
}
