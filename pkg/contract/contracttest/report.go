package contracttest

import (
	"net/http"
	"slices"
)

// A Report is what a run has seen of a server.
type Report struct {
	// Seed is that of the run, and Requests how many it has sent: all of them, also logins, those that were sent again,
	// those to the clock of a sandbox, and those that made findings smaller.
	Seed     uint64 `json:"seed"`
	Requests int    `json:"requests"`
	// Findings are what is wrong, once for each cause. Excluded are those that are expected.
	Findings []Finding `json:"findings"`
	Excluded []Finding `json:"excluded,omitempty"`
	// Warnings say what the run did not prove.
	Warnings []string `json:"warnings,omitempty"`
	// Error says why the run could not go on to its end, as the error of Run does. It is empty for bounds and Stop.
	Error string `json:"error,omitempty"`
	// Unfinished are the phases that ended before they were through, as requests or time were used up, as Stop said so,
	// as 2,000 things were found, or as there was an error.
	Unfinished []string `json:"unfinished,omitempty"`
	// Operations are those that were called, by their ids, in the order of the contract.
	Operations []OperationReport `json:"operations"`

	// sides are those of the contract's constraints that were tried.
	sides map[string]bool
}

// OperationReport is what a run has seen of an operation.
type OperationReport struct {
	ID       string `json:"id"`
	Tag      string `json:"tag"`
	Requests int    `json:"requests"`
	// Statuses are how often each was answered. 0 is no answer.
	Statuses map[int]int `json:"statuses"`
}

// Succeeded reports whether the operation was answered with a status of success.
func (o OperationReport) Succeeded() bool {
	for status := range o.Statuses {
		if status/100 == 2 {
			return true
		}
	}
	return false
}

// knowsNobody reports whether the server has answered 401 to all that it was asked as a caller.
func (r *Report) knowsNobody() bool {
	for _, o := range r.Operations {
		for status := range o.Statuses {
			if status != http.StatusUnauthorized && !operationByID(o.ID).Bare {
				return false
			}
		}
	}
	return true
}

func newReport(config Config) *Report {
	r := &Report{Seed: config.Seed, sides: map[string]bool{}}
	for _, o := range operations() {
		if len(config.Operations) == 0 || slices.Contains(config.Operations, o.ID) {
			r.Operations = append(r.Operations, OperationReport{ID: o.ID, Tag: o.tag(), Statuses: map[int]int{}})
		}
	}
	return r
}

func (r *Report) saw(e *exchange) {
	for i := range r.Operations {
		if o := &r.Operations[i]; o.ID == e.step.Operation {
			o.Requests++
			o.Statuses[e.status()]++
		}
	}
}
