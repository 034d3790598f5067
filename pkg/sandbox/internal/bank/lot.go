package bank

import (
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/market"
)

const (
	// face is what a T-bill pays at maturity, in cents.
	face = market.FaceCents
	// maturityHour is the hour of the day, in New York, at which T-bills are paid out. (Inferred.)
	maturityHour = 10
	// investHour is the one at which cash is invested that came by a transfer the business day before. (Inferred.)
	investHour = 9
)

// Lot is T-bills of one kind that a pocket has bought on one day.
type Lot struct {
	PocketID uuid.UUID     `json:"pocket_id"`
	CUSIP    string        `json:"cusip"`
	Bought   calendar.Date `json:"bought"`
	Maturity calendar.Date `json:"maturity"`
	Quantity int64         `json:"quantity"`
	// Cost is what all of them have cost, in cents.
	Cost int64 `json:"cost"`
}

// LotName finds a Lot.
type LotName struct {
	PocketID         uuid.UUID
	Bought, Maturity calendar.Date
}

func (l *Lot) name() LotName { return LotName{l.PocketID, l.Bought, l.Maturity} }

// Value is what the lot is worth on a day, in cents: what it has cost, and for each day since then the same part of
// what it earns until maturity. So money that is paid in and paid out on the same day is the same money. (Inferred: the
// provider values T-bills by prices that it does not publish.)
func (l *Lot) Value(on calendar.Date) int64 {
	gain := l.Quantity*face - l.Cost
	switch {
	case on <= l.Bought:
		return l.Cost
	case on >= l.Maturity:
		return l.Quantity * face
	}
	return l.Cost + mulDiv(gain, int64(on-l.Bought), int64(l.Maturity-l.Bought))
}

// Activity says what a trade is.
type Activity string

// The activities. (Source: the reference's List Customer Trades.)
const (
	Buy              Activity = "BUY"
	Sell             Activity = "SELL"
	Mature           Activity = "MATURITY"
	SecurityTransfer Activity = "SECURITY_TRANSFER"
)

// invest puts the cash of a pocket into T-bills: as much as buys whole ones. The cash on the bank side is swept to the
// brokerage side first.
func (t *Tx) invest(p *Pocket, strategy string) error {
	if err := t.sweep(p); err != nil {
		return err
	}
	cash := t.ledger.Balance(brokerageSide(p.ID))
	s, ok := market.StrategyByID(strategy)
	if !ok {
		return invalid("strategy", "there is no such strategy any more")
	}
	day := tradeDay(t.today())
	bill := t.market.OnTheRun(s.Tenor, day)
	quote := t.market.QuoteOn(bill.Maturity, day)
	quantity := quote.Price.Affordable(cash)
	if quantity == 0 {
		return nil
	}
	cost := quote.Price.Cost(quantity)
	if err := t.post("buy", p.ID, ledger.Posting{Account: brokerageSide(p.ID), Cents: -cost},
		ledger.Posting{Account: billsAtCost(p.ID), Cents: cost}); err != nil {
		return err
	}
	name := LotName{p.ID, day, bill.Maturity}
	if l := t.lots.Get(name); l != nil {
		changed := *l
		changed.Quantity += quantity
		changed.Cost += cost
		t.lots.Update(t.tx, &changed)
	} else {
		t.lots.Insert(t.tx, &Lot{PocketID: p.ID, CUSIP: bill.CUSIP, Bought: day, Maturity: bill.Maturity,
			Quantity: quantity, Cost: cost})
	}
	t.trade(p, Trade{Activity: Buy, CUSIP: bill.CUSIP, Maturity: bill.Maturity, Quantity: quantity, Cents: cost,
		Bought: day, Cost: cost, Price: quote.Dollars, Yield: quote.Yield})
	return nil
}

