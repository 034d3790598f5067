package demo

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

func (j *journey) listStrategies() error {
	strategies, err := j.client.TradingStrategies.List(j.ctx)
	if err != nil {
		return err
	}
	if err := check(len(strategies.Items) > 0, "there are no strategies"); err != nil {
		return err
	}
	j.strategy = strategies.Items[0].ID
	j.page.tell(j.strategy, ": "+strategies.Items[0].Description)
	return nil
}

func (j *journey) createPockets() error {
	for i, name := range pocketNames {
		pocket, err := j.client.Pockets.Create(j.ctx, j.customerID,
			partner.CreatePocketRequest{PocketName: name, DepositStrategyID: &j.strategy})
		if err != nil {
			return err
		}
		j.page.note(name + ", " + strings.ToLower(string(pocket.Status)))
		if err := check(pocket.Status == partner.PocketStatusOpen && pocket.PocketName == name, "the pocket is %s",
			pocket.Status); err != nil {
			return err
		}
		j.pockets[i] = pocket.ID
	}
	return j.expectBalances(0, 0)
}

func (j *journey) fund() error {
	if err := j.client.Sandbox.FundAccount(j.ctx, nil, partner.FundAccountRequest{
		AccountID: j.pockets[operating], AmountUSDC: funding, CompanyName: ptr("Payroll Inc"),
	}); err != nil {
		return err
	}
	return j.expectBalances(funding, 0)
}

// expectBalances asks the API for the value of both pockets, in cents, and shows it.
func (j *journey) expectBalances(want ...int64) error {
	page, err := j.client.Pockets.ListForCustomer(j.ctx, j.customerID, nil)
	if err != nil {
		return err
	}
	var shown []string
	for i, cents := range want {
		at := slices.IndexFunc(page.Items, func(p partner.Pocket) bool { return p.ID == j.pockets[i] })
		if err := check(at >= 0 && page.Items[at].Portfolio != nil, "%s is not listed with its value",
			pocketNames[i]); err != nil {
			return err
		}
		value := page.Items[at].Portfolio.TotalValue.Value
		shown = append(shown, pocketNames[i]+" "+dollars(value))
		if err := check(value == cents, "%s is worth %d cents, not %d", pocketNames[i], value, cents); err != nil {
			return err
		}
	}
	j.page.note(strings.Join(shown, ", "))
	return nil
}

// newOrder is an order to move money from one pocket to another.
func (j *journey) newOrder(from, to int, amount partner.TransferAmountVariant) (partner.CreateOnUsTransferRequest,
	error) {
	value, err := partner.NewTransferAmount(amount)
	if err != nil {
		return partner.CreateOnUsTransferRequest{}, err
	}
	reference := func(i int) partner.JikoAccountReference {
		return partner.JikoAccountReference{ID: j.pockets[i], Type: partner.JikoAccountReferenceTypeJikoAccount}
	}
	return partner.NewCreateOnUsTransferRequest(partner.CreateInternalReallocationTransfer{
		TransferID: ptr(uuid.New()), Description: ptr("Between pockets"), FromAccount: reference(from),
		ToAccount: reference(to), Amount: value,
	})
}

func requested(cents int64) partner.RequestedAmount {
	return partner.RequestedAmount{Type: partner.RequestedAmountTypeRequestedAmount, AmountUSDC: cents}
}

func (j *journey) move() (err error) {
	if j.order, err = j.newOrder(operating, reserve, requested(transfer)); err != nil {
		return err
	}
	j.key = partner.WithIdempotencyKey(partner.NewKey())
	if j.paid, err = j.client.OnUsTransfers.Create(j.ctx, j.order, j.key); err != nil {
		return err
	}
	j.page.note("transfer " + shortID(j.paid.ID))
	return errors.Join(
		check(j.paid.Status == partner.OnUsTransferStatusCompleted, "the transfer is %s", j.paid.Status),
		check(j.page.answered().Get(partner.HeaderReplayed) == "", "the first answer is said to be a stored one"),
		j.expectBalances(funding-transfer, transfer),
	)
}

