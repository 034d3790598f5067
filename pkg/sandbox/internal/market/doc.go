// Package market is a market in US Treasury bills that has no history: which bill is the newest of its term on a day,
// and what a bill costs on a day, follow from the day and the seed of the market alone. The same seed gives the same
// prices, on any machine and in any order of questions.
//
//	m := market.New(seed)
//	bill := m.OnTheRun(market.Weeks4, day)
//	price := m.PriceOn(bill.Maturity, day)
//	quantity := price.Affordable(cents)
//	cents -= price.Cost(quantity)
//
// # Bills
//
// A bill is one of 100 dollars that the Treasury pays back at maturity. Bills of 4 weeks are issued on Tuesdays, those
// of 13 and 26 weeks on Thursdays, those of 52 weeks on every fourth Thursday; where that is no business day, on the
// next one. (Source: the Treasury's schedule of auctions. Inferred: which Thursday is a fourth one.) A bill matures its
// term after the day that it was scheduled for, moved to the next business day as well. (Inferred: an issue that comes
// a day late does not mature a day later, so that bills of different terms still meet.)
//
// Bills that mature on the same day are the same security, whenever they were issued, and have the same CUSIP: the
// Treasury reopens a bill rather than issue a second one. The number is made up but well-formed. Its first characters
// are 91279, its last is the check digit. The three between, a digit and two of 34 letters and digits (I and O are left
// out), count the maturities, of which each week has two. There are 10 × 34 × 34 = 11,560, so none comes twice within
// 110 years. The digit is 6 from 2010 and 7 from 2022 to 2033, much as in real ones. (Inferred: the digits of other
// years, and the two characters.)
//
// # Prices
//
// A price is computed from a discount rate, as the Treasury does: 100 × (1 − rate × days / 360), rounded to a millionth
// of a dollar. The rate is that of the provider's strategies at 28, 91, 182 and 364 days, on a straight line between
// them and level beyond, shifted for all bills of a day alike. The shift wanders within 25 basis points to either side:
// it is the sum of four lines through random points 64, 16, 4 and 1 days apart, up to 16, 6, 2 and 1 basis points high,
// so that it moves by less than 5 basis points a day, and by about one on average.
//
// Hence a bill may be worth less than the day before, but never its face value or more before it matures, and exactly
// that from then on: whoever buys a bill and holds it to maturity does not lose. Of two bills, the one that matures
// later costs less. (Inferred: all of this is a model. How the provider prices bills is not public.)
//
// What is paid for several bills is rounded to cents against the customer, up for a purchase and down for a sale.
// (Inferred.)
package market
