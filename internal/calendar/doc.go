// Package calendar counts days: the civil day in New York that a moment falls on, which days are business days of the
// Federal Reserve or of the market in US Treasury securities, and when a payment settles.
//
//	day := calendar.DateOf(now)
//	if !calendar.FederalReserve.IsBusinessDay(day) {
//		day = calendar.FederalReserve.After(day)
//	}
//
// A [Date] has no clock and no zone. What has a clock is a time.Time, in UTC; [DateOf] and [Date.At] lead from the one
// to the other, across the changes of daylight saving.
//
// # Holidays
//
// The [FederalReserve] moves a holiday from a Sunday to the Monday after it. One on a Saturday is not moved: the Friday
// before it is a business day. (Source: the holiday schedules of the Federal Reserve Banks.) It observes Juneteenth
// since 2022; on Friday, 18 June 2021, the day after the law was signed, its services ran as usual. (Source: its
// notices of June 2021.)
//
// The [Treasury] calendar has the days on which trades of US government securities settle by SIFMA's recommendations:
// those of the Federal Reserve, without
//
//   - Good Friday. In years when it is a day of early close, it is no day of settlement all the same. (Source: SIFMA's
//     recommendations of 2012, 2015 and 2026.)
//   - the Friday before Independence Day on a Saturday. (Source: its recommendation for 3 July 2020. Inferred: the same
//     holds for later years.)
//   - the Friday before Christmas on a Saturday. (Inferred: for 2021 it recommended an early close on the Thursday
//     before.)
//
// New Year's Day, Juneteenth and Veterans Day on a Saturday leave the Friday open. (Source: its recommendations for
// 2010, 2021 and 2017. Inferred: the same holds for later years.)
//
// Both know 1990 to 2100; in other years they know weekends alone. Days of mourning and of disaster, on which markets
// closed at short notice, are business days.
package calendar
