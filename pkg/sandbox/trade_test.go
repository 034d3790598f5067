package sandbox_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// traded is what tests want to know of a trade.
type traded struct {
	id, pocket      uuid.UUID
	activity        string
	at              time.Time
	booked, settled string
	cents           int64
}

func trades(t *testing.T, all []partnerapi.Trade) (list []traded) {
	t.Helper()
	date := func(d *openapi_types.Date) string {
		if d == nil {
			return ""
		}
		return d.String()
	}
	for _, x := range all {
		value, err := x.Value()
		switch v := must(t, value, err).(type) {
		case partnerapi.BuyTrade:
			list = append(list, traded{v.ID, v.PocketID, string(v.Activity), v.TradeDatetime, v.BookDate.String(),
				date(v.SettledDate), v.Notional.Value})
		case partnerapi.SellTrade:
			list = append(list, traded{v.ID, v.PocketID, string(v.Activity), v.TradeDatetime, v.BookDate.String(),
				date(v.SettledDate), v.Notional.Value})
		case partnerapi.MaturityTrade:
			list = append(list, traded{v.ID, v.PocketID, string(v.Activity), v.TradeDatetime, v.BookDate.String(),
				date(v.SettledDate), v.Notional.Value})
		default:
			t.Fatalf("a trade is a %T", v)
		}
	}
	return list
}

// all are the trades of the customer, newest first.
func (q *aQuarter) all(t *testing.T) []traded {
	t.Helper()
	page, err := q.Trades.ListForCustomer(t.Context(), q.customer, &partnerapi.ListCustomerTradesParams{
		Limit: ptr(100)})
	return trades(t, must(t, page, err).Items)
}

func (q *aQuarter) testTrades(t *testing.T) {
	all := q.all(t)
	if len(all) < 10 || !slices.IsSortedFunc(all, func(a, b traded) int { return b.at.Compare(a.at) }) {
		t.Fatalf("%d trades, or not newest first", len(all))
	}
	day := func(text string) *openapi_types.Date {
		at, err := time.Parse(time.DateOnly, text)
		return &openapi_types.Date{Time: must(t, at, err)}
	}
	saturday := ny(2026, time.January, 31, 15, 0)
	for _, c := range []struct {
		name   string
		params partnerapi.ListCustomerTradesParams
		keep   func(traded) bool
	}{
		{"from a moment on", partnerapi.ListCustomerTradesParams{TradeDatetimeFrom: &saturday},
			func(x traded) bool { return !x.at.Before(saturday) }},
		{"up to a moment", partnerapi.ListCustomerTradesParams{TradeDatetimeTo: &saturday},
			func(x traded) bool { return !x.at.After(saturday) }},
		{"booked on a day", partnerapi.ListCustomerTradesParams{BookDateFrom: day("2026-02-02"),
			BookDateTo: day("2026-02-02")}, func(x traded) bool { return x.booked == "2026-02-02" }},
		{"settled on a day", partnerapi.ListCustomerTradesParams{SettlementDateFrom: day("2026-02-03"),
			SettlementDateTo: day("2026-02-03")}, func(x traded) bool { return x.settled == "2026-02-03" }},
		{"of a pocket", partnerapi.ListCustomerTradesParams{PocketID: q.pockets[1:]},
			func(x traded) bool { return x.pocket == q.pockets[1] }},
		{"of both pockets", partnerapi.ListCustomerTradesParams{PocketID: q.pockets},
			func(traded) bool { return true }},
	} {
		c.params.Limit = ptr(100)
		page, err := q.Trades.ListForCustomer(t.Context(), q.customer, &c.params)
		got := trades(t, must(t, page, err).Items)
		want := slices.DeleteFunc(slices.Clone(all), func(x traded) bool { return !c.keep(x) })
		if !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("%s: %d trades; want %d", c.name, len(got), len(want))
		}
	}
	oldest, err := q.Trades.ListForCustomer(t.Context(), q.customer, &partnerapi.ListCustomerTradesParams{
		Order: ptr(partnerapi.OrderAsc), Limit: ptr(1)})
	if got := trades(t, must(t, oldest, err).Items); got[0] != all[len(all)-1] {
		t.Errorf("the oldest is %+v; want %+v", got[0], all[len(all)-1])
	}
	var paged []traded
	for x, err := range q.Trades.AllForCustomer(t.Context(), q.customer, &partnerapi.ListCustomerTradesParams{
		Limit: ptr(3)}) {
		paged = append(paged, trades(t, []partnerapi.Trade{must(t, x, err)})...)
	}
	if !slices.Equal(paged, all) {
		t.Errorf("in pages there are %d trades; want %d", len(paged), len(all))
	}
	_, err = q.Trades.ListForCustomer(t.Context(), uuid.New(), nil)
	refused(t, err, http.StatusNotFound)
}

