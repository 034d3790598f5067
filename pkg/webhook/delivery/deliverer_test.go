package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/webhook"
	"github.com/jiko-partner/partner-go/pkg/webhook/delivery"
)

func TestADeliveryIsSigned(t *testing.T) {
	var got []string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		got = append(got, r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"), string(text),
			fmt.Sprint(err, webhook.Verify(text, r.Header.Get(signing.HeaderSignature), secret)))
		w.WriteHeader(http.StatusAccepted)
	})
	queue := &notebook{}
	d := open(t, delivery.Config{Queue: queue})
	settle(t, d) // There is nothing to do yet.
	add(t, queue, delivery.Delivery{ID: "a", URL: url + "/hooks?x=1"})
	d.Wake()
	settle(t, d)
	if want := []string{"POST", "/hooks?x=1", "application/json", string(body(0)), "<nil> <nil>"}; !slices.Equal(got,
		want) {
		t.Errorf("%q; want %q", got, want)
	}
	if n := queue.Len(); n != 0 {
		t.Errorf("%d still wait", n)
	}
}

// What an attempt makes of a receiver, and what is noted of it.
func TestWhatBecomesOfAnAttempt(t *testing.T) {
	answers := func(status int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
		}
	}
	closed, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + closed.Addr().String()
	_ = closed.Close()
	overTLS := httptest.NewUnstartedServer(answers(200, ""))
	overTLS.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	overTLS.StartTLS()
	t.Cleanup(overTLS.Close)
	hijacked := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			connection, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(connection, text)
				_ = connection.Close()
			}
		}
	}
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		url     string
		want    delivery.Attempt
		again   bool
	}{
		{"a 200 is a success", answers(200, "thanks"), "", delivery.Attempt{Delivered: true, Status: 200,
			Message: "thanks"}, false},
		{"a 204 is one", answers(204, ""), "", delivery.Attempt{Delivered: true, Status: 204}, false},
		{"a 503 is repeated", answers(503, "later"), "", delivery.Attempt{Status: 503, Message: "later"}, true},
		{"what is not on the list is not", answers(418, ""), "", delivery.Attempt{Status: 418}, false},
		{"a redirect is not followed", http.RedirectHandler("/elsewhere",
			http.StatusTemporaryRedirect).ServeHTTP, "",
			delivery.Attempt{Status: 307}, true},
		{"only the beginning of an answer is kept", answers(200, strings.Repeat("ä", 1<<20)), "",
			delivery.Attempt{Delivered: true, Status: 200, Message: strings.Repeat("ä", delivery.MaxMessage/2)}, false},
		{"an answer that is no text is made one", answers(200, "a\xff"), "",
			delivery.Attempt{Delivered: true, Status: 200, Message: "a\uFFFD"}, false},
		{"an answer that breaks off counts by its status",
			hijacked("HTTP/1.1 202 Accepted\r\nContent-Length: 9\r\n\r\nx"), "",
			delivery.Attempt{Delivered: true, Status: 202, Message: "x"}, false},
		{"nobody is there", nil, nobody, delivery.Attempt{Message: "connection refused"}, true},
		{"the connection breaks", hijacked(""), "", delivery.Attempt{Message: "connection broken"}, true},
		{"it is not HTTP", hijacked("SSH-2.0-OpenSSH\r\n"), "", delivery.Attempt{Message: "no answer"}, true},
		{"the header is too long", hijacked("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n"), "",
			delivery.Attempt{Message: "no answer"}, true},
		{"it has no certificate that is trusted", nil, overTLS.URL, delivery.Attempt{
			Message: "certificate not trusted"}, true},
		{"it speaks no TLS", answers(200, ""), "https", delivery.Attempt{Message: "no TLS"}, true},
		{"the URL is none", nil, "https://exa mple/", delivery.Attempt{Message: "no URL to post to"}, true},
		{"the URL is for something else", nil, "file:///etc/passwd", delivery.Attempt{Message: "no URL to post to"},
			true},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := c.url
			if c.handler != nil {
				url = serve(t, c.handler)
			}
			if c.url == "https" {
				url = strings.Replace(url, "http:", "https:", 1)
			}
			clock, queue := newClock(), &notebook{}
			d := open(t, delivery.Config{Queue: queue, Now: clock.Now, Wait: clock.Wait})
			add(t, queue, delivery.Delivery{ID: "a", URL: url, Policy: &delivery.RetryPolicy{MaximumAttempts: 2,
				RetryOnStatusCodes: []int32{307, 503}, InitialIntervalSeconds: 7, BackoffCoefficient: 1,
				MaximumIntervalSeconds: 60}})
			d.Wake()
			settle(t, d)
			c.want.Number, c.want.Time = 1, clock.Now()
			if c.again {
				c.want.Next = clock.Now().Add(7 * time.Second)
			}
			got := queue.of("a")
			if len(got) != 1 || got[0] != c.want {
				t.Fatalf("%+v; want %+v", got, c.want)
			}
			clock.Advance(7*time.Second - 1)
			settle(t, d)
			if got := queue.of("a"); len(got) != 1 {
				t.Errorf("it was repeated too soon: %+v", got)
			}
			clock.Advance(1)
			settle(t, d)
			got = queue.of("a")
			if again := len(got) == 2; again != c.again || queue.Len() != 0 {
				t.Errorf("%+v, and %d wait; want that it was repeated: %t", got, queue.Len(), c.again)
			}
		})
	}
}

