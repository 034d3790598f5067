package sandbox_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

func TestTransactionsOfV1(t *testing.T) {
	w, c, customer, pockets, transfers, start := history(t)
	list := w.Transactions.ListForCustomerV1 //nolint:staticcheck // SA1019: callers still use it.
	get := w.Transactions.GetForAccount      //nolint:staticcheck // SA1019: callers still use it.
	at := func(minute int) *time.Time { return ptr(start.Add(time.Duration(minute) * time.Minute)) }
	asc, ach, onUs := partnerapi.OrderAsc, partnerapi.AccountTransactionTypeACH, partnerapi.AccountTransactionTypeOnUs
	for _, c := range []struct {
		name   string
		params partnerapi.ListCustomerTransactionsV1Params
		want   []int64 // in cents, without a sign
	}{
		{"newest first", partnerapi.ListCustomerTransactionsV1Params{}, []int64{5, 5, 10, 10, 7, 30, 30, 100}},
		{"oldest first", partnerapi.ListCustomerTransactionsV1Params{Order: &asc},
			[]int64{100, 30, 30, 7, 10, 10, 5, 5}},
		{"of an account", partnerapi.ListCustomerTransactionsV1Params{Account: pockets[:1]}, []int64{5, 10, 30, 100}},
		{"of a kind", partnerapi.ListCustomerTransactionsV1Params{
			FilterTypes: []partnerapi.AccountTransactionType{ach}}, []int64{7, 100}},
		{"of another kind, of an account", partnerapi.ListCustomerTransactionsV1Params{Account: pockets[1:],
			FilterTypes: []partnerapi.AccountTransactionType{onUs, partnerapi.AccountTransactionTypeCashBack}},
			[]int64{5, 10, 30}},
		{"of a kind that there is none of", partnerapi.ListCustomerTransactionsV1Params{
			FilterTypes: []partnerapi.AccountTransactionType{partnerapi.AccountTransactionTypeWireFee}}, nil},
		{"of a transfer", partnerapi.ListCustomerTransactionsV1Params{FilterOnUsTransfer: transfers[1:2]},
			[]int64{10, 10}},
		{"of a card", partnerapi.ListCustomerTransactionsV1Params{FilterCard: []uuid.UUID{uuid.New()}}, nil},
		{"of a portal", partnerapi.ListCustomerTransactionsV1Params{FilterPortal: []uuid.UUID{uuid.New()}}, nil},
		{"of a wire", partnerapi.ListCustomerTransactionsV1Params{FilterWire: []uuid.UUID{uuid.New()}}, nil},
		{"from a moment to another", partnerapi.ListCustomerTransactionsV1Params{TimestampFrom: at(2),
			TimestampTo: at(3)}, []int64{10, 10, 7}},
	} {
		page, err := list(t.Context(), customer, &c.params)
		var got []int64
		for _, x := range must(t, page, err).Items {
			got = append(got, x.Amount.Value)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v; want %v", c.name, got, c.want)
		}
	}
	var ids []uuid.UUID
	for x, err := range w.Transactions.AllForAccount(t.Context(), pockets[0], &partnerapi.ListAccountTransactionsParams{
		Limit: ptr(1)}) {
		ids = append(ids, must(t, x, err).ID)
	}
	if len(ids) != 4 {
		t.Fatalf("in pages, the account has %d transactions", len(ids))
	}
	got := func(pocket, id uuid.UUID) *partnerapi.AccountTransaction {
		x, err := get(t.Context(), pocket, id)
		return must(t, x, err)
	}
	deposit, out := got(pockets[0], ids[3]), got(pockets[0], ids[0])
	d := deposit.Details.ACHTransaction
	if deposit.Status != partnerapi.AccountTransactionStatusPending || d == nil || d.CompanyName == "" ||
		d.ACHDirection != partnerapi.ACHTransactionDirectionReceiving || !d.ACHID.IsNull() ||
		*deposit.Details.TransactionTypeTitle != "ACH Electronic Credit" {
		t.Errorf("a deposit is %+v %+v", deposit, d)
	}
	o := out.Details.OnUsTransaction
	if out.Status != partnerapi.AccountTransactionStatusCompleted || o == nil || o.OnUsTransferID != transfers[2] ||
		o.OnUsTransferType != "INTERNAL_REALLOCATION" || *out.Details.TransactionTypeTitle != "Transfer Out" {
		t.Errorf("a transfer is %+v %+v", out, o)
	}
	// By the id of the whole, an account sees its own side.
	page, err := w.Transactions.ListForPocket(t.Context(), pockets[1], &partnerapi.ListPocketTransactionsParams{
		Limit: ptr(1)})
	arrival := read(t, must(t, page, err).Items...)[0]
	if x := got(pockets[1], arrival.posting); x.ID != arrival.id ||
		*x.Details.TransactionTypeTitle != "Transfer In" {
		t.Errorf("%+v", x)
	}
	sweeps, err := w.Transactions.ListForPocket(t.Context(), pockets[0], &partnerapi.ListPocketTransactionsParams{
		IncludeSweeps: ptr(true)})
	var sweep uuid.UUID
	for _, x := range must(t, sweeps, err).Items {
		value, err := x.Value()
		if v, ok := must(t, value, err).(partnerapi.SweepTransaction); ok {
			sweep = v.ID
		}
	}
	for name, pair := range map[string][2]uuid.UUID{
		"a transaction of another account": {pockets[1], ids[0]}, "a sweep": {pockets[0], sweep},
		"none": {pockets[0], uuid.New()}, "that of no account": {uuid.New(), ids[0]},
	} {
		if _, err := get(t.Context(), pair[0], pair[1]); err == nil {
			t.Errorf("%s is found", name)
		} else {
			refused(t, err, http.StatusNotFound)
		}
	}
	_, err = w.Transactions.ListForAccount(t.Context(), uuid.New(), nil)
	refused(t, err, http.StatusNotFound)
	_, err = list(t.Context(), uuid.New(), nil)
	refused(t, err, http.StatusNotFound)
	c.advance(5 * 24 * time.Hour)
	if x := got(pockets[0], ids[3]); x.Status != partnerapi.AccountTransactionStatusCompleted {
		t.Errorf("after the window for returns, a deposit is %s", x.Status)
	}
}
