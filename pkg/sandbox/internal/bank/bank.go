package bank

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/market"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// Config says how a bank is opened. The zero value is an empty bank in memory, by the clock on the wall.
type Config struct {
	// Store keeps the records; nil forgets them at the end. The bank closes it.
	Store state.Store
	// Seed is what ids, numbers and prices come from. A bank that a Store has keeps its own, and is refused another one
	// than 0.
	Seed uint64
	// Secret makes tokens impossible to guess for whoever knows the seed.
	Secret []byte
	// Now is the clock on the wall; nil means time.Now.
	Now func() time.Time
	// Clock, if it is not zero, is where a clock begins that stands still until somebody moves it. That of a bank that
	// a Store has never goes back: if it shows a later time, it stands still there.
	Clock time.Time
	// CustomerUpdates switches the changing and the closing of customers on.
	CustomerUpdates bool
}

// Bank is a bank. Make one with Open. It is safe for concurrent use.
type Bank struct {
	db     *state.Database
	ledger *ledger.Ledger
	market *market.Market
	wall   func() time.Time
	secret []byte
	seed   uint64
	// config is what a bank begins with.
	config Config
	// customerUpdates is as in Config.
	customerUpdates bool
	tables
	// opened is the highest number that was drawn before it was opened.
	opened atomic.Uint64
	closed atomic.Bool
	// clock is that of the settings, for who cannot wait for the lock.
	clock atomic.Pointer[running]
	// trusted is the token that was asked for last.
	trusted  atomic.Pointer[trusted]
	requests atomic.Uint64
	// faults are what goes wrong with deliveries on purpose; nil is nothing. onDelivery is who makes them.
	faults     atomic.Pointer[DeliveryFaults]
	onDelivery atomic.Pointer[func()]
	// onDue is who wants to know when something is due.
	onDue atomic.Pointer[func(time.Time)]
	// snapshots belong to the lock of the database.
	snapshots []*snapshot
	onReplace []func()
	kept      []kept
}

// Open opens a bank. It fails when the store does, when what it has contradicts itself, and when the seed is another
// one than that of the store.
func Open(config Config) (*Bank, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	b := newBank(config)
	if err := b.db.Open(config.Store); err != nil {
		return nil, err
	}
	if err := b.db.Check(); err != nil { // Somebody has taken one away, or put one there.
		return nil, errors.Join(fmt.Errorf("bank: the store is damaged: %w", err), b.db.Close())
	}
	b.ledger.Load()
	if err := b.begin(config); err != nil {
		return nil, errors.Join(err, b.db.Close())
	}
	return b, nil
}

// newBank returns a bank that has not been opened.
func newBank(config Config) *Bank {
	b := &Bank{db: state.New(), wall: config.Now, secret: config.Secret, config: config,
		customerUpdates: config.CustomerUpdates}
	b.ledger = ledger.New(b.db)
	b.tables = newTables(b)
	return b
}

// begin sets the seed and the clock.
func (b *Bank) begin(config Config) error {
	b.db.Lock()
	defer b.db.Unlock()
	b.opened.Store(b.db.Drawn())
	set := b.settings.Get(settingsKey)
	b.seed = config.Seed
	isNew := set == nil
	switch {
	case isNew:
		tx := b.db.Begin(b.start(config))
		set = newSettings(config, config.Seed)
		b.settings.Insert(tx, set)
		p, err := tx.Commit()
		if err = errors.Join(err, p.Wait(context.Background())); err != nil {
			return err
		}
	case config.Seed != 0 && config.Seed != set.Seed:
		return fmt.Errorf("bank: it was made with the seed %d, not with %d", set.Seed, config.Seed)
	default:
		b.seed = set.Seed
	}
	b.clock.Store(&running{clock: set.Clock})
	b.market = market.New(b.seed)
	if isNew || config.Clock.IsZero() {
		return nil
	}
	// What has become due while the bank was closed happens now, by its seed and its market.
	for {
		at := config.Clock.UTC().Round(0)
		if shows := b.Time(); at.Before(shows) { // A clock goes on meanwhile.
			at = shows
		}
		err := b.changeClock(clock{Frozen: true, At: at})
		if _, isFault := errors.AsType[*state.Fault](err); !isFault {
			return err
		} // Otherwise it could not be opened any more. The rest is done without it.
	}
}

// newSettings are those of a new bank.
func newSettings(config Config, seed uint64) *settings {
	return &settings{Seed: seed, Clock: clock{Frozen: !config.Clock.IsZero(), At: config.Clock.UTC()}}
}

// start is the time of a new bank's first record.
func (b *Bank) start(config Config) time.Time {
	if !config.Clock.IsZero() {
		return config.Clock.UTC()
	}
	return config.Now().UTC().Round(0)
}

// Close waits for what was written and closes the store.
func (b *Bank) Close() error {
	if b.closed.Swap(true) {
		return nil
	}
	return b.db.Close()
}

// Broken returns an error that wraps state.ErrBroken once nobody knows any more what the store has, and so what the
// bank is to say. Otherwise it returns nil.
func (b *Bank) Broken() error { return b.db.Broken() }

// Hash returns a digest of everything that the bank knows, but for what has become of deliveries, which others have a
// say in. Two banks with the same seed and clock that were asked the same things in the same order have the same. What
// is due has happened: otherwise it would be up to those others whether it had.
func (b *Bank) Hash() (sum [sha256.Size]byte, err error) {
	if _, err := b.locked(func() error { return b.catchUp(b.Time()) }); err != nil {
		return sum, err
	}
	b.db.RLock()
	defer b.db.RUnlock()
	if err := b.db.Broken(); err != nil {
		return sum, err
	}
	return b.db.Hash("delivery")
}

// Count returns how many records there are of each kind.
func (b *Bank) Count() map[string]int {
	b.db.RLock()
	defer b.db.RUnlock()
	return b.db.Count()
}

// Seed is what ids, numbers and prices come from.
func (b *Bank) Seed() uint64 { return b.seed }