func TestAReceiverThatHangsHoldsUpItself(t *testing.T) {
	hang := make(chan struct{})
	var arrived sync.WaitGroup
	hanging := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	})
	fine := serve(t, func(http.ResponseWriter, *http.Request) { arrived.Done() })
	var queue delivery.Memory
	d := open(t, delivery.Config{Queue: &queue, MaxConcurrent: 6, MaxPerSubscription: 3, Timeout: time.Hour})
	for i := range 100 {
		add(t, &queue, delivery.Delivery{ID: fmt.Sprint("hangs", i), Subscription: "h", URL: hanging})
	}
	arrived.Add(100)
	for i := range 100 {
		add(t, &queue, delivery.Delivery{ID: fmt.Sprint("fine", i), Subscription: "f", URL: fine})
	}
	d.Wake()
	arrived.Wait()
	for queue.Len() > 100 { // What has arrived is about to be recorded.
		time.Sleep(time.Millisecond)
	}
	close(hang)
	settle(t, d)
	if n := queue.Len(); n != 0 {
		t.Errorf("%d still wait", n)
	}
}

func TestAnAttemptEndsInTime(t *testing.T) {
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	trickle := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	clock, queue := newClock(), &notebook{}
	d := open(t, delivery.Config{Queue: queue, Timeout: 50 * time.Millisecond, Now: clock.Now, Wait: clock.Wait})
	add(t, queue, delivery.Delivery{ID: "a", URL: url}, delivery.Delivery{ID: "b", URL: trickle})
	d.Wake()
	settle(t, d)
	if a := queue.of("a"); len(a) != 1 || a[0].Message != "timeout" || a[0].Next != clock.Now().Add(30*time.Second) {
		t.Errorf("%+v", a)
	}
	if b := queue.of("b"); len(b) != 1 || !b[0].Delivered {
		t.Errorf("%+v", b)
	}
}

// After a 101 the connection is the caller's: nothing that is read of it ends with the attempt's time.
func TestAnAnswerThatTakesOverTheConnectionHoldsUpNobody(t *testing.T) {
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
			t.Cleanup(func() { _ = c.Close() })
			<-over
		}
	})
	queue := &notebook{}
	d := open(t, delivery.Config{Queue: queue, Timeout: 50 * time.Millisecond})
	add(t, queue, delivery.Delivery{ID: "a", URL: url})
	d.Wake()
	settle(t, d)
	if a := queue.of("a"); len(a) != 1 || a[0].Status != 101 || a[0].Delivered || !a[0].Next.IsZero() {
		t.Errorf("%+v", a)
	}
}

