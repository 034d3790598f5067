package sandbox

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
)

// MaxPage is how many entries a part of the ledger, or of the events, has at most.
const MaxPage = 1000

func pageSize(limit int) int {
	if limit <= 0 || limit > MaxPage {
		return MaxPage
	}
	return limit
}

// LedgerQuery says which part of the ledger somebody wants to see. Its zero value is the beginning.
type LedgerQuery struct {
	// Pocket leaves out what has not moved money of that pocket, unless it is the Nil UUID.
	Pocket uuid.UUID
	// Reference leaves out what does not belong to it, unless it is the Nil UUID: the id of a transfer, a wire, an
	// origination, a payment with a card or a trade.
	Reference uuid.UUID
	// After leaves out the events up to a Number; Ledger.Next is the one for the next page.
	After int
	// Limit is how many events there are at most, up to MaxPage; 0 means MaxPage.
	Limit int
}

// Ledger is a part of the ledger, oldest first.
type Ledger struct {
	// Balances are what the accounts of the pocket have, in cents, if the query names one: bank, brokerage, bills (at
	// cost), and transit, which is what its customer has sent and has not left the bank yet.
	Balances map[string]int64 `json:"balances,omitempty"`
	// AddsUp says that the postings of each event make zero, and that those of each account of the pocket make every
	// balance that they left, and the one that there is.
	AddsUp bool `json:"adds_up"`
	// Count is how many events the query has, on this page and on all others.
	Count int `json:"count"`
	// Next is what the next page is After, or 0 if this is the last.
	Next   int           `json:"next,omitempty"`
	Events []LedgerEvent `json:"events"`
}

// LedgerEvent is something that moved money.
type LedgerEvent struct {
	// Number counts the events of the ledger, from 1.
	Number int       `json:"number"`
	ID     uuid.UUID `json:"id"`
	// Time is by the sandbox's clock.
	Time time.Time `json:"time"`
	// Kind says in a word what happened, and Reference what it belongs to.
	Kind      string          `json:"kind"`
	Reference uuid.UUID       `json:"reference,omitzero"`
	Postings  []LedgerPosting `json:"postings"`
}

// LedgerPosting adds cents to an account, or takes them away if they are negative. Balance is what it has afterwards.
type LedgerPosting struct {
	// Account is a kind and, behind a colon, the id of the pocket, or for transit of the customer, that it belongs to;
	// those of the world, such as fed_ach and market, belong to nobody.
	Account string `json:"account"`
	Cents   int64  `json:"cents"`
	Balance int64  `json:"balance"`
}

// Ledger returns a part of the ledger, by which money moves in the sandbox: of a pocket, or of something by its
// reference, which may have moved money twice, once or not at all. It looks at all events. It fails with ErrNotFound if
// there is no such pocket.
func (s *Sandbox) Ledger(ctx context.Context, q LedgerQuery) (out Ledger, err error) {
	err = s.bank.Look(ctx, func(t *bank.Tx) error {
		page, err := t.Ledger(bank.LedgerQuery{Pocket: q.Pocket, Reference: q.Reference, After: q.After,
			Limit: pageSize(q.Limit)})
		if err != nil {
			return err
		}
		out = Ledger{AddsUp: page.AddsUp, Count: page.Count, Next: page.Next, Events: []LedgerEvent{}}
		if q.Pocket != uuid.Nil {
			out.Balances = map[string]int64{}
			for account, cents := range page.Balances {
				out.Balances[account.Kind.String()] = cents
			}
		}
		for _, e := range page.Events {
			out.Events = append(out.Events, LedgerEvent{Number: e.Number, ID: e.ID, Time: e.Time, Kind: e.Kind,
				Reference: e.Reference, Postings: postings(e.Postings)})
		}
		return nil
	})
	if err != nil {
		return Ledger{}, outward(err)
	}
	return out, nil
}

func postings(all []ledger.Posting) (shown []LedgerPosting) {
	for _, p := range all {
		shown = append(shown, LedgerPosting{Account: p.Account.String(), Cents: p.Cents, Balance: p.Balance})
	}
	return shown
}
