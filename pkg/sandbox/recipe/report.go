package recipe

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Report says which recipes led where they say.
type Report struct {
	// Pairs are about an operation and a status, States about a state of an object.
	Pairs, States Count
	// Failures are the errors of those that did not.
	Failures []error
	// Requests is how many were sent.
	Requests int
}

// Count is how many of some recipes led where they say.
type Count struct{ Right, All int }

func (c Count) String() string { return fmt.Sprintf("%d of %d", c.Right, c.All) }

// Check follows recipes. It ends early when ctx does.
func (r *Runner) Check(ctx context.Context, recipes []Recipe) Report {
	var report Report
	before := r.Requests
	for _, one := range recipes {
		count := &report.States
		if one.Operation != "" {
			count = &report.Pairs
		}
		count.All++
		if ctx.Err() != nil {
			continue
		}
		if err := r.Run(ctx, one); err != nil {
			report.Failures = append(report.Failures, err)
			continue
		}
		count.Right++
	}
	if err := ctx.Err(); err != nil {
		report.Failures = append(report.Failures, err)
	}
	report.Requests = r.Requests - before
	return report
}

func (r Report) String() string {
	var counts []string
	if r.Pairs.All > 0 {
		counts = append(counts, r.Pairs.String()+" pairs")
	}
	if r.States.All > 0 {
		counts = append(counts, r.States.String()+" states")
	}
	return strings.Join(counts, ", ")
}

// Missing returns the pairs and the states of the contract for which there is no recipe.
func Missing() (pairs []Pair, states []State) {
	known := map[string]bool{}
	for _, r := range All() {
		known[r.Name()] = true
	}
	pairs = slices.DeleteFunc(Pairs(), func(p Pair) bool { return known[p.String()] })
	states = slices.DeleteFunc(States(), func(s State) bool { return known[s.String()] })
	return pairs, states
}
