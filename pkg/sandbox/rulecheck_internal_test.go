package sandbox

import (
	"errors"
	"slices"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// The bank decides what is possible; here is one that knows little.
func TestWhatCannotBecomeOfSomethingIsToldByItsMember(t *testing.T) {
	t.Parallel()
	known, err := theRuleContract()
	if err != nil {
		t.Fatal(err)
	}
	c := *known
	c.states = func(string) []string { return []string{"COMPLETED", "REJECTED"} }
	c.reasons = func(string) []string { return []string{"NO_FUNDS"} }
	c.fate = func(operation string, f bank.Fate) error {
		no := func(message string, at ...string) error {
			return &bank.Refusal{Kind: bank.Invalid, Rule: "fate", Message: message, Location: at}
		}
		switch {
		case operation != "createWire":
			return no("nothing can be decided about it", "operation")
		case f.State != "" && !slices.Contains(c.states(operation), f.State):
			return no("must be a state", "state")
		case f.Reason != "" && f.State != "REJECTED":
			return no("only what is rejected has a reason", "reason")
		case f.Reason != "" && f.Reason != "NO_FUNDS":
			return no("must be NO_FUNDS", "reason")
		case f.Return != "":
			return no("a wire is no ACH entry", "return")
		case f.Hold && f.State == "COMPLETED":
			return no("must be REJECTED", "state")
		case f.Days > 0 && f.Hold:
			return errors.New("it cannot wait twice")
		}
		return nil
	}
	wire := Match{Operation: []string{"createWire"}}
	for _, one := range []struct {
		name string
		rule Rule
		want string
	}{
		{"a state", Rule{Match: wire, Do: Do{State: "REJECTED", Reason: "NO_FUNDS", Days: 2}}, ""},
		{"a hold, of whatever can be held", Rule{Do: Do{Hold: true}}, ""},
		{"a state that is misspelled", Rule{Match: wire, Do: Do{State: "REJCETED"}},
			"rules[0].do.state: createWire: must be a state; did you mean REJECTED?"},
		{"a state that does not go with the rest", Rule{Match: wire, Do: Do{State: "COMPLETED", Hold: true}},
			"rules[0].do.state: createWire: must be REJECTED"},
		{"a reason without its state", Rule{Match: wire, Do: Do{State: "COMPLETED", Reason: "NO_FUNDS"}},
			"rules[0].do.reason: createWire: only what is rejected has a reason"},
		{"a reason that is misspelled", Rule{Match: wire, Do: Do{State: "REJECTED", Reason: "NO_FUND"}},
			"rules[0].do.reason: createWire: must be NO_FUNDS; did you mean NO_FUNDS?"},
		{"a return of a wire", Rule{Match: wire, Do: Do{State: "REJECTED", Return: "R01"}},
			"rules[0].do.return: createWire: a wire is no ACH entry"},
		{"what is wrong together", Rule{Match: wire, Do: Do{State: "REJECTED", Days: 1, Hold: true}},
			"rules[0].do: createWire: it cannot wait twice"},
		{"an operation that makes nothing", Rule{Match: Match{Operation: []string{"createWire", "getWire"}},
			Do: Do{State: "REJECTED"}}, "rules[0].match.operation[1]: nothing can be decided about it"},
		{"what nothing can become", Rule{Do: Do{Return: "R01"}},
			"rules[0].do: no operation makes anything of which that can become"},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			check := ruleCheck{ruleContract: &c, given: func(string) bool { return false }, path: "rules[0]"}
			check.do(&one.rule)
			got := ""
			if err := check.err(); err != nil {
				got = err.Error()
			}
			if got != one.want {
				t.Errorf("it says %q; want %q", got, one.want)
			}
		})
	}
}

// What is decided comes to the bank before the operation, and is the bank's alone.
func TestAnOutcomeIsHandedToTheBank(t *testing.T) {
	t.Parallel()
	book := rulebook{}
	rule := Rule{Match: Match{Operation: []string{"createApplication"}},
		Do: Do{State: "DOCUMENTS_NEEDED", Documents: []string{"PASSPORT"}, Days: 2}}
	if err := book.set([]Rule{rule}); err != nil {
		t.Fatal(err)
	}
	chosen := book.choose(book.current.Load().others, "createApplication", nil)
	if chosen == nil || chosen.fate == nil || chosen.fate.State != "DOCUMENTS_NEEDED" || chosen.fate.Days != 2 ||
		!slices.Equal(chosen.fate.Documents, []bank.DocumentType{bank.DocumentPassport}) {
		t.Errorf("%+v", chosen)
	}
	if book.choose(book.current.Load().others, "getApplication", nil) != nil {
		t.Error("it is for another operation")
	}
}
