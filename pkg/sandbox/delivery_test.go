package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state/statetest"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/webhook"
)

// subscriber is a receiver that notes what arrives.
type subscriber struct {
	*httptest.Server
	mu  sync.Mutex
	got []*webhook.Event
	// wrong counts what is not signed with the secret.
	wrong int
	// answer, if it is not nil, says with which status the n-th call is answered, from 0; 0 hangs.
	answer func(n int) int
	calls  int
	// clock, if it is not nil, is asked for the time of each call.
	clock func() time.Time
	times []time.Time
}

func newSubscriber(t testing.TB, answer func(n int) int) *subscriber {
	t.Helper()
	s := &subscriber{answer: answer}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		status := s.take(body, r.Header.Get(signing.HeaderSignature))
		if status == 0 {
			<-r.Context().Done()
			return
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, http.StatusText(status))
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *subscriber) take(body []byte, signature string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, status := s.calls, http.StatusAccepted
	s.calls++
	if s.clock != nil {
		s.times = append(s.times, s.clock())
	}
	if s.answer != nil {
		status = s.answer(n)
	}
	event, err := webhook.Parse(body)
	if webhook.Verify(body, signature, signing.NewSecret(sharedSecret)) != nil || err != nil {
		s.wrong++
		return http.StatusUnauthorized
	}
	if status/100 == 2 {
		s.got = append(s.got, event)
	}
	return status
}

// types are what arrived, in its order.
func (s *subscriber) types() (types []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.got {
		types = append(types, string(e.Type))
	}
	return types
}

var begin = time.Date(2026, 1, 5, 15, 0, 0, 0, time.UTC) // a Monday, 10:00 in New York

// runs starts a sandbox whose clock stands still.
func runs(t testing.TB, change ...func(*sandbox.Config)) *sandbox.Running {
	t.Helper()
	config := sandbox.Config{Clock: begin, DeliveryTimeout: time.Second}
	for _, c := range change {
		c(&config)
	}
	running := sandbox.Start(t, config)
	t.Cleanup(func() {
		if _, err := running.Sandbox.Balances(); err != nil {
			t.Error(err)
		}
	})
	return running
}

func subscribeTo(t testing.TB, client *partner.Client, url string, policy *partnerapi.RetryPolicy,
	events ...string) *partnerapi.Subscription {
	t.Helper()
	request := partnerapi.CreateSubscriptionRequest{Events: events, URL: url, SharedSecret: sharedSecret}
	if policy != nil {
		request.RetryPolicy.Set(*policy)
	}
	s, err := client.Subscriptions.Create(t.Context(), request)
	return must(t, s, err)
}

