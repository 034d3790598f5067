package webhooktest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/webhook"
	"github.com/jiko-partner/partner-go/pkg/webhook/webhooktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var secret = signing.NewSecret("0123456789123456")

func TestEventFillsInWhatIsMissing(t *testing.T) {
	id, at := uuid.New(), time.Date(2023, 1, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name     string
		data     partnerapi.EventVariant
		kind     webhook.EventType
		id, time bool
	}{
		{"everything", webhook.CardStatusOpen{}, "card.status.open", true, true},
		{"the id", webhook.CardStatusOpen{Timestamp: at}, "card.status.open", true, false},
		{"the time", &webhook.CardStatusOpen{EventID: id}, "card.status.open", false, true},
		{"nothing", webhook.CardStatusOpen{EventID: id, Timestamp: at}, "card.status.open", false, false},
		{"everything of an unknown type", webhook.Unknown{Raw: []byte(`{"event_type": "pocket.opened"}`)},
			"pocket.opened", true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := time.Now().Add(-time.Second)
			event := webhooktest.Event(t, c.data)
			if event.Type != c.kind || c.id != (event.ID != id) || c.time != (!event.Timestamp.Equal(at)) ||
				c.time && event.Timestamp.Before(before) {
				t.Errorf("Event = %#v of %s", event, event.Timestamp)
			}
		})
	}
	if first, second := webhooktest.Event(t, webhook.CardStatusOpen{}),
		webhooktest.Event(t, webhook.CardStatusOpen{}); first.ID == second.ID {
		t.Error("two events have the same id")
	}
}

func TestDeliveries(t *testing.T) {
	var got *webhook.Event
	handler, err := webhook.New(webhook.Config{
		Secrets: []signing.Secret{secret},
		Handle:  func(_ context.Context, event *webhook.Event) error { got = event; return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	for name, deliver := range map[string]func(secret signing.Secret, event any) *http.Response{
		"to a handler": func(s signing.Secret, event any) *http.Response {
			return webhooktest.Deliver(t, handler, s, event)
		},
		"to a URL": func(s signing.Secret, event any) *http.Response {
			return webhooktest.Post(t, server.URL, s, event)
		},
	} {
		t.Run(name, func(t *testing.T) {
			event := webhooktest.Event(t, webhook.ACHInSuccess{Payload: webhook.ACHPayload{JikoAccountID: uuid.New()}})
			for _, c := range []struct {
				name   string
				secret signing.Secret
				event  any
				status int
				body   string
			}{
				{"an event", secret, event, 202, `{"detail":"handled"}`},
				{"the same event", secret, event, 200, `{"detail":"handled before"}`},
				{"another event", secret, webhook.ACHInSuccess{}, 202, `{"detail":"handled"}`},
				{"no event", secret, []byte("{}"), 400, `{"detail":"not an event"}`},
				{"another secret", signing.NewSecret("6543210987654321"), event, 401, `{"detail":"signature refused"}`},
			} {
				got = nil
				response := deliver(c.secret, c.event)
				body, err := io.ReadAll(response.Body)
				if err != nil || response.StatusCode != c.status || string(body) != c.body {
					t.Errorf("%s: %d %s, %v; want %d %s", c.name, response.StatusCode, body, err, c.status, c.body)
				}
				if _, ok := dataOf(got).(webhook.ACHInSuccess); ok != (c.status == 202) {
					t.Errorf("%s: the function got %v", c.name, got)
				}
			}
		})
	}
}

func dataOf(event *webhook.Event) partnerapi.EventVariant {
	if event == nil {
		return nil
	}
	return event.Data
}

func TestPostDoesNotFollowRedirects(t *testing.T) {
	server := httptest.NewServer(http.RedirectHandler("/elsewhere/", http.StatusTemporaryRedirect))
	t.Cleanup(server.Close)
	if got := webhooktest.Post(t, server.URL, secret,
		webhook.ACHInSuccess{}).StatusCode; got != http.StatusTemporaryRedirect {
		t.Errorf("status %d", got)
	}
}

// failing is a test that may fail.
type failing struct {
	testing.TB
	failed bool
}

func (f *failing) Fatalf(string, ...any) { f.failed = true; panic(f) }

func TestWhatCannotBeDeliveredFailsTheTest(t *testing.T) {
	for name, deliver := range map[string]func(testing.TB){
		"a nil event":         func(t testing.TB) { webhooktest.Event(t, nil) },
		"no object":           func(t testing.TB) { webhooktest.Event(t, webhook.Unknown{Raw: []byte("[]")}) },
		"an event of no type": func(t testing.TB) { webhooktest.Event(t, webhook.Unknown{Raw: []byte("{}")}) },
		"an empty secret": func(t testing.TB) {
			webhooktest.Deliver(t, http.NotFoundHandler(), signing.NewSecret(""), webhook.ACHInSuccess{})
		},
		"nobody listening": func(t testing.TB) {
			webhooktest.Post(t, "http://127.0.0.1:1/", secret,
				webhook.ACHInSuccess{})
		},
	} {
		f := &failing{TB: t}
		func() {
			defer func() { _ = recover() }()
			deliver(f)
		}()
		if !f.failed {
			t.Errorf("%s: the test goes on", name)
		}
	}
}

// t stands for the t of a test, which examples do not have.
var t = exampleT{}

type exampleT struct{ testing.TB }

func (exampleT) Helper()                  {}
func (exampleT) Context() context.Context { return context.Background() }

// In a test, t is its *testing.T.
func ExampleDeliver() {
	handler, err := webhook.New(webhook.Config{
		Secrets: []signing.Secret{signing.NewSecret("0123456789123456")},
		Handle: func(_ context.Context, event *webhook.Event) error {
			if e, ok := event.Data.(webhook.CardTransactionApproved); ok {
				fmt.Println("spent, in cents:", e.Payload.Amount)
			}
			return nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	event := webhooktest.Event(t, webhook.CardTransactionApproved{
		Payload: webhook.CardTransactionPayload{Amount: 1250}})
	fmt.Println(webhooktest.Deliver(t, handler, signing.NewSecret("0123456789123456"), event).StatusCode)
	fmt.Println(webhooktest.Deliver(t, handler, signing.NewSecret("0123456789123456"), event).StatusCode)
	fmt.Println(webhooktest.Deliver(t, handler, signing.NewSecret("another-secret-00"), event).StatusCode)
	// Output:
	// spent, in cents: 1250
	// 202
	// 200
	// 401
}
