package torture

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Problem is a key for which a check failed.
type Problem struct {
	Key string
	// Wrong is what, in words.
	Wrong []string
	// Effects are the rows that the ledger has of the key, in words.
	Effects []string
}

// Verdict compares the ledger with what the clients were told.
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
	// Problems are the checks that failed; none means that everything held.
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
	wrong := slices.Clone(r.wrong)
	for _, row := range rows {
		if row.Reference != r.reference {
			wrong = append(wrong, "an effect that nobody asked for: the request is "+r.reference)
		}
	}
	if len(rows) > 1 {
		v.Twice++
		wrong = append(wrong, fmt.Sprintf("it took effect %d times", len(rows)))
	}
	if r.success != nil {
		v.Acknowledged++
	}
	switch {
	case r.success != nil && !r.success.tells(rows):
		v.Missing++
		wrong = append(wrong, "an acknowledged effect is missing: "+r.success.String())
	case variant == VariantTransactional && len(rows) == 0:
		v.Missing++
		wrong = append(wrong, "it took no effect")
	}
	switch {
	case r.final == nil:
		wrong = append(wrong, "there is no final answer")
	case variant == VariantTransactional && !r.final.success():
		wrong = append(wrong, "the final answer is not a success: "+r.final.String())
	case r.final.kind() == unknown:
		count(rows, &v.InDoubtDone, &v.InDoubtNot)
	case !r.final.success():
		count(rows, &v.FailedDone, &v.FailedNot)
	}
	if len(wrong) > 0 {
		v.problem(r.key, rows, wrong...)
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
	return slices.ContainsFunc(rows, func(row row) bool {
		return row.Effect == named.Effect && row.Reference == named.Reference
	})
}

func (v *Verdict) problem(key string, rows []row, wrong ...string) {
	p := Problem{Key: key, Wrong: wrong}
	for _, r := range rows {
		p.Effects = append(p.Effects, r.String())
	}
	v.Problems = append(v.Problems, p)
}
