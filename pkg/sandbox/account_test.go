package sandbox_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

func (w *world) account(t *testing.T, id uuid.UUID) (*partnerapi.Account, error) {
	t.Helper()
	return w.Accounts.Get(t.Context(), id) //nolint:staticcheck // It is served as long as it is there.
}

func (w *world) accounts(t *testing.T, customer uuid.UUID, params *partnerapi.ListCustomerAccountsParams) (
	*partnerapi.AccountList, error) {
	t.Helper()
	//nolint:staticcheck // It is served as long as it is there.
	return w.Accounts.ListForCustomer(t.Context(), customer, params)
}

func TestAnAccountIsAPocket(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 1_000_000, 1_000_000)
	account, err := w.account(t, pockets[0])
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.Pockets.Get(t.Context(), pockets[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	if account.ID != p.ID || account.Name != p.PocketName || account.Status != partnerapi.AccountStatusOpen ||
		account.TotalValue.Value != p.Portfolio.TotalValue.Value ||
		account.Portfolio.Cash.Value != p.Portfolio.Cash.Value ||
		account.Portfolio.AllTimeEarnings.Value != p.Portfolio.AllTimeEarnings.Value {
		t.Errorf("the account is %s; the pocket is %s", encode(t, account), encode(t, p))
	}
	s := account.Portfolio.Securities[0]
	if worth := account.Portfolio.Cash.Value + s.MarketValue.Value; len(account.Portfolio.Securities) != 1 ||
		worth != 1_000_000 || s.Quantity != 100 || len(s.ExternalID) != 9 || s.Bid >= s.Ask || s.Bid < "99.0" ||
		s.Ask > "99.99" {
		t.Errorf("it holds %+v", s)
	}
	other, err := w.account(t, pockets[1])
	if err != nil || other.Portfolio.Securities[0].TradableID != s.TradableID {
		t.Errorf("the same security has another id: %+v, %v", other, err)
	}
	_, err = w.account(t, uuid.New())
	refused(t, err, http.StatusNotFound)
}

func TestAccountsAreListedByOffset(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 0, 0, 0)
	if _, err := w.Pockets.Update(t.Context(), customer, pockets[1], partnerapi.UpdatePocketRequest{
		Status: ptr(partnerapi.PocketStatusClosed), ClosureReason: ptr("done")}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name          string
		offset, limit *int
		want          []uuid.UUID
	}{
		{"all", nil, nil, pockets},
		{"the first", nil, ptr(1), pockets[:1]},
		{"the second", ptr(1), ptr(1), pockets[1:2]},
		{"more than there are", ptr(2), ptr(100), pockets[2:]},
		{"what is behind the end", ptr(3), nil, nil},
		{"what is far behind the end", ptr(int(^uint(0) >> 1)), nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			list, err := w.accounts(t, customer,
				&partnerapi.ListCustomerAccountsParams{Offset: c.offset, Limit: c.limit})
			if err != nil {
				t.Fatal(err)
			}
			var ids []uuid.UUID
			for _, a := range list.Items {
				ids = append(ids, a.ID)
				if closed := a.Status == partnerapi.AccountStatusClosed; closed != (a.ID == pockets[1]) {
					t.Errorf("it is %s", a.Status)
				}
			}
			if !slices.Equal(ids, c.want) || list.Count != 3 || c.offset != nil && list.Offset != int64(*c.offset) {
				t.Errorf("%s; want %s", encode(t, list), c.want)
			}
		})
	}
	_, err := w.accounts(t, uuid.New(), nil)
	refused(t, err, http.StatusNotFound)
}

func TestPocketConfigurations(t *testing.T) {
	w := open(t)
	all, err := w.Pockets.ListConfigurations(t.Context()) //nolint:staticcheck // It is served as long as it is there.
	if err != nil || all.Offset != 0 || all.Count != 4 || len(all.Items) != 4 || all.Items[0].ID != "UST-4W" {
		t.Errorf("ListPocketConfigurations = %+v, %v", all, err)
	}
}

// Nobody outside knows what else it can be.
func TestAValuationTypeChangesNothing(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 1_000_000)
	p, err := w.Pockets.Get(t.Context(), pockets[0], &partnerapi.GetPocketParams{ValuationType: ptr("END_OF_DAY")})
	if err != nil || p.Portfolio.TotalValue.Value != 1_000_000 {
		t.Errorf("GetPocket = %+v, %v", p, err)
	}
}
