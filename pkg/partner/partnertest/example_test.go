package partnertest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/partner/partnertest"
)

// payOut is what is tested: it moves a customer's money out of a pocket, and looks up what came of it when the answer
// is lost.
func payOut(ctx context.Context, client *partner.Client, pocketID, transferID uuid.UUID) (partner.OnUsTransferStatus,
	error) {
	everything, err := partner.NewTransferAmount(partner.FullWithdrawal{})
	if err != nil {
		return "", err
	}
	request, err := partner.NewCreateOnUsTransferRequest(partner.CreateCustomerDefundingTransfer{
		TransferID: &transferID, Amount: everything, Target: "settlement",
		FromAccount: partner.JikoAccountReference{ID: pocketID, Type: partner.JikoAccountReferenceTypeJikoAccount},
	})
	if err != nil {
		return "", err
	}
	transfer, err := client.OnUsTransfers.Create(ctx, request)
	if errors.Is(err, partner.ErrOutcomeUnknown) {
		transfer, err = client.OnUsTransfers.Get(ctx, transferID)
	}
	if err != nil {
		return "", err
	}
	return transfer.Status, nil
}

// A bad day that is hard to have with a server: the transfer was sent, and its answer got lost.
func Example() {
	t := printer{} // In a test, t is its *testing.T.
	client, fakes := partnertest.New(t)
	fakes.OnUsTransfers.CreateFunc = func(context.Context, partner.CreateOnUsTransferRequest,
		...partner.CallOption) (*partner.OnUsTransfer, error) {
		return nil, &partner.Error{Outcome: partner.OutcomeUnknown}
	}
	fakes.OnUsTransfers.GetFunc = func(_ context.Context, transferID partner.TransferID,
		_ ...partner.CallOption) (*partner.OnUsTransfer, error) {
		return &partner.OnUsTransfer{ID: transferID, Status: partner.OnUsTransferStatusCompleted}, nil
	}
	fmt.Println(payOut(context.Background(), client, uuid.New(), uuid.New()))
	// Output: COMPLETED <nil>
}

// A call that the test did not expect fails it by name.
func ExampleNew() {
	t := printer{}
	client, _ := partnertest.New(t)
	_, err := payOut(context.Background(), client, uuid.New(), uuid.New())
	fmt.Println(errors.Is(err, partnertest.ErrUnset))
	// Output:
	// partnertest: OnUsTransfers.Create was called and is not set
	// true
}

// printer is a test that prints its failures.
type printer struct{ testing.TB }

func (printer) Helper() {}

func (printer) Errorf(format string, values ...any) { fmt.Printf(format+"\n", values...) }