// sweep moves the cash on the bank side of a pocket to its brokerage side, apart from what is fresh.
func (t *Tx) sweep(p *Pocket) error {
	cash := t.ledger.Balance(bankSide(p.ID)) - t.pockets.Get(p.ID).Fresh
	if cash == 0 {
		return nil
	}
	event, err := t.postEvent("sweep", p.ID, ledger.Posting{Account: bankSide(p.ID), Cents: -cash},
		ledger.Posting{Account: brokerageSide(p.ID), Cents: cash})
	if err != nil {
		return err
	}
	t.book(p, event, Transaction{Kind: KindSweep, Cents: -cash, SettlesAt: t.now, Title: "Sweep to brokerage",
		Description: "Cash that is to be invested"})
	return nil
}

// raise has the bank side of a pocket hold at least so many cents: cash comes from the brokerage side, and T-bills are
// sold for what is missing, those first that fall due first. It fails with ledger.ErrInsufficientFunds, and changes
// nothing, if the pocket is not worth as much.
func (t *Tx) raise(p *Pocket, cents int64) error {
	missing := cents - t.ledger.Balance(bankSide(p.ID))
	if missing <= 0 {
		return nil
	}
	if t.Total(p.ID) < cents {
		return ledger.ErrInsufficientFunds
	}
	for {
		short := missing - t.ledger.Balance(brokerageSide(p.ID))
		if short <= 0 {
			break
		}
		if err := t.sell(p, t.firstDue(p.ID), short); err != nil {
			return err
		}
	}
	event, err := t.postEvent("sweep", p.ID, ledger.Posting{Account: brokerageSide(p.ID), Cents: -missing},
		ledger.Posting{Account: bankSide(p.ID), Cents: missing})
	if err != nil {
		return err
	}
	t.book(p, event, Transaction{Kind: KindSweep, Cents: missing, SettlesAt: t.now, Title: "Sweep from brokerage",
		Description: "Cash for a payment"})
	return nil
}

// firstDue returns the lot of a pocket that falls due first, the oldest of those.
func (t *Tx) firstDue(pocket uuid.UUID) (first *Lot) {
	t.lotsByPocket.Of(pocket).Each(func(l *Lot) bool {
		if first == nil || l.Maturity < first.Maturity {
			first = l
		}
		return true
	})
	return first
}

// sell sells as few T-bills of a lot as bring so many cents, or all of them.
func (t *Tx) sell(p *Pocket, l *Lot, cents int64) error {
	value := l.Value(t.today())
	quantity, proceeds := l.Quantity, value
	if cents < value {
		quantity = mulDiv(cents, l.Quantity, value)
		if proceeds = mulDiv(value, quantity, l.Quantity); proceeds < cents {
			quantity++ // One is worth more than the rounding takes.
			proceeds = mulDiv(value, quantity, l.Quantity)
		}
	}
	cost := mulDiv(l.Cost, quantity, l.Quantity)
	if err := t.settleLot(p, l, "sell", quantity, cost, proceeds); err != nil {
		return err
	}
	day := tradeDay(t.today())
	price := market.Price(mulDiv(proceeds, priceOfCent, quantity))
	t.trade(p, Trade{Activity: Sell, CUSIP: l.CUSIP, Maturity: l.Maturity, Quantity: quantity, Cents: proceeds,
		Bought: l.Bought, Cost: cost, Price: price.String(), Yield: market.YieldAt(price, l.Maturity, day)})
	return nil
}

// settleLot takes T-bills out of a lot for what they bring.
func (t *Tx) settleLot(p *Pocket, l *Lot, kind string, quantity, cost, proceeds int64) error {
	postings := append(make([]ledger.Posting, 0, 3), ledger.Posting{Account: billsAtCost(p.ID), Cents: -cost},
		ledger.Posting{Account: brokerageSide(p.ID), Cents: proceeds})
	if gain := proceeds - cost; gain != 0 {
		postings = append(postings, ledger.Posting{Account: ledger.Account{Kind: ledger.Market}, Cents: -gain})
	}
	if err := t.post(kind, p.ID, postings...); err != nil {
		return err
	}
	if gain := proceeds - cost; gain != 0 {
		changed := *t.pockets.Get(p.ID)
		changed.Realized += gain
		t.pockets.Update(t.tx, &changed)
	}
	if quantity == l.Quantity {
		t.lots.Delete(t.tx, l.name())
		return nil
	}
	changed := *l
	changed.Quantity -= quantity
	changed.Cost -= cost
	t.lots.Update(t.tx, &changed)
	return nil
}

