package bank

import (
	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
)

// LedgerQuery says which events of the ledger somebody wants to see. Its zero value is the oldest of all.
type LedgerQuery struct {
	// Pocket, if it is not the Nil UUID, leaves out what has not moved money of that pocket.
	Pocket uuid.UUID
	// Reference leaves out what belongs to something else, such as another transfer.
	Reference uuid.UUID
	// After leaves out the events up to a number.
	After int
	// Limit is how many there are at most.
	Limit int
}

// LedgerEvent is something that moved money, by its number: the first event of the ledger has 1.
type LedgerEvent struct {
	Number int
	*ledger.Event
}

// LedgerPage is a part of the ledger.
type LedgerPage struct {
	Events []LedgerEvent
	// Count is how many events there are of the query, on this page and all others.
	Count int
	// Next is what the next page is after, or 0 if this is the last.
	Next int
	// Balances are what the accounts of the pocket have, in cents, and the account of what its customer has sent and
	// has not left the bank yet.
	Balances map[ledger.Account]int64
	// AddsUp says that the postings of each event make zero, and those of each of the pocket's accounts make every
	// balance that they left, and the one that there is.
	AddsUp bool
}

// Ledger returns a part of the ledger, oldest first. It looks at all events. It fails with a Refusal if there is no
// such pocket.
func (t *Tx) Ledger(q LedgerQuery) (*LedgerPage, error) {
	page := &LedgerPage{AddsUp: true, Balances: map[ledger.Account]int64{}}
	sums := map[ledger.Account]int64{}
	if q.Pocket != uuid.Nil {
		p := t.pockets.Get(q.Pocket)
		if p == nil {
			return nil, notFound()
		}
		for _, account := range []ledger.Account{bankSide(p.ID), brokerageSide(p.ID), billsAtCost(p.ID)} {
			page.Balances[account], sums[account] = t.ledger.Balance(account), 0
		}
		page.Balances[transit(p.CustomerID)] = t.ledger.Balance(transit(p.CustomerID))
	}
	number := 0
	t.ledger.Each(func(e *ledger.Event) {
		number++
		var total int64
		touched := q.Pocket == uuid.Nil
		for _, x := range e.Postings {
			total += x.Cents
			if before, ours := sums[x.Account]; ours {
				touched = true
				sums[x.Account] = before + x.Cents
				page.AddsUp = page.AddsUp && before+x.Cents == x.Balance
			}
		}
		if !touched || q.Reference != uuid.Nil && e.Reference != q.Reference {
			return
		}
		page.AddsUp = page.AddsUp && total == 0
		page.Count++
		switch {
		case number <= q.After:
		case len(page.Events) < q.Limit:
			page.Events = append(page.Events, LedgerEvent{number, e})
		case len(page.Events) > 0:
			page.Next = page.Events[len(page.Events)-1].Number
		}
	})
	for account, cents := range sums {
		page.AddsUp = page.AddsUp && cents == page.Balances[account]
	}
	return page, nil
}

// EventNotice is an event that subscribers are told of, or would be, with what has become of that.
type EventNotice struct {
	// Number orders the events: who came later has the higher one.
	Number uint64
	*Event
	Deliveries []*Delivery
}

// Notices returns the latest events, the newest first: those below a number, unless that is 0, and no more than a
// limit. next is what the next page is below, or 0 if there is none.
func (t *Tx) Notices(below uint64, limit int) (all []EventNotice, next uint64) {
	rows := t.events.All()
	end := rows.Len()
	if below != 0 {
		end = rows.Search(below)
	}
	for i := end - 1; i >= 0; i-- {
		e, number := rows.At(i)
		if len(all) == limit {
			next = all[limit-1].Number
			break
		}
		n := EventNotice{Number: number, Event: e}
		each(t.deliveriesByEvent.Of(e.ID), func(d *Delivery) { n.Deliveries = append(n.Deliveries, d) })
		all = append(all, n)
	}
	return all, next
}
