package sandbox

import (
	"encoding/json"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/fault"
)

// Rule says what is to happen to some requests, on purpose: a refusal, a payment that comes back, a line that breaks.
// Rules are given by Config.Rules, SetRules and AddRules, or read from a file by LoadRules; their members have the same
// names there. docs/rules.md has all of it.
type Rule struct {
	// Name says in Rules, and in the log, which rule it is. It may be empty; no two rules have the same.
	Name string `json:"name,omitempty"`
	// Match says which requests. The zero Match is every request to an operation of the contract.
	Match Match `json:"match,omitzero"`
	// Do says what happens to them.
	Do Do `json:"do"`
}

// Match says which requests a Rule is for: those to which all of its members apply that are not zero. Operation to
// RoutingNumber are about the request, and the others about those that are left.
//
// What a request is about is what its path, its query and its JSON body name, and what the bank knows of each id among
// that: of a pocket its customer, of a counterparty its name and its numbers, of a wire its amount, and so on.
type Match struct {
	// Operation are operationIds of the contract, such as createWire. None means all of them.
	Operation []string `json:"operation,omitempty"`
	// Customer and Pocket are whom it is about, and ID is any id at all that it names, of whatever that is.
	Customer uuid.UUID `json:"customer,omitzero"`
	Pocket   uuid.UUID `json:"pocket,omitzero"`
	ID       uuid.UUID `json:"id,omitzero"`
	// Amount is what it moves in cents, from 1; MinAmount and MaxAmount are the least and the most of it, and one of
	// them is enough. A request without an amount, such as a full withdrawal, has none of them.
	Amount    int64 `json:"amount,omitempty"`
	MinAmount int64 `json:"min_amount,omitempty"`
	MaxAmount int64 `json:"max_amount,omitempty"`
	// Name is that of a customer, applicant, company, counterparty, pocket, portal or card holder. A person's are the
	// first and the last name with a blank between. Case does not count, nor do blanks around it.
	Name string `json:"name,omitempty"`
	// AccountNumber is that of a pocket, a portal or a counterparty, and RoutingNumber that of a counterparty's bank.
	AccountNumber string `json:"account_number,omitempty"`
	RoutingNumber string `json:"routing_number,omitempty"`

	// Nth has the rule act once, at the n-th request of those, from 1; Every at each n-th one, from 1.
	Nth   int `json:"nth,omitempty"`
	Every int `json:"every,omitempty"`
	// Probability is how likely it acts, more than 0 and at most 1. The sandbox's Seed decides.
	Probability float64 `json:"probability,omitempty"`
	// Times is how often it acts at most, from 1.
	Times int `json:"times,omitempty"`
}

// Do says what happens to a request. It is of exactly one kind: an answer, which has a Status; an outcome, which has
// some of State to Documents; or a Fault.
type Do struct {
	// Status is what the operation answers with, 400 to 599, as if the bank had refused it: nothing happens, and the
	// idempotency key is free for another attempt. The body has the form that the contract gives the operation for
	// that status. If the contract gives the operation several statuses for a success, it may be one of these: then the
	// operation takes effect.
	Status int `json:"status,omitempty"`
	// Type and Detail are what the body says: a stable name of what is wrong, and a text for a person. Empty means what
	// fits the Status.
	Type   string `json:"type,omitempty"`
	Detail string `json:"detail,omitempty"`
	// Body is the whole body in their place, as JSON. It must be as the contract says.
	Body json.RawMessage `json:"body,omitempty"`

	// State is the status that what the operation makes is to reach, as the contract has it: REJECTED for a wire.
	State string `json:"state,omitempty"`
	// Reason says why, as the contract has it, if it has one.
	Reason string `json:"reason,omitempty"`
	// Return is the code with which an ACH entry comes back, R01 to R85 and R90.
	Return string `json:"return,omitempty"`
	// Correction is the code of the change that the other bank asks for, C01 to C14, or C61 to C69.
	Correction string `json:"correction,omitempty"`
	// Days is how many business days of the Federal Reserve later than by itself it happens.
	Days int `json:"days,omitempty"`
	// Hold has it wait where it is until somebody decides.
	Hold bool `json:"hold,omitempty"`
	// Documents are the types of documents that an application is asked for which becomes DOCUMENTS_NEEDED.
	Documents []string `json:"documents,omitempty"`

	// Fault is what goes wrong on the line, for each attempt to send the request, before anybody looks at it.
	Fault *fault.Fault `json:"fault,omitempty"`
}

// RuleCount is a Rule in force, with how often it has matched and acted since it was set. A restore takes that back,
// too.
type RuleCount struct {
	Rule
	// Matched counts the requests that came to it and to which all of its Match applies but for Nth to Times. Acted
	// counts those of them to which it has done something.
	Matched int `json:"matched"`
	Acted   int `json:"acted"`
}
