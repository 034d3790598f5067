package payday

import (
	"fmt"
	"maps"
	"slices"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// effect is a payment that the bank has made.
type effect struct {
	reference string
	way       way
	cents     int64
	id        string
}

func (e effect) String() string { return fmt.Sprintf("%s of %d cents, %s", e.way, e.cents, e.id) }

// Problem is a reference for which a check failed.
type Problem struct {
	Reference string
	// Wrong is what, in words.
	Wrong []string
	// Told is what the client told the payers, call by call, and Effects what the bank has made, in words.
	Told, Effects []string
}

// Verdict compares the bank's books with what the client told.
type Verdict struct {
	// Payments is how many there were, and Calls how many calls were made for them.
	Payments, Calls int
	// Unfinished is how many calls were cut short by a kill of the payer.
	Unfinished int
	// Outcomes counts the calls that ended, by their outcomes.
	Outcomes map[partner.Outcome]int
	// Effects is how many payments the bank has made.
	Effects int
	// Succeeded is how many payments' last call succeeded. Each has to be there once.
	Succeeded int
	// DoubtDone and DoubtNot are how many were in doubt in the end, by whether they are there. At most once is right.
	DoubtDone, DoubtNot int
	// Not is how many are said not to have been made. None may be there.
	Not int
	// Twice is how many are there more than once, and Missing how many are not that should be.
	Twice, Missing int
	// Problems are the checks that failed; none means that everything held.
	Problems []Problem
}

// judge compares what is written of the payments with the bank's books.
func judge(payments []payment, written []entry, books []effect) Verdict {
	v := Verdict{Payments: len(payments), Effects: len(books), Outcomes: map[partner.Outcome]int{}}
	effects := map[string][]effect{}
	for _, e := range books {
		effects[e.reference] = append(effects[e.reference], e)
	}
	told := map[string][]entry{}
	for _, e := range written {
		told[e.Reference] = append(told[e.Reference], e)
		if e.Outcome != nil {
			v.Outcomes[*e.Outcome]++
		}
	}
	for _, p := range payments {
		v.judge(p, told[p.reference], effects[p.reference])
		delete(effects, p.reference)
	}
	for _, reference := range slices.Sorted(maps.Keys(effects)) {
		v.problem(reference, nil, effects[reference], "nobody asked for it")
	}
	return v
}

func (v *Verdict) judge(p payment, told []entry, effects []effect) {
	var wrong []string
	last, calls := partner.OutcomeNotSent, 0
	for i, e := range told {
		if e.Outcome == nil {
			calls++
			if i+1 == len(told) || told[i+1].Outcome == nil {
				v.Unfinished++
				last = partner.OutcomeUnknown
			}
			continue
		}
		last = *e.Outcome
	}
	v.Calls += calls
	for _, e := range effects {
		if e.way != p.way || e.cents != p.cents {
			wrong = append(wrong, fmt.Sprintf("it was to be %d cents by %s", p.cents, p.way))
		}
	}
	if len(effects) > 1 {
		v.Twice++
		wrong = append(wrong, fmt.Sprintf("it was paid %d times", len(effects)))
	}
	switch last {
	case partner.OutcomeDone, partner.OutcomeDoneUnreadable:
		v.Succeeded++
		if len(effects) == 0 {
			v.Missing++
			wrong = append(wrong, "it was not paid, though the call succeeded")
		}
	case partner.OutcomeNotSent, partner.OutcomeRefused:
		v.Not++
		if len(effects) > 0 {
			wrong = append(wrong, fmt.Sprintf("it was paid, though the client says %q", last))
		}
	default:
		if len(effects) > 0 {
			v.DoubtDone++
		} else {
			v.DoubtNot++
		}
	}
	if calls == 0 {
		wrong = append(wrong, "nobody has tried to pay it")
	}
	if len(wrong) > 0 {
		v.problem(p.reference, told, effects, wrong...)
	}
}

func (v *Verdict) problem(reference string, told []entry, effects []effect, wrong ...string) {
	p := Problem{Reference: reference, Wrong: wrong}
	for _, e := range told {
		text := fmt.Sprintf("key %s: a call", e.Key)
		if e.Outcome != nil {
			text = fmt.Sprintf("key %s: %s, after %d attempts that failed", e.Key, e.Outcome, e.Attempts)
		}
		p.Told = append(p.Told, text)
	}
	for _, e := range effects {
		p.Effects = append(p.Effects, e.String())
	}
	v.Problems = append(v.Problems, p)
}
