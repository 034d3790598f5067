package partner_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// An answer that took effect is no refusal, whatever its members are called. Only what is in doubt may be repeated.
func TestWhatAnErrorHasBesideItsOutcome(t *testing.T) {
	unreadable := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Request-Id", "request-7")
		w.Header().Set("Retry-After", "7")
		answer(w, http.StatusCreated, `{"id":7,"type":"x","detail":"marker"}`)
	}
	for _, c := range []struct {
		name       string
		step       http.HandlerFunc
		want       partner.Outcome
		repeatable bool
	}{
		{"done but unreadable", unreadable, partner.OutcomeDoneUnreadable, false},
		{"refused", statusWith(422, "X-Request-Id", "request-7"), partner.OutcomeRefused, false},
		{"unknown", statusWith(503, "X-Request-Id", "request-7"), partner.OutcomeUnknown, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, _ := scripted(t, c.step)
			err := pay(t.Context(), t, a.client(t), partner.WithMaxRetries(0))
			var failure *partner.Error
			if !errors.As(err, &failure) || failure.Outcome != c.want || failure.RequestID != "request-7" ||
				failure.RepeatBefore.IsZero() == c.repeatable {
				t.Fatalf("%+v", failure)
			}
			if c.want == partner.OutcomeDoneUnreadable &&
				(failure.Type != "" || failure.Detail != "" || failure.RetryAfter != 0) {
				t.Errorf("it is read as a refusal: %q, %q, %s", failure.Type, failure.Detail, failure.RetryAfter)
			}
		})
	}
}

// Whoever repeats a call to read its answer gives the key from the error.
func TestTheKeyOfAnAnswerThatCannotBeReadIsRemembered(t *testing.T) {
	for name, step := range map[string]struct {
		code      int
		mediaType string
		body      string
	}{
		"of another type": {201, "text/plain", "x"}, "malformed": {201, "application/json", "{"},
		"empty": {201, "application/json", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a, s := scripted(t, raw(step.code, step.mediaType, step.body), transferCreated)
			client := a.client(t)
			clock := newClock(client)
			err := pay(t.Context(), t, client)
			var failure *partner.Error
			if !errors.As(err, &failure) || failure.Outcome != partner.OutcomeDoneUnreadable {
				t.Fatal(err)
			}
			key := partner.WithIdempotencyKey(failure.IdempotencyKey)
			_, err = client.OnUsTransfers.Create(t.Context(), order(t, uuid.New(), uuid.New(), 2), key)
			if !errors.Is(err, partner.ErrKeyReused) {
				t.Errorf("another request: %v", err)
			}
			clock.advance(2 * time.Hour)
			if err := pay(t.Context(), t, client, key); !errors.Is(err, partner.ErrKeyExpired) {
				t.Errorf("a repeat that comes too late: %v", err)
			}
			if n := len(s.requests()); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}