func TestWhatIsOfOneObjectArrivesInOrder(t *testing.T) {
	var mu sync.Mutex
	var got []string
	down := true
	queue := &notebook{}
	clock := newClock()
	d := open(t, delivery.Config{Queue: queue, Now: clock.Now, Wait: clock.Wait,
		Transport: exchange(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			if down && r.URL.Path == "/a1" {
				return answer(500), nil
			}
			got = append(got, r.URL.Path)
			return answer(200), nil
		})})
	policy := &delivery.RetryPolicy{MaximumAttempts: 3, BackoffCoefficient: 1, InitialIntervalSeconds: 1,
		MaximumIntervalSeconds: 1, RetryOnStatusCodes: []int32{500}}
	for _, name := range []string{"a1", "a2", "b1", "a3", "", "b2"} {
		order := ""
		if name != "" {
			order = name[:1]
		}
		add(t, queue, delivery.Delivery{ID: "x" + name, Order: order, URL: "http://example.com/" + name,
			Policy: policy})
	}
	// Of another subscription, and so not held up.
	add(t, queue, delivery.Delivery{ID: "y", Subscription: "other", Order: "a", URL: "http://example.com/other"})
	d.Wake()
	settle(t, d)
	mu.Lock()
	b1, b2 := slices.Index(got, "/b1"), slices.Index(got, "/b2")
	if b1 > b2 {
		t.Errorf("%q are out of order", got)
	}
	mu.Unlock()
	if want := []string{"/", "/b1", "/b2", "/other"}; !slices.Equal(sorted(got), want) {
		t.Errorf("%q; want %q", got, want)
	}
	got = nil
	clock.Advance(time.Second)
	settle(t, d)
	mu.Lock()
	down = false
	mu.Unlock()
	clock.Advance(time.Second)
	settle(t, d)
	if want := []string{"/a1", "/a2", "/a3"}; !slices.Equal(got, want) {
		t.Errorf("%q; want %q", got, want)
	}
}

func sorted(texts []string) []string { return slices.Sorted(slices.Values(texts)) }

func TestTheNextOneGoesOutWhenOneIsGivenUp(t *testing.T) {
	queue := &notebook{}
	d := open(t, delivery.Config{Queue: queue,
		Transport: exchange(func(*http.Request) (*http.Response, error) { return answer(418), nil })})
	policy := delivery.DefaultPolicy()
	policy.RetryOnStatusCodes = nil
	add(t, queue, delivery.Delivery{ID: "a", Order: "o", Policy: &policy, URL: "https://example.com/"},
		delivery.Delivery{ID: "b", Order: "o", Policy: &policy, URL: "https://example.com/"})
	d.Wake()
	settle(t, d)
	if len(queue.of("a")) != 1 || len(queue.of("b")) != 1 || queue.Len() != 0 {
		t.Errorf("%+v, and %d wait", queue.attempts, queue.Len())
	}
}

func TestClose(t *testing.T) {
	for name, waits := range map[string]bool{
		"waits for what is under way": true, "cuts off what takes too long": false,
	} {
		t.Run(name, func(t *testing.T) {
			begun, end := make(chan struct{}), make(chan struct{})
			queue := &notebook{}
			var kinds []delivery.EventKind
			d := open(t, delivery.Config{Queue: queue,
				Observe: func(_ context.Context, e delivery.Event) { kinds = append(kinds, e.Kind) },
				Transport: exchange(func(r *http.Request) (*http.Response, error) {
					close(begun)
					select {
					case <-end:
						return answer(200), nil
					case <-r.Context().Done():
						return nil, r.Context().Err()
					}
				})})
			add(t, queue, delivery.Delivery{ID: "a", URL: "https://example.com/"})
			d.Wake()
			<-begun
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			want := []delivery.EventKind{delivery.EventDelivered}
			if waits {
				close(end)
			} else {
				cancel()
				want[0] = delivery.EventCutOff
			}
			if err := d.Close(ctx); errors.Is(err, context.Canceled) == waits {
				t.Errorf("Close = %v", err)
			}
			if left := queue.Len() == 1; left == waits || !slices.Equal(kinds, want) {
				t.Errorf("it waits: %t; %v", left, kinds)
			}
			d.Wake()
			if err := d.Settle(t.Context()); !errors.Is(err, delivery.ErrClosed) {
				t.Errorf("Settle = %v", err)
			}
			if err := d.Close(t.Context()); err != nil {
				t.Errorf("Close = %v", err)
			}
		})
	}
}

func TestAQueueThatFailsIsAskedAgain(t *testing.T) {
	for _, step := range []string{"next", "record"} {
		t.Run(step, func(t *testing.T) {
			down := errors.New("the queue is down")
			var mu sync.Mutex
			failures, seen, sent := 0, 0, 0
			queue := &notebook{fail: func(at string) error {
				mu.Lock()
				defer mu.Unlock()
				if at == step && failures == 0 {
					failures++
					return down
				}
				return nil
			}}
			add(t, queue, delivery.Delivery{ID: "a", URL: "https://example.com/"})
			d := open(t, delivery.Config{Queue: queue,
				Observe: func(_ context.Context, e delivery.Event) {
					if errors.Is(e.Err, down) {
						seen++
					}
				},
				Transport: exchange(func(*http.Request) (*http.Response, error) { sent++; return answer(200), nil })})
			for d.Settle(t.Context()) != nil {
				continue
			}
			// One that is not recorded at once is recorded later, and not sent again.
			if len(queue.of("a")) != 1 || sent != 1 || seen != map[string]int{"next": 1, "record": 0}[step] {
				t.Errorf("%d sent, %d failures seen: %+v", sent, seen, queue.attempts)
			}
		})
	}
}

