package sandbox

import "github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"

// Evidence says what a rule of the sandbox rests on: EvidenceDocumented, EvidenceInferred or EvidenceUnknown.
type Evidence = bank.Evidence

// What a rule can rest on.
const (
	// EvidenceDocumented is what the provider says.
	EvidenceDocumented = bank.Documented
	// EvidenceInferred is the most sensible rule where the provider says nothing that is public.
	EvidenceInferred = bank.Inferred
	// EvidenceUnknown is what the sandbox leaves out, because nobody outside knows how the provider does it.
	EvidenceUnknown = bank.Unknown
)

// Difference is something in which the sandbox goes beyond the contract's schemas, and in which the provider's API may
// therefore differ from it.
type Difference struct {
	// Operations are those that it is about, by the contract's names; none means all.
	Operations []string `json:"operations,omitempty"`
	// Text says in a sentence what the sandbox does.
	Text     string   `json:"text"`
	Evidence Evidence `json:"evidence"`
	// Source says where a documented rule stands.
	Source string `json:"source,omitempty"`
}

// Differences returns the rules that the sandbox keeps beyond the contract's schemas, in the order of its topics. How
// certain the operations themselves are, the contract says.
func Differences() []Difference {
	rules := bank.Rules()
	all := make([]Difference, len(rules))
	for i, r := range rules {
		all[i] = Difference(r)
	}
	return all
}
