package contracttest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/internal/printable"
)

// A Finding is something that a server does wrong, once for each cause. It holds no secret, no token and no value of an
// answer: what its steps need of answers, they keep in variables. Ids of Config.Known stand in it as they were given.
type Finding struct {
	Check Check `json:"check"`
	// Operation is the one that the steps show it of, and Operations are all that have it, that one among them. There
	// are several where the cause is the server's, as it is of signatures, keys, headers and methods, or where it may
	// be that of any of them. They are empty if it is about no operation.
	Operation  string   `json:"operation,omitempty"`
	Operations []string `json:"operations,omitempty"`
	// Place is where in a message: "status", "header allow", "query limit", or "body" and a JSON pointer in which * is
	// any index.
	Place string `json:"place,omitempty"`
	// Rule is what was broken, for programs: a rule of package validation, a status, or a word of the check's.
	Rule string `json:"rule,omitempty"`
	// Expected and Got say it to people, and Source where it is said: a place in the contract, or a document.
	Expected string `json:"expected"`
	Got      string `json:"got"`
	Source   string `json:"source"`
	// Evidence is what the operation rests on, as x-evidence has it.
	Evidence string `json:"evidence,omitempty"`
	Phase    string `json:"phase"`
	// Count is how often it was seen.
	Count int `json:"count"`
	// Confirmed says that the steps have shown it again, from the beginning and by themselves. It was the server of the
	// run, which had had all other requests by then; ids that those had made up were others this time. What happens at
	// the same time, or depends on a key that is drawn, had five tries; what is allowed now and then was shown by all.
	Confirmed bool `json:"confirmed"`
	// Reason says why it is expected, if it is excluded.
	Reason string `json:"reason,omitempty"`
	// Steps lead to it, from a server that knows nothing but its callers.
	Steps Steps `json:"steps"`

	key string
}

// String says in a few lines what was found, and whether the steps have shown it again. Nothing in it moves a cursor:
// names of members are those of the server, and a finding of a file may have been written by anybody.
func (f Finding) String() string {
	lines := []string{f.Check.String() + ": " + f.Check.Finds}
	if len(f.Operations) > 0 {
		lines = append(lines, "  operation: "+strings.Join(f.Operations, ", "))
	}
	if f.Place != "" {
		lines = append(lines, "  place:     "+f.Place+" ("+f.Rule+")")
	}
	confirmed := "yes, its steps have shown it again"
	if !f.Confirmed {
		confirmed = "no, its steps have not shown it again by themselves"
	}
	lines = append(lines, "  expected:  "+f.Expected, "  got:       "+f.Got, "  source:    "+f.Source,
		"  confirmed: "+confirmed)
	for i := range lines {
		lines[i] = printable.Text(lines[i])
	}
	return strings.Join(lines, "\n")
}

// findings are what a run has found so far, each once.
type findings struct {
	order  []string
	byKey  map[string]*Finding
	causes causes
	// isFull says that there were more than are kept.
	isFull bool
}

// mostFindings bounds what is found. A server that has a new name for the same fault in each answer has no end of them.
const mostFindings = 2000

func newFindings() *findings { return &findings{byKey: map[string]*Finding{}} }

func (f *findings) count() int { return len(f.order) }

// judged notes the failures of a trace. What is found for the first time is made smaller at the end of the run.
func (r *run) judged(t *trace) {
	for _, failure := range t.failures {
		if r.isOnlyMissing(failure) {
			continue
		}
		key := failure.key()
		known := r.findings.byKey[key]
		if known == nil && r.findings.count() == mostFindings {
			r.findings.isFull, r.isStopped = true, true
			continue
		}
		r.findings.causes.saw(failure)
		if known != nil {
			known.Count++
			continue
		}
		finding := &Finding{Check: checkByCode(failure.code), Operation: failure.operation, Place: failure.place,
			Rule: failure.rule, Expected: failure.expected, Got: failure.got, Source: failure.source, Phase: r.phase,
			Count: 1, Steps: r.pool.whole(slices.Clone(t.steps[:failure.step+1])), key: key}
		if o := operationByID(failure.operation); o != nil {
			finding.Operations, finding.Evidence = []string{o.ID}, o.evidence()
		}
		r.findings.byKey[key] = finding
		r.findings.order = append(r.findings.order, key)
		isCertain := r.exclusion(finding) == "" && !finding.isAllowedOnce()
		r.isStopped = r.isStopped || r.config.Stop != nil && isCertain && r.config.Stop(*finding)
	}
	t.failures = nil
}

// isOnlyMissing reports whether an operation that is not to be tested says that it is not there. A server may have a
// part of the API, and the run has asked for more of it only to come by what it needs.
func (r *run) isOnlyMissing(f failure) bool {
	return f.code == codeServerError && f.rule == strconv.Itoa(http.StatusNotImplemented) && f.operation != "" &&
		!slices.ContainsFunc(r.tested, func(o *operation) bool { return o.ID == f.operation })
}

// finish puts findings of the same cause together, makes each as small as it gets, and tells what the run has proved.
// After an error, of the run or of its own, findings stay as they are. It returns the error.
func (r *run) finish(ctx context.Context, failed error) error {
	if failed != nil {
		r.report.Warnings = append(r.report.Warnings, fmt.Sprintf("an error has ended the run in the phase %q: "+
			"what comes after it was not tested, and findings are not confirmed", r.phase))
	}
	if r.findings.isFull {
		r.report.Warnings = append(r.report.Warnings, fmt.Sprintf("%d things were found, which ended the run in the "+
			"phase %q: what comes after it was not tested", mostFindings, r.phase))
	}
	byCause := map[string]*Finding{}
	var causes []*Finding
	for _, key := range r.findings.order {
		f := r.findings.byKey[key]
		f.Reason = r.exclusion(f) // One operation's is not the others'.
		cause := r.findings.causes.of(f) + "|" + f.Reason
		if known := byCause[cause]; known != nil && f.Operation != "" {
			known.join(f)
			continue
		}
		byCause[cause] = f
		causes = append(causes, f)
	}
	r.phase, r.isStopped = phaseShrinking, false
	end := time.Now().Add(r.config.MaxTime / 2)
	for _, f := range causes {
		if failed == nil {
			failed = r.shrink(ctx, f, end)
		}
		switch {
		case f.Reason != "":
			r.report.Excluded = append(r.report.Excluded, *f)
		case f.isAllowedOnce() && !f.Confirmed:
			r.report.warnOnce(f)
		default:
			r.report.Findings = append(r.report.Findings, *f)
		}
	}
	r.report.warn(r)
	return failed
}

// exclusion is the reason why a finding is expected, or empty.
func (r *run) exclusion(f *Finding) string {
	for _, e := range r.config.Excluded {
		if e.covers(f) {
			return e.Reason
		}
	}
	return ""
}

// shows takes steps from the beginning, and reports whether they lead to a finding. Where they wait for deliveries,
// nobody subscribes to them but the steps.
func (r *run) shows(ctx context.Context, f *Finding, steps []step) (bool, error) {
	if slices.ContainsFunc(steps, func(s step) bool { return s.Await }) {
		if err := r.hush(ctx); err != nil {
			return false, err
		}
	}
	t, err := r.try(ctx, steps)
	for _, failure := range t.failures {
		if failure.key() == f.key {
			return true, nil
		}
	}
	return false, err
}
