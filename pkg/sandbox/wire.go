package sandbox

import (
	"context"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// IncomingWire is a wire from outside.
type IncomingWire struct {
	// AccountNumber is that of the pocket that it is for. If it is empty, PocketID says so.
	AccountNumber string    `json:"account_number,omitempty"`
	PocketID      uuid.UUID `json:"pocket_id,omitzero"`
	// AmountUSDC is in cents, at least 1.
	AmountUSDC int64 `json:"amount_usdc"`
	// Sender is the name of who sends it.
	Sender string `json:"sender,omitempty"`
	// Description is what the sender says of it.
	Description string `json:"description,omitempty"`
}

// ReceiveWire has a wire arrive, which the API has no operation for, and returns its id. The pocket has the money at
// once; if it is closed, the wire is REJECTED and goes back. Subscribers are told of either. It fails, and nothing has
// happened, with ErrNotFound if there is no such pocket, and with ErrRefused for an account number of nobody's or an
// amount that no wire has. If ctx ends before it is known whether that lasts, the error is the context's, and the id is
// the one that the wire has if it does.
func (s *Sandbox) ReceiveWire(ctx context.Context, in IncomingWire) (id uuid.UUID, err error) {
	err = s.bank.Do(ctx, func(t *bank.Tx) error {
		w, err := t.ReceiveWire(bank.WireIn{AccountNumber: in.AccountNumber, Pocket: in.PocketID,
			Cents: in.AmountUSDC, Sender: in.Sender, Description: in.Description})
		if err == nil {
			id = w.ID
		}
		return err
	})
	if err != nil && ctx.Err() == nil {
		return uuid.Nil, outward(err)
	}
	return id, err
}
