package fault_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/sandbox/fault"
)

// short is what a server allows for a request and for an answer, and long is how long faults take: longer. A TLS
// handshake has to be done by then, on a busy machine as well.
const short, long = 3 * time.Second, "3500ms"

// limited is a server with such limits.
func limited(handler http.Handler) func(*httptest.Server) {
	return func(s *httptest.Server) {
		s.Config.Handler = handler
		s.Config.ReadTimeout, s.Config.WriteTimeout = short, short
	}
}

// Package server gives a request 30 seconds and an answer 60, and a fault may take 10 minutes.
func TestAWaitOutlivesTheTimeoutsOfTheServer(t *testing.T) {
	t.Parallel()
	var calls sync.WaitGroup // All at once: they only wait.
	for _, text := range []string{
		"delay; delay=" + long, "delay; when=after; delay=" + long, "status; when=after; delay=" + long,
		"html; delay=" + long, "content_type; delay=" + long, "expired_token; delay=" + long,
		"bandwidth; bytes_per_second=18",
	} {
		f, err := fault.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range protocols {
			call := start(t, p, nil, limited(f.Handler(&bank{})))
			calls.Go(func() {
				s := call(t.Context())
				if s.err != nil || s.broken != nil || len(s.body) == 0 && s.status != http.StatusUnauthorized {
					t.Errorf("%s over %s: the client sees %+v", text, p.name, s)
				}
			})
		}
	}
	calls.Wait()
}

// Package server gives the answer to a stranger a second, over HTTP/2.
func TestAnAnswerThatIsHeldBackHasTheTimeOfAnyOther(t *testing.T) {
	t.Parallel()
	f, err := fault.Parse("delay; when=after; delay=" + long)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			var b bank
			hurried := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				b.ServeHTTP(w, r)
				if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(short)); err != nil {
					t.Error(err)
				}
			})
			if s := start(t, p, f.Handler(hurried))(t.Context()); s.status != http.StatusCreated || s.body != whole {
				t.Errorf("the client sees %+v", s)
			}
		})
	}
}

// A client that gives up while its request is held up is not served afterwards, whether it has sent a body or not.
func TestWhatIsHeldUpTakesNoEffectWhenItsClientIsGone(t *testing.T) {
	t.Parallel()
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			var b bank
			begun, ended := make(chan struct{}), make(chan struct{})
			f := fault.Fault{Kind: fault.Delay, Delay: fault.MaxWait}.Handler(&b)
			call := start(t, p, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(ended)
				close(begun)
				f.ServeHTTP(w, r)
			}))
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-begun; cancel() }()
			if s := call(ctx); !errors.Is(s.err, context.Canceled) {
				t.Errorf("the client sees %+v", s)
			}
			<-ended
			if n := b.effects.Load(); n != 0 {
				t.Errorf("%d effects", n)
			}
		})
	}
}

// What a request says is read once it is let through, as it was sent.
func TestWhatIsHeldUpArrivesWhole(t *testing.T) {
	t.Parallel()
	for name, length := range map[string]int{"nothing": 0, "a byte": 1, "1 MiB": 1 << 20, "a file": 3 << 20} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Repeat("x", length)
			f := fault.Fault{Kind: fault.Delay, Delay: 1}
			server := httptest.NewServer(f.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if got, err := io.ReadAll(r.Body); err != nil || string(got) != text {
					t.Errorf("%d bytes arrive of %d, %v", len(got), length, err)
				}
			})))
			defer server.Close()
			response, err := server.Client().Post(server.URL, "text/plain", strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
		})
	}
}

// The server may be told while the request is still taking effect.
func TestNoWaitBeginsOnceTheServerShutsDown(t *testing.T) {
	t.Parallel()
	begun, told := make(chan struct{}), make(chan struct{})
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(begun)
		<-told
	})
	server := httptest.NewServer(fault.Fault{Kind: fault.Dead, When: fault.After}.Handler(next))
	defer server.Close()
	server.Config.RegisterOnShutdown(func() { close(told) })
	called := make(chan error, 1)
	go func() {
		response, err := server.Client().Get(server.URL)
		if err == nil {
			_ = response.Body.Close()
		}
		called <- err
	}()
	<-begun
	if err := server.Config.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-called; err == nil {
		t.Error("there is an answer")
	}
}
