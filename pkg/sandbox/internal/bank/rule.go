package bank

import "slices"

// Evidence says what a rule of the sandbox rests on.
type Evidence string

// The sorts of evidence.
const (
	// Documented is what the provider says, Source has where.
	Documented Evidence = "documented"
	// Inferred is the most sensible rule where the provider says nothing that is public.
	Inferred Evidence = "inferred"
	// Unknown is what the sandbox does not do, because nobody outside knows how the provider does it.
	Unknown Evidence = "unknown"
)

// Rule is something that the sandbox does, or does not do, beyond the contract's schemas.
type Rule struct {
	// Operations are those that it is about, by the contract's names; none means all.
	Operations []string
	// Text says the rule to a person, in a sentence.
	Text     string
	Evidence Evidence
	// Source says where a documented rule stands.
	Source string
}

// Rules returns the rules of the sandbox, by topic. They stand beside the code that keeps them.
func Rules() []Rule {
	return slices.Concat(
		accessRules, onboardingRules, customerRules, pocketRules, investmentRules, activityRules, transferRules,
		depositRules, roomRules, counterpartyRules, verificationRules, plaidRules, peerRules, portalRules, earningRules,
		accountRules, documentRules, eventRules, subscriptionRules, deliveryRules, paymentRules, originationRules,
		wireRules, transactionV1Rules, tradeRules, statementRules, reportRules, cardRules, cardOrderRules, swipeRules,
	)
}
