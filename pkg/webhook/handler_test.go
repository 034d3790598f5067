package webhook_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/webhook"
	"github.com/jiko-partner/partner-go/pkg/webhook/webhooktest"
)

func TestAHandlerRefuses(t *testing.T) {
	const limit = 1000
	body := func(text string) any { return []byte(text) }
	for _, c := range []struct {
		name   string
		event  any
		change func(*http.Request)
		status int
	}{
		{"a GET", nil, func(r *http.Request) { r.Method = http.MethodGet }, 405},
		{"a PUT", nil, func(r *http.Request) { r.Method = http.MethodPut }, 405},
		{"no media type", nil, func(r *http.Request) { r.Header.Del("Content-Type") }, 415},
		{"another media type", nil, func(r *http.Request) { r.Header.Set("Content-Type", "text/json") }, 415},
		{"another charset", nil, func(r *http.Request) {
			r.Header.Set("Content-Type", "application/json; charset=latin1")
		}, 415},
		{"two media types", nil, func(r *http.Request) { r.Header.Add("Content-Type", "application/json") }, 415},
		{"a media type that cannot be read", nil, func(r *http.Request) {
			r.Header.Set("Content-Type", "application/json; =")
		}, 415},
		{"a body over the limit", body(strings.Repeat(" ", limit+1)), nil, 413},
		{"a body over the limit, of unknown length", body(strings.Repeat(" ", limit+1)),
			func(r *http.Request) { r.ContentLength = -1 }, 413},
		{"a body that breaks off", nil, func(r *http.Request) {
			r.Body = io.NopCloser(io.MultiReader(io.LimitReader(r.Body, 20), failingReader{io.ErrUnexpectedEOF}))
		}, 400},
		{"no signature", nil, func(r *http.Request) { r.Header.Del(signing.HeaderSignature) }, 401},
		{"a malformed signature", nil, func(r *http.Request) { r.Header.Set(signing.HeaderSignature, marker) }, 401},
		{"another body's signature", nil, func(r *http.Request) {
			r.Header.Set(signing.HeaderSignature, vectorSignature)
		}, 401},
		{"the right signature, and another one", nil,
			func(r *http.Request) { r.Header.Add(signing.HeaderSignature, vectorSignature) }, 401},
		{"a body that was changed", nil, func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(approved)) },
			401},
		{"an empty body", body(""), nil, 400},
		{"the vector, which has no type", body(vectorBody), nil, 400},
		{"a body that is not an event", body(`{"` + marker + `": "` + marker + `"}`), nil, 400},
		{"an event that does not fit its type", body(with("payload", `{"application_id": "`+marker+`"}`)), nil, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, webhook.Config{MaxBodyBytes: limit})
			event := c.event
			if event == nil {
				event = newEvent(t)
			}
			request := webhooktest.Request(t, "https://example.com/webhooks/", oldSecret, event)
			if c.change != nil {
				c.change(request)
			}
			response := r.serve(t, request)
			r.want(t, response, c.status, 0)
			if allow := response.Header.Get("Allow"); (c.status == 405) != (allow == "POST") {
				t.Errorf("Allow = %q", allow)
			}
			if !strings.Contains(r.log.String(), "webhook refused") {
				t.Error("the refusal is not logged")
			}
		})
	}
}

