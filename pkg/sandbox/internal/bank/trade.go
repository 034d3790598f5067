package bank

import "github.com/google/uuid"

// confirmed reports whether there is a confirmation of a trade. (Source: the contract, of maturities; inferred of
// security transfers.)
func (t *Trade) confirmed() bool { return t.Activity == Buy || t.Activity == Sell }

// TradeConfirmation returns the name of the document that confirms a trade of a pocket.
func (t *Tx) TradeConfirmation(pocket, trade uuid.UUID) (DocumentName, error) {
	x := t.trades.Get(trade)
	if x == nil || x.PocketID != pocket || !x.confirmed() {
		return DocumentName{}, notFound()
	}
	return DocumentName{Of: trade, Type: Confirmation}, nil
}

var tradeRules = []Rule{
	{[]string{"listCustomerTrades"}, "Both ends of book_date and settlement_date count; a trade that has not settled " +
		"yet is on no day of settlement.", Documented, "reference, List Customer Trades; inferred: the second part"},
	{[]string{"listCustomerTrades", "listCustomerTradesV1", "listAccountTrades"}, "Trades come newest first unless " +
		"an order is given.", Documented, "the contract, of v2; inferred of v1"},
	{[]string{"listCustomerTradesV1", "listAccountTrades"}, "A maturity has the price 100.000000 and the yield " +
		"0.0000, and tradable_id is the CUSIP. Security transfers are left out.", Inferred, ""},
	{[]string{"getTradeConfirmation"}, "A maturity has no confirmation: 404.", Documented,
		"v1.29; inferred: the status"},
	{[]string{"getTradeConfirmation"}, "The address works for 10 minutes, and needs no token.", Documented,
		"v1.29; inferred: the token"},
}
