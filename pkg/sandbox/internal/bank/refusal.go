package bank

import "fmt"

// RefusalKind says in what way an operation is refused.
type RefusalKind uint8

// The kinds of refusals.
const (
	// NotFound says that what was asked for is not there.
	NotFound RefusalKind = iota + 1
	// Invalid says that what was given, or the state of what it is about, does not allow it.
	Invalid
	// Precondition says that something else has to happen first.
	Precondition
	// Credentials says that a username or a password is wrong.
	Credentials
	// Forbidden says that the operation is switched off.
	Forbidden
)

// Refusal is why an operation was refused. It changes nothing.
type Refusal struct {
	Kind RefusalKind
	// Rule is a stable name of the rule, Message says it to a person. Neither has personal data.
	Rule, Message string
	// Location is where the fault is, from the outside in: "body", "amount" …
	Location []string
}

// Error returns the message.
func (r *Refusal) Error() string { return fmt.Sprintf("%s: %s", r.Rule, r.Message) }

func notFound() *Refusal { return &Refusal{Kind: NotFound, Rule: "not_found", Message: "Not Found"} }

func invalid(rule, message string, location ...string) *Refusal {
	return &Refusal{Kind: Invalid, Rule: rule, Message: message, Location: location}
}

// Refusals are several at once, all Invalid.
type Refusals []*Refusal

// Error returns the first message and how many more there are.
func (r Refusals) Error() string {
	if len(r) == 1 {
		return r[0].Error()
	}
	return fmt.Sprintf("%s, and %d more", r[0], len(r)-1)
}