func TestAHandlerTakesHarmlessSpellingsOfJSON(t *testing.T) {
	for _, contentType := range []string{"application/json", "Application/JSON", "application/json;",
		`application/json; charset="UTF-8"`, "application/json;charset=utf8", "application/json; charset=us-ascii",
		"application/json; charset=UTF_8",
		"application/json; charset=utf-8; version=1"} {
		r := start(t, webhook.Config{})
		request := webhooktest.Request(t, "https://example.com/", oldSecret, newEvent(t))
		request.Header.Set("Content-Type", contentType)
		if response := r.serve(t, request); response.StatusCode != 202 {
			t.Errorf("%s: status %d", contentType, response.StatusCode)
		}
	}
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

func TestAHandlerAnswersWrongAndMalformedSignaturesAlike(t *testing.T) {
	r := start(t, webhook.Config{})
	var answers []string
	for _, signature := range []string{"string", "", vectorSignature} {
		request := webhooktest.Request(t, "https://example.com/", oldSecret, newEvent(t))
		request.Header.Set(signing.HeaderSignature, signature)
		w := httptest.NewRecorder()
		r.ServeHTTP(w, request)
		answers = append(answers, fmt.Sprint(w.Code, w.Header(), w.Body))
	}
	if len(slices.Compact(answers)) != 1 {
		t.Errorf("the answers differ: %q", answers)
	}
}

func TestAHandlerTakesABodyOfExactlyTheLimit(t *testing.T) {
	event := newEvent(t)
	r := start(t, webhook.Config{MaxBodyBytes: int64(len(event.Raw))})
	r.want(t, r.deliver(t, event), 202, 1)
}

func TestAHandlerCallsItsFunctionOncePerEvent(t *testing.T) {
	var got *webhook.Event
	r := start(t, webhook.Config{Handle: func(_ context.Context,
		event *webhook.Event) error {
		got = event
		return nil
	}})
	first, second := newEvent(t), newEvent(t)
	request := webhooktest.Request(t, "https://example.com/", oldSecret, first)
	r.want(t, r.serve(t, request), 202, 1)
	if got.ID != first.ID || string(got.Raw) != string(first.Raw) {
		t.Errorf("the function got %s", got)
	}
	if _, ok := got.Data.(webhook.ApplicationApproved); !ok {
		t.Errorf("the function got a %T", got.Data)
	}
	r.want(t, r.deliver(t, first), 200, 1)
	r.want(t, r.deliver(t, second), 202, 2)
	r.want(t, r.deliver(t, first), 200, 2)
	r.want(t, r.deliver(t, webhook.Unknown{Raw: []byte(`{"event_type": "pocket.opened"}`)}), 202, 3)
}

func TestAHandlerTakesBothSecretsDuringARotation(t *testing.T) {
	r := start(t, webhook.Config{Secrets: []signing.Secret{newSecret, oldSecret}})
	r.want(t, webhooktest.Deliver(t, r, oldSecret, newEvent(t)), 202, 1)
	r.want(t, webhooktest.Deliver(t, r, newSecret, newEvent(t)), 202, 2)
	r.want(t, webhooktest.Deliver(t, r, signing.NewSecret("a-third-secret-00"), newEvent(t)), 401, 2)
}

func TestAnEventIsDeliveredAgain(t *testing.T) {
	for _, c := range []struct {
		name string
		fail func() error
		log  string
	}{
		{"after an error", func() error { return errors.New("no connection") }, "no connection"},
		{"after a panic", func() error { panic("no such thing") }, "no such thing"},
		{"after a panic with an error", func() error { panic(errors.New("no such thing")) }, "no such thing"},
		{"after a panic with nil", func() error { panic(nil) }, "panic called with nil"},
		{"after the end of the goroutine", func() error { runtime.Goexit(); return nil }, "ended its goroutine"},
	} {
		t.Run(c.name, func(t *testing.T) {
			broken := true
			r := start(t, webhook.Config{Handle: func(context.Context, *webhook.Event) error {
				if broken {
					return c.fail()
				}
				return nil
			}})
			event := newEvent(t)
			r.want(t, r.deliver(t, event), 500, 1)
			if log := r.log.String(); !strings.Contains(log, c.log) || !strings.Contains(log, event.ID.String()) {
				t.Errorf("the log does not say what happened: %s", log)
			}
			if strings.Contains(c.name, "panic") && !strings.Contains(r.log.String(), "handler_test.go") {
				t.Errorf("the log has no stack: %s", r.log.String())
			}
			r.want(t, r.deliver(t, event), 500, 2)
			broken = false
			r.want(t, r.deliver(t, event), 202, 3)
			r.want(t, r.deliver(t, event), 200, 3)
		})
	}
}

func TestAHundredDeliveriesOfOneEventCallTheFunctionOnce(t *testing.T) {
	for _, c := range []struct {
		name  string
		async *webhook.Async
	}{{"synchronous", nil}, {"asynchronous", &webhook.Async{Queue: 1, Workers: 3}}} {
		t.Run(c.name, func(t *testing.T) {
			entered, leave := make(chan struct{}), make(chan struct{})
			r := start(t, webhook.Config{Async: c.async, Handle: func(context.Context, *webhook.Event) error {
				close(entered)
				<-leave
				return nil
			}})
			server := httptest.NewServer(r)
			t.Cleanup(server.Close)
			event := newEvent(t)
			var once sync.Once
			var mu sync.Mutex
			statuses := map[int]int{}
			var group sync.WaitGroup
			for range 100 {
				group.Go(func() {
					response := webhooktest.Post(t, server.URL, oldSecret, event)
					mu.Lock()
					defer mu.Unlock()
					statuses[response.StatusCode]++
					if response.StatusCode == 409 && response.Header.Get("Retry-After") == "" {
						t.Error("a 409 has no Retry-After")
					}
					// The function leaves when all others have their answers.
					if statuses[409] == 99 {
						once.Do(func() { close(leave) })
					}
				})
			}
			group.Wait()
			<-entered
			if statuses[409] != 99 || statuses[202] != 1 || r.calls.Load() != 1 {
				t.Errorf("the answers are %v, after %d calls", statuses, r.calls.Load())
			}
		})
	}
}

func TestManyEventsAtOnceAreEachHandledOnce(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]int{}
	r := start(t, webhook.Config{Handle: func(_ context.Context, event *webhook.Event) error {
		mu.Lock()
		defer mu.Unlock()
		seen[event.ID.String()]++
		if seen[event.ID.String()] == 1 {
			return errors.New("the first delivery fails")
		}
		return nil
	}})
	var group sync.WaitGroup
	for range 50 {
		event := newEvent(t)
		for range 3 {
			group.Go(func() {
				for {
					switch response := webhooktest.Deliver(t, r, oldSecret, event); response.StatusCode {
					case 200, 202:
						return
					case 409, 500:
					default:
						t.Errorf("status %d", response.StatusCode)
						return
					}
				}
			})
		}
	}
	group.Wait()
	for id, n := range seen {
		if n != 2 {
			t.Errorf("%s was handled %d times", id, n)
		}
	}
}

