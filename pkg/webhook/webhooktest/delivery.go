package webhooktest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/webhook"
)

// target is where handlers are delivered to.
const target = "https://partner.example/webhooks/"

// Event makes an event of one of the types of webhook.Event.Data. It sets event_type, and event_id and timestamp if
// they are missing: to a new UUID and to now.
func Event(t testing.TB, data partnerapi.EventVariant) *webhook.Event {
	t.Helper()
	union, err := partnerapi.NewEvent(data)
	if err != nil {
		t.Fatalf("webhooktest: %v", err)
	}
	text, err := union.MarshalJSON()
	if err != nil {
		t.Fatalf("webhooktest: %v", err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatalf("webhooktest: %v", err)
	}
	fill(t, members, "event_id", uuid.Nil, uuid.New())
	fill(t, members, "timestamp", time.Time{}, time.Now().UTC().Truncate(time.Microsecond))
	if text, err = json.Marshal(members); err != nil {
		t.Fatalf("webhooktest: %v", err)
	}
	event, err := webhook.Parse(text)
	if err != nil {
		t.Fatalf("webhooktest: %v", err)
	}
	return event
}

// fill sets a member that is missing, or has the value that a Go struct has by itself.
func fill(t testing.TB, members map[string]json.RawMessage, name string, zero, value any) {
	t.Helper()
	nothing, err := json.Marshal(zero)
	if err != nil {
		t.Fatalf("webhooktest: %v", err)
	}
	if member := members[name]; member != nil && !bytes.Equal(member, nothing) {
		return
	}
	if members[name], err = json.Marshal(value); err != nil {
		t.Fatalf("webhooktest: %v", err)
	}
}

// Deliver delivers an event to a handler and returns its answer, whose body needs no closing. The event is what
// webhook.NewRequest takes; one of the types of webhook.Event.Data is filled in as by Event.
func Deliver(t testing.TB, handler http.Handler, secret signing.Secret, event any) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, Request(t, target, secret, event))
	return w.Result()
}

// Post delivers an event to a URL and returns the answer, whose body was read and needs no closing. The event is as for
// Deliver. Redirects are not followed.
func Post(t testing.TB, url string, secret signing.Secret, event any) *http.Response {
	t.Helper()
	// A connection of its own, so that nothing is left open.
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(Request(t, url, secret, event))
	if err != nil {
		t.Fatalf("webhooktest: %v", err)
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil {
		t.Fatalf("webhooktest: %v", err)
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response
}

// Request builds a signed delivery, for tests that change it before it is sent. The event is as for Deliver.
func Request(t testing.TB, url string, secret signing.Secret, event any) *http.Request {
	t.Helper()
	if data, ok := event.(partnerapi.EventVariant); ok {
		event = Event(t, data)
	}
	r, err := webhook.NewRequest(t.Context(), url, secret, event)
	if err != nil {
		t.Fatalf("webhooktest: %v", err)
	}
	return r
}
