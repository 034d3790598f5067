package webhook_test

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/webhook"
)

func TestNewRequest(t *testing.T) {
	parsed, err := webhook.Parse([]byte(approved))
	if err != nil {
		t.Fatal(err)
	}
	union, err := partnerapi.NewEvent(parsed.Data)
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal([]byte(approved), &object); err != nil {
		t.Fatal(err)
	}
	data := parsed.Data.(webhook.ApplicationApproved)
	for _, c := range []struct {
		name  string
		event any
		exact string
	}{
		{"one of the types of Data", data, ""},
		{"a pointer to it", &data, ""},
		{"an Event", *parsed, approved},
		{"a *Event", parsed, approved},
		{"the union", union, ""},
		{"a map", object, ""},
		{"bytes", []byte(approved), approved},
		{"raw JSON", json.RawMessage(approved), approved},
		{"bytes that are not an event", []byte(vectorBody), vectorBody},
		{"no bytes", []byte(nil), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := webhook.NewRequest(t.Context(), "https://example.com/webhooks/?a=b", oldSecret, c.event)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			if r.Method != http.MethodPost || r.URL.String() != "https://example.com/webhooks/?a=b" ||
				r.ContentLength != int64(len(body)) ||
				r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("the request is %s %s, %d bytes, %v", r.Method, r.URL, r.ContentLength, r.Header)
			}
			if err := webhook.Verify(body, r.Header.Get(signing.HeaderSignature), oldSecret); err != nil {
				t.Error(err)
			}
			if c.exact != "" && string(body) != c.exact {
				t.Errorf("the body is %s", body)
			}
			if event, err := webhook.Parse(body); err == nil && event.ID != parsed.ID {
				t.Errorf("the body is %s", body)
			}
		})
	}
	r, err := webhook.NewRequest(t.Context(), "https://example.com/", oldSecret, []byte(vectorBody))
	if err != nil || r.Header.Get(signing.HeaderSignature) != vectorSignature {
		t.Errorf("the vector is signed as %v, %v", r.Header, err)
	}
}

func TestNewRequestSetsTheTypeByTheGoType(t *testing.T) {
	r, err := webhook.NewRequest(t.Context(), "https://example.com/", oldSecret,
		webhook.OnUsRejected{EventID: uuid.New(), Timestamp: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if event, err := webhook.Parse(body); err != nil || event.Type != "transfers.on-us.rejected" {
		t.Errorf("Parse = %v, %v", event, err)
	}
}

func TestNewRequestRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		url    string
		secret signing.Secret
		event  any
		want   error
	}{
		{"an empty secret", "https://example.com/", signing.NewSecret(""), []byte(approved), signing.ErrInput},
		{"a URL that is none", "https://example.com/\x7f", oldSecret, []byte(approved), nil},
		{"nothing", "https://example.com/", oldSecret, nil, webhook.ErrBody},
		{"a nil event", "https://example.com/", oldSecret, (*webhook.Event)(nil), webhook.ErrBody},
		{"an empty event", "https://example.com/", oldSecret, webhook.Event{}, webhook.ErrBody},
		{"an event without an id", "https://example.com/", oldSecret, webhook.OnUsRejected{Timestamp: time.Now()},
			webhook.ErrBody},
		{"an event without a time", "https://example.com/", oldSecret, webhook.OnUsRejected{EventID: uuid.New()},
			webhook.ErrBody},
		{"a nil type of Data", "https://example.com/", oldSecret, (*webhook.OnUsRejected)(nil), nil},
		{"an empty union", "https://example.com/", oldSecret, partnerapi.Event{}, nil},
		{"what is not JSON", "https://example.com/", oldSecret, math.NaN(), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := webhook.NewRequest(t.Context(), c.url, c.secret, c.event)
			if err == nil || r != nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("NewRequest = %v, %v; want %v", r, err, c.want)
			}
		})
	}
}
