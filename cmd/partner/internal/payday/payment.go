package payday

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// way is how a payment is made.
type way int

const (
	onUs way = iota
	ach
	wire
	ways
)

// String returns the way as a report has it.
func (w way) String() string { return [ways]string{"on-us transfers", "ACH", "wires"}[w] }

// payment is what is to be paid once.
type payment struct {
	// reference is that of the business: the bank's books have it with each effect.
	reference string
	way       way
	// cents are between 1 and 10,000.
	cents int64
	async bool
}

const maxCents = 10_000

// plan returns the payments of a run. A seed makes the same ones in every process.
func plan(count int, seed uint64) []payment {
	random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // what is paid is no secret
	all := make([]payment, count)
	for i := range all {
		all[i] = payment{reference: fmt.Sprintf("INVOICE-%06d", i), way: way(random.IntN(int(ways))),
			cents: 1 + random.Int64N(maxCents), async: random.IntN(2) == 0}
	}
	return all
}

// accounts are who pays whom.
type accounts struct {
	Customer, From, To uuid.UUID
	// ACH and Wire are counterparties.
	ACH, Wire uuid.UUID
}

// send makes the call that pays.
func (a *accounts) send(ctx context.Context, client *partner.Client, p payment, options ...partner.CallOption) error {
	switch p.way {
	case ach:
		_, err := client.ACH.Create(ctx, a.From, partner.CreateACHOriginationRequest{CounterpartyID: a.ACH,
			Direction: partner.ACHDirectionCredit, AmountUSDC: p.cents,
			PaymentRelatedInformation: []string{p.reference}}, options...)
		return err
	case wire:
		return client.Wires.Create(ctx, a.From, partner.CreateWireRequest{CounterpartyID: a.Wire,
			AmountUSDC: &p.cents, Description: &p.reference}, options...)
	default:
		order, err := a.transfer(p)
		if err != nil {
			return err
		}
		_, err = client.OnUsTransfers.Create(ctx, order, options...)
		return err
	}
}

// transfer is the order of an on-us transfer.
func (a *accounts) transfer(p payment) (partner.CreateOnUsTransferRequest, error) {
	amount, err := partner.NewTransferAmount(partner.RequestedAmount{AmountUSDC: p.cents,
		Type: partner.RequestedAmountTypeRequestedAmount})
	if err != nil {
		return partner.CreateOnUsTransferRequest{}, err
	}
	account := func(id uuid.UUID) partner.JikoAccountReference {
		return partner.JikoAccountReference{ID: id, Type: partner.JikoAccountReferenceTypeJikoAccount}
	}
	return partner.NewCreateOnUsTransferRequest(partner.CreateInternalReallocationTransfer{
		Description: &p.reference, FromAccount: account(a.From), ToAccount: account(a.To), Amount: amount,
		AsyncMode: &p.async,
	})
}