func TestAFunctionThatIsOverItsDeadline(t *testing.T) {
	t.Run("and heeds its context is answered with 503 and called again", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := start(t, webhook.Config{Timeout: time.Second, Store: newHooks(),
				Handle: func(ctx context.Context, _ *webhook.Event) error {
					<-ctx.Done()
					return ctx.Err()
				}})
			event := newEvent(t)
			r.want(t, r.deliver(t, event), 503, 1)
			synctest.Wait()
			r.want(t, r.deliver(t, event), 503, 2)
			synctest.Wait()
		})
	})
	t.Run("and goes on keeps the event to itself until it returns", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := start(t, webhook.Config{Timeout: time.Second, Store: newHooks(),
				Handle: func(context.Context, *webhook.Event) error {
					time.Sleep(time.Minute)
					return nil
				}})
			event := newEvent(t)
			before := time.Now()
			r.want(t, r.deliver(t, event), 503, 1)
			if took := time.Since(before); took != time.Second {
				t.Errorf("the answer took %s", took)
			}
			r.want(t, r.deliver(t, event), 409, 1)
			time.Sleep(time.Minute)
			r.want(t, r.deliver(t, event), 200, 1)
		})
	})
}

func TestTheFunctionOutlivesTheCaller(t *testing.T) {
	type key struct{}
	ctx, hangUp := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
	var failure error
	r := start(t, webhook.Config{Handle: func(ctx context.Context, _ *webhook.Event) error {
		hangUp()
		if failure = ctx.Err(); failure == nil && ctx.Value(key{}) != "value" {
			failure = errors.New("the values of the request are gone")
		}
		return failure
	}})
	request := webhooktest.Request(t, "https://example.com/", oldSecret, newEvent(t)).WithContext(ctx)
	r.want(t, r.serve(t, request), 202, 1)
	if failure != nil {
		t.Error(failure)
	}
}

