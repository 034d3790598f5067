package webhook_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/webhook"
	"github.com/jiko-partner/partner-go/pkg/webhook/webhooktest"
)

func TestMaxAge(t *testing.T) {
	const ns = time.Nanosecond
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		name         string
		maxAge, skew time.Duration
		age          time.Duration
		status       int
	}{
		{"new", 0, 0, 0, 202},
		{"just not too old", 0, 0, webhook.DefaultMaxAge, 202},
		{"just too old", 0, 0, webhook.DefaultMaxAge + ns, 400},
		{"a clock that is 5 minutes ahead", 0, 0, -5 * time.Minute, 202},
		{"a clock that is more than 5 minutes ahead", 0, 0, -5*time.Minute - ns, 400},
		{"off, and old", -1, 0, 1000 * time.Hour, 202},
		{"off, and from the future", -1, 0, -1000 * time.Hour, 202},
		{"just not older than asked for", time.Hour, 0, time.Hour, 202},
		{"just older than asked for", time.Hour, 0, time.Hour + ns, 400},
		{"far too old", time.Hour, 0, 1 << 62, 400},
		{"an hour asked for, and a clock that is 5 minutes ahead", time.Hour, 0, -5 * time.Minute, 202},
		{"an hour asked for, and a clock that is further ahead", time.Hour, 0, -5*time.Minute - ns, 400},
		{"far from the future", time.Hour, 0, -1 << 62, 400},
		{"a short age, and a clock that is as far ahead", time.Minute, 0, -time.Minute, 202},
		{"a short age, and a clock that is further ahead", time.Minute, 0, -time.Minute - ns, 400},
		{"a clock that is ahead as asked for", 0, 2 * time.Second, -2 * time.Second, 202},
		{"a clock that is further ahead than asked for", 0, 2 * time.Second, -2*time.Second - ns, 400},
		{"a week that comes with a longer window", 7 * 24 * time.Hour, 0, 7 * 24 * time.Hour, 202},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, webhook.Config{MaxAge: c.maxAge, MaxSkew: c.skew, Now: func() time.Time { return now }})
			var calls int32
			if c.status == 202 {
				calls = 1
			}
			r.want(t, r.deliver(t, webhook.ApplicationApproved{Timestamp: now.Add(-c.age)}), c.status, calls)
		})
	}
}

// By no age is an event both forgotten and let in.
func TestAnEventIsRememberedForAsLongAsMaxAgeLetsItIn(t *testing.T) {
	for name, c := range map[string]struct {
		config    webhook.Config
		age, skew time.Duration
	}{
		"by default": {webhook.Config{}, webhook.DefaultMaxAge, webhook.DefaultMaxSkew},
		"for three days": {webhook.Config{MaxAge: 72 * time.Hour}, 72 * time.Hour,
			webhook.DefaultMaxSkew},
		"with clocks that are an hour apart": {webhook.Config{MaxSkew: time.Hour}, webhook.DefaultMaxAge, time.Hour},
		"for a minute":                       {webhook.Config{MaxAge: time.Minute}, time.Minute, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := start(t, c.config)
				event := webhooktest.Event(t, webhook.ApplicationApproved{Timestamp: time.Now().Add(c.skew)})
				r.want(t, r.deliver(t, event), 202, 1)
				time.Sleep(c.age + c.skew)
				r.want(t, r.deliver(t, event), 200, 1)
				time.Sleep(time.Nanosecond)
				r.want(t, r.deliver(t, event), 400, 1)
				time.Sleep(1000 * time.Hour)
				r.want(t, r.deliver(t, event), 400, 1)
			})
		})
	}
}

// Who recorded an event and sends it again gets nowhere: not after a restart, since the store is shared, not after a
// day, since the event is too old, and not after many others, since the store has no room for them.
func TestAnOldDeliveryIsNotHandledAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, err := idempotency.NewMemory(idempotency.MemoryConfig{MaxKeys: 100})
		if err != nil {
			t.Fatal(err)
		}
		r := start(t, webhook.Config{Store: store})
		event := newEvent(t)
		r.want(t, r.deliver(t, event), 202, 1)
		r = start(t, webhook.Config{Store: store})
		r.want(t, r.deliver(t, event), 200, 0)
		// A store leaves room for other scopes, so that one has three quarters of it.
		for range 74 {
			r.deliver(t, newEvent(t))
		}
		r.want(t, r.deliver(t, newEvent(t)), 503, 74)
		r.want(t, r.deliver(t, event), 200, 74)
		time.Sleep(webhook.DefaultMaxAge + time.Second)
		r.want(t, r.deliver(t, event), 400, 74)
		time.Sleep(webhook.DefaultWindow)
		r.want(t, r.deliver(t, event), 400, 74)
		// A memory of its own knows nothing after a restart, but what a day is.
		r = start(t, webhook.Config{})
		r.want(t, r.deliver(t, event), 400, 0)
	})
}

func TestARefusalByAgeNamesTheEvent(t *testing.T) {
	var got []webhook.Report
	r := start(t, webhook.Config{Observe: observeInto(&got)})
	for _, at := range []time.Time{time.Now().Add(-48 * time.Hour), time.Now().Add(time.Hour)} {
		event := webhooktest.Event(t, webhook.ApplicationApproved{Timestamp: at})
		r.deliver(t, event)
		if last := got[len(got)-1]; last.Event == nil || last.Event.ID != event.ID {
			t.Errorf("the report has the event %v", last.Event)
		}
	}
}
