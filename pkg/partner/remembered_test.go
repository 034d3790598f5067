package partner_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

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
