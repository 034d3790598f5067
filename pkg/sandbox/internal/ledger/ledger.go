package ledger

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"
)

var (
	// ErrAmount says that an amount is not positive.
	ErrAmount = errors.New("ledger: the amount must be positive")
	// ErrSameAccount says that a posting would move money from an account to itself.
	ErrSameAccount = errors.New("ledger: both sides are one account")
	// ErrUnknownAccount says that an account was never opened.
	ErrUnknownAccount = errors.New("ledger: unknown account")
	// ErrInsufficientFunds says that the account has less than is to be taken from it.
	ErrInsufficientFunds = errors.New("ledger: insufficient funds")
	// ErrOverflow says that a balance would no longer fit.
	ErrOverflow = errors.New("ledger: the balance would overflow")
)

// World is the account of everything outside. It alone may be negative: it owes what was paid in.
var World = uuid.UUID{}

// Posting is one movement of money. It never changes.
type Posting struct {
	// ID names the posting.
	ID uuid.UUID
	// From and To are the accounts that cents go out of and into.
	From, To uuid.UUID
	// Cents is the amount, always positive.
	Cents int64
	// Reference is what caused the posting, for instance a transfer.
	Reference uuid.UUID
	// Description is the text for a statement.
	Description string
	// Time is when it was posted.
	Time time.Time
	// Sequence counts the ledger's postings from 1, so that those of one moment have an order too. Post sets it.
	Sequence int
}

// Ledger holds accounts and postings. It is not safe for concurrent use: the bank around it has the lock.
type Ledger struct {
	balances map[uuid.UUID]int64
	postings []Posting
}

// New returns a ledger that has the World's account alone.
func New() *Ledger {
	return &Ledger{balances: map[uuid.UUID]int64{World: 0}}
}

// Open opens an account with a balance of zero. Opening it again changes nothing.
func (l *Ledger) Open(account uuid.UUID) {
	if _, ok := l.balances[account]; !ok {
		l.balances[account] = 0
	}
}

// Balance returns an account's cents, 0 for an unknown one.
func (l *Ledger) Balance(account uuid.UUID) int64 { return l.balances[account] }

// Post moves p.Cents from p.From to p.To. It changes nothing when it fails.
func (l *Ledger) Post(p Posting) error {
	from, fromKnown := l.balances[p.From]
	to, toKnown := l.balances[p.To]
	switch {
	case p.Cents <= 0:
		return ErrAmount
	case !fromKnown || !toKnown:
		return ErrUnknownAccount
	case p.From == p.To:
		return ErrSameAccount
	case p.From != World && from < p.Cents:
		return ErrInsufficientFunds
	case to > math.MaxInt64-p.Cents || from < math.MinInt64+p.Cents:
		return ErrOverflow
	}
	l.balances[p.From] = from - p.Cents
	l.balances[p.To] = to + p.Cents
	p.Sequence = len(l.postings) + 1
	l.postings = append(l.postings, p)
	return nil
}

// Postings returns those that account takes part in, oldest first.
func (l *Ledger) Postings(account uuid.UUID) []Posting {
	var found []Posting
	for _, p := range l.postings {
		if p.From == account || p.To == account {
			found = append(found, p)
		}
	}
	return found
}

// Check adds everything up again. It fails when a balance is not what the postings make it, or when all balances
// together are not zero; neither can happen unless the ledger itself is wrong.
func (l *Ledger) Check() error {
	again := make(map[uuid.UUID]int64, len(l.balances))
	for _, p := range l.postings {
		again[p.From] -= p.Cents
		again[p.To] += p.Cents
	}
	var total int64
	for account, balance := range l.balances {
		if again[account] != balance {
			return fmt.Errorf("ledger: account %s has %d cents, its postings make %d", account, balance, again[account])
		}
		total += balance
	}
	if total != 0 {
		return fmt.Errorf("ledger: all balances make %d cents instead of 0", total)
	}
	return nil
}
