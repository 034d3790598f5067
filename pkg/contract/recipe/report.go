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

// String returns the count as "2 of 3".
func (c Count) String() string { return fmt.Sprintf("%d of %d", c.Right, c.All) }

// Check follows recipes, one after another. One that fails does not end it; Report.Failures has the error. If ctx ends,
// those that are left count as not right, and the last failure is the error of ctx.
func (r *Runner) Check(ctx context.Context, recipes []Recipe) Report {
	var report Report
	before := r.requests
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
	report.Requests = r.requests - before
	return report
}

// String returns the counts in a line: "2 of 3 pairs, 1 of 1 states".
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
