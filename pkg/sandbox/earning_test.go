package sandbox_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

func TestWhatAPocketHasEarned(t *testing.T) {
	// A Wednesday in New York.
	w := openAt(t, func() time.Time { return time.Date(2026, 7, 15, 16, 0, 0, 0, time.UTC) })
	_, pockets := w.pockets(t, 4_000_000)
	if err := w.bank.Advance(t.Context(), 45*24*time.Hour); err != nil { // The T-bills have matured on the way.
		t.Fatal(err)
	}
	earned := func(p partnerapi.GetPocketEarningsParams) *partnerapi.PocketEarnings {
		t.Helper()
		e, err := w.Pockets.GetEarnings(t.Context(), pockets[0], &p)
		return must(t, e, err)
	}
	all := earned(partnerapi.GetPocketEarningsParams{})
	if all.Earnings.Value != w.value(t, pockets[0])-4_000_000 || all.Earnings.Value < 15_000 ||
		all.Earnings.Value > 35_000 || all.DateFrom != nil || all.DateTo.String() != "2026-08-29" {
		t.Errorf("all time: %s", encode(t, all))
	}
	var sum int64
	for _, days := range [][2]string{{"2026-07-15", "2026-07-31"}, {"2026-08-01", "2026-08-23"},
		{"2026-08-24", "2026-08-29"}} {
		e := earned(span(days[0], days[1]))
		if e.DateFrom.String() != days[0] || e.DateTo.String() != days[1] || e.Earnings.Value <= 0 {
			t.Errorf("%s: %s", days, encode(t, e))
		}
		sum += e.Earnings.Value
	}
	if sum != all.Earnings.Value {
		t.Errorf("the parts make %d; want %d", sum, all.Earnings.Value)
	}
	for period, days := range map[partnerapi.EarningsPeriod][2]string{
		partnerapi.EarningsPeriodYtd: {"2026-01-01", "2026-08-29"},
		partnerapi.EarningsPeriodMtd: {"2026-08-01", "2026-08-29"},
		partnerapi.EarningsPeriodWtd: {"2026-08-24", "2026-08-29"},
	} {
		e, want := earned(partnerapi.GetPocketEarningsParams{Period: &period}), earned(span(days[0], days[1]))
		if encode(t, e) != encode(t, want) {
			t.Errorf("%s: %s; want %s", period, encode(t, e), encode(t, want))
		}
	}

	without := func(p partnerapi.GetPocketEarningsParams,
		change func(*partnerapi.GetPocketEarningsParams)) partnerapi.GetPocketEarningsParams {
		change(&p)
		return p
	}
	right := span("2026-07-15", "2026-07-31")
	for _, c := range []struct {
		name   string
		params partnerapi.GetPocketEarningsParams
		places []string
	}{
		{"a range without its days", partnerapi.GetPocketEarningsParams{Period: right.Period},
			[]string{"query.date_from", "query.date_to"}},
		{"a range without its first day", without(right, func(p *partnerapi.GetPocketEarningsParams) {
			p.DateFrom = nil
		}), []string{"query.date_from"}},
		{"a range without its last day", without(right, func(p *partnerapi.GetPocketEarningsParams) {
			p.DateTo = nil
		}), []string{"query.date_to"}},
		{"days without a range", without(right, func(p *partnerapi.GetPocketEarningsParams) { p.Period = nil }),
			[]string{"query.date_from", "query.date_to"}},
		{"a day beside another period", partnerapi.GetPocketEarningsParams{
			Period: ptr(partnerapi.EarningsPeriodYtd), DateTo: right.DateTo}, []string{"query.date_to"}},
		{"a range that ends before it begins", span("2026-07-31", "2026-07-30"), []string{"query.date_from"}},
		{"a range into the future", span("2026-07-31", "2026-08-30"), []string{"query.date_to"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.Pockets.GetEarnings(t.Context(), pockets[0], &c.params)
			refused(t, err, http.StatusUnprocessableEntity, c.places...)
		})
	}
	_, err := w.Pockets.GetEarnings(t.Context(), uuid.New(), nil)
	refused(t, err, http.StatusNotFound)
}

func span(from, to string) partnerapi.GetPocketEarningsParams {
	p := partnerapi.GetPocketEarningsParams{Period: ptr(partnerapi.EarningsPeriodRange)}
	for _, day := range []struct {
		text string
		to   **openapi_types.Date
	}{{from, &p.DateFrom}, {to, &p.DateTo}} {
		d, err := time.Parse(time.DateOnly, day.text)
		if err != nil {
			panic(err)
		}
		*day.to = &openapi_types.Date{Time: d}
	}
	return p
}
