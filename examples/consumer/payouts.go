// Package payouts pays invoices from one pocket of a customer into others of the same customer. It stands for a
// stranger's repository: what it knows of the Partner API is generated, in the package bank, from what partner.yaml
// says.
//
// That is an INTERNAL_REALLOCATION, the one that the sandbox serves. From a pocket of the partner to one of a customer
// it would be a bank.CreateCustomerFundingTransfer, in Payout.order and Payout.result.
package payouts

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"example.com/payouts/bank"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// Service pays.
type Service struct {
	// Transfers and Pockets are the bank: a *bank.Client, or fakes in a test.
	Transfers bank.OnUsTransfersAPI
	Pockets   bank.PocketsAPI
	// From is the pocket that pays.
	From bank.PocketID
}

// New returns a Service that talks to the API through client, which logs in, signs, retries, and knows the outcome.
func New(client *partner.Client, from bank.PocketID) (*Service, error) {
	own, err := bank.NewClient(client.BaseURL(), bank.WithDoer(client.With()))
	if err != nil {
		return nil, err
	}
	return &Service{Transfers: own, Pockets: own, From: from}, nil
}

// Payout is what is to be paid.
type Payout struct {
	// Invoice names it in this house, and nothing else, ever: all payouts of one name are the same.
	Invoice string
	// To is the pocket that gets it, of the same customer as the one that pays.
	To bank.PocketID
	// Cents are US cents, at least one.
	Cents int64
}

// Transfer is what became of a payout.
type Transfer struct {
	ID     uuid.UUID
	Status bank.OnUsTransferStatus
}

var (
	// ErrNothingPaid says that this call sent no payment. One that an earlier call sent stands.
	ErrNothingPaid = errors.New("nothing was paid")
	// ErrNotOpen says that the pocket that pays is not open. It is an ErrNothingPaid.
	ErrNotOpen = fmt.Errorf("%w: the pocket is not open", ErrNothingPaid)
	// ErrRejected says that the bank took the order and rejected it, for good. No money moved. Mend why, then pay under
	// a name that was not used before, such as that of the invoice with -2.
	ErrRejected = errors.New("the transfer is rejected, no money moved")
	// ErrPending says that the outcome is open: neither paid nor rejected. Call Pay again with the same, later.
	ErrPending = errors.New("the transfer is not paid yet")
	// ErrDiffers says that the transfer of the invoice is another one, in its pockets or its amount. Somebody has to
	// look which of the two was meant.
	ErrDiffers = errors.New("the invoice has a transfer that differs")
)

// Pay pays, and returns the transfer, whose money has moved if there is no error. An error is an ErrNothingPaid; an
// ErrRejected, ErrPending or ErrDiffers, beside the transfer; or has a *partner.Error of the payment: that says by its
// Outcome whether it was sent, and by the Advice of that what to do.
//
// Within an hour, the key makes one payment of all calls for an invoice. After that the provider has forgotten it, and
// what is sent again is paid again. So Pay looks first whether there is a transfer by the id that the invoice gives it.
// That is as good as the look: a request that is still under way is not found. After a *partner.Error that leaves a
// doubt, call again before its RepeatBefore, or, later than that, a quarter of an hour after the last call.
//
// The caller has to keep, from before the first call, what each invoice pays, and then whether it is done, so that a
// restart calls with the same. Who does not want to rely on the look keeps the time of the first call as well, and
// gives partner.WithRepeatBefore beside the key: a repeat that would be too late is not sent then. See docs/client.md,
// Keys.
func (s *Service) Pay(ctx context.Context, payout Payout) (Transfer, error) {
	switch {
	case payout.Invoice == "":
		// All of them would have one key, and pass for one payment.
		return Transfer{}, fmt.Errorf("%w: the invoice has no name", ErrNothingPaid)
	case payout.Cents < 1:
		return Transfer{}, fmt.Errorf("%w: %d cents are no amount", ErrNothingPaid, payout.Cents)
	}
	transfer, err := s.Transfers.GetOnUsTransfer(ctx, payout.transfer())
	if err == nil {
		return payout.result(s.From, transfer)
	}
	if !errors.Is(err, partner.ErrNotFound) {
		// Its outcome is that of looking, so it is not handed on as that of the payment.
		return Transfer{}, fmt.Errorf("%w: look for the transfer: %s", ErrNothingPaid, err.Error())
	}
	pocket, err := s.Pockets.GetPocket(ctx, s.From, nil)
	if err != nil {
		return Transfer{}, fmt.Errorf("%w: look into the pocket: %s", ErrNothingPaid, err.Error())
	}
	if pocket.Status != bank.PocketStatusOpen {
		return Transfer{}, fmt.Errorf("%w: it is %s", ErrNotOpen, pocket.Status)
	}
	order, err := payout.order(s.From)
	if err != nil {
		return Transfer{}, fmt.Errorf("%w: %w", ErrNothingPaid, err)
	}
	// The same key for the same invoice: a second request within the hour is no second payment.
	ctx = partner.ContextWithOptions(ctx, partner.WithIdempotencyKey(partner.KeyFor("payouts", payout.Invoice)))
	if transfer, err = s.Transfers.Pay(ctx, order); err != nil {
		return Transfer{}, fmt.Errorf("pay invoice %s: %w", payout.Invoice, err)
	}
	return payout.result(s.From, transfer)
}

// transfer is the id of the transfer: chosen here, it can be looked up even if the answer is lost.
func (p Payout) transfer() uuid.UUID { return uuid.UUID(partner.KeyFor("payout transfers", p.Invoice)) }

func (p Payout) order(from bank.PocketID) (bank.CreateOnUsTransferRequest, error) {
	amount, err := bank.NewTransferAmount(bank.RequestedAmount{AmountUSDC: p.Cents})
	if err != nil {
		return bank.CreateOnUsTransferRequest{}, err
	}
	account := func(id bank.PocketID) bank.JikoAccountReference {
		return bank.JikoAccountReference{ID: id, Type: bank.JikoAccountReferenceTypeJikoAccount}
	}
	return bank.NewCreateOnUsTransferRequest(bank.CreateInternalReallocationTransfer{
		FromAccount: account(from), ToAccount: account(p.To), Amount: amount, TransferID: partner.Ptr(p.transfer()),
	})
}

// result says what an answer means: a 2xx says that the bank has the order, the status whether it is paid.
func (p Payout) result(from bank.PocketID, answer *bank.OnUsTransfer) (Transfer, error) {
	transfer := Transfer{ID: answer.ID, Status: answer.Status}
	// An error counts as a difference: what cannot be read is not known to be the same.
	variant, _ := answer.Transfer.Value()
	made, ok := variant.(bank.InternalReallocationTransfer)
	if !ok || made.FromAccount.ID != from || made.ToAccount.ID != p.To || made.Amount.Value != p.Cents {
		return transfer, fmt.Errorf("invoice %s: %w: %s is %s", p.Invoice, ErrDiffers, transfer.ID, transfer.Status)
	}
	switch transfer.Status {
	case bank.OnUsTransferStatusCompleted:
		return transfer, nil
	case bank.OnUsTransferStatusRejected:
		reason, _ := answer.Reason.Get()
		return transfer, fmt.Errorf("invoice %s: %w: %s is %s, for the reason %q", p.Invoice, ErrRejected, transfer.ID,
			transfer.Status, reason)
	default: // PENDING, or one that this version does not know.
		return transfer, fmt.Errorf("invoice %s: %w: %s is %s", p.Invoice, ErrPending, transfer.ID, transfer.Status)
	}
}