func (j *journey) repeat() error {
	again, err := j.client.OnUsTransfers.Create(j.ctx, j.order, j.key)
	if err != nil {
		return err
	}
	j.page.note("transfer " + shortID(again.ID) + ", replayed")
	if err := errors.Join(
		check(again.ID == j.paid.ID, "the repeat made another transfer"),
		check(j.page.answered().Get(partner.HeaderReplayed) == "true", "the repeat's answer is not the stored one"),
		j.expectBalances(funding-transfer, transfer),
	); err != nil {
		return err
	}
	j.page.tell("replayed, not paid twice", ": the answer is the stored one, says "+partner.HeaderReplayed+
		": true, and names the same transfer; the balances are as before")
	return nil
}

func (j *journey) emptyReserve() error {
	order, err := j.newOrder(reserve, operating,
		partner.FullWithdrawal{Type: partner.FullWithdrawalTypeFullWithdrawal})
	if err != nil {
		return err
	}
	done, err := j.client.OnUsTransfers.Create(j.ctx, order)
	if err != nil {
		return err
	}
	j.page.note("transfer " + shortID(done.ID))
	return errors.Join(
		check(done.Status == partner.OnUsTransferStatusCompleted, "the transfer is %s", done.Status),
		j.expectBalances(funding, 0),
	)
}

func (j *journey) listTransactions() error {
	var told []string
	for i, want := range [][]int64{{funding, -transfer, transfer}, {transfer, -transfer}} {
		page, err := j.client.Transactions.ListForPocket(j.ctx, j.pockets[i], nil)
		if err != nil {
			return err
		}
		j.page.note(fmt.Sprintf("%s, %d transactions", pocketNames[i], len(page.Items)))
		var amounts []string
		var total, wanted int64
		for _, t := range page.Items {
			cents, err := signed(t)
			if err != nil {
				return err
			}
			total += cents
			amounts = append([]string{fmt.Sprintf("%s%s", map[bool]string{true: "+"}[cents > 0], dollars(cents))},
				amounts...) // The latest comes first.
		}
		for _, cents := range want {
			wanted += cents
		}
		if err := check(len(page.Items) == len(want) && total == wanted,
			"%s has %d transactions, which make %d cents", pocketNames[i], len(page.Items), total); err != nil {
			return err
		}
		told = append(told, fmt.Sprintf("%s = %s", strings.Join(amounts, " "), dollars(total)))
	}
	for i, text := range told {
		j.page.tell(pocketNames[i], ": "+text)
	}
	return nil
}

// signed is what a transaction adds to its pocket, in cents.
func signed(t partner.Transaction) (int64, error) {
	value, err := t.Value()
	if err != nil {
		return 0, err
	}
	var (
		money     partner.Money
		direction partner.TransactionDirection
	)
	switch v := value.(type) {
	case partner.ACHTransaction:
		money, direction = v.Amount, v.Direction
	case partner.OnUsTransaction:
		money, direction = v.Amount, v.Direction
	default:
		return 0, fmt.Errorf("not as it should be: a transaction is a %T", value)
	}
	if direction == partner.TransactionDirectionDebit {
		return -money.Value, nil
	}
	return money.Value, nil
}

func (j *journey) closeReserve() error {
	pocket, err := j.client.Pockets.Update(j.ctx, j.customerID, j.pockets[reserve], partner.UpdatePocketRequest{
		Status: ptr(partner.PocketStatusClosed), ClosureReason: ptr("no longer needed"),
	})
	if err != nil {
		return err
	}
	j.page.note("Reserve, " + strings.ToLower(string(pocket.Status)))
	return check(pocket.Status == partner.PocketStatusClosed, "the pocket is %s", pocket.Status)
}
