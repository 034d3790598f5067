package ledger

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

var (
	// ErrUnbalanced says that the postings of an event do not add up to zero.
	ErrUnbalanced = errors.New("ledger: the postings do not add up to zero")
	// ErrInsufficientFunds says that an account would have less than nothing that must not.
	ErrInsufficientFunds = errors.New("ledger: not enough money")
	// ErrOverflow says that a balance would not fit into 64 bits.
	ErrOverflow = errors.New("ledger: the amount is too large")
)

// MaxCents is the most that may be paid into a pocket, or set aside for a customer, with what is there: ten trillion
// dollars. The ledger does not hold anybody to it, as what a pocket earns comes on top. In all the years that the clock
// goes on that is far less than what 64 bits hold; what many pockets earn together is not.
const MaxCents = 1_000_000_000_000_000

// Posting adds cents to an account, or takes them away if they are negative.
type Posting struct {
	Account Account `json:"account"`
	Cents   int64   `json:"cents"`
	// Balance is what the account has afterwards, in cents. Post sets it.
	Balance int64 `json:"balance"`
}

// Event is something that moved money.
type Event struct {
	ID   uuid.UUID `json:"id"`
	Time time.Time `json:"time"`
	// Kind says what happened, in a word.
	Kind string `json:"kind"`
	// Reference names what it belongs to, such as a transfer.
	Reference uuid.UUID `json:"reference,omitzero"`
	Postings  []Posting `json:"postings"`
}

// Ledger is a list of events, and the balances that they make. Its events are a log of a database, whose lock must be
// held for whatever it is asked.
type Ledger struct {
	events   *state.Log[Event]
	balances map[Account]*int64
}

// New adds a ledger to a database that is not open yet. Call Load once it is.
func New(db *state.Database) *Ledger {
	l := &Ledger{balances: map[Account]*int64{}}
	l.events = state.NewLog(db, "event", l.takeBack, func(e *Event) {
		for _, p := range e.Postings {
			*l.balance(p.Account) += p.Cents
		}
	})
	db.OnClear(func() func() {
		balances := l.balances
		l.balances = map[Account]*int64{}
		return func() { l.balances = balances }
	})
	return l
}

// takeBack forgets an account that has nothing any more as well: it may be that nobody had used it before.
func (l *Ledger) takeBack(e *Event) {
	for _, p := range e.Postings {
		balance := l.balance(p.Account)
		if *balance -= p.Cents; *balance == 0 {
			delete(l.balances, p.Account)
		}
	}
}

// Load takes the balances from the events of a database that has been opened.
func (l *Ledger) Load() {
	l.events.Each(func(e *Event) bool {
		for _, p := range e.Postings {
			*l.balance(p.Account) = p.Balance
		}
		return true
	})
}

// Balance returns an account's cents: 0 for one that nobody has used.
func (l *Ledger) Balance(account Account) int64 {
	if balance := l.balances[account]; balance != nil {
		return *balance
	}
	return 0
}

// balance is where the balance of an account is kept.
func (l *Ledger) balance(account Account) *int64 {
	balance := l.balances[account]
	if balance == nil {
		balance = new(int64)
		l.balances[account] = balance
	}
	return balance
}

// World returns what the accounts of the world have, those alone that have more than nothing, and what all other
// accounts have together.
func (l *Ledger) World() (outside, inside int64) {
	for kind := Partner; int(kind) < len(kindNames); kind++ {
		cents := l.Balance(Account{Kind: kind})
		outside += max(cents, 0)
		inside -= cents
	}
	return outside, inside
}

// Post notes an event and sets the balances of its postings. It changes nothing when it fails: with ErrUnbalanced if
// they do not add up to zero, with ErrInsufficientFunds if an account that must not would end with less than nothing,
// with ErrOverflow. The postings must not be changed afterwards.
func (l *Ledger) Post(tx *state.Tx, event Event) error {
	var total int64
	for i := range event.Postings {
		p := &event.Postings[i]
		balance := l.Balance(p.Account)
		for j := range i { // An account may be there twice.
			if event.Postings[j].Account == p.Account {
				balance = event.Postings[j].Balance
			}
		}
		if overflows(balance, p.Cents) || overflows(total, p.Cents) {
			return ErrOverflow
		}
		p.Balance = balance + p.Cents
		total += p.Cents
		if p.Balance < 0 && p.Account.Kind.Floored() {
			return fmt.Errorf("%w: %s", ErrInsufficientFunds, p.Account.Kind)
		}
	}
	if total != 0 || len(event.Postings) == 0 {
		return ErrUnbalanced
	}
	for _, p := range event.Postings {
		*l.balance(p.Account) = p.Balance
	}
	l.events.Append(tx, event)
	return nil
}

func overflows(a, b int64) bool {
	return b > 0 && a > math.MaxInt64-b || b < 0 && a < math.MinInt64-b
}

// Check adds everything up again, and returns all events by their ids. It fails with all that is wrong: an event that
// does not add up or is there twice, a balance that its postings do not make, an account with less than nothing, time
// that goes back. None of it can happen unless the ledger itself is wrong, or what it was loaded from has been changed.
func (l *Ledger) Check() (events map[uuid.UUID]*Event, err error) {
	events = make(map[uuid.UUID]*Event, l.events.Len())
	again := make(map[Account]int64, len(l.balances))
	var (
		wrong  []error
		latest time.Time
		seen   int
	)
	note := func(format string, values ...any) { wrong = append(wrong, fmt.Errorf("ledger: "+format, values...)) }
	l.events.Each(func(e *Event) bool {
		events[e.ID] = e
		if seen++; len(events) < seen { // To look first would be to look twice.
			seen--
			note("event %s is there twice", e.ID)
		}
		var total int64
		for _, p := range e.Postings {
			balance := again[p.Account]
			if overflows(balance, p.Cents) {
				note("event %s leaves %s with more than 64 bits hold", e.ID, p.Account)
			}
			balance += p.Cents
			again[p.Account] = balance
			total += p.Cents
			if p.Balance != balance {
				note("event %s leaves %s with %d cents, but all postings make %d", e.ID, p.Account, p.Balance, balance)
			}
			if p.Balance < 0 && p.Account.Kind.Floored() {
				note("event %s leaves %s with %d cents", e.ID, p.Account, p.Balance)
			}
		}
		if total != 0 {
			note("the postings of event %s make %d cents instead of 0", e.ID, total)
		}
		if e.Time.Before(latest) {
			note("event %s is older than the one before it", e.ID)
		}
		latest = e.Time
		return true
	})
	var total int64
	for account, balance := range l.balances {
		if again[account] != *balance {
			note("%s has %d cents, its postings make %d", account, *balance, again[account])
		}
		total += *balance
	}
	if total != 0 {
		note("all balances make %d cents instead of 0", total)
	}
	return events, errors.Join(wrong...)
}

// Each calls f with every event, oldest first.
func (l *Ledger) Each(f func(*Event)) {
	l.events.Each(func(e *Event) bool { f(e); return true })
}

// Balances returns the cents of every account that was ever used.
func (l *Ledger) Balances() map[Account]int64 {
	balances := make(map[Account]int64, len(l.balances))
	for account, balance := range l.balances {
		balances[account] = *balance
	}
	return balances
}
