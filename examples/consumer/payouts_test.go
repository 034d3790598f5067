package payouts_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	payouts "example.com/payouts"
	"example.com/payouts/bank"
	"example.com/payouts/banktest"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// fakes are a bank with one pocket.
func fakes(t *testing.T, status bank.PocketStatus) (*payouts.Service, *banktest.FakeOnUsTransfers) {
	pockets := &banktest.FakePockets{T: t}
	pockets.GetPocketFunc = func(_ context.Context, id bank.PocketID, _ *bank.GetPocketParams) (*bank.Pocket, error) {
		return &bank.Pocket{ID: id, Status: status}, nil
	}
	transfers := &banktest.FakeOnUsTransfers{T: t}
	return &payouts.Service{Pockets: pockets, Transfers: transfers, From: uuid.New()}, transfers
}

func TestAPayoutIsATransferBetweenPockets(t *testing.T) {
	service, transfers := fakes(t, bank.PocketStatusOpen)
	to, id := uuid.New(), uuid.New()
	transfers.PayFunc = func(ctx context.Context, order bank.CreateOnUsTransferRequest) (*bank.OnUsTransfer, error) {
		if key, ok := partner.KeyFromContext(ctx); !ok || key != partner.KeyFor("payouts", "2026-117") {
			t.Errorf("the key is %v: a second request would be a second payment", key)
		}
		value, err := order.Value()
		if err != nil {
			return nil, err
		}
		transfer, ok := value.(bank.CreateInternalReallocationTransfer)
		if !ok || transfer.FromAccount.ID != service.From || transfer.ToAccount.ID != to {
			t.Errorf("%T %v", value, order)
		}
		return &bank.OnUsTransfer{ID: id}, nil
	}
	got, err := service.Pay(t.Context(), payouts.Payout{Invoice: "2026-117", To: to, Cents: 2500})
	if got != id || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestNothingIsPaidFromAPocketThatIsNotOpen(t *testing.T) {
	service, _ := fakes(t, bank.PocketStatusFrozen) // A transfer would fail the test.
	_, err := service.Pay(t.Context(), payouts.Payout{Invoice: "2026-117", To: uuid.New(), Cents: 2500})
	if !errors.Is(err, payouts.ErrNotOpen) {
		t.Error(err)
	}
}
