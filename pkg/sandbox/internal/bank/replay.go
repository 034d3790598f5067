package bank

import (
	"slices"
	"sort"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// replay is the brokerage side of a pocket as its trades and sweeps make it, one after the other. What it was like on a
// day long ago is not kept: it is found out again.
type replay struct {
	// lots are in the order in which they were bought first.
	lots []Lot
	// cash is what is beside them, realized what they have brought more than they had cost, in cents.
	cash, realized int64
}

// trade makes a trade happen.
func (r *replay) trade(x *Trade) {
	i := slices.IndexFunc(r.lots, func(l Lot) bool { return l.Bought == x.Bought && l.Maturity == x.Maturity })
	switch x.Activity {
	case Buy:
		r.cash -= x.Cents
		if i < 0 {
			r.lots = append(r.lots, Lot{PocketID: x.PocketID, CUSIP: x.CUSIP, Bought: x.Bought, Maturity: x.Maturity,
				Quantity: x.Quantity, Cost: x.Cost})
			return
		}
		r.lots[i].Quantity += x.Quantity
		r.lots[i].Cost += x.Cost
	case Sell, Mature:
		r.cash += x.Cents
		r.realized += x.Cents - x.Cost
		if i < 0 { // It would be a fault of the bank, which check finds.
			return
		}
		r.lots[i].Quantity -= x.Quantity
		r.lots[i].Cost -= x.Cost
		if r.lots[i].Quantity == 0 {
			r.lots = slices.Delete(r.lots, i, i+1)
		}
	case SecurityTransfer: // Nothing makes one.
	}
}

// sweep makes a sweep happen, if the transaction is one.
func (r *replay) sweep(x *Transaction) {
	if x.Kind == KindSweep {
		r.cash -= x.Cents
	}
}

// value is what the T-bills are worth on a day, in cents.
func (r *replay) value(on calendar.Date) int64 {
	var total int64
	for i := range r.lots {
		total += r.lots[i].Value(on)
	}
	return total
}

// cost is what the T-bills have cost, in cents.
func (r *replay) cost() int64 {
	var total int64
	for i := range r.lots {
		total += r.lots[i].Cost
	}
	return total
}

// holdingsAt returns what a pocket had on its brokerage side at the end of a day.
func (b *Bank) holdingsAt(pocket uuid.UUID, day calendar.Date) *replay {
	return b.brokerageAt(pocket, window{end: endOf(day)})
}

// window is a part of the records of a pocket: those of the time from one moment on and before another, or all later
// ones if that is zero; and, unless it is 0, only those whose number is below through, which came before something
// else.
type window struct {
	from, end time.Time
	through   uint64
}

// brokerageAt returns the brokerage side of a pocket as what is in a window made it.
func (b *Bank) brokerageAt(pocket uuid.UUID, w window) *replay {
	r := &replay{}
	eachIn(b.tradesByOwner.Of(pocket), tradeTime, w, r.trade)
	eachIn(b.transactionsBySide.Of(side{pocket, true}), bookingTime, w, r.sweep)
	return r
}

// startOf and endOf are the moments at which a day begins and is over in New York.
func startOf(day calendar.Date) time.Time { return day.At(0, 0) }
func endOf(day calendar.Date) time.Time   { return startOf(day.AddDays(1)) }

func tradeTime(x *Trade) time.Time         { return x.Time }
func bookingTime(x *Transaction) time.Time { return x.Booked }

// eachIn calls f with the records of a window. They come in the order of their time, so it looks at no others.
func eachIn[R any](rows *state.Rows[R], at func(*R) time.Time, w window, f func(*R)) {
	end := rows.Len()
	if w.through != 0 {
		end = rows.Search(w.through)
	}
	first := sort.Search(end, func(i int) bool {
		x, _ := rows.At(i)
		return !at(x).Before(w.from)
	})
	for i := first; i < end; i++ {
		x, _ := rows.At(i)
		if !w.end.IsZero() && !at(x).Before(w.end) {
			return
		}
		f(x)
	}
}

// checkReplay notes where trades and sweeps do not make what a pocket has.
func (a *audit) checkReplay(p *Pocket) {
	r := a.brokerageAt(p.ID, window{})
	for i := range r.lots {
		want := &r.lots[i]
		has := a.lots.Get(want.name())
		if has == nil {
			has = &Lot{}
		}
		if *has != *want {
			a.note("the trades of pocket %s make a lot of %d %s for %d cents, bought %s and due %s, but it has %d %s "+
				"for %d", p.ID, want.Quantity, want.CUSIP, want.Cost, want.Bought, want.Maturity, has.Quantity,
				has.CUSIP, has.Cost)
		}
	}
	if has := a.lotsByPocket.Of(p.ID).Len(); has != len(r.lots) {
		a.note("the trades of pocket %s make %d lots, but it has %d", p.ID, len(r.lots), has)
	}
	if has := a.ledger.Balance(brokerageSide(p.ID)); has != r.cash {
		a.note("the trades of pocket %s leave %d cents, but its account has %d", p.ID, r.cash, has)
	}
	if has := a.ledger.Balance(billsAtCost(p.ID)); has != r.cost() {
		a.note("the T-bills of pocket %s have cost %d cents, but its account has %d", p.ID, r.cost(), has)
	}
	if p.Realized != r.realized {
		a.note("the trades of pocket %s have earned %d cents, but it says %d", p.ID, r.realized, p.Realized)
	}
}
