package bank

import (
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// CounterpartyStatus says whether money can go to a counterparty.
type CounterpartyStatus string

// The statuses of counterparties. (Source: facts about v1 and v2; only VERIFIED counts for transfers.)
const (
	CounterpartyInProgress CounterpartyStatus = "IN_PROGRESS"
	CounterpartyFailed     CounterpartyStatus = "FAILED"
	CounterpartyVerified   CounterpartyStatus = "VERIFIED"
)

// CounterpartyKind says how money reaches a counterparty.
type CounterpartyKind string

// The kinds of counterparties.
const (
	CounterpartyACH               CounterpartyKind = "ACH"
	CounterpartyWire              CounterpartyKind = "WIRE"
	CounterpartyInternationalWire CounterpartyKind = "INTERNATIONAL_WIRE"
	CounterpartyOnUs              CounterpartyKind = "ON_US"
	CounterpartyCrypto            CounterpartyKind = "CRYPTO"
)

// Counterparty is somebody whom a customer sends money to, or gets money from.
type Counterparty struct {
	ID         uuid.UUID          `json:"id"`
	CustomerID uuid.UUID          `json:"customer_id"`
	Kind       CounterpartyKind   `json:"kind"`
	Status     CounterpartyStatus `json:"status"`
	Name       string             `json:"name"`
	Created    time.Time          `json:"created"`
	// RoutingNumber and AccountNumber are where the money goes; an on-us counterparty has a network address there.
	RoutingNumber string `json:"routing_number,omitempty"`
	AccountNumber string `json:"account_number,omitempty"`
	// PocketID is the pocket of an on-us counterparty.
	PocketID uuid.UUID `json:"pocket_id,omitzero"`
}

type counterpartyTables struct {
	counterparties           *state.Table[uuid.UUID, Counterparty]
	counterpartiesByCustomer *state.Index[uuid.UUID, Counterparty]
}

func newCounterpartyTables(b *Bank) counterpartyTables {
	t := counterpartyTables{
		counterparties: state.NewTable(b.db, "counterparty", func(c *Counterparty) uuid.UUID { return c.ID }),
	}
	t.counterpartiesByCustomer = state.NewIndexByOne(t.counterparties, func(c *Counterparty) uuid.UUID {
		return c.CustomerID
	})
	return t
}

// verified returns a counterparty of a customer that money can go to. (Source: the reference's text on counterparties.)
//
//nolint:unused // Transfers to counterparties are to come.
func (t *Tx) verified(customer, id uuid.UUID) (*Counterparty, error) {
	c := t.counterparties.Get(id)
	switch {
	case c == nil || c.CustomerID != customer:
		return nil, invalid("counterparty", "must be the id of a counterparty of the customer", "body",
			"counterparty_id")
	case c.Status != CounterpartyVerified:
		return nil, invalid("counterparty_status", "the counterparty is not verified", "body", "counterparty_id")
	}
	return c, nil
}
