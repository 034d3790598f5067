package bank

import (
	"slices"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/market"
)

// Holding is all T-bills of one kind that a pocket has.
type Holding struct {
	CUSIP    string
	Maturity calendar.Date
	Quantity int64
	// Cost is what they have cost, Value what they are worth, in cents.
	Cost, Value int64
	// Price is the value of one in dollars, and Yield what it earns until maturity at that price.
	Price, Yield string
}

// Holdings returns the T-bills of a pocket, those first that fall due first.
func (t *Tx) Holdings(pocket uuid.UUID) []Holding {
	today := t.today()
	var lots []Lot
	t.lotsByPocket.Of(pocket).Each(func(l *Lot) bool { lots = append(lots, *l); return true })
	all := mergeLots(lots, today)
	for i := range all {
		h := &all[i]
		price := market.Price(mulDiv(h.Value, priceOfCent, h.Quantity))
		h.Price, h.Yield = price.String(), market.YieldAt(price, h.Maturity, today)
	}
	return all
}

// mergeLots puts lots of the same T-bills together, those first that fall due first.
func mergeLots(lots []Lot, on calendar.Date) []Holding {
	var all []Holding
	for i := range lots {
		l := &lots[i]
		at := slices.IndexFunc(all, func(h Holding) bool { return h.Maturity == l.Maturity })
		if at < 0 {
			at = len(all)
			all = append(all, Holding{CUSIP: l.CUSIP, Maturity: l.Maturity})
		}
		all[at].Quantity += l.Quantity
		all[at].Cost += l.Cost
		all[at].Value += l.Value(on)
	}
	slices.SortFunc(all, func(a, b Holding) int { return int(a.Maturity - b.Maturity) })
	return all
}

// priceOfCent is a cent in millionths of a dollar, which prices are in.
const priceOfCent = 10_000

// Earned is what a pocket has earned since it was opened, in cents: what T-bills brought when they were sold or fell
// due, and what those are worth more that are still there.
func (t *Tx) Earned(pocket uuid.UUID) int64 {
	p := t.pockets.Get(pocket)
	earned := p.Realized
	today := t.today()
	t.lotsByPocket.Of(pocket).Each(func(l *Lot) bool {
		earned += l.Value(today) - l.Cost
		return true
	})
	return earned
}