func TestAStoreThatFails(t *testing.T) {
	down := errors.New("the store is down")
	mine := idempotency.Outcome{State: idempotency.StateMine, Token: 1}
	for _, c := range []struct {
		name           string
		claim          func() (idempotency.Outcome, error)
		status         int
		settle, handle error
		calls          int32
	}{
		{name: "at the beginning", claim: func() (idempotency.Outcome, error) { return idempotency.Outcome{}, down },
			status: 503},
		{name: "at the beginning, with a state", claim: func() (idempotency.Outcome, error) { return mine, down },
			status: 503},
		{name: "without saying so", claim: func() (idempotency.Outcome, error) { return idempotency.Outcome{}, nil },
			status: 503},
		{name: "with a panic", claim: func() (idempotency.Outcome, error) { panic("the store is down") }, status: 503},
		{name: "as it is full", claim: func() (idempotency.Outcome, error) {
			return idempotency.Outcome{}, idempotency.ErrFull
		}, status: 503},
		{name: "as its record is damaged", claim: func() (idempotency.Outcome, error) {
			return idempotency.Outcome{}, idempotency.ErrCorrupt
		}, status: 503},
		{name: "as the scope is shared with something else", claim: func() (idempotency.Outcome, error) {
			return idempotency.Outcome{State: idempotency.StateOtherFingerprint}, nil
		}, status: 503},
		{name: "after the event was handled", settle: down, status: 202, calls: 1},
		{name: "after the event was not handled", settle: down, handle: errors.New("no"), status: 500, calls: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newHooks()
				s.claim = c.claim
				if c.settle != nil {
					s.complete = func() error { return c.settle }
					s.release = func() error { panic(c.settle) }
				}
				r := start(t, webhook.Config{Store: s,
					Handle: func(context.Context, *webhook.Event) error { return c.handle }})
				event, before := newEvent(t), time.Now()
				r.want(t, r.deliver(t, event), c.status, c.calls)
				if took := time.Since(before); took > 5*time.Second {
					t.Errorf("the answer took %s", took)
				}
				if log := r.log.String(); !strings.Contains(log, `"level":"ERROR"`) ||
					!strings.Contains(log, event.ID.String()) {
					t.Errorf("the log does not say what happened: %s", log)
				}
				// Once the store works again, an event that was not claimed is handled. One that was, and was not
				// settled, is in progress until its lease is over.
				s.claim, s.complete, s.release = nil, nil, nil
				c.handle = nil
				if c.calls > 0 {
					r.want(t, r.deliver(t, event), 409, 1)
					time.Sleep(2*webhook.DefaultTimeout + time.Second)
				}
				r.want(t, r.deliver(t, event), 202, c.calls+1)
				r.want(t, r.deliver(t, event), 200, c.calls+1)
			})
		})
	}
}

func TestAStoreThatHangsIsCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, webhook.Config{Store: hanging{newHooks()}, StoreTimeout: time.Second})
		before := time.Now()
		r.want(t, r.deliver(t, newEvent(t)), 503, 0)
		if took := time.Since(before); took != time.Second {
			t.Errorf("the answer took %s", took)
		}
	})
}

type hanging struct{ *hooks }

func (hanging) Claim(ctx context.Context, _ idempotency.Claim) (idempotency.Outcome, error) {
	<-ctx.Done()
	return idempotency.Outcome{}, ctx.Err()
}

// The answer of the store is lost on its way. The step is made again, and finds what it did before.
func TestAnAnswerOfTheStoreThatIsLostLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, webhook.Config{Store: &deaf{Store: new(idempotency.Memory)}})
		event := newEvent(t)
		r.want(t, r.deliver(t, event), 202, 1)
		r.want(t, r.deliver(t, event), 200, 1)
	})
}

