package webhook_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/webhook"
)

const (
	id       = "94444752-cfa7-5d08-a2da-7f42ffdc649c"
	customer = "7e02ba9f-46c6-4cd6-a152-f366371976b3"
	// approved is an event as the provider sends it.
	approvedAt = "2023-01-01T12:00:00.123456+00:00"
	approved   = `{"event_id": "` + id +
		`", "event_type": "application.approved", "timestamp": "` + approvedAt + `",` +
		` "payload": {"application_id": "497f6eca-6276-4993-bfeb-53cbbbba6f08"}}`
)

var contract = sync.OnceValue(func() *openapi3.T {
	document, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		panic(err)
	}
	return document
})

// examples are the examples of the contract by the types of their events, from the callbacks of Create Subscription.
func examples(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, callback := range contract().Paths.Find("/api/v1/subscriptions/").Post.Callbacks {
		for _, item := range callback.Value.Map() {
			for _, example := range item.Post.RequestBody.Value.Content["application/json"].Examples {
				text, err := json.Marshal(example.Value.Value)
				if err != nil {
					t.Fatal(err)
				}
				kind := example.Value.Value.(map[string]any)["event_type"].(string)
				all[kind] = text
			}
		}
	}
	return all
}

func TestEveryTypeOfEventIsParsedIntoItsOwnGoType(t *testing.T) {
	types := contract().Components.Schemas["EventType"].Value.Enum
	variants := contract().Components.Schemas["Event"].Value.Discriminator.Mapping
	texts := examples(t)
	if len(types) == 0 || len(texts) != len(types) || len(variants) != len(types) {
		t.Fatalf("the contract has %d types of events, %d examples and %d variants", len(types), len(texts),
			len(variants))
	}
	for _, kind := range types {
		t.Run(kind.(string), func(t *testing.T) {
			text := texts[kind.(string)]
			event, err := webhook.Parse(text)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			if got, want := reflect.TypeOf(event.Data).Name(),
				variants[kind.(string)].Ref; "#/components/schemas/"+got != want {
				t.Errorf("Data is a %s, want %s", got, want)
			}
			if string(event.Type) != kind || !event.Type.Valid() || !bytes.Equal(event.Raw, text) {
				t.Errorf("Type = %s, Raw = %s", event.Type, event.Raw)
			}
			// The envelope and the data tell the same.
			data := reflect.ValueOf(event.Data)
			if data.FieldByName("EventID").Interface() != event.ID ||
				data.FieldByName("EventType").String() != string(event.Type) ||
				!data.FieldByName("Timestamp").Interface().(time.Time).Equal(event.Timestamp) {
				t.Errorf("Data = %+v, beside %s at %s", event.Data, event.ID, event.Timestamp)
			}
			again, err := json.Marshal(event.Data)
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.Replace(string(text), "+00:00", "Z", 1); !sameJSON(t, again, []byte(want)) {
				t.Errorf("Data is encoded as %s, want %s", again, want)
			}
		})
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := errors.Join(json.Unmarshal(a, &x), json.Unmarshal(b, &y)); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

func TestEveryTypeOfEventHasAnAlias(t *testing.T) {
	want := map[string]string{"Unknown": "UnknownVariant", "EventType": "EventType"}
	for _, ref := range contract().Components.Schemas["Event"].Value.Discriminator.Mapping {
		name := strings.TrimPrefix(ref.Ref, "#/components/schemas/")
		want[strings.TrimSuffix(name, "Event")] = name
		payload, _ := reflect.TypeOf(variant(t, name)).FieldByName("Payload")
		want[strings.Replace(payload.Type.Name(), "EventPayload", "Payload", 1)] = payload.Type.Name()
	}
	file, err := parser.ParseFile(token.NewFileSet(), "variant.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok && spec.Assign.IsValid() {
			got[spec.Name.Name] = spec.Type.(*ast.SelectorExpr).Sel.Name
		}
		return true
	})
	if !maps.Equal(got, want) {
		t.Errorf("the aliases are\n%v, want\n%v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

// variant returns the Go value that an example of the contract becomes.
func variant(t *testing.T, name string) partnerapi.EventVariant {
	t.Helper()
	for _, text := range examples(t) {
		event, err := webhook.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if reflect.TypeOf(event.Data).Name() == name {
			return event.Data
		}
	}
	t.Fatalf("no example becomes a %s", name)
	return nil
}

func TestParse(t *testing.T) {
	body := []byte(approved)
	event, err := webhook.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	clear(body) // It is the caller's.
	if string(event.Raw) != approved {
		t.Errorf("Raw = %s", event.Raw)
	}
	data, ok := event.Data.(webhook.ApplicationApproved)
	if !ok || data.Payload.ApplicationID.String() != "497f6eca-6276-4993-bfeb-53cbbbba6f08" {
		t.Errorf("Data = %#v", event.Data)
	}
	if want := time.Date(2023, 1, 1, 12, 0, 0, 123456000, time.UTC); !event.Timestamp.Equal(want) {
		t.Errorf("Timestamp = %s, want %s", event.Timestamp, want)
	}
	if event.ID.String() != id || event.CustomerID != nil {
		t.Errorf("ID = %s, CustomerID = %v", event.ID, event.CustomerID)
	}
}

// with changes one member of the approved event: to text, or to nothing at all if that is empty.
func with(member, text string) string {
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(approved), &members); err != nil {
		panic(err)
	}
	members[member] = json.RawMessage(text)
	if text == "" {
		delete(members, member)
	}
	body, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return string(body)
}

func TestParseTakes(t *testing.T) {
	for _, c := range []struct {
		name, body string
		check      func(*webhook.Event) bool
	}{
		{"space around the value", " \r\n\t" + approved + "\n",
			func(e *webhook.Event) bool { return e.ID.String() == id }},
		{"a UUID in upper case", with("event_id", `"`+strings.ToUpper(id)+`"`),
			func(e *webhook.Event) bool { return e.ID.String() == id }},
		{"a customer", with("customer_id", `"`+customer+`"`), func(e *webhook.Event) bool {
			return e.CustomerID != nil && e.CustomerID.String() == customer &&
				*e.Data.(webhook.ApplicationApproved).CustomerID == *e.CustomerID
		}},
		{"a customer that is null", with("customer_id", `null`),
			func(e *webhook.Event) bool { return e.CustomerID == nil }},
		{"an unknown member", with("something", `{"new": [1, 2]}`),
			func(e *webhook.Event) bool { return strings.Contains(string(e.Raw), "something") }},
		{"an unknown member of the payload", with("payload", `{"application_id": "`+id+`", "new": 1}`),
			func(e *webhook.Event) bool {
				return e.Data.(webhook.ApplicationApproved).Payload.ApplicationID.String() == id
			}},
		{"the same name at several depths", with("payload",
			`{"event_id": 1, "a": [{"event_id": {"event_id": 2}}, {"event_id": 3}]}`),
			func(e *webhook.Event) bool { return e.ID.String() == id }},
		{"an offset other than zero", with("timestamp", `"2023-01-01T14:00:00+02:00"`),
			func(e *webhook.Event) bool { return e.Timestamp.Hour() == 14 }},
		{"an unknown type", with("event_type", `"pocket.opened"`), func(e *webhook.Event) bool {
			data, ok := e.Data.(webhook.Unknown)
			return ok && data.Discriminator == "pocket.opened" && e.Type == "pocket.opened" && !e.Type.Valid() &&
				bytes.Equal(data.Raw, e.Raw)
		}},
		{"an unknown type without a payload", `{"event_id":"` + id +
			`","event_type":"x","timestamp":"2023-01-01T14:00:00Z"}`, func(e *webhook.Event) bool {
			_, ok := e.Data.(webhook.Unknown)
			return ok
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			event, err := webhook.Parse([]byte(c.body))
			if err != nil || !c.check(event) || string(event.Raw) != c.body {
				t.Errorf("Parse(%s) = %#v, %v", c.body, event, err)
			}
		})
	}
}

var refusals = []struct{ name, body, want string }{
	{"nothing", "", "exactly one JSON value"},
	{"no JSON", "event_id=1", "exactly one JSON value"},
	{"half an object", approved[:40], "exactly one JSON value"},
	{"bytes after the value", approved + "x", "exactly one JSON value"},
	{"two values", approved + approved, "exactly one JSON value"},
	{"a byte order mark", "\ufeff" + approved, "exactly one JSON value"},
	{"no UTF-8", strings.Replace(approved, "approved", "\xff", 1), "exactly one JSON value"},
	{"null", "null", "not an object"},
	{"an array", "[" + approved + "]", "not an object"},
	{"a text", `"text"`, "not an object"},
	{"no event_id", with("event_id", ""), "event_id is missing"},
	{"event_id is null", with("event_id", "null"), "event_id is missing"},
	{"event_id is a number", with("event_id", "7"), "event_id is missing"},
	{"event_id is the Nil UUID", with("event_id", `"`+uuid.Nil.String()+`"`), "Nil UUID"},
	{"event_id has braces", with("event_id", `"{`+id+`}"`), "event_id is missing"},
	{"event_id has no hyphens", with("event_id", `"`+strings.ReplaceAll(id, "-", "")+`"`), "event_id is missing"},
	{"event_id is 36 other characters", with("event_id", `"`+strings.Repeat("x", 36)+`"`), "event_id is missing"},
	{"no event_type", with("event_type", ""), "event_type is missing"},
	{"event_type is empty", with("event_type", `""`), "event_type is missing"},
	{"event_type is null", with("event_type", "null"), "event_type is missing"},
	{"event_type is an object", with("event_type", "{}"), "event_type is missing"},
	{"no timestamp", with("timestamp", ""), "timestamp is missing"},
	{"timestamp is null", with("timestamp", "null"), "timestamp is missing"},
	{"timestamp is a number", with("timestamp", "1672574400"), "timestamp is missing"},
	{"timestamp has no offset", with("timestamp", `"2023-01-01T12:00:00"`), "timestamp is missing"},
	{"timestamp is no day", with("timestamp", `"2026-02-31T12:00:00Z"`), "timestamp is missing"},
	{"timestamp is the zero time", with("timestamp", `"0001-01-01T00:00:00Z"`), "timestamp is missing"},
	{"customer_id is not a UUID", with("customer_id", `"somebody"`), "customer_id is not a UUID"},
	{"no payload", with("payload", ""), "payload is missing"},
	{"payload is null", with("payload", "null"), "payload is missing"},
	{"payload is a list", with("payload", "[]"), "payload is missing"},
	{"payload does not fit", with("payload", `{"application_id": 7}`), "does not fit"},
	{"a repeated member", strings.Replace(approved, "{", `{"event_id": "`+customer+`", `, 1), "repeated"},
	{"a repeated member that is unknown", strings.Replace(approved, "{", `{"a": 1, "a": 1, `, 1), "repeated"},
	{"a repeated member, once escaped", strings.Replace(approved, "{", `{"event\u005fid": "`+customer+`", `, 1),
		"repeated"},
	{"a repeated member in other case", strings.Replace(approved, "{", `{"Event_ID": "`+customer+`", `, 1), "repeated"},
	{"a repeated member in letters that fold", strings.Replace(approved, "{",
		`{"time\u017ftamp": "2020-01-01T00:00:00Z", `, 1), "repeated"},
	{"a repeated member of the payload", with("payload",
		`{"application_id": "`+id+`", "Application_ID": "`+customer+`"}`), "repeated"},
	{"a repeated member deep down", with("payload", `{"a": [[], {"b": {"c": {}, "d": [], "c": 1}}]}`), "repeated"},
	{"a member in other case alone", with("Customer_ID", `"`+customer+`"`), "upper and lower case"},
}

func TestParseRefuses(t *testing.T) {
	for _, c := range refusals {
		t.Run(c.name, func(t *testing.T) {
			event, err := webhook.Parse([]byte(c.body))
			if !errors.Is(err, webhook.ErrBody) || event != nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Parse = %v, %v; want ErrBody with %q", event, err, c.want)
			}
		})
	}
}

func TestAnEventPrintsAsItsTypeAndID(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{approved, "application.approved " + id},
		{with("event_type", `"`+marker+`"`), "unknown " + id},
	} {
		event, err := webhook.Parse([]byte(strings.Replace(c.body, "{", `{"name": "`+marker+`", `, 1)))
		if err != nil {
			t.Fatal(err)
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if got := fmt.Sprintf(verb, event); got != c.want {
				t.Errorf("%s prints a *Event as %s", verb, got)
			}
			if got := fmt.Sprintf(verb, *event); got != c.want {
				t.Errorf("%s prints an Event as %s", verb, got)
			}
		}
		if event.String() != c.want || event.GoString() != c.want {
			t.Errorf("String = %s, GoString = %s", event, event.GoString())
		}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "event", event, "value", *event)
		if strings.Contains(log.String(), marker) || strings.Count(log.String(), id) != 2 {
			t.Errorf("it is logged as %s", log.String())
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range examples(f) {
		f.Add(text)
	}
	f.Add([]byte(approved))
	for _, c := range refusals {
		f.Add([]byte(c.body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		event, err := webhook.Parse(body)
		if !bytes.Equal(body, before) {
			t.Fatal("Parse changed the body")
		}
		if err != nil {
			reason, found := strings.CutPrefix(err.Error(), "webhook: the body is not an event: ")
			if !errors.Is(err, webhook.ErrBody) || event != nil || !found || !reasons[reason] {
				t.Fatalf("Parse = %v, %v", event, err)
			}
			return
		}
		if event.ID == uuid.Nil || event.Type == "" || event.Timestamp.IsZero() || event.Data == nil ||
			!bytes.Equal(event.Raw, body) {
			t.Fatalf("Parse = %#v", *event)
		}
		if _, unknown := event.Data.(webhook.Unknown); unknown == event.Type.Valid() {
			t.Fatalf("a %q became a %T", event.Type, event.Data)
		}
		// What was parsed can be sent, and is the same then.
		r, err := webhook.NewRequest(t.Context(), "https://example.com/", oldSecret, event.Data)
		if err != nil {
			t.Fatalf("it cannot be sent: %v", err)
		}
		var sent bytes.Buffer
		if _, err := sent.ReadFrom(r.Body); err != nil {
			t.Fatal(err)
		}
		again, err := webhook.Parse(sent.Bytes())
		if err != nil || again.ID != event.ID || again.Type != event.Type || !again.Timestamp.Equal(event.Timestamp) {
			t.Fatalf("sent again as %s, it is %#v, %v", sent.String(), again, err)
		}
	})
}

// reasons are all texts that an error can have: none has anything of the body.
var reasons = map[string]bool{
	"it is not exactly one JSON value in UTF-8": true, "it is not an object": true, "a member is repeated": true,
	"event_id is missing or is not a UUID of 36 characters": true, "event_id is the Nil UUID": true,
	"event_type is missing or is not a string":                        true,
	"timestamp is missing or is not a date with a time and an offset": true,
	"customer_id is not a UUID of 36 characters":                      true,
	"payload is missing or is not an object":                          true,
	"it does not fit its type":                                        true,
	"event_id is spelled with other upper and lower case":             true,
	"event_type is spelled with other upper and lower case":           true,
	"timestamp is spelled with other upper and lower case":            true,
	"customer_id is spelled with other upper and lower case":          true,
	"payload is spelled with other upper and lower case":              true,
}
