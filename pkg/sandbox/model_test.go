package sandbox_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/partner"
)

// model is a bank in a few lines: what each pocket has, and what it saw, oldest first.
type model struct {
	balance []int64
	seen    [][]int64
}

func (m *model) post(from, to int, cents int64) string {
	if from >= 0 {
		if cents <= 0 || m.balance[from] < cents {
			return "REJECTED INSUFFICIENT_FUNDS"
		}
		m.balance[from] -= cents
		m.seen[from] = append(m.seen[from], -cents)
	}
	m.balance[to] += cents
	m.seen[to] = append(m.seen[to], cents)
	return "COMPLETED"
}

// Whatever is paid in and moved about, the API says what the model says.
func TestTheBankBehavesLikeItsModel(t *testing.T) {
	w := open(t)
	customer := w.customer(t)
	client := w.inProcess(t, partner.Config{Username: username, Password: password, SigningSecret: signingSecret})
	rapid.Check(t, func(r *rapid.T) {
		const pockets = 3
		m := &model{balance: make([]int64, pockets), seen: make([][]int64, pockets)}
		var ids [pockets]uuid.UUID
		for i := range ids {
			p, err := client.Pockets.Create(t.Context(), customer,
				partnerapi.CreatePocketRequest{PocketName: fmt.Sprint(i), DepositStrategyID: ptr("UST-4W")})
			if err != nil {
				r.Fatal(err)
			}
			ids[i] = p.ID
		}
		which := rapid.IntRange(0, pockets-1)
		amount := rapid.OneOf(rapid.Int64Range(1, 20), rapid.Int64Range(1, 4_999_999))
		for range rapid.IntRange(0, 12).Draw(r, "steps") {
			from, to := which.Draw(r, "from"), which.Draw(r, "to")
			if from == to {
				cents := amount.Draw(r, "fund")
				if err := client.Sandbox.FundAccount(t.Context(), nil,
					partnerapi.FundAccountRequest{AccountID: ids[to], AmountUSDC: cents}); err != nil {
					r.Fatal(err)
				}
				m.post(-1, to, cents)
				continue
			}
			var how partnerapi.TransferAmountVariant = everything()
			cents := m.balance[from]
			if rapid.IntRange(0, 2).Draw(r, "withdraw") > 0 {
				cents = amount.Draw(r, "move")
				how = requested(cents)
			}
			transfer, err := client.OnUsTransfers.Create(t.Context(), order(t, ids[from], ids[to], how))
			if err != nil {
				r.Fatal(err)
			}
			if want := m.post(from, to, cents); outcome(transfer) != want {
				r.Fatalf("a transfer of %d is %s; want %s", cents, outcome(transfer), want)
			}
		}
		for i, id := range ids {
			p, err := client.Pockets.Get(t.Context(), id, nil)
			if err != nil || p.Portfolio.TotalValue.Value != m.balance[i] {
				r.Fatalf("pocket %d is worth %+v, %v; want %d", i, p, err, m.balance[i])
			}
			page, err := client.Transactions.ListForPocket(t.Context(), id,
				&partnerapi.ListPocketTransactionsParams{Order: ptr(partnerapi.OrderAsc)})
			if err != nil {
				r.Fatal(err)
			}
			if got := cents(read(t, page.Items...)); !slices.Equal(got, m.seen[i]) {
				r.Fatalf("pocket %d saw %v; want %v", i, got, m.seen[i])
			}
		}
		if _, err := w.bank.Balances(); err != nil {
			r.Fatal(err)
		}
	})
}
