package bank

import (
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// Balances returns what each pocket has in cents, with its T-bills at cost, and under the Nil UUID what everything else
// has. It fails when they do not add up to zero, and with whatever else Check finds.
func (b *Bank) Balances() (map[uuid.UUID]int64, error) {
	b.db.RLock()
	defer b.db.RUnlock()
	if err := b.db.Broken(); err != nil {
		return nil, err
	}
	balances := map[uuid.UUID]int64{uuid.Nil: 0}
	for account, cents := range b.ledger.Balances() {
		switch account.Kind {
		case ledger.Bank, ledger.Brokerage, ledger.Bills:
			balances[account.Owner] += cents
		default:
			balances[uuid.Nil] += cents
		}
	}
	b.pockets.All().Each(func(p *Pocket) bool { balances[p.ID] += 0; return true })
	return balances, b.check()
}

// Check adds everything up again, and returns all that is wrong.
func (b *Bank) Check() error {
	b.db.RLock()
	defer b.db.RUnlock()
	return b.check()
}

func (b *Bank) check() error {
	events, err := b.ledger.Check()
	wrong := []error{err}
	note := func(format string, values ...any) { wrong = append(wrong, fmt.Errorf("bank: "+format, values...)) }
	cost, booked, realized := map[uuid.UUID]int64{}, map[uuid.UUID]int64{}, int64(0)
	b.lots.All().Each(func(l *Lot) bool {
		cost[l.PocketID] += l.Cost
		if l.Quantity <= 0 || l.Cost <= 0 || l.Cost > l.Quantity*face || l.Bought >= l.Maturity {
			note("pocket %s has a lot of %d T-bills for %d cents, bought %s and due %s", l.PocketID, l.Quantity, l.Cost,
				l.Bought, l.Maturity)
		}
		return true
	})
	b.transactions.All().Each(func(x *Transaction) bool {
		booked[x.PocketID] += x.Cents
		if x.Balance != booked[x.PocketID] {
			note("transaction %s leaves %d cents, but all transactions make %d", x.ID, x.Balance, booked[x.PocketID])
		}
		if _, there := events[x.EventID]; !there {
			note("transaction %s is of an event that is not there", x.ID)
		}
		return true
	})
	b.pockets.All().Each(func(p *Pocket) bool {
		if has := b.ledger.Balance(billsAtCost(p.ID)); has != cost[p.ID] {
			note("the T-bills of pocket %s have cost %d cents, but its account has %d", p.ID, cost[p.ID], has)
		}
		if has := b.ledger.Balance(bankSide(p.ID)); has != booked[p.ID] {
			note("the transactions of pocket %s make %d cents, but its account has %d", p.ID, booked[p.ID], has)
		}
		if p.Fresh < 0 || p.Fresh > booked[p.ID] || p.Fresh > 0 && p.SweepAt.IsZero() {
			note("pocket %s has %d cents of today, of %d in all", p.ID, p.Fresh, booked[p.ID])
		}
		if b.customers.Get(p.CustomerID) == nil {
			note("pocket %s belongs to nobody", p.ID)
		}
		if p.Status == PocketClosed && b.ledger.Balance(bankSide(p.ID))+b.ledger.Balance(brokerageSide(p.ID)) != 0 {
			note("pocket %s is closed and has money", p.ID)
		}
		b.checkReplay(p, note)
		realized += p.Realized
		return true
	})
	b.checkPortals(note)
	b.checkCounterparties(note)
	b.checkCards(note)
	b.attempts.All().Each(func(a *Attempt) bool {
		if e := b.events.Get(a.EventID); e == nil || !slices.Contains(e.Subscribers, a.SubscriptionID) {
			note("attempt %s is to tell %s of %s, which is none of its events", a.ID, a.SubscriptionID, a.EventID)
		}
		return true
	})
	if paid := -b.ledger.Balance(ledger.Account{Kind: ledger.Market}); paid != realized {
		note("the market has paid %d cents, but all pockets have earned %d", paid, realized)
	}
	b.checkTransit(note)
	return errors.Join(wrong...)
}

// Verify reads a store, and returns how many records it has of each kind and all that is wrong with them. It writes
// nothing, and closes the store.
func Verify(store state.Store) (map[string]int, error) {
	b := newBank(Config{})
	if err := b.db.Open(store); err != nil {
		return nil, err
	}
	b.ledger.Load()
	counts := b.Count()
	err := b.Check()
	if set := b.settings.Get(settingsKey); set == nil && len(counts) > 0 {
		err = errors.Join(err, errors.New("bank: the settings are missing"))
	}
	return counts, errors.Join(err, b.Close())
}
