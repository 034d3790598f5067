package document

import (
	"fmt"
	"time"
)

// TradeConfirmation confirms one purchase or sale.
type TradeConfirmation struct {
	Holder Holder
	Pocket Pocket
	Trade  Trade
}

// Check refuses a trade that does not add up, that has no moment, or that is a maturity: the contract gives these no
// confirmation.
func (c TradeConfirmation) Check() error {
	if err := c.Trade.Check(); err != nil {
		return within("Trade", err)
	}
	if c.Trade.Activity == ActivityMaturity {
		return refuse("Trade.Activity", fmt.Errorf("%w: a maturity has no confirmation", ErrValue))
	}
	if c.Trade.Traded.IsZero() {
		return refuse("Trade.Traded", ErrMissing)
	}
	return nil
}

// PDF renders the confirmation if Check has nothing against it.
func (c TradeConfirmation) PDF() ([]byte, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	t := c.Trade
	p := newPages("Trade confirmation", sandboxNotice, t.TradeDate)
	p.parties(c.Holder, c.Pocket)
	p.heading("Trade")
	facts := []pair{
		{"Trade id", t.ID}, {"Activity", string(t.Activity)}, {"Traded", t.Traded.UTC().Format(time.RFC3339)},
		{"Trade date", date(t.TradeDate)}, {"Settlement date", t.settlement()}, {"CUSIP", t.CUSIP},
		{"Description", t.Description}, {"Maturity", date(t.MaturityDate)}, {"Quantity", count(t.Quantity)},
		{"Face value", dollars(t.Quantity * faceCents)}, {"Price of one", "$" + t.Price},
		{"Amount", dollars(t.AmountCents)},
	}
	if t.YieldToMaturity != "" {
		facts = append(facts, pair{"Yield to maturity", t.YieldToMaturity})
	}
	p.facts(facts)
	return p.bytes()
}
