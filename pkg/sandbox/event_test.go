package sandbox_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// happening is an event as tests make one.
func happening(t testing.TB, kind, payload string, change ...func(map[string]any)) partnerapi.Event {
	t.Helper()
	envelope := map[string]any{"event_id": uuid.New(), "event_type": kind,
		"timestamp": time.Date(2023, 1, 1, 12, 0, 0, 0, time.UTC), "payload": json.RawMessage(payload)}
	for _, c := range change {
		c(envelope)
	}
	var e partnerapi.Event
	if err := json.Unmarshal([]byte(encode(t, envelope)), &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func approval(t testing.TB, change ...func(map[string]any)) partnerapi.Event {
	t.Helper()
	return happening(t, "application.approved", `{"application_id":"497f6eca-6276-4993-bfeb-53cbbbba6f08"}`, change...)
}

func (w *world) trigger(t testing.TB, e partnerapi.Event) {
	t.Helper()
	if err := w.Sandbox.TriggerWebhook(t.Context(), nil, e); err != nil {
		t.Fatal(err)
	}
}

// events lists all events of a subscription, or all there are, newest first.
func (w *world) events(t testing.TB, params partnerapi.ListEventsParams) []partnerapi.PastEvent {
	t.Helper()
	var all []partnerapi.PastEvent
	for e, err := range w.Events.All(t.Context(), &params) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

func eventTypes(t testing.TB, events []partnerapi.PastEvent) []string {
	t.Helper()
	kinds := []string{}
	for _, e := range events {
		kind, err := e.Event.Discriminator()
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, kind)
	}
	return kinds
}

func TestTheTypesOfEventsAreThoseOfTheContract(t *testing.T) {
	document, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		t.Fatal(err)
	}
	page, err := open(t).Events.ListTypes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, item := range page.Items {
		got = append(got, item.Event)
	}
	for _, kind := range document.Components.Schemas["EventType"].Value.Enum {
		want = append(want, kind.(string))
	}
	if !slices.Equal(got, want) || page.Count != int64(len(want)) || page.Offset != 0 {
		t.Errorf("%d from %d: %q; want %q", page.Count, page.Offset, got, want)
	}
	if _, err := open(t).Subscriptions.Create(t.Context(), partnerapi.CreateSubscriptionRequest{Events: got,
		URL: "https://example.com/", SharedSecret: sharedSecret}); err != nil {
		t.Errorf("not all of them can be subscribed to: %v", err)
	}
}

// An event is of the subscriptions that named its type when it happened.
func TestEventsAreListedBySubscription(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 100, 0) // Nobody is subscribed to what happens here.
	moves := w.subscribe(t, "transfers.on-us.success", "transfers.on-us.rejected")
	arrivals := w.subscribe(t, "transfers.on-us.received")
	if _, err := w.Subscriptions.Update(t.Context(), arrivals.ID, partnerapi.UpdateSubscriptionRequest{
		Status: ptr(partnerapi.SubscriptionStatusDisabled)}); err != nil {
		t.Fatal(err)
	}
	done := w.move(t, pockets[0], pockets[1], requested(40))
	w.move(t, pockets[0], pockets[1], requested(1000))
	if _, err := w.Subscriptions.Update(t.Context(), moves.ID, partnerapi.UpdateSubscriptionRequest{
		Events: []string{"application.approved"}}); err != nil {
		t.Fatal(err)
	}
	w.move(t, pockets[0], pockets[1], requested(10))
	w.customer(t)
	late := w.subscribe(t, "transfers.on-us.success")
	if err := w.Subscriptions.Delete(t.Context(), moves.ID); err != nil {
		t.Fatal(err)
	}
	w.customer(t)
	for _, c := range []struct {
		name string
		id   uuid.UUID
		want []string
	}{
		{"of one that was changed and is gone", moves.ID,
			[]string{"application.approved", "transfers.on-us.rejected", "transfers.on-us.success"}},
		{"of one that is disabled", arrivals.ID, []string{"transfers.on-us.received", "transfers.on-us.received"}},
		{"of one that came late", late.ID, []string{}},
		{"of one that never was", uuid.New(), []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			events := w.events(t, partnerapi.ListEventsParams{SubscriptionID: &c.id})
			if got := eventTypes(t, events); !slices.Equal(got, c.want) {
				t.Errorf("%q; want %q", got, c.want)
			}
			for _, e := range events {
				if len(e.DeliveryAttempts) != 0 {
					t.Errorf("somebody was called: %s", encode(t, e))
				}
			}
		})
	}
	oldest := w.events(t, partnerapi.ListEventsParams{SubscriptionID: &moves.ID})[2]
	variant, err := oldest.Event.Value()
	if success, ok := variant.(partnerapi.OnUsSuccessEvent); err != nil || !ok ||
		success.Payload.OnUsID != done.ID || success.Payload.OriginAccountID != pockets[0] ||
		success.Payload.DestinationAccountID != pockets[1] || success.CustomerID != nil {
		t.Errorf("%T, %v: %s", variant, err, encode(t, oldest))
	}
	if all := w.events(t, partnerapi.ListEventsParams{Limit: ptr(100)}); len(all) < 8 {
		t.Errorf("%d events in all", len(all))
	}
}

