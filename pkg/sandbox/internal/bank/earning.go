package bank

import (
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
)

// EarningsPeriod is a period that a pocket earns in.
type EarningsPeriod string

// The periods. All but the last end today. (Source: the reference's Get Earnings, and that of the Customer API for
// where they begin.)
const (
	YearToDate  EarningsPeriod = "ytd"
	MonthToDate EarningsPeriod = "mtd"
	WeekToDate  EarningsPeriod = "wtd"
	AllTime     EarningsPeriod = "all-time"
	Range       EarningsPeriod = "range"
)

// Earnings are what a pocket has earned from the beginning of a day until the end of another, or until now if that is
// today. Days are those of New York.
type Earnings struct {
	Cents int64
	// From is nil for all time. (Inferred: the contract says that it may be null, and not when.)
	From *calendar.Date
	To   calendar.Date
}

// Earnings returns what a pocket has earned in a period. from and to are the first and the last day of a Range, and nil
// for every other period.
func (t *Tx) Earnings(pocket uuid.UUID, period EarningsPeriod, from, to *calendar.Date) (Earnings, error) {
	if _, err := t.Pocket(pocket); err != nil {
		return Earnings{}, err
	}
	if err := t.checkPeriod(period, from, to); err != nil {
		return Earnings{}, err
	}
	e := Earnings{To: t.today()}
	year, _, _ := e.To.YearMonthDay()
	var first calendar.Date
	switch period {
	case YearToDate:
		first = calendar.NewDate(year, time.January, 1)
	case MonthToDate:
		first = e.To.FirstOfMonth()
	case WeekToDate:
		first = e.To
		for first.Weekday() != time.Monday {
			first--
		}
	case Range:
		first, e.To = *from, *to
	default:
		e.Cents = t.earnedBy(pocket, e.To)
		return e, nil
	}
	e.From = &first
	e.Cents = t.earnedBy(pocket, e.To) - t.earnedBy(pocket, first-1)
	return e, nil
}

// checkPeriod refuses a period that contradicts its days. (Source: the contract, for a range without them. Inferred for
// the rest.)
func (t *Tx) checkPeriod(period EarningsPeriod, from, to *calendar.Date) error {
	var wrong Refusals
	for _, given := range []struct {
		name string
		day  *calendar.Date
	}{{"date_from", from}, {"date_to", to}} {
		switch {
		case period == Range && given.day == nil:
			wrong = append(wrong, invalid("missing", "is required with the period range", "query", given.name))
		case period != Range && given.day != nil:
			wrong = append(wrong, invalid("period", "goes with the period range alone", "query", given.name))
		}
	}
	switch {
	case len(wrong) > 0:
		return wrong
	case period != Range:
		return nil
	case *from > *to:
		return invalid("order", "must not be after date_to", "query", "date_from")
	case *to > t.today():
		return invalid("future", "must not be in the future", "query", "date_to")
	}
	return nil
}

// earnedBy is what a pocket had earned by the end of a day, in cents. The T-bills of that time are valued on that day.
func (t *Tx) earnedBy(pocket uuid.UUID, day calendar.Date) int64 {
	r := &replay{}
	eachIn(t.tradesByOwner.Of(pocket), tradeTime, window{end: endOf(day)}, r.trade)
	return r.realized + r.value(day) - r.cost()
}

var earningRules = []Rule{
	{[]string{"getPocketEarnings"}, "A range needs both of its days, and both count.", Documented,
		"reference, Get Earnings"},
	{[]string{"getPocketEarnings"}, "The period is all time unless one is given; ytd begins on 1 January, and wtd on " +
		"the latest Monday.", Documented, "Customer API, Get Earnings"},
	{[]string{"getPocketEarnings"}, "A pocket earns what its T-bills gain in worth, and what they bring more than " +
		"that when they are sold; days are those of New York.", Inferred, ""},
	{[]string{"getPocketEarnings"}, "A range is refused that ends before it begins, or in the future; days without a " +
		"range are refused.", Inferred, ""},
	{[]string{"getPocketEarnings"}, "The date_from of all time is null.", Inferred, ""},
	{[]string{"getPocketEarnings", "getPocket", "listPockets"}, "No pocket has real_time_yield: there is no " +
		"pricing_timestamp, and no appreciation_per_second.", Inferred, ""},
	{[]string{"getPocket", "getCustomerPocket", "listPockets", "listCustomerPockets"}, "Of omit[], portfolio has an " +
		"effect.", Inferred, ""},
	{[]string{"getPocket", "getCustomerPocket", "listPockets", "listCustomerPockets"}, "What valuation_type can be " +
		"is not known, and it changes nothing. Worth changes from day to day alone, so that of now is that of the " +
		"end of the day.", Unknown, ""},
}
