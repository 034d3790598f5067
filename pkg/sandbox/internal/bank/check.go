package bank

import (
	"errors"
	"fmt"

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

// audit is what a bank's records make when they are added up again, and what is wrong with them.
type audit struct {
	*Bank
	wrong []error
	// posted are the events of the ledger, by their ids.
	posted map[uuid.UUID]*ledger.Event
	// booked are how many transactions were seen, onUs how many of those transfers should have.
	booked, onUs int
	// transit is what waits to leave the bank, by customer, and world what the accounts of the world should have.
	transit map[uuid.UUID]int64
	world   map[ledger.Kind]int64
}

func (a *audit) note(format string, values ...any) {
	a.wrong = append(a.wrong, fmt.Errorf("bank: "+format, values...))
}

// each calls f with every record, oldest first.
func each[R any](rows *state.Rows[R], f func(*R)) {
	rows.Each(func(r *R) bool { f(r); return true })
}

// check holds every record against those that it names and against what follows from it. Messages have ids and amounts,
// and nothing else of a record. It is called after every operation of some tests: what has to be read from JSON, Verify
// alone looks at.
func (b *Bank) check() error {
	a := &audit{Bank: b, transit: map[uuid.UUID]int64{}, world: map[ledger.Kind]int64{}}
	var err error
	a.posted, err = b.ledger.Check()
	a.wrong = append(a.wrong, err, b.db.Check())
	each(b.customers.All(), a.checkCustomer)
	each(b.applications.All(), a.checkApplication)
	each(b.businesses.All(), a.checkApplication)
	each(b.documents.All(), a.checkDocument)
	each(b.counterparties.All(), a.checkCounterparty)
	each(b.pockets.All(), a.checkPocket)
	each(b.portals.All(), a.checkPortal)
	each(b.lots.All(), a.checkLot)
	each(b.transfers.All(), a.checkTransfer)
	each(b.originations.All(), a.checkOrigination)
	each(b.wires.All(), a.checkWire)
	each(b.cards.All(), a.checkCard)
	each(b.cardOrders.All(), a.checkCardOrder)
	each(b.swipes.All(), a.checkSwipe)
	each(b.reports.All(), a.checkReport)
	each(b.deliveries.All(), a.checkDelivery)
	b.ledger.Each(a.checkEvent)
	a.checkCardNumbers()
	a.checkActivity()
	a.checkTransit()
	a.checkWorld()
	return errors.Join(a.wrong...)
}

// checkWorld compares what the accounts of the world have with what payments have moved there.
func (a *audit) checkWorld() {
	each(a.pockets.All(), func(p *Pocket) { a.world[ledger.Market] -= p.Realized })
	for _, kind := range []ledger.Kind{ledger.Partner, ledger.FedACH, ledger.FedWire, ledger.Cards, ledger.Market} {
		if has := a.ledger.Balance(ledger.Account{Kind: kind}); has != a.world[kind] {
			a.note("%s has %d cents, but payments and what pockets have earned make %d", kind, has, a.world[kind])
		}
	}
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
	set := b.settings.Get(settingsKey)
	if set != nil {
		b.seed = set.Seed
	}
	err := errors.Join(b.Check(), b.checkNotices())
	if set == nil && len(counts) > 0 {
		err = errors.Join(err, errors.New("bank: the settings are missing"))
	}
	return counts, errors.Join(err, b.Close())
}