func TestEventsAreListedPageByPageAndFromAMomentOn(t *testing.T) {
	w := open(t)
	s := w.subscribe(t, "card.status.closed")
	at := func(minute int) time.Time { return time.Date(2023, 1, 1, 12, minute, 0, 0, time.UTC) }
	var ids []uuid.UUID
	for i := range 33 {
		ids = slices.Insert(ids, 0, uuid.New())
		w.trigger(t, happening(t, "card.status.closed", `{"card_id":"`+uuid.NewString()+`","status":"CLOSED"}`,
			func(e map[string]any) { e["event_id"], e["timestamp"] = ids[0], at(i) }))
	}
	listed := func(params partnerapi.ListEventsParams) (got []uuid.UUID) {
		params.SubscriptionID = &s.ID
		for _, e := range w.events(t, params) {
			shared, err := e.Event.Shared()
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, shared.EventID)
		}
		return got
	}
	for name, c := range map[string]struct {
		params partnerapi.ListEventsParams
		want   []uuid.UUID
	}{
		"all, by tens":                      {partnerapi.ListEventsParams{Limit: ptr(10)}, ids},
		"those after one of them, by fours": {partnerapi.ListEventsParams{Limit: ptr(4), After: ptr(at(22))}, ids[:10]},
		"those after the last":              {partnerapi.ListEventsParams{After: ptr(at(32))}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := listed(c.params); !slices.Equal(got, c.want) {
				t.Errorf("%v; want %v", got, c.want)
			}
		})
	}
	page, err := w.Events.List(t.Context(), &partnerapi.ListEventsParams{SubscriptionID: &s.ID})
	if err != nil || len(page.Items) != 30 {
		t.Errorf("%d events, %v; want 30", len(page.Items), err)
	}
	for query, place := range map[string]string{"limit=0": "limit", "limit=101": "limit", "cursor=x": "cursor",
		"after=yesterday": "after", "subscription_id=x": "subscription_id"} {
		if a := w.raw(t, uuid.NewString(), http.MethodGet, "/api/v1/events/?"+query, ""); a.status !=
			http.StatusUnprocessableEntity || !strings.Contains(a.body, `"`+place+`"`) {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
}

func TestWhatIsTriggeredIsListedAsItWasSaid(t *testing.T) {
	w := open(t)
	s := w.subscribe(t, "application.approved", "card.transaction.approved")
	w.trigger(t, approval(t, func(e map[string]any) { e["timestamp"] = "2023-01-01T12:00:00.123456+05:30" }))
	// Payloads may have more than the contract says, and amounts that no float has.
	said := happening(t, "card.transaction.approved", `{"card_id":"497f6eca-6276-4993-bfeb-53cbbbba6f08",`+
		`"amount":9007199254740993,"account_id":"497f6eca-6276-4993-bfeb-53cbbbba6f08","more":[1.50]}`,
		func(e map[string]any) { e["customer_id"] = "f1246d4a-97b9-461e-8afa-2e8dedfbaece" })
	w.trigger(t, said)
	w.trigger(t, happening(t, "card.status.closed",
		`{"card_id":"497f6eca-6276-4993-bfeb-53cbbbba6f08","status":"CLOSED"}`)) // Nobody is subscribed to it.
	events := w.events(t, partnerapi.ListEventsParams{SubscriptionID: &s.ID})
	if len(events) != 2 {
		t.Fatalf("%d events", len(events))
	}
	listed := encode(t, events[0].Event)
	for _, part := range []string{`"amount":9007199254740993,`, `"more":[1.50]`,
		`"customer_id":"f1246d4a-97b9-461e-8afa-2e8dedfbaece"`, `"timestamp":"2023-01-01T12:00:00Z"`} {
		if !strings.Contains(listed, part) {
			t.Errorf("%s lacks %s", listed, part)
		}
	}
	if listed := encode(t, events[1].Event); !strings.Contains(listed, `:"2023-01-01T12:00:00.123456+05:30"`) {
		t.Errorf("%s", listed)
	}
}

// A receiver has to deal with repeats, so the same event can be triggered again; two events of one id cannot.
func TestAnEventIsTriggeredAgain(t *testing.T) {
	w := open(t)
	first := w.subscribe(t, "application.approved", "application.rejected")
	id := uuid.New()
	same := func(change ...func(map[string]any)) partnerapi.Event {
		return approval(t, append([]func(map[string]any){func(e map[string]any) { e["event_id"] = id }}, change...)...)
	}
	w.trigger(t, same())
	second := w.subscribe(t, "application.approved")
	w.trigger(t, same())
	for _, s := range []uuid.UUID{first.ID, second.ID} {
		if events := w.events(t, partnerapi.ListEventsParams{SubscriptionID: &s}); len(events) != 1 {
			t.Errorf("%d events", len(events))
		}
	}
	for name, change := range map[string]func(map[string]any){
		"type": func(e map[string]any) { e["event_type"] = "application.rejected" },
		"time": func(e map[string]any) { e["timestamp"] = "2023-01-01T12:00:01Z" },
		"payload": func(e map[string]any) {
			e["payload"] = map[string]string{"application_id": uuid.NewString()}
		},
		"customer": func(e map[string]any) { e["customer_id"] = uuid.New() },
	} {
		t.Run("with another "+name, func(t *testing.T) {
			refused(t, w.Sandbox.TriggerWebhook(t.Context(), nil, same(change)), http.StatusUnprocessableEntity,
				"body.event_id")
		})
	}
	// Also what has really happened can be triggered again.
	third := w.subscribe(t, "application.approved")
	w.customer(t)
	happened := w.events(t, partnerapi.ListEventsParams{SubscriptionID: &third.ID})
	w.trigger(t, happened[0].Event)
	if again := w.events(t, partnerapi.ListEventsParams{SubscriptionID: &third.ID}); encode(t, again) !=
		encode(t, happened) {
		t.Errorf("%s; want %s", encode(t, again), encode(t, happened))
	}
}

func TestWhatIsNoEventIsNotTriggered(t *testing.T) {
	w := open(t)
	for name, body := range map[string]string{
		"an unknown type": `{"event_id":"497f6eca-6276-4993-bfeb-53cbbbba6f08","event_type":"card.lost",` +
			`"timestamp":"2023-01-01T12:00:00Z","payload":{}}`,
		"the payload of another type": `{"event_id":"497f6eca-6276-4993-bfeb-53cbbbba6f08",` +
			`"event_type":"application.approved","timestamp":"2023-01-01T12:00:00Z","payload":{"card_id":"x"}}`,
		"no time": `{"event_id":"497f6eca-6276-4993-bfeb-53cbbbba6f08","event_type":"application.approved",` +
			`"payload":{"application_id":"497f6eca-6276-4993-bfeb-53cbbbba6f08"}}`,
	} {
		if a := w.raw(t, uuid.NewString(), http.MethodPost, "/api/v1/sandbox/webhook/", body); a.status !=
			http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}
