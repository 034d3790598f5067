package partner_test

import (
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
)

// together has two calls with one key, as of somebody who pressed twice: the second is made and ends while the attempt
// of the first is under way. It returns the errors of both.
func together(t *testing.T, firstEnds error, steps ...http.HandlerFunc) (client *partner.Client, s *script, c *clock,
	key idempotency.Key, first, second error) {
	t.Helper()
	a, s := scripted(t, steps...)
	key = idempotency.NewKey()
	started, finish := make(chan struct{}), make(chan struct{})
	var attempts atomic.Int32
	client = a.configured(t, func(c *partner.Config) {
		c.MaxRetries = -1
		c.Hooks.OnRequest = func(a partner.Attempt, _ *http.Request) {
			if a.Operation.ID != "login" {
				attempts.Add(1)
			}
		}
		c.Middleware = []func(http.RoundTripper) http.RoundTripper{func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				if r.Header.Get(idempotency.Header) != "" && attempts.Load() == 1 {
					close(started)
					<-finish
					if firstEnds != nil {
						return nil, firstEnds
					}
				}
				return next.RoundTrip(r)
			})
		}}
	})
	c = newClock(client)
	ended := make(chan error)
	go func() { ended <- pay(t.Context(), t, client, partner.WithIdempotencyKey(key), partner.WithFirstUse()) }()
	<-started
	second = pay(t.Context(), t, client, partner.WithIdempotencyKey(key))
	close(finish)
	return client, s, c, key, <-ended, second
}

var errNoConnection = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("refused")}

func outcomeOf(err error) partner.Outcome {
	var failure *partner.Error
	if errors.As(err, &failure) {
		return failure.Outcome
	}
	return partner.OutcomeDone
}

func TestACallThatWasNotSentDoesNotTakeTheHourOfAnotherWithItsKey(t *testing.T) {
	client, s, clock, key, first, second := together(t, errNoConnection, hangUp, transferCreated)
	if outcomeOf(first) != partner.OutcomeUnknown || outcomeOf(second) != partner.OutcomeUnknown {
		t.Fatalf("%v; %v", first, second)
	}
	var failure *partner.Error
	if errors.As(first, &failure); failure.RepeatBefore.IsZero() {
		t.Error("nobody knows until when to repeat it")
	}
	clock.advance(2 * time.Hour)
	err := pay(t.Context(), t, client, partner.WithIdempotencyKey(key))
	if !errors.Is(err, partner.ErrKeyExpired) || len(s.requests()) != 1 {
		t.Errorf("%v, and %d requests", err, len(s.requests()))
	}
}

func TestARefusalSaysNothingOfAnotherCallWithItsKey(t *testing.T) {
	for _, c := range []struct {
		name                string
		firstEnds           error
		steps               []http.HandlerFunc
		wantFirst, wantNext partner.Outcome
	}{
		{"the other is lost", nil, []http.HandlerFunc{hangUp, status(422)},
			partner.OutcomeReceivedBefore, partner.OutcomeUnknown},
		{"the other is done", nil, []http.HandlerFunc{transferCreated, status(422)},
			partner.OutcomeReceivedBefore, partner.OutcomeDone},
		{"the other is done, and this one is not sent", errNoConnection, []http.HandlerFunc{transferCreated},
			partner.OutcomeUnknown, partner.OutcomeDone},
		{"this one was under way when the other was refused", nil, []http.HandlerFunc{status(422), transferCreated},
			partner.OutcomeDone, partner.OutcomeReceivedBefore},
		{"both are refused", nil, []http.HandlerFunc{status(422)},
			partner.OutcomeReceivedBefore, partner.OutcomeReceivedBefore},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, _, _, first, second := together(t, c.firstEnds, c.steps...)
			if outcomeOf(first) != c.wantFirst || outcomeOf(second) != c.wantNext {
				t.Errorf("%s: %v; %s: %v", outcomeOf(first), first, outcomeOf(second), second)
			}
		})
	}
}
