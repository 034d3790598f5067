package reconcile

import (
	"fmt"
	"strings"
	"time"
)

// Report is what a run has found.
type Report struct {
	// Started is when the run began, by Config.Now.
	Started time.Time
	// From and To are the window, with To filled in.
	From, To time.Time
	// Complete says that all was read. If it was not, the findings are right as far as they go, and what the API lacks
	// is not among them.
	Complete bool
	// Findings are events first, then on-us transfers, ACH originations and wires, each by time.
	Findings []Finding
	// Calls is how often the API was called; what the client tried again counts once. Lookups is how many of these were
	// for a single on-us transfer.
	Calls, Lookups int
	// Events and Payments are how many the API listed.
	Events, Payments int
	// BelievedEvents and BelievedPayments are how many the program gave.
	BelievedEvents, BelievedPayments int
}

// Of returns the findings of some kinds, in their order.
func (r *Report) Of(kinds ...Kind) []Finding {
	var found []Finding
	for _, f := range r.Findings {
		for _, kind := range kinds {
			if f.Kind == kind {
				found = append(found, f)
				break
			}
		}
	}
	return found
}

// String counts what was found.
func (r *Report) String() string {
	var parts []string
	for _, kind := range Kinds() {
		parts = append(parts, fmt.Sprintf("%d %s", len(r.Of(kind)), kind))
	}
	text := strings.Join(parts, ", ") + fmt.Sprintf(" (%d calls)", r.Calls)
	if !r.Complete {
		text += ", not complete"
	}
	return text
}