// deaf is a store of which every other answer is lost.
type deaf struct {
	idempotency.Store
	steps atomic.Int32
}

func (s *deaf) lose(err error) error {
	if s.steps.Add(1)%2 == 1 {
		return errors.New("the connection broke")
	}
	return err
}

func (s *deaf) Claim(ctx context.Context, claim idempotency.Claim) (idempotency.Outcome, error) {
	outcome, err := s.Store.Claim(ctx, claim)
	return outcome, s.lose(err)
}

func (s *deaf) Complete(ctx context.Context, hold idempotency.Hold, response []byte) error {
	return s.lose(s.Store.Complete(ctx, hold, response))
}

func TestADeliveryWithOtherContentIsAnsweredAsHandledAndReported(t *testing.T) {
	r := start(t, webhook.Config{})
	event := newEvent(t)
	r.want(t, r.deliver(t, event), 202, 1)
	r.want(t, r.deliver(t, event), 200, 1)
	if strings.Contains(r.log.String(), "other content") {
		t.Errorf("the same bytes are said to be others: %s", r.log.String())
	}
	other := bytes.Replace(event.Raw, []byte(marker), []byte(marker+marker), 1)
	r.want(t, r.deliver(t, other), 200, 1)
	if log := r.log.String(); strings.Count(log, "other content") != 1 ||
		!strings.Contains(log, `"level":"WARN"`) || !strings.Contains(log, event.ID.String()) {
		t.Errorf("the log does not say what happened: %s", log)
	}
}

func TestADeliveryWithOtherContentIsHandledIfTheFirstWasNot(t *testing.T) {
	broken := true
	r := start(t, webhook.Config{Handle: func(context.Context, *webhook.Event) error {
		if broken {
			return errors.New("no connection")
		}
		return nil
	}})
	event := newEvent(t)
	r.want(t, r.deliver(t, event), 500, 1)
	broken = false
	r.want(t, r.deliver(t, bytes.Replace(event.Raw, []byte(marker), []byte(marker+marker), 1)), 202, 2)
}

// A full store could make room only by forgetting an event too early, and a repeat of that would be handled again.
func TestAFullStoreRefusesNewEventsAndKnowsTheOldOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, err := idempotency.NewMemory(idempotency.MemoryConfig{MaxKeys: 2})
		if err != nil {
			t.Fatal(err)
		}
		r := start(t, webhook.Config{Store: store})
		first, second, third := newEvent(t), newEvent(t), newEvent(t)
		r.want(t, r.deliver(t, first), 202, 1)
		r.want(t, r.deliver(t, second), 202, 2)
		r.want(t, r.deliver(t, third), 503, 2)
		r.want(t, r.deliver(t, first), 200, 2)
		time.Sleep(webhook.DefaultWindow + 2*webhook.DefaultMaxSkew)
		r.want(t, r.deliver(t, newEvent(t)), 202, 3)
	})
}

func TestScopesKeepHandlersApart(t *testing.T) {
	store := new(idempotency.Memory)
	event := newEvent(t)
	for _, scope := range []string{"", "production", "test"} {
		r := start(t, webhook.Config{Store: store, Scope: scope})
		r.want(t, r.deliver(t, event), 202, 1)
		r.want(t, r.deliver(t, event), 200, 1)
	}
	r := start(t, webhook.Config{Store: store})
	r.want(t, r.deliver(t, event), 200, 0)
}

func TestARefusalIsAnsweredAsTheConfigurationSays(t *testing.T) {
	r := start(t, webhook.Config{Refuse: webhook.WriteProblem, Handle: func(context.Context, *webhook.Event) error {
		return errors.New("no connection")
	}})
	for _, c := range []struct {
		name   string
		event  any
		status int
		body   string
	}{
		{"no event", []byte("{}"), 400,
			`{"type":"not_an_event","title":"Bad Request","status":400,"detail":"not an event"}`},
		{"a function that fails", newEvent(t), 500,
			`{"type":"failed","title":"Internal Server Error","status":500,"detail":"not handled"}`},
	} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, webhooktest.Request(t, "https://example.com/", oldSecret, c.event))
		if w.Code != c.status || w.Header().Get("Content-Type") != "application/problem+json" ||
			w.Body.String() != c.body {
			t.Errorf("%s: %d %v %s", c.name, w.Code, w.Header(), w.Body)
		}
	}
}

