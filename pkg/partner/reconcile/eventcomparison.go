package reconcile

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// sameMoment is how far apart times may be that are the same: databases round.
const sameMoment = time.Second

// believedEvent is an event that the program knows.
type believedEvent struct {
	Event
	// listed says that the API lists it.
	listed bool
}

// listEvents reads the events since the window begins, or the oldest that is believed has happened, and compares them.
func (x *run) listEvents() error {
	after := x.scope.From
	for _, b := range x.events {
		if b.Timestamp.Before(after) {
			after = b.Timestamp
		}
	}
	// What happened at that very moment is not after it.
	after = after.Add(-sameMoment)
	subscriptions := x.scope.Subscriptions
	if len(subscriptions) == 0 {
		subscriptions = []uuid.UUID{uuid.Nil}
	}
	seen := map[uuid.UUID]bool{}
	for _, id := range subscriptions {
		err := walk(x, func(cursor *string) (page[partner.PastEvent], error) {
			p, err := x.config.Client.Events.List(x.ctx, &partner.ListEventsParams{SubscriptionID: optional(id),
				After: &after, Cursor: cursor, Limit: &x.config.PageSize})
			if err != nil {
				return page[partner.PastEvent]{}, err
			}
			return page[partner.PastEvent]{p.Items, p.NextPage}, nil
		}, func(items []partner.PastEvent) (bool, error) {
			for _, item := range items {
				e, err := listedEvent(item)
				if err != nil {
					return true, err
				}
				if !seen[e.ID] {
					seen[e.ID] = true
					x.compareEvent(e)
				}
			}
			return false, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func listedEvent(item partner.PastEvent) (*ListedEvent, error) {
	shared, err := item.Event.Shared()
	if err != nil {
		return nil, errors.New("reconcile: the API lists an event without an id or a time")
	}
	kind, err := item.Event.Discriminator()
	if err != nil {
		return nil, errors.New("reconcile: the API lists an event without a type")
	}
	raw, err := item.Event.MarshalJSON()
	if err != nil {
		return nil, errors.New("reconcile: the API lists an event that cannot be read")
	}
	return &ListedEvent{ID: shared.EventID, Type: partner.EventType(kind), Timestamp: shared.Timestamp, Raw: raw,
		Attempts: item.DeliveryAttempts}, nil
}

// compareEvent compares an event that the API lists.
func (x *run) compareEvent(e *ListedEvent) {
	x.report.Events++
	if x.young(e.Timestamp) {
		x.hear(e)
	}
	finding := func(kind Kind, b *believedEvent, fields ...string) {
		pair := &EventPair{API: e}
		if b != nil {
			program := b.Event
			pair.Program = &program
		}
		x.find(Finding{Kind: kind, Side: SideProgram, Object: ObjectEvent, ID: e.ID, Time: e.Timestamp, Fields: fields,
			Event: pair})
	}
	b := x.events[e.ID]
	if b == nil {
		if x.scope.hears(e.Type) && x.inWindow(e.Timestamp) && !x.young(e.Timestamp) {
			finding(KindMissing, nil)
		}
		return
	}
	b.listed = true
	var fields []string
	if b.Type != "" && b.Type != e.Type {
		fields = append(fields, FieldType)
	}
	if d := b.Timestamp.Sub(e.Timestamp); d <= -sameMoment || d >= sameMoment {
		fields = append(fields, FieldTimestamp)
	}
	if len(fields) > 0 {
		finding(KindDifferent, b, fields...)
	}
	switch {
	case b.Handled == 0:
		if !x.young(e.Timestamp) {
			finding(KindMissing, b)
		}
		return
	case b.Handled > 1:
		finding(KindDoubled, b)
	}
	if !b.Received.IsZero() && b.Received.Sub(e.Timestamp) > x.config.LateAfter && !b.Reviewed {
		finding(KindLate, b)
	}
}

// hear notes what a young event is about. The transfer of an ACH event has no id: its account stands for it.
func (x *run) hear(e *ListedEvent) {
	var told struct {
		Payload struct {
			Account uuid.UUID `json:"jiko_account_id"`
			Wire    uuid.UUID `json:"wire_id"`
			OnUs    uuid.UUID `json:"on_us_id"`
		} `json:"payload"`
	}
	if json.Unmarshal(e.Raw, &told) != nil {
		return // It is about nothing that is known.
	}
	switch p := told.Payload; {
	case p.Wire != uuid.Nil:
		x.news[p.Wire] = true
	case p.OnUs != uuid.Nil:
		x.news[p.OnUs] = true
	case p.Account != uuid.Nil:
		x.news[p.Account] = true
	}
}

// compareEvents finds what the program knows and the API does not list.
func (x *run) compareEvents() {
	if !x.eventsListed {
		return
	}
	for id, b := range x.events {
		if b.listed || x.young(b.Timestamp) {
			continue
		}
		program := b.Event
		x.find(Finding{Kind: KindMissing, Side: SideAPI, Object: ObjectEvent, ID: id, Time: b.Timestamp,
			Event: &EventPair{Program: &program}})
	}
}
