package demo

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

func (j *journey) wrongSignature() error {
	order, err := j.newOrder(operating, reserve, requested(transfer))
	if err != nil {
		return err
	}
	_, err = j.forger.OnUsTransfers.Create(j.ctx, order)
	return j.refused(err, http.StatusUnauthorized)
}

func (j *journey) invalidBody() error {
	order, err := j.newOrder(operating, reserve, requested(0))
	if err != nil {
		return err
	}
	_, err = j.careless.OnUsTransfers.Create(j.ctx, order)
	return j.refused(err, http.StatusUnprocessableEntity)
}

// refused tells of an error that is wanted, checks its status, and that it changed nothing.
func (j *journey) refused(err error, status int) error {
	var refusal *partner.Error
	if !errors.As(err, &refusal) {
		return fmt.Errorf("not as it should be: want a refusal, got %w",
			errors.Join(err, errors.New("no *partner.Error")))
	}
	if err := errors.Join(
		check(refusal.StatusCode == status, "the status is %d", refusal.StatusCode),
		check(!errors.Is(refusal, partner.ErrOutcomeUnknown), "the outcome is not known"),
		j.expectBalances(funding-transfer, transfer),
	); err != nil {
		return err
	}
	why := refusal.Detail
	for _, field := range refusal.Fields {
		why = field.Location + ": " + field.Message
	}
	j.page.tell(fmt.Sprintf("refused with %d, nothing was done", status), ": "+why)
	return nil
}

func (j *journey) overdraw() error {
	order, err := j.newOrder(operating, reserve, requested(tooMuch))
	if err != nil {
		return err
	}
	made, err := j.client.OnUsTransfers.Create(j.ctx, order)
	if err != nil {
		return err
	}
	j.page.note("transfer " + shortID(made.ID))
	reason, err := made.Reason.Get()
	if err := errors.Join(err,
		check(made.Status == partner.OnUsTransferStatusRejected, "the transfer is %s", made.Status),
		check(reason == partner.TransferStateReasonInsufficientFunds, "the reason is %s", reason),
		j.expectBalances(funding-transfer, transfer),
	); err != nil {
		return err
	}
	j.page.tell(fmt.Sprintf("%s, nothing was moved", made.Status), fmt.Sprintf(": the reason is %s", reason))
	return nil
}
