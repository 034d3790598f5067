package bank

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// Event is something that subscribers are told of.
type Event struct {
	ID         uuid.UUID       `json:"id"`
	Type       string          `json:"type"`
	Time       time.Time       `json:"time"`
	CustomerID uuid.UUID       `json:"customer_id,omitzero"`
	Payload    json.RawMessage `json:"payload"`
}

type eventTables struct {
	events *state.Table[uuid.UUID, Event]
}

func newEventTables(b *Bank) eventTables {
	return eventTables{events: state.NewTable(b.db, "notice", func(e *Event) uuid.UUID { return e.ID })}
}

// emit notes an event. The payload is what the contract's schema of that event says.
func (t *Tx) emit(kind string, customer uuid.UUID, payload any) {
	data, err := json.Marshal(payload)
	if err != nil {
		panic(fmt.Sprintf("bank: the payload of %s: %v", kind, err)) // They are ids and words.
	}
	t.events.Insert(t.tx, &Event{ID: t.newID(), Type: kind, Time: t.now, CustomerID: customer, Payload: data})
}
