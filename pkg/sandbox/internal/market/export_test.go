package market

// Discounted is the price at a discount rate in millionths, for a number of days.
func Discounted(rate, days int64) Price { return discounted(rate, days) }

// Yield is what a price earns in a year if the bill has a number of days to run.
func Yield(p Price, days int64) string { return p.yield(days) }

// CheckDigit is the last character of a CUSIP that begins with number.
func CheckDigit(number string) string { return string(checkDigit([]byte(number))) }

var (
	// BaseRate is the discount rate of a remaining term in days, in millionths.
	BaseRate = baseRate
	// CUSIP is the number of the bill with a maturity.
	CUSIP = cusip
	// Shift is what is added to every rate on a day, in millionths.
	Shift = (*Market).shift
)