func TestAConfigurationIsRefused(t *testing.T) {
	var queue delivery.Memory
	policy := delivery.DefaultPolicy()
	policy.MaximumAttempts = 0
	for name, config := range map[string]delivery.Config{
		"without a queue":            {},
		"with a negative timeout":    {Queue: &queue, Timeout: -1},
		"with negative places":       {Queue: &queue, MaxConcurrent: -1},
		"with too many places":       {Queue: &queue, MaxConcurrent: 1 << 20},
		"with negative shares":       {Queue: &queue, MaxPerSubscription: -1},
		"with a policy of nothing":   {Queue: &queue, Policy: &policy},
		"with two rules of one kind": {Queue: &queue, AllowPrivate: true, Transport: http.DefaultTransport},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := delivery.New(config); err == nil || !strings.HasPrefix(err.Error(), "delivery: ") {
				t.Errorf("%v", err)
			}
		})
	}
}

// By default a subscriber cannot have this machine called, nor a page without TLS.
func TestWhatIsNotPublicIsRefused(t *testing.T) {
	called := false
	url := serve(t, func(http.ResponseWriter, *http.Request) { called = true })
	port := url[strings.LastIndex(url, ":"):]
	for name, c := range map[string]struct {
		url, want string
		config    delivery.Config
	}{
		"plain http":           {url, "plain http not allowed", delivery.Config{}},
		"the loopback address": {url, "address not allowed", delivery.Config{AllowPlain: true}},
		"a name of it":         {"http://localhost" + port, "address not allowed", delivery.Config{AllowPlain: true}},
		"its form in IPv6": {"http://[::ffff:127.0.0.1]" + port, "address not allowed",
			delivery.Config{AllowPlain: true}},
		"it, written otherwise": {"https://127.0.0.1" + port, "address not allowed", delivery.Config{}},
	} {
		t.Run(name, func(t *testing.T) {
			queue := &notebook{}
			c.config.Queue = queue
			d, err := delivery.New(c.config)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = d.Close(t.Context()) }()
			add(t, queue, delivery.Delivery{ID: "a", URL: c.url})
			d.Wake()
			settle(t, d)
			if a := queue.of("a"); called || len(a) != 1 || a[0].Message != c.want || a[0].Next.IsZero() {
				t.Errorf("called: %t; %+v; want %s", called, a, c.want)
			}
		})
	}
}

func TestNothingOfADeliveryIsPrinted(t *testing.T) {
	const marker = "Zq7mArKeR"
	d := delivery.Delivery{ID: "a", URL: "https://" + marker + "@" + marker + ".invalid/" + marker,
		Secret: signing.NewSecret(marker + marker), Body: []byte(marker)}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "d", d, "p", &d)
	text := fmt.Sprintf("%v %+v %#v %s %q %v %+v", d, d, d, d, d, &d, []delivery.Delivery{d}) + log.String()
	if strings.Contains(text, marker) {
		t.Errorf("%s", text)
	}
	queue := &notebook{}
	var events []delivery.Event
	deliverer := open(t, delivery.Config{Queue: queue,
		Observe: func(_ context.Context, e delivery.Event) { events = append(events, e) },
		Transport: exchange(func(r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("%s %v", r.URL, r.Header)
		})})
	add(t, queue, d)
	deliverer.Wake()
	settle(t, deliverer)
	if text := fmt.Sprintf("%+v %+v", events, queue.attempts); strings.Contains(text, marker) || len(events) != 1 {
		t.Errorf("%s", text)
	}
}

func TestKindsHaveNames(t *testing.T) {
	var names []string
	for kind := delivery.EventDelivered; kind <= delivery.EventQueueFailed+1; kind++ {
		names = append(names, kind.String())
	}
	if got := strings.Join(names, " "); got != "delivered failed given_up cut_off queue_failed EventKind(6)" {
		t.Error(got)
	}
}
