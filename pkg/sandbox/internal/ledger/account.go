package ledger

import (
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// Kind says what an account is for.
type Kind uint8

// The kinds of accounts.
const (
	// Bank is the cash on a pocket's bank side.
	Bank Kind = iota + 1
	// Brokerage is the cash on a pocket's brokerage side.
	Brokerage
	// Bills is what a pocket's T-bills have cost.
	Bills
	// Transit is what a customer has sent and what has not left the bank yet, and what a card has on hold.
	Transit
	// Partner is the money that a partner brings in and takes out by on-us transfers.
	Partner
	// FedACH and FedWire are the Federal Reserve's sides of the two networks.
	FedACH
	FedWire
	// Cards is what the card networks are owed.
	Cards
	// Market is where T-bills earn: what it has paid out is what all pockets have earned.
	Market
	// Fees is what the bank has charged, and Provider what it has given.
	Fees
	Provider
)

var kindNames = [...]string{"", "bank", "brokerage", "bills", "transit", "partner", "fed_ach", "fed_wire", "cards",
	"market", "fees", "provider"}

// String returns the kind in one word.
func (k Kind) String() string {
	if k == 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("Kind(%d)", uint8(k))
	}
	return kindNames[k]
}

// Floored reports whether an account of this kind must never have less than nothing. The others stand for a world that
// has money without end.
func (k Kind) Floored() bool { return k == Bank || k == Brokerage || k == Bills || k == Transit }

// Account is one account. Owner is the pocket or the customer that it belongs to; those of the world have the Nil UUID.
type Account struct {
	Kind  Kind
	Owner uuid.UUID
}

// String returns the account as text, for instance "bank:497f6eca-6276-4993-bfeb-53cbbbba6f08" or "market".
func (a Account) String() string {
	if a.Owner == uuid.Nil {
		return a.Kind.String()
	}
	return a.Kind.String() + ":" + a.Owner.String()
}

// MarshalText returns the account as String does.
func (a Account) MarshalText() ([]byte, error) {
	text := make([]byte, 0, len("brokerage:")+36)
	text = append(text, a.Kind.String()...)
	if a.Owner == uuid.Nil {
		return text, nil
	}
	text = append(text, ':')
	owner, err := a.Owner.MarshalText()
	return append(text, owner...), err
}

// UnmarshalText reads what MarshalText returns.
func (a *Account) UnmarshalText(text []byte) error {
	kind, owner, owned := strings.Cut(string(text), ":")
	for i, name := range kindNames {
		if name != kind || i == 0 {
			continue
		}
		a.Kind, a.Owner = Kind(i), uuid.Nil
		if !owned {
			return nil
		}
		var err error
		if a.Owner, err = uuid.Parse(owner); err != nil || a.Owner == uuid.Nil {
			return fmt.Errorf("ledger: %q is no account", text)
		}
		return nil
	}
	return fmt.Errorf("ledger: %q is no account", text)
}
