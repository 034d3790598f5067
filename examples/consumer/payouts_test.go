package payouts_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	payouts "example.com/payouts"
	"example.com/payouts/bank"
	"example.com/payouts/banktest"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// invoice is what the tests pay.
var invoice = payouts.Payout{Invoice: "2026-117", To: uuid.New(), Cents: 2500}

// fakes are a bank with one pocket and no transfer.
func fakes(t *testing.T, status bank.PocketStatus) (*payouts.Service, *banktest.FakeOnUsTransfers) {
	pockets := &banktest.FakePockets{T: t}
	pockets.GetPocketFunc = func(_ context.Context, id bank.PocketID, _ *bank.GetPocketParams) (*bank.Pocket, error) {
		return &bank.Pocket{ID: id, Status: status}, nil
	}
	transfers := &banktest.FakeOnUsTransfers{T: t}
	transfers.GetOnUsTransferFunc = func(context.Context, bank.TransferID) (*bank.OnUsTransfer, error) {
		return nil, partner.ErrNotFound
	}
	return &payouts.Service{Pockets: pockets, Transfers: transfers, From: uuid.New()}, transfers
}

// answer is what a bank says of a payout.
func answer(t *testing.T, from bank.PocketID, payout payouts.Payout,
	status bank.OnUsTransferStatus) *bank.OnUsTransfer {
	t.Helper()
	details, err := bank.NewOnUsTransferDetails(bank.InternalReallocationTransfer{
		FromAccount: bank.JikoAccountReference{ID: from}, ToAccount: bank.JikoAccountReference{ID: payout.To},
		Amount: bank.Money{Currency: "USD", Value: payout.Cents},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &bank.OnUsTransfer{ID: uuid.UUID(partner.KeyFor("payout transfers", payout.Invoice)), Status: status,
		Transfer: details}
}

func TestAPayoutIsATransferBetweenPockets(t *testing.T) {
	service, transfers := fakes(t, bank.PocketStatusOpen)
	id := uuid.UUID(partner.KeyFor("payout transfers", "2026-117"))
	transfers.PayFunc = func(ctx context.Context, order bank.CreateOnUsTransferRequest) (*bank.OnUsTransfer, error) {
		if key, ok := partner.KeyFromContext(ctx); !ok || key != partner.KeyFor("payouts", "2026-117") {
			t.Errorf("the key is %v: a second request would be a second payment", key)
		}
		value, err := order.Value()
		if err != nil {
			return nil, err
		}
		transfer, ok := value.(bank.CreateInternalReallocationTransfer)
		if !ok || transfer.FromAccount.ID != service.From || transfer.ToAccount.ID != invoice.To {
			t.Errorf("%T %v", value, order)
		}
		if transfer.TransferID == nil || *transfer.TransferID != id {
			t.Errorf("the id is %v: nobody would find the transfer again", transfer.TransferID)
		}
		if amount, err := transfer.Amount.Value(); err != nil || amount.(bank.RequestedAmount).AmountUSDC != 2500 {
			t.Errorf("%+v are not 2500 cents, %v", amount, err)
		}
		return answer(t, service.From, invoice, bank.OnUsTransferStatusCompleted), nil
	}
	got, err := service.Pay(t.Context(), invoice)
	if want := (payouts.Transfer{ID: id, Status: bank.OnUsTransferStatusCompleted}); got != want || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

// What the bank answers is paid if it says so, whether the transfer was made now or is found.
func TestOnlyACompletedTransferIsPaid(t *testing.T) {
	for status, want := range map[bank.OnUsTransferStatus]error{
		bank.OnUsTransferStatusCompleted: nil,
		bank.OnUsTransferStatusRejected:  payouts.ErrRejected,
		bank.OnUsTransferStatusPending:   payouts.ErrPending,
		"HELD":                           payouts.ErrPending, // One of a later version of the contract.
		"":                               payouts.ErrPending,
	} {
		service, transfers := fakes(t, bank.PocketStatusOpen)
		made := answer(t, service.From, invoice, status)
		made.Reason.Set(bank.TransferStateReasonInsufficientFunds)
		check := func(when string) {
			got, err := service.Pay(t.Context(), invoice)
			if !errors.Is(err, want) || errors.Is(err, payouts.ErrNothingPaid) ||
				got != (payouts.Transfer{ID: made.ID, Status: status}) {
				t.Errorf("%q, %s: %v, %v", status, when, got, err)
			}
			if errors.Is(err, payouts.ErrRejected) && !strings.Contains(err.Error(), "INSUFFICIENT_FUNDS") {
				t.Errorf("no reason: %v", err)
			}
		}
		transfers.PayFunc = func(context.Context, bank.CreateOnUsTransferRequest) (*bank.OnUsTransfer, error) {
			return made, nil
		}
		check("made")
		transfers.PayFunc = nil // A second transfer would fail the test.
		transfers.GetOnUsTransferFunc = func(_ context.Context, id bank.TransferID) (*bank.OnUsTransfer, error) {
			if id != made.ID {
				t.Errorf("looked for %s", id)
			}
			return made, nil
		}
		check("found")
	}
}

func TestATransferOfTheInvoiceThatDiffersIsNotItsPayment(t *testing.T) {
	service, transfers := fakes(t, bank.PocketStatusOpen)
	more, other := invoice, invoice
	more.Cents, other.To = 2600, uuid.New()
	for name, made := range map[string]*bank.OnUsTransfer{
		"amount": answer(t, service.From, more, bank.OnUsTransferStatusCompleted),
		"to":     answer(t, service.From, other, bank.OnUsTransferStatusCompleted),
		"from":   answer(t, uuid.New(), invoice, bank.OnUsTransferStatusCompleted),
		"all":    {Status: bank.OnUsTransferStatusCompleted},
	} {
		transfers.GetOnUsTransferFunc = func(context.Context, bank.TransferID) (*bank.OnUsTransfer, error) {
			return made, nil
		}
		if _, err := service.Pay(t.Context(), invoice); !errors.Is(err, payouts.ErrDiffers) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNothingIsPaidFromAPocketThatIsNotOpen(t *testing.T) {
	service, _ := fakes(t, bank.PocketStatusFrozen) // A transfer would fail the test.
	_, err := service.Pay(t.Context(), invoice)
	if !errors.Is(err, payouts.ErrNotOpen) {
		t.Error(err)
	}
}

func TestNothingIsPaidWithoutALook(t *testing.T) {
	service, transfers := fakes(t, bank.PocketStatusOpen)
	transfers.GetOnUsTransferFunc = func(context.Context, bank.TransferID) (*bank.OnUsTransfer, error) {
		return nil, partner.ErrServer
	}
	if _, err := service.Pay(t.Context(), invoice); !errors.Is(err, payouts.ErrNothingPaid) {
		t.Error(err)
	}
}

func TestNothingIsSentForWhatIsNoPayout(t *testing.T) {
	service := &payouts.Service{Pockets: &banktest.FakePockets{T: t}, Transfers: &banktest.FakeOnUsTransfers{T: t}}
	for _, payout := range []payouts.Payout{
		{Cents: 2500}, {Invoice: "2026-117"}, {Invoice: "2026-117", Cents: -5},
	} {
		if _, err := service.Pay(t.Context(), payout); !errors.Is(err, payouts.ErrNothingPaid) {
			t.Errorf("%+v: %v", payout, err)
		}
	}
}
