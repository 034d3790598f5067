package torture

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Problem is something that should not have happened.
type Problem struct {
	// Key is the request's, if it is about one.
	Key string
	// Text says what it is, with the rows of the ledger.
	Text string
}

// Verdict is what the ledger says, beside what the clients were told.
type Verdict struct {
	// Effects is how many there are in the ledger.
	Effects int
	// Acknowledged is how many requests were told that they took effect.
	Acknowledged int
	// InDoubtDone and InDoubtNot are how many ended with an unknown outcome, by whether they took effect.
	InDoubtDone, InDoubtNot int
	// FailedDone and FailedNot are how many ended with a failure that is stored, by whether they took effect.
	FailedDone, FailedNot int
	// Twice is how many requests took effect more than once.
	Twice int
	// Missing is how many acknowledged effects are not there, and, in the transactional variant, how many others.
	Missing int
	// Problems is all that should not have happened; empty means that everything held.
	Problems []Problem
}

// judge compares what the clients were told with the ledger.
func judge(variant Variant, requests []*request, rows []row) Verdict {
	v := Verdict{Effects: len(rows)}
	effects := make(map[string][]row, len(rows))
	for _, r := range rows {
		effects[r.Key] = append(effects[r.Key], r)
	}
	for _, r := range requests {
		r.mu.Lock()
		v.judge(variant, r, effects[r.key])
		r.mu.Unlock()
		delete(effects, r.key)
	}
	for key, rows := range effects {
		v.problem(key, rows, "an effect that nobody asked for")
	}
	return v
}

func (v *Verdict) judge(variant Variant, r *request, rows []row) {
	for _, wrong := range r.wrong {
		v.problem(r.key, rows, "%s", wrong)
	}
	for _, row := range rows {
		if row.Reference != r.reference {
			v.problem(r.key, rows, "an effect that nobody asked for: the reference of the request is %s", r.reference)
		}
	}
	if len(rows) > 1 {
		v.Twice++
		v.problem(r.key, rows, "%d effects of one request", len(rows))
	}
	if r.success != nil {
		v.Acknowledged++
	}
	switch {
	case r.success != nil && !r.success.tells(rows):
		v.Missing++
		v.problem(r.key, rows, "an acknowledged effect is missing: %s", r.success)
	case variant == Transactional && len(rows) == 0:
		v.Missing++
		v.problem(r.key, rows, "a request has no effect")
	}
	switch {
	case r.final == nil:
		v.problem(r.key, rows, "there is no final answer")
	case variant == Transactional && !r.final.success():
		v.problem(r.key, rows, "the final answer is no success: %s", r.final)
	case r.final.kind() == unknown:
		count(rows, &v.InDoubtDone, &v.InDoubtNot)
	case !r.final.success():
		count(rows, &v.FailedDone, &v.FailedNot)
	}
}

func count(rows []row, done, not *int) {
	if len(rows) > 0 {
		*done++
	} else {
		*not++
	}
}

// tells says whether the effect that a success names is among the rows.
func (r response) tells(rows []row) bool {
	var named receipt
	if json.Unmarshal(r.body, &named) != nil {
		return false
	}
	for _, row := range rows {
		if row.Effect == named.Effect && row.Reference == named.Reference {
			return true
		}
	}
	return false
}

func (v *Verdict) problem(key string, rows []row, format string, arguments ...any) {
	var text strings.Builder
	fmt.Fprintf(&text, format, arguments...)
	for _, r := range rows {
		text.WriteString("\n    " + r.String())
	}
	v.Problems = append(v.Problems, Problem{key, text.String()})
}
