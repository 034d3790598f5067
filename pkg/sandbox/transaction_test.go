package sandbox_test

import (
	"encoding/base64"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// history is a customer with two pockets and five movements, a minute apart, from when the clock stood at start.
//
//	minute  0     1     2     3     4
//	first   +100  -30         +10   -5
//	second        +30   +7    -10   +5
func history(t *testing.T) (w *world, c *clock, customer uuid.UUID, pockets []uuid.UUID, transfers []uuid.UUID,
	start time.Time) {
	t.Helper()
	c = &clock{}
	base := time.Now().UTC().Truncate(time.Second)
	w = openAt(t, func() time.Time { return base.Add(time.Duration(c.ahead.Load())) })
	customer, pockets = w.pockets(t, 0, 0)
	w.fund(t, pockets[0], 100)
	c.advance(time.Minute)
	transfers = append(transfers, w.move(t, pockets[0], pockets[1], requested(30)).ID)
	c.advance(time.Minute)
	w.fund(t, pockets[1], 7)
	c.advance(time.Minute)
	transfers = append(transfers, w.move(t, pockets[1], pockets[0], requested(10)).ID)
	c.advance(time.Minute)
	transfers = append(transfers, w.move(t, pockets[0], pockets[1], requested(5)).ID)
	return w, c, customer, pockets, transfers, base
}

func TestTransactionLists(t *testing.T) {
	w, c, customer, pockets, transfers, start := history(t)
	at := func(minute int) *time.Time { return ptr(start.Add(time.Duration(minute) * time.Minute)) }
	credit, debit := partnerapi.TransactionDirectionCredit, partnerapi.TransactionDirectionDebit
	for _, c := range []struct {
		name   string
		params partnerapi.ListPocketTransactionsParams
		want   []int64
	}{
		{"newest first", partnerapi.ListPocketTransactionsParams{}, []int64{-5, 10, -30, 100}},
		{"newest first by name", partnerapi.ListPocketTransactionsParams{Order: ptr(partnerapi.OrderDesc)},
			[]int64{-5, 10, -30, 100}},
		{"oldest first", partnerapi.ListPocketTransactionsParams{Order: ptr(partnerapi.OrderAsc)},
			[]int64{100, -30, 10, -5}},
		{"what came in", partnerapi.ListPocketTransactionsParams{Direction: &credit}, []int64{10, 100}},
		{"what went out", partnerapi.ListPocketTransactionsParams{Direction: &debit}, []int64{-5, -30}},
		{"from an amount on, which is included", partnerapi.ListPocketTransactionsParams{AmountFrom: ptr[int64](30)},
			[]int64{-30, 100}},
		{"up to an amount, which is included", partnerapi.ListPocketTransactionsParams{AmountTo: ptr[int64](10)},
			[]int64{-5, 10}},
		{"between amounts", partnerapi.ListPocketTransactionsParams{AmountFrom: ptr[int64](10),
			AmountTo: ptr[int64](30)}, []int64{10, -30}},
		{"of one type", partnerapi.ListPocketTransactionsParams{
			FilterType: []partnerapi.TransactionType{partnerapi.TransactionTypeACH}}, []int64{100}},
		{"of two types", partnerapi.ListPocketTransactionsParams{
			FilterType: []partnerapi.TransactionType{partnerapi.TransactionTypeACH, partnerapi.TransactionTypeOnUs}},
			[]int64{-5, 10, -30, 100}},
		{"of a type that there is none of", partnerapi.ListPocketTransactionsParams{
			FilterType: []partnerapi.TransactionType{partnerapi.TransactionTypeWire}}, []int64{}},
		{"of a transfer", partnerapi.ListPocketTransactionsParams{FilterOnUsTransfer: transfers[1:2]}, []int64{10}},
		{"of two transfers", partnerapi.ListPocketTransactionsParams{FilterOnUsTransfer: transfers[1:]},
			[]int64{-5, 10}},
		{"of an unknown transfer", partnerapi.ListPocketTransactionsParams{FilterOnUsTransfer: []uuid.UUID{uuid.New()}},
			[]int64{}},
		{"of a card", partnerapi.ListPocketTransactionsParams{FilterCard: []uuid.UUID{uuid.New()}}, []int64{}},
		{"of a portal", partnerapi.ListPocketTransactionsParams{FilterPortal: []uuid.UUID{uuid.New()}}, []int64{}},
		{"of a wire", partnerapi.ListPocketTransactionsParams{FilterWire: []uuid.UUID{uuid.New()}}, []int64{}},
		{"from a time on, which is included", partnerapi.ListPocketTransactionsParams{TimeBookedFrom: at(3)},
			[]int64{-5, 10}},
		{"up to a time, which is included", partnerapi.ListPocketTransactionsParams{TimeBookedTo: at(1)},
			[]int64{-30, 100}},
		{"settled in between", partnerapi.ListPocketTransactionsParams{TimeSettledFrom: at(1), TimeSettledTo: at(3)},
			[]int64{10, -30}},
		{"without sweeps", partnerapi.ListPocketTransactionsParams{IncludeSweeps: ptr(false)},
			[]int64{-5, 10, -30, 100}},
		{"everything at once", partnerapi.ListPocketTransactionsParams{Direction: &debit, AmountTo: ptr[int64](5),
			FilterOnUsTransfer: transfers, TimeBookedFrom: at(1)}, []int64{-5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			page, err := w.Transactions.ListForPocket(t.Context(), pockets[0], &c.params)
			if err != nil {
				t.Fatal(err)
			}
			if got := cents(read(t, page.Items...)); !slices.Equal(got, c.want) {
				t.Errorf("%v; want %v", got, c.want)
			}
			// The customer's list takes the same filters.
			p := c.params
			page, err = w.Transactions.ListForCustomer(t.Context(), customer,
				&partnerapi.ListCustomerTransactionsParams{
					PocketID: pockets[:1], Order: p.Order, Direction: p.Direction, AmountFrom: p.AmountFrom,
					AmountTo: p.AmountTo, FilterCard: p.FilterCard,
					FilterPortal: p.FilterPortal, FilterType: p.FilterType, FilterOnUsTransfer: p.FilterOnUsTransfer,
					FilterWire:     p.FilterWire,
					TimeBookedFrom: p.TimeBookedFrom, TimeBookedTo: p.TimeBookedTo, TimeSettledFrom: p.TimeSettledFrom,
					TimeSettledTo: p.TimeSettledTo,
					IncludeSweeps: p.IncludeSweeps,
				})
			if err != nil {
				t.Fatal(err)
			}
			if got := cents(read(t, page.Items...)); !slices.Equal(got, c.want) {
				t.Errorf("of the customer: %v; want %v", got, c.want)
			}
		})
	}

	t.Run("of all the customer's pockets", func(t *testing.T) {
		page, err := w.Transactions.ListForCustomer(t.Context(), customer, nil)
		if err != nil {
			t.Fatal(err)
		}
		all := read(t, page.Items...)
		if len(all) != 8 || !slices.IsSortedFunc(all, func(a, b entry) int { return b.time.Compare(a.time) }) {
			t.Errorf("%+v", all)
		}
		page, err = w.Transactions.ListForCustomer(t.Context(), customer,
			&partnerapi.ListCustomerTransactionsParams{PocketID: []uuid.UUID{uuid.New()}})
		if err != nil || len(page.Items) != 0 {
			t.Errorf("of a pocket that is not theirs: %+v, %v", page, err)
		}
	})

	t.Run("of nobody", func(t *testing.T) {
		_, err := w.Transactions.ListForPocket(t.Context(), uuid.New(), nil)
		refused(t, err, http.StatusNotFound)
		_, err = w.Transactions.ListForPocket(t.Context(), uuid.Nil, nil) // The World keeps its own counsel.
		refused(t, err, http.StatusNotFound)
		_, err = w.Transactions.ListForCustomer(t.Context(), uuid.New(), nil)
		refused(t, err, http.StatusNotFound)
	})

	t.Run("with a bad cursor", func(t *testing.T) {
		page, err := w.Transactions.ListForPocket(t.Context(), pockets[0], nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, cursor := range map[string]string{
			"no base64": "?",
			"no direction": base64.RawURLEncoding.EncodeToString(
				[]byte(read(t, page.Items...)[1].id.String())),
			"an unknown transaction": base64.RawURLEncoding.EncodeToString([]byte("after:" + uuid.NewString())),
		} {
			t.Run(name, func(t *testing.T) {
				_, err := w.Transactions.ListForPocket(t.Context(), pockets[0],
					&partnerapi.ListPocketTransactionsParams{Cursor: &cursor})
				refused(t, err, http.StatusUnprocessableEntity, "query.cursor")
				_, err = w.Transactions.ListForCustomer(t.Context(), customer,
					&partnerapi.ListCustomerTransactionsParams{Cursor: &cursor})
				refused(t, err, http.StatusUnprocessableEntity, "query.cursor")
			})
		}
	})

	t.Run("page by page while more arrives", func(t *testing.T) {
		// Newest first, what arrives stands before everything that is still to come: no item may repeat or be left out.
		var got []int64
		params := partnerapi.ListPocketTransactionsParams{Limit: ptr(1)}
		var last *partnerapi.TransactionPage
		for {
			page, err := w.Transactions.ListForPocket(t.Context(), pockets[0], &params)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, cents(read(t, page.Items...))...)
			c.advance(time.Minute)
			w.fund(t, pockets[0], 1)
			last = page
			next, err := page.NextPage.Get()
			if err != nil {
				break
			}
			params.Cursor = &next
		}
		if !slices.Equal(got, []int64{-5, 10, -30, 100}) {
			t.Fatalf("forward: %v", got)
		}
		// Back again, the four that arrived follow.
		got = nil
		for {
			previous, err := last.PrevPage.Get()
			if err != nil {
				break
			}
			params.Cursor, params.Limit = &previous, ptr(3)
			if last, err = w.Transactions.ListForPocket(t.Context(), pockets[0], &params); err != nil {
				t.Fatal(err)
			}
			got = append(cents(read(t, last.Items...)), got...)
		}
		if !slices.Equal(got, []int64{1, 1, 1, 1, -5, 10, -30}) {
			t.Errorf("back: %v", got)
		}
	})
}

func TestATransactionIsFoundByEitherID(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 100, 0)
	w.move(t, pockets[0], pockets[1], requested(30))
	var postings []uuid.UUID
	for i, pocket := range pockets {
		page, err := w.Transactions.ListForPocket(t.Context(), pocket,
			&partnerapi.ListPocketTransactionsParams{
				FilterType: []partnerapi.TransactionType{partnerapi.TransactionTypeOnUs}})
		if err != nil {
			t.Fatal(err)
		}
		listed := read(t, page.Items...)[0]
		postings = append(postings, listed.posting)
		if listed.id == listed.posting || listed.pocket != pocket {
			t.Errorf("pocket %d: %+v", i, listed)
		}
		byID, err := w.Transactions.Get(t.Context(), listed.id)
		if err != nil {
			t.Fatal(err)
		}
		if got := read(t, *byID)[0]; got != listed {
			t.Errorf("by its own id: %+v; want %+v", got, listed)
		}
		byPosting, err := w.Transactions.Get(t.Context(), listed.posting)
		if err != nil {
			t.Fatal(err)
		}
		if got := read(t, *byPosting)[0]; got.posting != listed.posting || got.transfer != listed.transfer {
			t.Errorf("by the shared id: %+v; want %+v", got, listed)
		}
	}
	if postings[0] != postings[1] {
		t.Errorf("the two sides of a transfer do not share an id: %v", postings)
	}
	_, err := w.Transactions.Get(t.Context(), uuid.New())
	refused(t, err, http.StatusNotFound)
}