func await(t testing.TB, s *sandbox.Sandbox) {
	t.Helper()
	if err := s.AwaitDeliveries(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func advance(t testing.TB, s *sandbox.Sandbox, by time.Duration) {
	t.Helper()
	if err := s.Advance(t.Context(), by); err != nil {
		t.Fatal(err)
	}
}

// triggered has an event about a card happen.
func triggered(t testing.TB, client *partner.Client, kind string, card uuid.UUID) {
	t.Helper()
	if err := client.Sandbox.TriggerWebhook(t.Context(), nil, happening(t, kind,
		fmt.Sprintf(`{"card_id":%q,"status":"OPEN"}`, card))); err != nil {
		t.Fatal(err)
	}
}

// After a restore ids come again: the delivery that is under way then may have that of another event's.
func TestWhatArrivesAfterARestoreIsOfWhatHappenedAfterIt(t *testing.T) {
	r := runs(t)
	called, answer := make(chan struct{}, 2), make(chan struct{})
	s := newSubscriber(t, func(int) int {
		called <- struct{}{}
		<-answer
		return http.StatusOK
	})
	subscribeTo(t, r.Client, s.URL, nil, "card.status.open", "card.status.locked")
	if _, err := r.Sandbox.TakeSnapshot(t.Context(), "before"); err != nil {
		t.Fatal(err)
	}
	card := uuid.New()
	triggered(t, r.Client, "card.status.open", card)
	<-called
	if err := r.Sandbox.RestoreSnapshot(t.Context(), "before"); err != nil {
		t.Fatal(err)
	}
	triggered(t, r.Client, "card.status.locked", card)
	close(answer)
	await(t, r.Sandbox)
	if got := s.types(); !slices.Equal(got, []string{"card.status.open", "card.status.locked"}) {
		t.Errorf("%q arrived", got)
	}
	if n := r.Sandbox.Deliveries(); n != (sandbox.DeliveryCounts{Delivered: 1, Attempts: 1}) {
		t.Errorf("%+v", n)
	}
}

// payload has everything that the payload of any event has.
const payload = `{"application_id":"497f6eca-6276-4993-bfeb-53cbbbba6f08",
	"card_id":"497f6eca-6276-4993-bfeb-53cbbbba6f08",
	"status":%q,"amount":1,"account_id":"497f6eca-6276-4993-bfeb-53cbbbba6f08",
	"jiko_account_id":"497f6eca-6276-4993-bfeb-53cbbbba6f08","wire_id":"497f6eca-6276-4993-bfeb-53cbbbba6f08",
	"on_us_id":"497f6eca-6276-4993-bfeb-53cbbbba6f08","origin_account_id":"497f6eca-6276-4993-bfeb-53cbbbba6f08",
	"destination_account_id":"497f6eca-6276-4993-bfeb-53cbbbba6f08",
	"transaction_activity_id":"497f6eca-6276-4993-bfeb-53cbbbba6f08",
	"receiving_pocket_id":"497f6eca-6276-4993-bfeb-53cbbbba6f08"}`

func TestEachTypeOfEventsIsTriggeredAndDelivered(t *testing.T) {
	r, s := runs(t), newSubscriber(t, nil)
	types := bank.EventTypes()
	subscribeTo(t, r.Client, s.URL, nil, types...)
	for _, kind := range types {
		status := strings.ToUpper(kind[strings.LastIndex(kind, ".")+1:])
		if err := r.Client.Sandbox.TriggerWebhook(t.Context(), nil,
			happening(t, kind, fmt.Sprintf(payload, status))); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		await(t, r.Sandbox)
		s.mu.Lock()
		if last := s.got[len(s.got)-1]; string(last.Type) != kind || !last.Type.Valid() {
			t.Errorf("%s arrives as %s", kind, last)
		}
		if _, unknown := s.got[len(s.got)-1].Data.(webhook.Unknown); unknown {
			t.Errorf("%s is of no type", kind)
		}
		s.mu.Unlock()
	}
	if got := s.types(); len(types) != 26 || !slices.Equal(got, types) || s.wrong != 0 {
		t.Errorf("%d have arrived: %q", len(got), got)
	}
}

// A receiver that fails gets the event again by the policy of the subscription, and by the sandbox's clock.
func TestAFailureIsRepeatedWhenTheClockIsMoved(t *testing.T) {
	r := runs(t)
	s := newSubscriber(t, func(n int) int { return []int{502, 503, 202}[min(n, 2)] })
	s.clock = r.Sandbox.Time
	sub := subscribeTo(t, r.Client, s.URL, ptr(policy()), "card.status.open")
	triggered(t, r.Client, "card.status.open", uuid.New())
	await(t, r.Sandbox)
	if n := r.Sandbox.Deliveries(); n.Attempts != 1 || n.Waiting != 1 {
		t.Fatalf("%+v", n)
	}
	advance(t, r.Sandbox, time.Hour) // Past both: each happens at its time.
	want := []time.Time{begin, begin.Add(30 * time.Second), begin.Add(90 * time.Second)}
	if !slices.Equal(s.times, want) {
		t.Errorf("called at %s; want %s", s.times, want)
	}
	if !r.Sandbox.Time().Equal(begin.Add(time.Hour)) {
		t.Errorf("the clock shows %s", r.Sandbox.Time())
	}
	page, err := r.Client.Events.List(t.Context(), nil)
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%+v, %v", page, err)
	}
	ids := map[uuid.UUID]bool{}
	for i, a := range page.Items[0].DeliveryAttempts {
		ids[a.DeliveryAttemptID] = true
		code := []int32{502, 503, 202}[i]
		if a.SubscriptionID != sub.ID || a.Success != (code == 202) || a.ResponseCode != code ||
			*a.ResponseMessage != http.StatusText(int(code)) || !a.CalledAt.Equal(s.times[i]) {
			t.Errorf("attempt %d is %s", i, encode(t, a))
		}
	}
	if len(ids) != 3 {
		t.Errorf("%d attempts", len(ids))
	}
}

func TestRunUntilQuietWaitsForDeliveries(t *testing.T) {
	r := runs(t)
	s := newSubscriber(t, func(n int) int { return []int{500, 500, 500, 200}[min(n, 3)] })
	nobody := newSubscriber(t, nil)
	nobody.Close()
	subscribeTo(t, r.Client, s.URL, nil, "card.status.open")
	subscribeTo(t, r.Client, nobody.URL, nil, "card.status.open")
	triggered(t, r.Client, "card.status.open", uuid.New())
	if err := r.Sandbox.RunUntilQuiet(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := r.Sandbox.Deliveries(); n.Delivered != 1 || n.GivenUp != 1 || n.Waiting != 0 || n.Attempts != 4+10 {
		t.Errorf("%+v", n)
	}
	// Nine waits of the default policy.
	if got, want := r.Sandbox.Time().Sub(begin), (30+60+120+240+5*300)*time.Second; got != want {
		t.Errorf("%s have passed; want %s", got, want)
	}
}

func TestEventsAboutOneObjectArriveInOrder(t *testing.T) {
	r := runs(t)
	s := newSubscriber(t, func(n int) int { return []int{500, 202}[min(n, 1)] })
	subscribeTo(t, r.Client, s.URL, nil, "card.status.open", "card.status.closed", "card.status.locked")
	card := uuid.New()
	triggered(t, r.Client, "card.status.open", card) // This one fails,
	await(t, r.Sandbox)
	triggered(t, r.Client, "card.status.locked", card) // so these wait,
	triggered(t, r.Client, "card.status.closed", card)
	triggered(t, r.Client, "card.status.closed", uuid.New()) // and this does not.
	await(t, r.Sandbox)
	if got := s.types(); !slices.Equal(got, []string{"card.status.closed"}) {
		t.Errorf("%q", got)
	}
	advance(t, r.Sandbox, 30*time.Second)
	if got := s.types(); !slices.Equal(got[1:], []string{"card.status.open", "card.status.locked",
		"card.status.closed"}) {
		t.Errorf("%q", got)
	}
}

// A subscription that ends takes what waits with it; another address counts for what waits.
func TestASubscriptionThatChangesWhileSomethingWaits(t *testing.T) {
	down := func(int) int { return http.StatusServiceUnavailable }
	for name, c := range map[string]struct {
		change func(t *testing.T, client *partner.Client, id uuid.UUID, other string) error
		want   sandbox.DeliveryCounts
		others int
	}{
		"is deleted": {func(t *testing.T, client *partner.Client, id uuid.UUID, _ string) error {
			return client.Subscriptions.Delete(t.Context(), id)
		}, sandbox.DeliveryCounts{Ended: 2, Attempts: 1}, 0},
		"is disabled, and enabled again": {func(t *testing.T, client *partner.Client, id uuid.UUID, _ string) error {
			for _, status := range []partnerapi.SubscriptionStatus{partnerapi.SubscriptionStatusDisabled,
				partnerapi.SubscriptionStatusEnabled} {
				if _, err := client.Subscriptions.Update(t.Context(), id,
					partnerapi.UpdateSubscriptionRequest{Status: &status}); err != nil {
					return err
				}
			}
			return nil
		}, sandbox.DeliveryCounts{Ended: 2, Attempts: 1}, 0},
		"moves": {func(t *testing.T, client *partner.Client, id uuid.UUID, other string) error {
			_, err := client.Subscriptions.Update(t.Context(), id, partnerapi.UpdateSubscriptionRequest{URL: &other})
			return err
		}, sandbox.DeliveryCounts{Delivered: 2, Attempts: 3}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			r, s, other := runs(t), newSubscriber(t, down), newSubscriber(t, nil)
			sub := subscribeTo(t, r.Client, s.URL, nil, "card.status.open")
			card := uuid.New()
			triggered(t, r.Client, "card.status.open", card)
			triggered(t, r.Client, "card.status.open", card)
			await(t, r.Sandbox)
			if err := c.change(t, r.Client, sub.ID, other.URL); err != nil {
				t.Fatal(err)
			}
			if err := r.Sandbox.RunUntilQuiet(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := r.Sandbox.Deliveries(); n != c.want || len(other.types()) != c.others {
				t.Errorf("%+v; want %+v; %q", n, c.want, other.types())
			}
		})
	}
}

func TestWhatHappensWhileASubscriptionIsDisabledIsNotDelivered(t *testing.T) {
	r, s := runs(t), newSubscriber(t, nil)
	sub := subscribeTo(t, r.Client, s.URL, nil, "card.status.open")
	set := func(status partnerapi.SubscriptionStatus) {
		if _, err := r.Client.Subscriptions.Update(t.Context(), sub.ID,
			partnerapi.UpdateSubscriptionRequest{Status: &status}); err != nil {
			t.Fatal(err)
		}
	}
	set(partnerapi.SubscriptionStatusDisabled)
	triggered(t, r.Client, "card.status.open", uuid.New())
	set(partnerapi.SubscriptionStatusEnabled)
	triggered(t, r.Client, "card.status.open", uuid.New())
	advance(t, r.Sandbox, 0)
	if n := r.Sandbox.Deliveries(); n != (sandbox.DeliveryCounts{Delivered: 1, Attempts: 1}) || len(s.types()) != 1 {
		t.Errorf("%+v, %q", n, s.types())
	}
}

// What waits in a store is delivered by the next sandbox that has it, also what was under way.
func TestDeliveriesGoOnAfterARestart(t *testing.T) {
	store := &statetest.Memory{}
	begun := make(chan struct{}, 9)
	hang := true
	s := newSubscriber(t, func(int) int {
		begun <- struct{}{}
		if hang {
			return 0
		}
		return 200
	})
	run := func(f func(*sandbox.Sandbox, *partner.Client)) {
		bank, err := sandbox.New(sandbox.Config{Store: store, Clock: begin, DeliveryTimeout: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(bank)
		client, err := partner.New(partner.Config{BaseURL: server.URL, Username: sandbox.DefaultUsername,
			Password: sandbox.DefaultPassword, SigningSecret: sandbox.DefaultSigningSecret})
		if err != nil {
			t.Fatal(err)
		}
		f(bank, client)
		client.Close()
		server.Close()
		if err := bank.Close(); err != nil {
			t.Error(err)
		}
	}
	card := uuid.New()
	run(func(_ *sandbox.Sandbox, client *partner.Client) {
		subscribeTo(t, client, s.URL, nil, "card.status.open", "card.status.closed")
		triggered(t, client, "card.status.open", card)
		<-begun
		triggered(t, client, "card.status.closed", card)
	})
	s.mu.Lock()
	hang = false
	s.mu.Unlock()
	run(func(bank *sandbox.Sandbox, _ *partner.Client) {
		await(t, bank)
		if n := bank.Deliveries(); n != (sandbox.DeliveryCounts{Delivered: 2, Attempts: 2}) {
			t.Errorf("%+v", n)
		}
	})
	if got := s.types(); !slices.Equal(got, []string{"card.status.open", "card.status.closed"}) {
		t.Errorf("%q", got)
	}
	if _, err := sandbox.Verify(store); err != nil {
		t.Error(err)
	}
}

// A receiver that hangs costs a move of the clock the timeout, and no more.
func TestAReceiverThatHangsDoesNotHoldUpTheClock(t *testing.T) {
	r := runs(t, func(c *sandbox.Config) { c.DeliveryTimeout = 50 * time.Millisecond })
	s := newSubscriber(t, func(int) int { return 0 })
	subscribeTo(t, r.Client, s.URL, nil, "card.status.open")
	for range 100 {
		triggered(t, r.Client, "card.status.open", uuid.New())
	}
	for range 3 {
		advance(t, r.Sandbox, 24*time.Hour)
	}
	if !r.Sandbox.Time().Equal(begin.Add(72 * time.Hour)) {
		t.Errorf("the clock shows %s", r.Sandbox.Time())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r.Sandbox.Advance(ctx, time.Hour) == nil || r.Sandbox.AwaitDeliveries(ctx) == nil {
		t.Error("nobody says that it was cut short")
	}
}

// Whatever the receivers answer, and whenever: the same requests make the same ids, and the same bank.
func TestReceiversHaveNoSayInWhatHappens(t *testing.T) {
	run := func(faults sandbox.DeliveryFaults, answer func(int) int) (ids []string) {
		r := runs(t, func(c *sandbox.Config) { c.DeliveryFaults, c.Seed = faults, 7 })
		s := newSubscriber(t, answer)
		subscribeTo(t, r.Client, s.URL, nil, bank.EventTypes()...)
		for i := range 5 {
			a, err := r.Client.Individuals.CreateApplication(t.Context(), person(t))
			if err == nil {
				ids = append(ids, a.ID.String())
				_, err = r.Client.Individuals.SubmitApplication(t.Context(), a.ID)
			}
			if err != nil {
				t.Fatal(err)
			}
			if i == 2 {
				await(t, r.Sandbox)
			}
			advance(t, r.Sandbox, time.Duration(i)*time.Minute)
		}
		for e, err := range r.Client.Events.All(t.Context(), nil) {
			if err != nil {
				t.Fatal(err)
			}
			shared, err := e.Event.Shared()
			ids = append(ids, must(t, shared, err).EventID.String())
		}
		return ids
	}
	want := run(sandbox.DeliveryFaults{}, nil)
	for name, got := range map[string][]string{
		"fail":               run(sandbox.DeliveryFaults{}, func(int) int { return 503 }),
		"fail for a while":   run(sandbox.DeliveryFaults{}, func(n int) int { return []int{500, 404, 200}[n%3] }),
		"get nothing":        run(sandbox.DeliveryFaults{Lose: 1}, nil),
		"get all twice":      run(sandbox.DeliveryFaults{Double: 1, Shuffle: time.Minute, WrongSignature: 0.5}, nil),
		"are down sometimes": run(sandbox.DeliveryFaults{Down: 0.5, Delay: time.Second}, nil),
	} {
		if !slices.Equal(got, want) || len(want) != 10 {
			t.Errorf("when receivers %s: %q; want %q", name, got, want)
		}
	}
}

func TestDeliveriesGoWrongOnPurpose(t *testing.T) {
	const events = 60
	open := func(t *testing.T, faults sandbox.DeliveryFaults) (*sandbox.Running, *subscriber) {
		r, s := runs(t, func(c *sandbox.Config) { c.DeliveryFaults = faults }), newSubscriber(t, nil)
		subscribeTo(t, r.Client, s.URL, nil, "card.status.open")
		card := uuid.New()
		for range events {
			triggered(t, r.Client, "card.status.open", card)
		}
		await(t, r.Sandbox)
		return r, s
	}
	some := func(n int) bool { return n > events/6 && n < events*5/6 }
	perEvent := func(s *subscriber) map[uuid.UUID]int {
		n := map[uuid.UUID]int{}
		for _, e := range s.got {
			n[e.ID]++
		}
		return n
	}
	t.Run("some are lost", func(t *testing.T) {
		r, s := open(t, sandbox.DeliveryFaults{Lose: 0.5})
		if n := r.Sandbox.Deliveries(); !some(n.Lost) || n.Delivered != events-n.Lost || n.Delivered != len(s.got) ||
			n.Attempts != n.Delivered || n.Waiting != 0 {
			t.Errorf("%+v, %d arrived", n, len(s.got))
		}
	})
	t.Run("some come twice", func(t *testing.T) {
		r, s := open(t, sandbox.DeliveryFaults{Double: 0.5})
		twice := 0
		for _, n := range perEvent(s) {
			twice += n - 1
		}
		if n := r.Sandbox.Deliveries(); !some(n.Doubled) || n.Doubled != twice || n.Delivered != events ||
			n.Attempts != events+twice || n.Waiting != 0 {
			t.Errorf("%+v, %d arrived twice", n, twice)
		}
	})
	t.Run("all are delayed", func(t *testing.T) {
		r, s := open(t, sandbox.DeliveryFaults{Delay: time.Hour})
		advance(t, r.Sandbox, time.Hour-1)
		if n := r.Sandbox.Deliveries(); n.Waiting != events || len(s.types()) != 0 {
			t.Errorf("%+v", n)
		}
		advance(t, r.Sandbox, 1)
		if n := r.Sandbox.Deliveries(); n.Delivered != events {
			t.Errorf("%+v", n)
		}
	})
	t.Run("they are shuffled", func(t *testing.T) {
		r, s := open(t, sandbox.DeliveryFaults{Shuffle: time.Hour})
		advance(t, r.Sandbox, time.Hour)
		sent := []uuid.UUID{}
		for e, err := range r.Client.Events.All(t.Context(), nil) {
			shared, wrong := e.Event.Shared()
			if err != nil || wrong != nil {
				t.Fatal(err, wrong)
			}
			sent = slices.Insert(sent, 0, shared.EventID)
		}
		var got []uuid.UUID
		for _, e := range s.got {
			got = append(got, e.ID)
		}
		if len(got) != events || len(perEvent(s)) != events || slices.Equal(got, sent) {
			t.Errorf("%d have arrived, %d of them different", len(got), len(perEvent(s)))
		}
	})
	t.Run("some are signed wrongly", func(t *testing.T) {
		r, s := open(t, sandbox.DeliveryFaults{WrongSignature: 0.4})
		if err := r.Sandbox.RunUntilQuiet(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := r.Sandbox.Deliveries(); n.WrongSignature != s.wrong || s.wrong < 10 || n.Delivered != events ||
			n.Attempts != events+s.wrong {
			t.Errorf("%+v, %d are wrong", n, s.wrong)
		}
	})
	t.Run("and nobody is there", func(t *testing.T) {
		r, s := open(t, sandbox.DeliveryFaults{Down: 1})
		if n := r.Sandbox.Deliveries(); n.Down != 1 || n.Attempts != 1 || s.calls != 0 {
			t.Errorf("%+v, %d calls", n, s.calls) // The others wait for the first.
		}
		if err := r.Sandbox.SetDeliveryFaults(sandbox.DeliveryFaults{}); err != nil {
			t.Fatal(err)
		}
		advance(t, r.Sandbox, time.Minute)
		if n := r.Sandbox.Deliveries(); n.Delivered != events || n.Attempts != events+1 {
			t.Errorf("%+v", n)
		}
	})
}

func TestFaultsThatMakeNoSenseAreRefused(t *testing.T) {
	w := openAt(t, nil)
	before := w.bank.DeliveryFaults()
	for name, faults := range map[string]sandbox.DeliveryFaults{
		"Lose": {Lose: -0.1}, "Double": {Double: 1.1}, "WrongSignature": {WrongSignature: math.NaN()},
		"Down": {Down: math.Inf(1)}, "Shuffle": {Shuffle: -1}, "Delay": {Delay: 367 * 24 * time.Hour},
	} {
		err := w.bank.SetDeliveryFaults(faults)
		if err == nil || !strings.Contains(err.Error(), name) || w.bank.DeliveryFaults() != before {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := sandbox.New(sandbox.Config{DeliveryFaults: faults}); err == nil {
			t.Errorf("a sandbox begins with %s", name)
		}
	}
	if _, err := sandbox.New(sandbox.Config{DeliveryTimeout: -1}); err == nil {
		t.Error("a sandbox begins with a negative timeout")
	}
}

// The command line names the switches as the controls do, and mistakes are told with what was meant.
func TestSwitchesOfDeliveriesAreReadFromText(t *testing.T) {
	const names = "lose, double, shuffle, delay, wrong_signature, down"
	for _, c := range []struct {
		text string
		want sandbox.DeliveryFaults
		err  string
	}{
		{text: "lose=0.3,double=0.1,shuffle=1h",
			want: sandbox.DeliveryFaults{Lose: 0.3, Double: 0.1, Shuffle: time.Hour}},
		{text: " delay = 1d12h , wrong_signature=1, down=0 ",
			want: sandbox.DeliveryFaults{Delay: 36 * time.Hour, WrongSignature: 1}},
		{text: "none"},
		{text: "delay=366d", want: sandbox.DeliveryFaults{Delay: 366 * 24 * time.Hour}},
		{text: "", err: "want name=value, such as lose=0.3, and commas between several"},
		{text: "lose=0.3,", err: "want name=value, such as lose=0.3, and commas between several"},
		{text: "=0.3", err: "want name=value, such as lose=0.3, and commas between several"},
		{text: "loose=0.3", err: "there is no such switch: want one of " + names + "; did you mean lose?"},
		{text: "wrong-signature=0.3",
			err: "there is no such switch: want one of " + names + "; did you mean wrong_signature?"},
		{text: "a-password", err: "there is no such switch: want one of " + names},
		{text: "Lose=0.3", err: "there is no such switch: want one of " + names + "; did you mean lose?"},
		{text: "lose", err: "lose: its value is missing"},
		{text: "lose=", err: "lose: its value is missing"},
		{text: "lose=0.3,down=0.1,lose=0.2", err: "lose: it stands twice"},
		{text: "lose=30%", err: "lose: want a share from 0, which is none, to 1, which is all"},
		{text: "double=-0.1", err: "double: want a share from 0, which is none, to 1, which is all"},
		{text: "down=1.1", err: "down: want a share from 0, which is none, to 1, which is all"},
		{text: "wrong_signature=NaN", err: "wrong_signature: want a share from 0, which is none, to 1, which is all"},
		{text: "lose=1e999", err: "lose: want a share from 0, which is none, to 1, which is all"},
		{text: "shuffle=soon", err: "shuffle: want a time with its unit, such as 90s, 36h, 2d or 1d12h"},
		{text: "shuffle=5", err: "shuffle: want a time with its unit, such as 90s, 36h, 2d or 1d12h"},
		{text: "shuffle=-1h", err: "shuffle: want a time from 0s to 366 days"},
		{text: "delay=367d", err: "delay: want a time from 0s to 366 days"},
		{text: "delay=999999999d", err: "delay: want a time from 0s to 366 days"},
	} {
		got, err := sandbox.ParseDeliveryFaults(c.text)
		if text := fmt.Sprint(err); got != c.want || c.err == "" && err != nil || c.err != "" && text != c.err {
			t.Errorf("%q: %+v, %v; want %+v, %s", c.text, got, err, c.want, c.err)
		}
	}
}

// What is written, as text or as JSON, is read again as it was.
func TestFaultsOfDeliveriesAreReadAsTheyAreWritten(t *testing.T) {
	for _, want := range []sandbox.DeliveryFaults{
		{}, {Lose: 0.3, Double: 1e-9, Shuffle: 36*time.Hour + time.Millisecond},
		{Delay: 366 * 24 * time.Hour, WrongSignature: 1, Down: 1.0 / 3},
	} {
		got, err := sandbox.ParseDeliveryFaults(want.String())
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", want, got, err)
		}
		text, err := json.Marshal(want)
		must(t, text, err)
		if err := json.Unmarshal(text, &got); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	before := sandbox.DeliveryFaults{Lose: 1}
	for _, text := range []string{`{"lose":1.5}`, `{"delay":"367d"}`, `{"shuffle":"-1s"}`, `{"delay":""}`, `[]`} {
		got := before
		if err := json.Unmarshal([]byte(text), &got); err == nil || got != before {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}

// By the clock on the wall, a retry happens when its time has come, and nobody need ask.
func TestARetryHappensByTheClockOnTheWall(t *testing.T) {
	arrived := make(chan struct{})
	s := newSubscriber(t, func(n int) int {
		if n == 0 {
			return 500
		}
		close(arrived)
		return 200
	})
	r := runs(t, func(c *sandbox.Config) { c.Clock = time.Time{} })
	short := policy()
	short.InitialIntervalSeconds, short.RetryOnStatusCodes = 1, []int32{500}
	subscribeTo(t, r.Client, s.URL, &short, "card.status.open")
	triggered(t, r.Client, "card.status.open", uuid.New())
	<-arrived
	await(t, r.Sandbox)
	if n := r.Sandbox.Deliveries(); n != (sandbox.DeliveryCounts{Delivered: 1, Attempts: 2}) {
		t.Errorf("%+v", n)
	}
}

func ExampleSandbox_SetDeliveryFaults() {
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = bank.Close() }()
	// Of all deliveries, a third is lost, a tenth comes twice, and all come in another order within an hour.
	err = bank.SetDeliveryFaults(sandbox.DeliveryFaults{Lose: 0.3, Double: 0.1, Shuffle: time.Hour})
	fmt.Println(err, bank.Deliveries().Lost)
	// Output: <nil> 0
}