func TestTheObserverIsToldWhatBecomesOfADelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var got []string
		s := newHooks()
		var handle func(context.Context) error
		r := start(t, webhook.Config{Store: s, Timeout: time.Second, StoreTimeout: 100 * time.Millisecond,
			Handle: func(ctx context.Context, _ *webhook.Event) error { return handle(ctx) },
			Observe: func(_ context.Context, report webhook.Report) {
				mu.Lock()
				defer mu.Unlock()
				text := report.Kind.String()
				if report.Kind == webhook.ReportRefused {
					text += " " + string(report.Refusal.Reason)
				}
				if report.Event == nil {
					text += ", of no event"
				}
				if report.Err != nil {
					text += ", with an error"
				}
				got = append(got, text)
			}})
		told := func(want ...string) {
			t.Helper()
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(got, want) {
				t.Errorf("told %q, want %q", got, want)
			}
			got = nil
		}
		r.deliver(t, []byte("{}"))
		told("refused not_an_event, of no event, with an error")
		handle = func(context.Context) error { return nil }
		event := newEvent(t)
		r.deliver(t, event)
		r.deliver(t, event)
		r.deliver(t, bytes.Replace(event.Raw, []byte(marker), nil, 1))
		told("handled", "repeated", "altered")
		handle = func(context.Context) error { return errors.New("no connection") }
		r.deliver(t, newEvent(t))
		told("failed, with an error")
		goOn := make(chan error)
		handle = func(context.Context) error { return <-goOn }
		event = newEvent(t)
		r.deliver(t, event)
		r.deliver(t, event)
		told("late", "refused in_progress")
		close(goOn)
		told("handled")
		s.complete = func() error { return errors.New("down") }
		handle = func(context.Context) error { return nil }
		event = newEvent(t)
		r.deliver(t, event)
		told("store_failed, with an error")
		s.complete = nil
		time.Sleep(2*time.Second + 1)
		r.deliver(t, event)
		told("expired", "handled")
		s.renew = func() error { return idempotency.ErrLost }
		handle = func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }
		r.deliver(t, newEvent(t))
		told("expired, with an error", "failed, with an error")
	})
}

