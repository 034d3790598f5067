// Package ledger keeps money as double entries, in whole cents: the postings of an event add up to zero, so the
// balances of all accounts always do, too. The sandbox's bank stands on it.
//
// A pocket has three accounts: the cash on its bank side, the cash on its brokerage side, and its T-bills at cost.
// Whoever is on the other side of a payment has one as well: the partner, the Federal Reserve for ACH and for wires,
// the card networks, and the market that T-bills are bought from, which is where earnings come from. What a customer
// has sent and what has not left the bank yet is in an account of that customer.
package ledger
