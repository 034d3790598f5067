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

// target is the URL of deliveries to a handler.
const target = "https://partner.example/webhooks/"

// Event makes an event of one of the types of webhook.Event.Data. It sets event_type, and if they are missing, event_id
// to a new UUID and timestamp to now.
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

// fill sets a member that is missing or has its type's zero value.
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

// Deliver delivers an event to a handler and returns its answer, whose body needs no closing. It takes every event that
// webhook.NewRequest takes, and fills in the types of webhook.Event.Data as Event does.
func Deliver(t testing.TB, handler http.Handler, secret signing.Secret, event any) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, Request(t, target, secret, event))
	return w.Result()
}

// Post delivers an event to a URL and returns the answer, whose body needs no closing. It takes the same events as
// Deliver. It does not follow redirects.
func Post(t testing.TB, url string, secret signing.Secret, event any) *http.Response {
	t.Helper()
	// Each delivery has its own connection, so that none is left open.
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

// Request builds a signed delivery, for tests that change it before they send it. It takes the same events as Deliver.
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
