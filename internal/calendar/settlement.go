package calendar

import "time"

const (
	// sameDayHour is the hour in New York before which a payment over ACH has to be scheduled to count from that day.
	sameDayHour = 12
	// sameDayCents is the amount from which a payment over ACH takes a day longer.
	sameDayCents = 25_000_00
	// wireHour is the hour in New York before which a wire settles the same day.
	wireHour = 17
)

// ACHSettlement returns the day on which a payment over ACH settles that was submitted at a moment, in whichever
// direction. Before 12:00 in New York, less than 25,000 USD settles the same day and more than that the next business
// day. After 12:00, and on a day that is no business day of the Federal Reserve, the same holds counted from its next
// one. (Source: the provider's reference, Create ACH origination. Inferred: 25,000 USD itself takes the day longer, and
// 12:00 itself is after.) Reviews and sales of T-bills that come before, and the time for returns after it, are not
// counted.
func ACHSettlement(submitted time.Time, cents int64) Date {
	day := dayOfSubmission(submitted, sameDayHour)
	if cents >= sameDayCents {
		return FederalReserve.After(day)
	}
	return day
}

// WireSettlement returns the day on which a wire settles that was submitted at a moment: the same business day of the
// Federal Reserve before 17:00 in New York, and else the next one. (Inferred: the provider does not publish the hour.)
func WireSettlement(submitted time.Time) Date {
	return dayOfSubmission(submitted, wireHour)
}

// dayOfSubmission returns the business day that a payment counts from: the day of its submission if that is one and the
// hour has not come, else the next.
func dayOfSubmission(submitted time.Time, hour int) Date {
	day := DateOf(submitted)
	if FederalReserve.IsBusinessDay(day) && submitted.Before(day.At(hour, 0)) {
		return day
	}
	return FederalReserve.After(day)
}
