package document

import (
	"time"
)

// BrokerageStatement is the monthly statement of a pocket's brokerage account, the contract's StatementType BROKERAGE.
type BrokerageStatement struct {
	Holder Holder
	Pocket Pocket
	Period Period
	// OpeningCents is what T-bills and cash were worth at the beginning.
	OpeningCents int64
	// AddedCents came from the bank account in the period, WithdrawnCents went to it. Neither is negative.
	AddedCents, WithdrawnCents int64
	// EarnedCents is what T-bills gained in the period, negative for a loss.
	EarnedCents int64
	// FeeCents is what the broker took in the period, never negative.
	FeeCents int64
	// Holdings are the T-bills at the end, and CashCents the cash beside them.
	Holdings  []Holding
	CashCents int64
	// Trades are those whose trade date is in the period.
	Trades []Trade
	// ClosingCents is what T-bills and cash are worth at the end.
	ClosingCents int64
}

// Holding is a T-bill that is held.
type Holding struct {
	CUSIP, Description string
	// Quantity counts securities of 100 dollars face value, and is positive.
	Quantity int64
	// FaceCents is what they pay at maturity, CostCents what was paid for them, MarketCents what they are worth.
	FaceCents, CostCents, MarketCents int64
	// MaturityDate is the civil date on which they fall due.
	MaturityDate time.Time
}

// Check refuses a holding whose face value is not that of its quantity.
func (h Holding) Check() error {
	if err := firstError(civil("MaturityDate", h.MaturityDate), quantity("Quantity", h.Quantity)); err != nil {
		return err
	}
	return firstError(total("FaceCents", h.FaceCents, h.Quantity*faceCents), positive("CostCents", h.CostCents),
		positive("MarketCents", h.MarketCents))
}

// Check refuses a statement whose closing value is not that of cash and holdings, or not what the period made of the
// opening value. Cash is not held against the trades, since it moves when they settle.
func (s BrokerageStatement) Check() error {
	if err := s.Period.Check(); err != nil {
		return within("Period", err)
	}
	if err := firstError(positive("AddedCents", s.AddedCents), positive("WithdrawnCents", s.WithdrawnCents),
		positive("FeeCents", s.FeeCents)); err != nil {
		return err
	}
	worth := []int64{s.CashCents}
	for i, holding := range s.Holdings {
		if err := holding.Check(); err != nil {
			return within(item("Holdings", i), err)
		}
		worth = append(worth, holding.MarketCents)
	}
	for i, trade := range s.Trades {
		name := item("Trades", i)
		if err := trade.Check(); err != nil {
			return within(name, err)
		}
		if err := s.Period.holds(name+".TradeDate", trade.TradeDate); err != nil {
			return err
		}
	}
	return firstError(total("ClosingCents", s.ClosingCents, worth...), total("ClosingCents", s.ClosingCents,
		s.OpeningCents, s.AddedCents, -s.WithdrawnCents, s.EarnedCents, -s.FeeCents))
}

// PDF renders the statement if Check has nothing against it.
func (s BrokerageStatement) PDF() ([]byte, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	p := newPages("Brokerage statement", sandboxNotice, s.Period.To)
	p.parties(s.Holder, s.Pocket, pair{"Period", s.Period.String()})
	p.heading("Summary")
	p.facts([]pair{
		{"Opening value", dollars(s.OpeningCents)}, {"Added", dollars(s.AddedCents)},
		{"Withdrawn", dollars(s.WithdrawnCents)}, {"Earnings of the period", dollars(s.EarnedCents)},
		{"Fees", dollars(s.FeeCents)}, {"Cash", dollars(s.CashCents)}, {"Closing value", dollars(s.ClosingCents)},
	})
	p.heading("Holdings on " + date(s.Period.To))
	p.table([]column{
		{"CUSIP", 50, "L"}, {"Description", 70, "L"}, {"Quantity", 66, "R"}, {"Face value", 101, "R"},
		{"Cost", 101, "R"}, {"Market value", 101, "R"}, {"Maturity", 51, "R"},
	}, len(s.Holdings), func(i int) []string {
		h := s.Holdings[i]
		return []string{
			h.CUSIP, h.Description, count(h.Quantity), dollars(h.FaceCents), dollars(h.CostCents),
			dollars(h.MarketCents), date(h.MaturityDate),
		}
	})
	p.heading("Trades")
	p.table([]column{
		{"Traded", 51, "L"}, {"Settled", 51, "L"}, {"Activity", 52, "L"}, {"CUSIP", 50, "L"}, {"Description", 70, "L"},
		{"Quantity", 66, "R"}, {"Price", 99, "R"}, {"Amount", 101, "R"},
	}, len(s.Trades), func(i int) []string {
		t := s.Trades[i]
		return []string{
			date(t.TradeDate), t.settlement(), string(t.Activity), t.CUSIP, t.Description, count(t.Quantity), t.Price,
			dollars(t.AmountCents),
		}
	})
	return p.bytes()
}