func TestNewRefusesConfigurationsThatMakeNoSense(t *testing.T) {
	handle := func(context.Context, *webhook.Event) error { return nil }
	secrets := []signing.Secret{oldSecret}
	for name, config := range map[string]webhook.Config{
		"no secret": {Handle: handle},
		"an empty secret": {Handle: handle,
			Secrets: []signing.Secret{oldSecret, signing.NewSecret("")}},
		"two sources of secrets": {Handle: handle, Secrets: secrets,
			SecretsFunc: func(context.Context) ([]signing.Secret, error) { return secrets, nil }},
		"no function":            {Secrets: secrets},
		"a negative limit":       {Handle: handle, Secrets: secrets, MaxBodyBytes: -1},
		"a negative time":        {Handle: handle, Secrets: secrets, Timeout: -1},
		"a negative skew":        {Handle: handle, Secrets: secrets, MaxSkew: -1},
		"a skew without an age":  {Handle: handle, Secrets: secrets, MaxAge: -1, MaxSkew: 1},
		"a negative concurrency": {Handle: handle, Secrets: secrets, MaxConcurrent: -1},
		"endless concurrency":    {Handle: handle, Secrets: secrets, MaxConcurrent: math.MaxInt},
		"an endless queue": {Handle: handle, Secrets: secrets,
			Async: &webhook.Async{Queue: math.MaxInt}},
		"endless workers": {Handle: handle, Secrets: secrets,
			Async: &webhook.Async{Workers: math.MaxInt}},
		"a negative queue":                {Handle: handle, Secrets: secrets, Async: &webhook.Async{Queue: -1}},
		"negative workers":                {Handle: handle, Secrets: secrets, Async: &webhook.Async{Workers: -1}},
		"a negative timeout of the store": {Handle: handle, Secrets: secrets, StoreTimeout: -1},
		"a negative lease":                {Handle: handle, Secrets: secrets, Lease: -1},
		"a negative window":               {Handle: handle, Secrets: secrets, Window: -1},
		"a window shorter than the lease": {Handle: handle, Secrets: secrets, Window: time.Second},
		"a scope that no store takes":     {Handle: handle, Secrets: secrets, Scope: "a\x00b"},
		"a scope that is too long": {Handle: handle, Secrets: secrets,
			Scope: strings.Repeat("a", idempotency.MaxScope+1)},
		"a scope with a line break at its end": {Handle: handle, Secrets: secrets, Scope: "production\n"},
		"a scope with a line break inside":     {Handle: handle, Secrets: secrets, Scope: "a\nb"},
		"a scope with a space at its end":      {Handle: handle, Secrets: secrets, Scope: "production "},
		"a scope of spaces":                    {Handle: handle, Secrets: secrets, Scope: " "},
		"a scope with a control character":     {Handle: handle, Secrets: secrets, Scope: "a\x1bb"},
		"a scope that looks like another":      {Handle: handle, Secrets: secrets, Scope: "a\u200bb"},
		"a scope that is not UTF-8":            {Handle: handle, Secrets: secrets, Scope: "a\xffb"},
		"a window that ends before MaxAge does": {Handle: handle, Secrets: secrets, MaxAge: time.Hour,
			Window: time.Hour + 5*time.Minute - 1},
		"a window that ends before the default age does": {Handle: handle, Secrets: secrets,
			Window: webhook.DefaultMaxAge},
		"a skew that no window is long enough for": {Handle: handle, Secrets: secrets, MaxSkew: math.MaxInt64},
		"an age that no window is long enough for": {Handle: handle, Secrets: secrets, MaxAge: math.MaxInt64},
		"nothing whatever ":                        {},
	} {
		if h, err := webhook.New(config); err == nil || h != nil {
			t.Errorf("%s: New = %v, %v", name, h, err)
		}
	}
}

func TestNewAcceptsTheLongestAndTheShortest(t *testing.T) {
	for name, config := range map[string]webhook.Config{
		"a window that ends when MaxAge and MaxSkew do": {MaxAge: time.Hour, MaxSkew: time.Minute,
			Window: time.Hour + time.Minute},
		"the longest age and skew that have a window": {MaxAge: math.MaxInt64 / 4, MaxSkew: math.MaxInt64 / 4},
	} {
		config.Handle = func(context.Context, *webhook.Event) error { return nil }
		config.Secrets = []signing.Secret{oldSecret}
		h, err := webhook.New(config)
		if err != nil {
			t.Errorf("%s: New = %v", name, err)
			continue
		}
		if err := h.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// Who reads the log sees why something was refused; what will be sent again anyway is no warning.
func TestTheLogSaysWhyADeliveryWasRefused(t *testing.T) {
	goOn := make(chan struct{})
	leave := sync.OnceFunc(func() { close(goOn) })
	r := start(t, webhook.Config{Secrets: []signing.Secret{oldSecret}, Async: &webhook.Async{},
		Handle: func(context.Context, *webhook.Event) error { <-goOn; return nil }})
	t.Cleanup(leave)
	event := newEvent(t)
	r.deliver(t, event)
	r.deliver(t, event)
	webhooktest.Deliver(t, r, signing.NewSecret("another"), event)
	for _, want := range []string{
		`"level":"INFO","msg":"webhook refused","event_id":"` + event.ID.String() + `","event_type":"` +
			string(event.Type) + `","status":409,"reason":"in_progress"}`,
		`"level":"WARN","msg":"webhook refused","status":401,"reason":"signature_refused","error":`,
	} {
		if !strings.Contains(r.log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, r.log.String())
		}
	}
}

func TestSecretsOfTheCallerMayChangeAfterwards(t *testing.T) {
	secrets := []signing.Secret{oldSecret}
	r := start(t, webhook.Config{Secrets: secrets})
	secrets[0] = signing.NewSecret("")
	r.want(t, r.deliver(t, newEvent(t)), 202, 1)
}

// Over a real connection, since deadlines and broken connections are the server's business.
func TestBodiesOverAConnection(t *testing.T) {
	r := start(t, webhook.Config{Timeout: 200 * time.Millisecond})
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	send := func(t *testing.T, text string, hangUp bool) (status int) {
		t.Helper()
		connection, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = connection.Close() }()
		if _, err := io.WriteString(connection, text); err != nil {
			t.Fatal(err)
		}
		if hangUp {
			// Half-closed, so that the answer can still be read.
			if err := connection.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
		}
		if err := connection.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(connection), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return response.StatusCode
	}
	head := func(length int) string {
		return fmt.Sprintf(
			"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s: %s\r\n\r\n",
			length, signing.HeaderSignature, vectorSignature)
	}
	for _, c := range []struct {
		name, text string
		hangUp     bool
		status     int
	}{
		{"a body that does not come", head(100), false, 408},
		{"a body that stops coming", head(100) + vectorBody, false, 408},
		{"a body that breaks off", head(100) + vectorBody, true, 400},
		{"a body announced to be too large", head(1 << 30), false, 413},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := send(t, c.text, c.hangUp); got != c.status {
				t.Errorf("status %d, want %d", got, c.status)
			}
		})
	}
	if r.calls.Load() != 0 {
		t.Errorf("the function was called %d times", r.calls.Load())
	}
}

