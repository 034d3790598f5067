package partner_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
)

// A time that nobody has written down must not let a repeat pass for one in time.
func TestATimeThatIsOverRepeatsNothing(t *testing.T) {
	for _, c := range []struct {
		name string
		at   time.Time
	}{
		{"no time", time.Time{}},
		{"59 minutes after no time", time.Time{}.Add(59 * time.Minute)},
		{"a day after no time", time.Time{}.Add(24 * time.Hour)},
		{"centuries ago", time.Date(1700, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"1970", time.Unix(0, 0)},
		{"a moment ago", time.Now().Add(-time.Second)},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, s := scripted(t, transferCreated)
			client := a.client(t)
			key := idempotency.NewKey()
			for range 2 { // What the first call was told is remembered.
				err := pay(t.Context(), t, client, partner.WithIdempotencyKey(key), partner.WithRepeatBefore(c.at))
				var failure *partner.Error
				if !errors.As(err, &failure) || !errors.Is(err, partner.ErrKeyExpired) ||
					failure.Outcome != partner.OutcomeTooLate || len(s.requests()) != 0 {
					t.Fatalf("%v, and %d requests", err, len(s.requests()))
				}
			}
			err := pay(t.Context(), t, client, partner.WithIdempotencyKey(key), partner.WithRepeatBefore(c.at),
				partner.WithExpiredKey())
			if err != nil || len(s.requests()) != 1 {
				t.Errorf("a caller who insists: %v, and %d requests", err, len(s.requests()))
			}
		})
	}
}

// A client that made the call itself knows better than what it is told.
func TestATimeThatIsToldDoesNotMakeAWindowLonger(t *testing.T) {
	a, s := scripted(t, hangUp, transferCreated)
	client := a.client(t)
	clock := newClock(client)
	key := partner.WithIdempotencyKey(idempotency.NewKey())
	if err := pay(t.Context(), t, client, key, partner.WithMaxRetries(0)); !errors.Is(err, partner.ErrOutcomeUnknown) {
		t.Fatal(err)
	}
	clock.advance(partner.KeyWindow + time.Minute)
	err := pay(t.Context(), t, client, key, partner.WithRepeatBefore(clock.now().Add(30*time.Minute)))
	if !errors.Is(err, partner.ErrKeyExpired) || len(s.requests()) != 1 {
		t.Errorf("%v, and %d requests", err, len(s.requests()))
	}
}

func TestARepeatInTimeIsSentWhateverTheTimeoutIs(t *testing.T) {
	for _, timeout := range []time.Duration{time.Second, time.Minute, 10 * time.Minute} {
		a, s := scripted(t, transferCreated)
		// The time of a call that began now, as docs have it.
		err := pay(t.Context(), t, a.client(t), partner.WithIdempotencyKey(idempotency.NewKey()),
			partner.WithRepeatBefore(time.Now().Add(59*time.Minute)), partner.WithAttemptTimeout(timeout))
		if err != nil || len(s.requests()) != 1 {
			t.Errorf("%s: %v, and %d requests", timeout, err, len(s.requests()))
		}
	}
}

func TestARepeatWithoutAKeyIsNotSent(t *testing.T) {
	for name, option := range map[string]partner.CallOption{
		"WithRepeatBefore": partner.WithRepeatBefore(time.Now().Add(time.Minute)),
		"WithExpiredKey":   partner.WithExpiredKey(),
	} {
		a, s := scripted(t, transferCreated)
		client := a.client(t)
		err := pay(t.Context(), t, client, option)
		if !errors.Is(err, partner.ErrKey) || !errors.Is(err, partner.ErrNotSent) || len(s.requests()) != 0 {
			t.Errorf("%s: %v, and %d requests", name, err, len(s.requests()))
		}
		for key, want := range map[string]int{"": 0, nilKey: 0, idempotency.NewKey().String(): 1} {
			request := own(t, http.MethodPost, a.URL+"/api/v3/things/", strings.NewReader("{}"))
			request.Header.Set(idempotency.Header, key)
			if key == "" {
				request.Header.Del(idempotency.Header)
			}
			response, err := client.With(option).Do(request)
			if err == nil {
				_ = response.Body.Close()
			}
			if (err == nil) != (want == 1) || len(s.requests()) != want {
				t.Errorf("%s, through the door with key %q: %v, and %d requests", name, key, err, len(s.requests()))
			}
			s.reset()
		}
	}
}
