package payday

import (
	"slices"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// What the books say is held against what the client said last.
func TestJudge(t *testing.T) {
	const reference = "INVOICE-1"
	paid := effect{reference: reference, way: wire, cents: 5}
	begun := entry{Reference: reference}
	ended := func(o partner.Outcome) entry { return entry{Reference: reference, Outcome: &o} }
	tests := map[string]struct {
		told  []entry
		books []effect
		wrong []string
		check func(Verdict) bool
	}{
		"a success that is there once is right": {
			told: []entry{begun, ended(partner.OutcomeDone)}, books: []effect{paid},
			check: func(v Verdict) bool { return v.Succeeded == 1 && v.Effects == 1 && v.Calls == 1 },
		},
		"a success that is not there is missing": {
			told:  []entry{begun, ended(partner.OutcomeDone)},
			wrong: []string{"it was not paid, though the call succeeded"},
			check: func(v Verdict) bool { return v.Missing == 1 },
		},
		"an unreadable success has to be there as well": {
			told:  []entry{begun, ended(partner.OutcomeDoneUnreadable)},
			wrong: []string{"it was not paid, though the call succeeded"},
			check: func(v Verdict) bool { return v.Missing == 1 },
		},
		"twice is wrong after a success": {
			told: []entry{begun, ended(partner.OutcomeDone)}, books: []effect{paid, paid},
			wrong: []string{"it was paid 2 times"},
			check: func(v Verdict) bool { return v.Twice == 1 },
		},
		"twice is wrong in doubt": {
			told: []entry{begun, ended(partner.OutcomeUnknown)}, books: []effect{paid, paid},
			wrong: []string{"it was paid 2 times"},
			check: func(v Verdict) bool { return v.Twice == 1 },
		},
		"a doubt may be there": {
			told: []entry{begun, ended(partner.OutcomeUnknown)}, books: []effect{paid},
			check: func(v Verdict) bool { return v.DoubtDone == 1 },
		},
		"a doubt may be not there": {
			told:  []entry{begun, ended(partner.OutcomeReceivedBefore)},
			check: func(v Verdict) bool { return v.DoubtNot == 1 },
		},
		"a refusal is not there": {
			told:  []entry{begun, ended(partner.OutcomeRefused)},
			check: func(v Verdict) bool { return v.Not == 1 },
		},
		"a refusal that is there is wrong": {
			told: []entry{begun, ended(partner.OutcomeRefused)}, books: []effect{paid},
			wrong: []string{`it was paid, though the client says "refused"`},
			check: func(v Verdict) bool { return v.Not == 1 },
		},
		"what was not sent and is there is wrong": {
			told: []entry{begun, ended(partner.OutcomeNotSent)}, books: []effect{paid},
			wrong: []string{`it was paid, though the client says "not sent"`},
			check: func(v Verdict) bool { return v.Not == 1 },
		},
		"what a killed payer has left is in doubt until the next one calls": {
			told: []entry{begun, begun, ended(partner.OutcomeDone)}, books: []effect{paid},
			check: func(v Verdict) bool { return v.Unfinished == 1 && v.Calls == 2 && v.Succeeded == 1 },
		},
		"a call that nobody has finished is a doubt": {
			told:  []entry{begun},
			check: func(v Verdict) bool { return v.Unfinished == 1 && v.DoubtNot == 1 },
		},
		"what nobody has tried to pay is wrong": {
			wrong: []string{"nobody has tried to pay it"},
			check: func(v Verdict) bool { return v.Calls == 0 },
		},
		"another amount is wrong": {
			told:  []entry{begun, ended(partner.OutcomeDone)},
			books: []effect{{reference: reference, way: wire, cents: 6}},
			wrong: []string{"it was to be 5 cents by wires"},
			check: func(v Verdict) bool { return v.Succeeded == 1 },
		},
		"a payment of another reference is one that nobody asked for": {
			told:  []entry{begun, ended(partner.OutcomeRefused)},
			books: []effect{{reference: "INVOICE-2", way: wire, cents: 5}},
			wrong: []string{"nobody asked for it"},
			check: func(v Verdict) bool { return v.Not == 1 },
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			v := judge([]payment{{reference: reference, way: wire, cents: 5}}, test.told, test.books)
			var wrong []string
			for _, p := range v.Problems {
				wrong = append(wrong, p.Wrong...)
			}
			if !slices.Equal(wrong, test.wrong) {
				t.Errorf("wrong is %q, want %q", wrong, test.wrong)
			}
			if !test.check(v) {
				t.Errorf("%+v", v)
			}
		})
	}
}