func (q *aQuarter) testTradesV1(t *testing.T) {
	all := q.all(t)
	from := ny(2026, time.February, 1, 0, 0)
	page, err := q.Trades.ListForCustomerV1(t.Context(), q.customer, &partnerapi.ListCustomerTradesV1Params{
		TradeDatetimeFrom: &from, TradeDatetimeTo: &all[0].at, Account: q.pockets[:1], Limit: ptr(100)})
	var got []uuid.UUID
	for _, x := range must(t, page, err).Items {
		got = append(got, x.ID)
		if x.Activity == partnerapi.TradeActivityMaturity &&
			(x.Price != "100.000000" || x.YieldToMaturity != "0.0000") {
			t.Errorf("a maturity for %s at %s", x.Price, x.YieldToMaturity)
		}
		if x.IsSettled != (x.SettledDate != nil) {
			t.Errorf("settled: %t, on %v", x.IsSettled, x.SettledDate)
		}
	}
	var want []uuid.UUID
	for _, x := range all {
		if x.pocket == q.pockets[0] && !x.at.Before(from) {
			want = append(want, x.id)
		}
	}
	if !slices.Equal(got, want) || len(want) == 0 {
		t.Errorf("%d trades; want %d", len(got), len(want))
	}
	of, err := q.Trades.ListForAccount(t.Context(), q.pockets[1], &partnerapi.ListAccountTradesParams{Limit: ptr(1)})
	if x := must(t, of, err).Items[0]; x.JikoAccountID != q.pockets[1] || !of.NextPage.IsSpecified() ||
		of.NextPage.IsNull() {
		t.Errorf("%+v, next page %v", x, of.NextPage)
	}
	_, err = q.Trades.ListForAccount(t.Context(), uuid.New(), nil)
	refused(t, err, http.StatusNotFound)
	_, err = q.Trades.ListForCustomerV1(t.Context(), uuid.New(), nil)
	refused(t, err, http.StatusNotFound)
}

func (q *aQuarter) testConfirmations(t *testing.T) {
	seen := map[string]bool{}
	for _, x := range q.all(t) {
		if seen[x.activity] {
			continue
		}
		seen[x.activity] = true
		c, err := q.Trades.GetConfirmation(t.Context(), x.pocket, x.id)
		if x.activity == "MATURITY" {
			refused(t, err, http.StatusNotFound)
			continue
		}
		document := q.pdf(t, must(t, c, err).URL)
		if !document.has(x.id.String()) || !document.has(x.activity) || document.cents(t, "Amount") != x.cents ||
			!document.has(x.booked) || document.has("pending") {
			t.Errorf("%+v is confirmed by %q", x, []string(document))
		}
		other := q.pockets[0]
		if x.pocket == other {
			other = q.pockets[1]
		}
		for _, pocket := range []uuid.UUID{other, uuid.New()} {
			_, err = q.Trades.GetConfirmation(t.Context(), pocket, x.id)
			refused(t, err, http.StatusNotFound)
		}
		if !strings.HasSuffix(c.URL, "/trade-confirmation.pdf") {
			t.Errorf("it is called %s", c.URL)
		}
	}
	if len(seen) != 3 {
		t.Errorf("there are no trades but %v", seen)
	}
	_, err := q.Trades.GetConfirmation(t.Context(), q.pockets[0], uuid.New())
	refused(t, err, http.StatusNotFound)
}