// mature pays a lot out and invests the money again.
func (t *Tx) mature(l *Lot) {
	p := t.pockets.Get(l.PocketID)
	proceeds := l.Quantity * face
	t.must(t.settleLot(p, l, "maturity", l.Quantity, l.Cost, proceeds))
	t.trade(p, Trade{Activity: Mature, CUSIP: l.CUSIP, Maturity: l.Maturity, Quantity: l.Quantity, Cents: proceeds,
		Bought: l.Bought, Cost: l.Cost})
	strategy := p.Reinvestment
	if strategy == "" {
		strategy = p.Deposit
	}
	t.must(t.invest(p, strategy))
}

// nextDue is when something is done with cash that has come by transfers, or when a pocket opens, before which it has
// none.
func (p *Pocket) nextDue() time.Time {
	if p.Status == PocketPending {
		return p.OpensAt
	}
	if p.InvestAt.IsZero() || !p.SweepAt.IsZero() && p.SweepAt.Before(p.InvestAt) {
		return p.SweepAt
	}
	return p.InvestAt
}

// pocketDue opens a pocket, or sweeps or invests what came by transfers.
func (t *Tx) pocketDue(p *Pocket) {
	if p.Status == PocketPending {
		t.openPending(p)
		return
	}
	changed := *p
	if !p.nextDue().Equal(p.InvestAt) {
		changed.SweepAt, changed.Fresh = time.Time{}, 0
		t.pockets.Update(t.tx, &changed)
		t.must(t.sweep(&changed))
		return
	}
	changed.InvestAt = time.Time{}
	if !p.SweepAt.IsZero() { // What has come today is invested on the next day.
		changed.InvestAt = t.nextInvestment()
	}
	t.pockets.Update(t.tx, &changed)
	t.must(t.invest(&changed, p.Deposit))
}

// investLater has cash that has come to the bank side of a pocket swept at the end of the day, and invested on the next
// business day.
func (t *Tx) investLater(p *Pocket, cents int64) {
	changed := *t.pockets.Get(p.ID)
	changed.Fresh += cents
	if changed.SweepAt.IsZero() {
		changed.SweepAt = endOf(t.today()).Add(-1)
	}
	if changed.InvestAt.IsZero() {
		changed.InvestAt = t.nextInvestment()
	}
	t.pockets.Update(t.tx, &changed)
}

// nextInvestment is when cash is invested that comes by a transfer now.
func (t *Tx) nextInvestment() time.Time { return calendar.Treasury.After(t.today()).At(investHour, 0) }

// must is for what the bank does on its own, and what cannot fail unless the bank is wrong.
func (t *Tx) must(err error) {
	if err != nil {
		panic("bank: " + err.Error())
	}
}

// checkLot notes when no pocket has a lot, or none can: whether it is what trades make of it, checkReplay says.
func (a *audit) checkLot(l *Lot) {
	if a.pockets.Get(l.PocketID) == nil || l.Quantity <= 0 || l.Cost <= 0 || l.Cost > l.Quantity*face ||
		l.Bought >= l.Maturity {
		a.note("pocket %s has a lot of %d T-bills for %d cents, bought %s and due %s", l.PocketID, l.Quantity, l.Cost,
			l.Bought, l.Maturity)
	}
}

var investmentRules = []Rule{
	{nil, "Money is swept to the brokerage side and buys whole T-bills of the pocket's maturity, the newest that " +
		"there are; the rest is cash.", Inferred, ""},
	{nil, "A payment sells the fewest T-bills that will do, those first that fall due first.", Inferred, ""},
	{nil, "A T-bill is worth what it has cost, and gains the same every day until it is worth its face value.",
		Inferred,
		""},
	{nil, "Trades settle on the next business day of the Treasury market.", Documented, "ACH windows guide, for sales"},
	{nil, "T-bills are paid out at 10:00 in New York, and the money is invested again.", Inferred, ""},
}
