package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/jiko-partner/partner-go/pkg/sandbox/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// protocol is how a client and a server speak.
type protocol struct {
	name       string
	tls, http2 bool
	// connections says whether faults have the connection of a request.
	connections bool
}

var protocols = []protocol{
	{name: "HTTP/1.1"},
	{name: "HTTP/1.1 over TLS", tls: true},
	{name: "HTTP/2", tls: true, http2: true},
	{name: "HTTP/2 with connections", tls: true, http2: true, connections: true},
}

const whole = `{"id":"160c0c4b-9966-4dc1-a916-8407eb10d74e","status":"COMPLETED"}`

// bank counts what takes effect.
type bank struct {
	effects atomic.Int64
	// authorized has what the header Authorization was.
	authorized atomic.Value
}

func (b *bank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.authorized.Store(r.Header.Get("Authorization"))
	if r.Header.Get("Authorization") != "Bearer good" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	_, _ = io.Copy(io.Discard, r.Body)
	b.effects.Add(1)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, whole)
}

// seen is what a client sees of an answer.
type seen struct {
	status int
	header http.Header
	body   string
	// err is why there was no answer, and broken why its body ended.
	err, broken error
}

func start(t *testing.T, p protocol, handler http.Handler, change ...func(*httptest.Server)) (
	call func(context.Context) seen) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = nil
	for _, c := range change {
		c(server)
	}
	server.EnableHTTP2 = p.http2
	if p.connections {
		server.Config.ConnContext = fault.ConnContext
	}
	if p.tls {
		server.StartTLS()
	} else {
		server.Start()
	}
	transport := server.Client().Transport.(*http.Transport)
	transport.Protocols = new(http.Protocols)
	transport.Protocols.SetHTTP1(!p.http2)
	transport.Protocols.SetHTTP2(p.http2)
	t.Cleanup(func() { transport.CloseIdleConnections(); server.Close() })
	return func(ctx context.Context) seen {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, strings.NewReader(`{"amount":5}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer good")
		r.GetBody = nil // net/http must not send it again.
		response, err := transport.RoundTrip(r)
		if err != nil {
			return seen{err: err}
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		return seen{status: response.StatusCode, header: response.Header, body: string(body), broken: err}
	}
}

// What the client sees, and whether the request took effect.
func TestEachKindOnEachProtocol(t *testing.T) {
	intact := func(s seen) bool { return s.status == http.StatusCreated && s.body == whole && s.broken == nil }
	answers := func(status int) func(seen) bool {
		return func(s seen) bool { return s.status == status && s.broken == nil }
	}
	lost := func(s seen) bool { return s.err != nil }
	cut := func(s seen) bool {
		return s.status == http.StatusCreated && s.broken != nil && strings.HasPrefix(whole, s.body)
	}
	for _, test := range []struct {
		fault   string
		effects int64
		sees    func(seen) bool
	}{
		{"delay; delay=1ms", 1, intact},
		{"delay; delay=1ms; when=after", 1, intact},
		{"bandwidth; bytes_per_second=100000", 1, intact},
		{"status", 0, answers(503)},
		{"status; status=429; retry_after=7", 0, func(s seen) bool {
			return answers(429)(s) && s.header.Get("Retry-After") == "7" && strings.HasPrefix(s.body, "{")
		}},
		{"status; status=500; when=after", 1, answers(500)},
		{"html", 0, func(s seen) bool {
			return answers(502)(s) && strings.HasPrefix(s.header.Get("Content-Type"), "text/html")
		}},
		{"html; status=504; when=after", 1, answers(504)},
		{"reset", 0, lost},
		{"reset; when=after", 1, lost},
		{"reset; when=middle", 1, func(s seen) bool { return cut(s) || lost(s) }},
		{"empty", 0, lost},
		{"empty; when=after", 1, lost},
		{"garbage", 0, lost},
		{"garbage; when=after", 1, lost},
		{"dead; delay=1ms", 0, lost},
		{"dead; delay=1ms; when=after", 1, lost},
		{"truncate", 1, cut},
		{"chunk", 1, cut},
		{"slow_close; delay=1ms", 1, intact},
		{"content_type", 1, func(s seen) bool {
			return intact(s) && strings.HasPrefix(s.header.Get("Content-Type"), "text/html")
		}},
		{"expired_token", 0, answers(401)},
	} {
		f, err := fault.Parse(test.fault)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range protocols {
			t.Run(test.fault+" over "+p.name, func(t *testing.T) {
				var b bank
				call := start(t, p, f.Handler(&b))
				if s := call(t.Context()); !test.sees(s) {
					t.Errorf("the client sees %+v", s)
				}
				if got := b.effects.Load(); got != test.effects {
					t.Errorf("%d effects, want %d", got, test.effects)
				}
			})
		}
	}
}

// The client's connection is reset, and not closed in an orderly way: there is no saying whether the request arrived.
func TestAResetIsOne(t *testing.T) {
	for _, p := range protocols {
		if p.http2 { // The client of HTTP/2 says of each connection that ends that it has.
			continue
		}
		s := start(t, p, fault.Fault{Kind: fault.Reset}.Handler(&bank{}))(t.Context())
		if !errors.Is(s.err, syscall.ECONNRESET) {
			t.Errorf("%s: the client sees %v", p.name, s.err)
		}
	}
}

// A dead connection is one until the client gives up, and then the handler ends.
func TestADeadConnectionEndsWithItsClient(t *testing.T) {
	for _, p := range protocols {
		ended := make(chan struct{})
		call := start(t, p, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(ended)
			fault.Fault{Kind: fault.Dead, When: fault.After}.Handler(&bank{}).ServeHTTP(w, r)
		}))
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if s := call(ctx); !errors.Is(s.err, context.DeadlineExceeded) {
			t.Errorf("%s: the client sees %+v", p.name, s)
		}
		cancel()
		<-ended
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// A server that is told to shut down does not wait for those who wait.
func TestAWaitEndsWhenTheServerShutsDown(t *testing.T) {
	began := make(chan struct{})
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			// It is read when the fault has begun: one that the server has not heard of by then is not ended.
			r.Body = io.NopCloser(readerFunc(func([]byte) (int, error) { close(began); return 0, io.EOF }))
			fault.Fault{Kind: fault.Dead}.Handler(&bank{}).ServeHTTP(w, r)
		})}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	called := make(chan error)
	go func() {
		transport := &http.Transport{DisableKeepAlives: true}
		r, _ := http.NewRequest(http.MethodGet, "http://"+listener.Addr().String(), http.NoBody)
		_, err := transport.RoundTrip(r)
		called <- err
	}()
	<-began
	if err := server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-called; err == nil {
		t.Error("there is an answer")
	}
}

// What has begun takes effect, though the client is gone.
func TestAnEffectDoesNotEndWithItsClient(t *testing.T) {
	begun, gone, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	next := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(begun)
		<-gone
		done <- r.Context().Err()
	})
	outer := make(chan struct{})
	call := start(t, protocols[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(outer)
		context.AfterFunc(r.Context(), func() { close(gone) })
		fault.Fault{Kind: fault.Reset, When: fault.After}.Handler(next).ServeHTTP(w, r)
	}))
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-begun; cancel() }()
	_ = call(ctx)
	if err := <-done; err != nil {
		t.Errorf("the context of what takes effect has ended: %v", err)
	}
	<-outer
}

// The token that is refused is none that anybody has, so that the real one is still good.
func TestAnExpiredTokenIsNotTheOneThatWasSent(t *testing.T) {
	var b bank
	call := start(t, protocols[0], fault.Fault{Kind: fault.ExpiredToken}.Handler(&b))
	if s := call(t.Context()); s.status != http.StatusUnauthorized {
		t.Errorf("the client sees %+v", s)
	}
	if got := b.authorized.Load(); got == "Bearer good" || got == "" {
		t.Errorf("the bank sees %q", got)
	}
}

func TestAFaultThatIsNoneIsAnsweredSo(t *testing.T) {
	var b bank
	for _, f := range []fault.Fault{{}, {Kind: "quake"}, {Kind: fault.Delay}} {
		w := httptest.NewRecorder()
		f.Handler(&b).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if w.Code != http.StatusInternalServerError || b.effects.Load() != 0 {
			t.Errorf("%+v: %d %s", f, w.Code, w.Body)
		}
	}
}

// A jitter alone makes a request wait, though nobody has drawn it: a wait that ends with the client shows it.
func TestAJitterThatNobodyHasDrawnIsWaitedFor(t *testing.T) {
	var b bank
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	defer func() {
		if gone := recover(); gone != http.ErrAbortHandler || b.effects.Load() != 0 { //nolint:errorlint // A value.
			t.Errorf("%v, %d effects: nothing was waited for", gone, b.effects.Load())
		}
	}()
	f := fault.Fault{Kind: fault.Delay, Jitter: fault.MaxWait}
	f.Handler(&b).ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
}

func ExampleParse() {
	f, err := fault.Parse("delay; when=after; delay=150ms")
	fmt.Println(f.Kind, f.When, f.Delay, err)
	_, err = fault.Parse("truncate; when=after")
	fmt.Println(err)
	// Output:
	// delay after 150ms <nil>
	// when: truncate has one moment alone: leave it out
}

func ExampleFault_Handler() {
	bank := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Println("paid") })
	server := httptest.NewServer(fault.Fault{Kind: fault.HTML, When: fault.After}.Handler(bank))
	defer server.Close()
	response, err := server.Client().Post(server.URL, "application/json", strings.NewReader("{}"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = response.Body.Close() }()
	fmt.Println(response.Status)
	// Output:
	// paid
	// 502 Bad Gateway
}