// The deadline for a body must not outlive the body.
func TestAConnectionIsUsedForFurtherDeliveries(t *testing.T) {
	const timeout = 100 * time.Millisecond
	r := start(t, webhook.Config{Timeout: timeout})
	var cancelled bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.ServeHTTP(w, request)
		time.Sleep(2 * timeout)
		cancelled = cancelled || request.Context().Err() != nil
	}))
	t.Cleanup(server.Close)
	connections := 0
	client := server.Client()
	client.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, address string) (net.Conn,
		error) {
		connections++
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	for range 3 {
		response, err := client.Do(webhooktest.Request(t, server.URL, oldSecret, newEvent(t)))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		if response.StatusCode != 202 {
			t.Errorf("status %d", response.StatusCode)
		}
	}
	if connections != 1 || cancelled {
		t.Errorf("%d connections; a request was cancelled: %t", connections, cancelled)
	}
}

// A mistake in a metric is neither the end of the process nor that of an event.
func TestAnObserverThatPanicsIsLogged(t *testing.T) {
	r := start(t, webhook.Config{
		Handle:  func(context.Context, *webhook.Event) error { return errors.New("no") },
		Observe: func(context.Context, webhook.Report) { panic("in the observer") },
	})
	event := newEvent(t)
	r.want(t, r.deliver(t, event), 500, 1)
	r.want(t, r.deliver(t, event), 500, 2)
	if !strings.Contains(r.log.String(), "in the observer") {
		t.Errorf("the log does not say it: %s", r.log.String())
	}
}

// Refuse may cut the connection. Close does not wait for what was refused, which start checks.
func TestARefusalMayCutTheConnection(t *testing.T) {
	store := newHooks()
	store.claim = func() (idempotency.Outcome, error) {
		return idempotency.Outcome{State: idempotency.StateInProgress, Remaining: time.Second}, nil
	}
	r := start(t, webhook.Config{Store: store,
		Refuse: func(http.ResponseWriter, *http.Request, webhook.Refusal) { panic(http.ErrAbortHandler) }})
	defer func() {
		if cause, ok := recover().(error); !ok || !errors.Is(cause, http.ErrAbortHandler) {
			t.Errorf("it panics with %v", cause)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := r.Close(ctx); err != nil {
			t.Fatal(err)
		}
	}()
	r.deliver(t, newEvent(t))
}
