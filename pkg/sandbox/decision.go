package sandbox

import (
	"context"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// Decision is what somebody decides about something that is there, in the place of the bank. docs/rules.md has what can
// become of what.
type Decision struct {
	// State is what it is to become, as the contract has it, such as REJECTED.
	State string `json:"state,omitempty"`
	// Reason says why, as the contract has it, if it has one.
	Reason string `json:"reason,omitempty"`
	// Return is the code with which an ACH entry comes back, and Correction that of the change that is asked for.
	Return     string `json:"return,omitempty"`
	Correction string `json:"correction,omitempty"`
	// Hold has it wait where it is until somebody decides.
	Hold bool `json:"hold,omitempty"`
	// Documents are the types of those that an application is asked for which becomes DOCUMENTS_NEEDED.
	Documents []string `json:"documents,omitempty"`
}

// Decide has a decision take effect now on what has an id: an application, a document, a customer, a pocket, a
// transfer, an origination, a wire, a counterparty, a card, its order, a payment with it, or a report. It fails, and
// nothing has happened, with ErrNotFound, and with ErrRefused if that cannot become of it.
func (s *Sandbox) Decide(ctx context.Context, id uuid.UUID, d Decision) error {
	do := Do{State: d.State, Reason: d.Reason, Return: d.Return, Correction: d.Correction, Hold: d.Hold,
		Documents: d.Documents}
	return s.change(ctx, func(t *bank.Tx) error { return t.DecideAbout(id, *do.fate()) })
}

// SettleNow takes what has an id, and is under way, to its good end now, at the time that the clock shows: a payment is
// settled, an application approved. It fails, and nothing has happened, with ErrNotFound, and with ErrRefused if it is
// not under way.
func (s *Sandbox) SettleNow(ctx context.Context, id uuid.UUID) error {
	return s.change(ctx, func(t *bank.Tx) error { return t.SettleNow(id) })
}

func (s *Sandbox) change(ctx context.Context, f func(*bank.Tx) error) error {
	return outward(s.bank.Do(ctx, f))
}
