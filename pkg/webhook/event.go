package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/internal/wire"
)

// ErrBody says that a body is not an event. An error that wraps it says why, and holds nothing of the body.
var ErrBody = errors.New("webhook: the body is not an event")

// Event is one delivered event. It prints as its type and id alone, through fmt and slog, whatever the verb.
type Event struct {
	// ID names the event. All deliveries of an event have the same ID, which is never the Nil UUID.
	ID uuid.UUID
	// Type is the event's own name for what it is. If the contract does not know it, it is not Valid.
	Type EventType
	// Timestamp is when it happened.
	Timestamp time.Time
	// CustomerID is the customer that the event is about, or nil. It has been seen only on the provider's Customer API.
	CustomerID *uuid.UUID
	// Data is the whole event as a Go type, for a type switch: one of the types that this package aliases, such as
	// ApplicationApproved, or Unknown if the contract does not know the event's type. It is never a pointer.
	Data partnerapi.EventVariant
	// Raw is the body as it arrived.
	Raw json.RawMessage
}

// String returns the type and the id. For a type that the contract does not know, it says "unknown".
func (e Event) String() string { return e.kind() + " " + e.ID.String() }

// GoString returns what String returns.
func (e Event) GoString() string { return e.String() }

// Format writes what String returns, for every verb.
func (e Event) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.String()) }

// LogValue logs the type and the id.
func (e Event) LogValue() slog.Value {
	return slog.GroupValue(slog.String("type", e.kind()), slog.String("id", e.ID.String()))
}

func (e Event) kind() string {
	if e.Type.Valid() {
		return string(e.Type)
	}
	return "unknown"
}

// Parse reads the body of a delivery. Verify it first.
//
// The body must be one JSON object with an event_id that is not the Nil UUID, an event_type and a timestamp, and with a
// payload if the contract knows its type. Parse refuses anything else with ErrBody, and also anything after the object,
// repeated members at any depth, and members that differ from others, or from what they should be called, only in upper
// and lower case: Go's decoder would take one of them, and another reader might take another. It ignores members that
// the contract does not know, and leaves zero what a payload lacks, since most payloads are inferred. Raw has all there
// is.
func Parse(body []byte) (*Event, error) {
	members, err := readObject(body)
	if err != nil {
		return nil, err
	}
	event := &Event{Raw: bytes.Clone(body)}
	id := members.uuid("event_id")
	kind, isText := members.text("event_type")
	switch {
	case id == nil:
		return nil, refuse("event_id is missing, or not a UUID of 36 characters")
	case *id == uuid.Nil:
		return nil, refuse("event_id is the Nil UUID")
	case !isText || kind == "":
		return nil, refuse("event_type is missing, or not a string")
	case members["timestamp"] == nil || json.Unmarshal(members["timestamp"], &event.Timestamp) != nil ||
		event.Timestamp.IsZero():
		return nil, refuse("timestamp is missing, or not a date with a time and an offset")
	}
	event.ID, event.Type = *id, EventType(kind)
	if sent(members["customer_id"]) {
		if event.CustomerID = members.uuid("customer_id"); event.CustomerID == nil {
			return nil, refuse("customer_id is not a UUID of 36 characters")
		}
	}
	if event.Type.Valid() && !bytes.HasPrefix(members["payload"], []byte("{")) {
		return nil, refuse("payload is missing, or not an object")
	}
	var union partnerapi.Event
	if err := union.UnmarshalJSON(event.Raw); err != nil {
		return nil, refuse("it cannot be decoded")
	}
	// The cause is left out: decoders put what they do not understand into their errors.
	if event.Data, err = union.Value(); err != nil {
		return nil, refuse("it does not fit its type")
	}
	return event, nil
}

func refuse(why string) error { return fmt.Errorf("%w: %s", ErrBody, why) }

// envelope names the members that are read here.
var envelope = []string{"event_id", "event_type", "timestamp", "customer_id", "payload"}

type members map[string]json.RawMessage

// readObject splits exactly one JSON object into its members. It refuses repeated members at every depth.
func readObject(body []byte) (members, error) {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, refuse("it is not exactly one JSON value in UTF-8")
	}
	if repeats(body) {
		return nil, refuse("a member is repeated")
	}
	var all members
	if err := json.Unmarshal(body, &all); err != nil || all == nil {
		return nil, refuse("it is not an object")
	}
	for name := range all {
		for _, known := range envelope {
			if name != known && strings.EqualFold(name, known) {
				return nil, refuse(known + " is spelled with other upper and lower case")
			}
		}
	}
	return all, nil
}

func (m members) text(name string) (string, bool) {
	var text *string
	if err := json.Unmarshal(m[name], &text); err != nil || text == nil {
		return "", false
	}
	return *text, true
}

// uuid reads a UUID in its canonical spelling. It returns nil for any other text.
func (m members) uuid(name string) *uuid.UUID {
	text, ok := m.text(name)
	if !ok {
		return nil
	}
	id, ok := wire.ParseUUID(text)
	if !ok {
		return nil
	}
	return (*uuid.UUID)(&id)
}

func sent(member json.RawMessage) bool { return member != nil && string(member) != "null" }

// repeats says whether an object has two members whose names are the same to Go's decoder. The text must be well-formed
// JSON.
func repeats(text []byte) bool {
	// level is an object or an array that is open. An array has no names.
	type level struct {
		names  map[string]bool
		object bool
		value  bool // the next token in the object is a value
	}
	var open []level
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	for {
		token, err := decoder.Token()
		if err != nil { // The end: the text is well-formed.
			return false
		}
		if delim, ok := token.(json.Delim); ok && (delim == '}' || delim == ']') {
			open = open[:len(open)-1]
			continue
		}
		if len(open) > 0 {
			if top := &open[len(open)-1]; top.object {
				if name, ok := token.(string); ok && !top.value {
					folded := fold(name)
					if top.names[folded] {
						return true
					}
					if top.names == nil {
						top.names = make(map[string]bool)
					}
					top.names[folded], top.value = true, true
					continue
				}
				top.value = false
			}
		}
		if delim, ok := token.(json.Delim); ok {
			open = append(open, level{object: delim == '{'})
		}
	}
}

// fold returns the same text for all names that are the same to encoding/json.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		for {
			next := unicode.SimpleFold(r)
			if next <= r { // The orbit went around: next is its smallest.
				return next
			}
			r = next
		}
	}, name)
}
