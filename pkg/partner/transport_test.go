package partner_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// line is a TCP connection's way to a server, as a gateway is: what it has open can be made to fail, while it opens
// new connections.
type line struct {
	net.Listener
	target string

	mu     sync.Mutex
	opened int
	open   []*atomic.Bool
	// failing is what happens to a connection that has failed when something is sent on it.
	failing func(net.Conn)
	all     sync.WaitGroup
}

// swallow takes what is sent and does nothing with it.
func swallow(connection net.Conn) { _, _ = io.Copy(io.Discard, connection) }

// reset answers as a machine does that knows nothing of a connection.
func reset(connection net.Conn) { _ = connection.(*net.TCPConn).SetLinger(0) }

func newLine(t *testing.T, target string, failing func(net.Conn)) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{Listener: listener, target: target, failing: failing}
	var connections sync.Map
	l.all.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Store(connection, nil)
			failed := new(atomic.Bool)
			l.mu.Lock()
			l.opened++
			l.open = append(l.open, failed)
			l.mu.Unlock()
			l.all.Go(func() { l.serve(connection, failed) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		connections.Range(func(connection, _ any) bool {
			_ = connection.(net.Conn).Close()
			return true
		})
		l.all.Wait()
	})
	return l
}

func (l *line) serve(near net.Conn, failed *atomic.Bool) {
	defer func() { _ = near.Close() }()
	far, err := net.Dial("tcp", l.target)
	if err != nil {
		return
	}
	defer func() { _ = far.Close() }()
	l.all.Go(func() {
		_, _ = io.Copy(near, far)
		if !failed.Load() {
			_ = near.Close()
		}
	})
	buffer := make([]byte, 64<<10)
	for {
		n, err := near.Read(buffer)
		if failed.Load() {
			_ = far.Close()
			l.failing(near)
			return
		}
		if err != nil {
			return
		}
		if _, err := far.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// fail makes all connections fail that are open.
func (l *line) fail() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, failed := range l.open {
		failed.Store(true)
	}
}

func (l *line) connections() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.opened
}

// newTLS is a server of HTTP/2 with a certificate of its own, and the pool that knows it.
func newTLS(t *testing.T, serve http.HandlerFunc) (*httptest.Server, *x509.CertPool) {
	t.Helper()
	server := httptest.NewUnstartedServer(serve)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	return server, pool
}

// A connection that a device in between has forgotten swallows what is sent on it. Pings find it, and the next attempt
// has another one.
func TestADeadHTTP2ConnectionIsFoundWhileACallWaits(t *testing.T) {
	server, pool := newTLS(t, func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("it is %s", r.Proto)
		}
		transferCreated(w, r)
	})
	line := newLine(t, server.Listener.Addr().String(), swallow)
	transport := partner.NewTransport()
	transport.TLSClientConfig.RootCAs = pool
	transport.HTTP2.SendPingTimeout, transport.HTTP2.PingTimeout = 100*time.Millisecond, 100*time.Millisecond
	client, err := partner.New(partner.Config{
		BaseURL: "https://" + line.Addr().String(), Tokens: tokens(goodToken), SigningSecret: secret,
		HTTPClient: &http.Client{Transport: transport}, AttemptTimeout: 20 * time.Second,
		Hooks: partner.Hooks{OnResponse: func(_ partner.Attempt, _ *http.Response, err error) {
			if errors.Is(err, context.DeadlineExceeded) {
				t.Error("an attempt waits for all of its time")
			}
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	newClock(client)
	if err := pay(t.Context(), t, client); err != nil {
		t.Fatal(err)
	}
	line.fail()
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			var response partner.Response
			if err := pay(t.Context(), t, client, partner.WithResponse(&response)); err != nil {
				t.Error(err)
			}
			if response.Attempts > 2 {
				t.Errorf("%d attempts", response.Attempts)
			}
		})
	}
	all.Wait()
	if n := line.connections(); n < 2 {
		t.Errorf("%d connections", n)
	}
}

// Over HTTP/1.1 idle connections cannot be asked. When one fails, the others are not tried one after the other.
func TestOneDeadIdleConnectionEndsTheOthers(t *testing.T) {
	for name, failing := range map[string]func(net.Conn){"swallowing": swallow, "reset": reset} {
		t.Run(name, func(t *testing.T) {
			const warm = 5
			var arrived sync.WaitGroup
			arrived.Add(warm)
			var warming atomic.Bool
			warming.Store(true)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if warming.Load() { // All at once, so that each has a connection.
					arrived.Done()
					arrived.Wait()
				}
				transferCreated(w, r)
			}))
			defer server.Close()
			line := newLine(t, server.Listener.Addr().String(), failing)
			client, err := partner.New(partner.Config{BaseURL: "http://" + line.Addr().String(),
				Tokens: tokens(goodToken), SigningSecret: secret})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			newClock(client)
			var all sync.WaitGroup
			for range warm {
				all.Go(func() {
					if err := pay(t.Context(), t, client); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			warming.Store(false)
			line.fail()
			options := []partner.CallOption{partner.WithMaxRetries(1)}
			if name == "swallowing" { // Nothing but the timeout ends the first attempt.
				options = append(options, partner.WithAttemptTimeout(500*time.Millisecond))
			}
			if err := pay(t.Context(), t, client, options...); err != nil {
				t.Error(err)
			}
			if n := line.connections(); n != warm+1 {
				t.Errorf("%d connections, want %d", n, warm+1)
			}
		})
	}
}

// counted counts how often its idle connections are closed.
type counted struct {
	roundTripper
	closed *atomic.Int64
}

func (c counted) CloseIdleConnections() { c.closed.Add(1) }

func TestIdleConnectionsAreClosedAfterAFailureThatTheCallerDidNotCause(t *testing.T) {
	var closed atomic.Int64
	fail := errors.New("no")
	client, err := partner.New(partner.Config{BaseURL: "http://127.0.0.1:1", Tokens: tokens(goodToken),
		SigningSecret: secret, MaxRetries: -1, HTTPClient: &http.Client{Transport: counted{
			func(r *http.Request) (*http.Response, error) {
				if fail == nil {
					return stubAnswer(r, 200, agreements), nil
				}
				if errors.Is(fail, context.Canceled) {
					<-r.Context().Done()
				}
				return nil, fail
			}, &closed}}})
	if err != nil {
		t.Fatal(err)
	}
	_ = read(t.Context(), client)
	if closed.Load() != 1 {
		t.Errorf("a failure closes them %d times", closed.Load())
	}
	fail = nil
	_ = read(t.Context(), client)
	fail = context.Canceled
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	_ = read(ctx, client)
	if closed.Load() != 1 {
		t.Errorf("an answer and a caller who goes close them, %d times in all", closed.Load())
	}
}

// What a program has set up for all its connections holds for the client's too.
func TestTheDefaultTransportsTLSIsKept(t *testing.T) {
	var protocol atomic.Value
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protocol.Store(fmt.Sprint(r.Proto, " ", tls.VersionName(r.TLS.Version), " ", len(r.TLS.PeerCertificates)))
		agreementsOK(w, r)
	}))
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	server.StartTLS()
	defer server.Close()
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())

	standard := http.DefaultTransport
	defer func() { http.DefaultTransport = standard }()
	own := standard.(*http.Transport).Clone()
	own.TLSClientConfig = &tls.Config{RootCAs: pool, Certificates: server.TLS.Certificates,
		MinVersion: tls.VersionTLS13}
	http.DefaultTransport = own

	for name, given := range map[string]*http.Client{"no client": nil, "one without a transport": {}} {
		client, err := partner.New(partner.Config{BaseURL: server.URL, Tokens: tokens(goodToken), SigningSecret: secret,
			HTTPClient: given})
		if err != nil {
			t.Fatal(err)
		}
		if err := read(t.Context(), client); err != nil || protocol.Load() != "HTTP/2.0 TLS 1.3 1" {
			t.Errorf("%s: %v, %v", name, err, protocol.Load())
		}
		client.Close()
	}
	if own.TLSClientConfig.MinVersion != tls.VersionTLS13 || own.HTTP2 != nil {
		t.Errorf("the program's own is changed: %+v, %+v", own.TLSClientConfig, own.HTTP2)
	}
}

func TestNewTransport(t *testing.T) {
	standard := http.DefaultTransport
	defer func() { http.DefaultTransport = standard }()
	for _, c := range []struct {
		name              string
		standard          http.RoundTripper
		version           uint16
		send, answer      time.Duration
		idle, idlePerHost int
	}{
		{"the default's", standard, tls.VersionTLS12, 15 * time.Second, 15 * time.Second, 100, 100},
		{"something else in its place", roundTripper(nil), tls.VersionTLS12, 15 * time.Second, 15 * time.Second, 100,
			100},
		{"a version below 1.2", &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS10}},
			tls.VersionTLS12, 15 * time.Second, 15 * time.Second, 0, 100},
		{"a version above 1.2", &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13}},
			tls.VersionTLS13, 15 * time.Second, 15 * time.Second, 0, 100},
		{"own pings", &http.Transport{HTTP2: &http.HTTP2Config{SendPingTimeout: time.Minute}},
			tls.VersionTLS12, time.Minute, 15 * time.Second, 0, 100},
		{"more idle connections", &http.Transport{MaxIdleConnsPerHost: 500}, tls.VersionTLS12, 15 * time.Second,
			15 * time.Second, 0, 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			http.DefaultTransport = c.standard
			got := partner.NewTransport()
			if got.TLSClientConfig.MinVersion != c.version || got.HTTP2.SendPingTimeout != c.send ||
				got.HTTP2.PingTimeout != c.answer || got.MaxIdleConns != c.idle ||
				got.MaxIdleConnsPerHost != c.idlePerHost {
				t.Errorf("%+v, TLS %+v, HTTP/2 %+v", got, got.TLSClientConfig, got.HTTP2)
			}
		})
	}
}

// rawServer answers every connection with a text, after a request, and closes it.
func rawServer(t *testing.T, text string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer func() { _ = connection.Close() }()
				request := make([]byte, 64<<10)
				for got := ""; !strings.Contains(got, "\r\n\r\n"); {
					n, err := connection.Read(request)
					if err != nil {
						return
					}
					got += string(request[:n])
				}
				_, _ = io.WriteString(connection, text)
				// Bytes that were not read would make it a reset, which overtakes the answer.
				_ = connection.(*net.TCPConn).CloseWrite()
				_, _ = io.Copy(io.Discard, connection)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		all.Wait()
	})
	return listener.Addr().String()
}

// frame is one of HTTP/2.
func frame(kind byte, stream uint32, payload []byte) string {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))[1:]
	head = append(head, kind, 0)
	return string(append(binary.BigEndian.AppendUint32(head, stream), payload...))
}

// net/http quotes what it cannot read, and so would an error and a log.
func TestAnErrorOfTheNetworkQuotesNothing(t *testing.T) {
	goAway := append(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 1), 2), "marker\x1b[2J"...)
	for _, c := range []struct {
		name, text string
		proxy, h2  bool
		want       string
	}{
		{name: "no HTTP", text: "marker marker\r\n\r\n", want: "malformed HTTP"},
		{name: "a status that is none", text: "HTTP/1.1 marker OK\r\n\r\n", want: "malformed HTTP status code"},
		{name: "a version that is none", text: "HTTP/marker 200 OK\r\n\r\n", want: "malformed HTTP version"},
		{name: "a header that is none", text: "HTTP/1.1 200 OK\r\nmarker\r\n\r\n", want: "malformed MIME header"},
		{name: "a length that is none", text: "HTTP/1.1 200 OK\r\nContent-Length: marker\r\n\r\n",
			want: "bad Content-Length"},
		{name: "two lengths", text: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: marker\r\n\r\n",
			want: "multiple Content-Length headers"},
		{name: "an unknown encoding", text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: marker\r\n\r\n",
			want: "unsupported transfer encoding"},
		{name: "a chunk that is none", text: "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" +
			"Transfer-Encoding: chunked\r\n\r\nmarker\r\n", want: "the answer broke off: invalid byte in chunk length"},
		{name: "gzip that is none", text: "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 13\r\n\r\n" +
			"marker marker", want: "the answer broke off: gzip: invalid header"},
		{name: "a proxy's refusal", proxy: true, text: "HTTP/1.1 407 marker \x1b[2J\r\n\r\n",
			want: "the network failed"},
		{name: "a proxy's refusal in the standard's words", proxy: true,
			text: "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
			want: "the proxy refused: Proxy Authentication Required"},
		{name: "a GOAWAY", h2: true, text: frame(4, 0, nil) + frame(7, 0, goAway), want: "server sent GOAWAY"},
	} {
		t.Run(c.name, func(t *testing.T) {
			address := rawServer(t, c.text)
			transport := partner.NewTransport()
			config := partner.Config{BaseURL: "http://" + address, Tokens: tokens(goodToken), SigningSecret: secret,
				HTTPClient: &http.Client{Transport: transport}, MaxRetries: -1}
			switch {
			case c.proxy:
				config.BaseURL = "https://marker.example.com"
				transport.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: address})
			case c.h2:
				transport.Protocols = new(http.Protocols)
				transport.Protocols.SetUnencryptedHTTP2(true)
			}
			var log logBuffer
			config.Logger = log.logger()
			client, err := partner.New(config)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			// net/http may see the end of a connection before it has made use of it, and says that then.
			for range 20 {
				if err = read(t.Context(), client); err == nil || strings.Contains(err.Error(), c.want) {
					break
				}
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error does not say %q: %v", c.want, err)
			}
			for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), log.String()} {
				if strings.Contains(text, "marker") || strings.Contains(text, "\x1b") {
					t.Errorf("it quotes the other side: %s", text)
				}
			}
			// Who asks gets it.
			var failure *partner.Error
			if !errors.As(err, &failure) || failure.Err == nil {
				t.Errorf("%#v", err)
			}
		})
	}
}

// A password may be in the environment's address of the proxy.
func TestTheAddressOfAProxyIsNotShown(t *testing.T) {
	transport := partner.NewTransport()
	transport.Proxy = func(*http.Request) (*url.URL, error) {
		return nil, errors.New(`invalid proxy address "http://user:password-marker@proxy": no`)
	}
	client, err := partner.New(partner.Config{BaseURL: "http://127.0.0.1:1", Tokens: tokens(goodToken),
		SigningSecret: secret, HTTPClient: &http.Client{Transport: transport}})
	if err != nil {
		t.Fatal(err)
	}
	newClock(client)
	if err := read(t.Context(), client); err == nil || !strings.Contains(err.Error(), "invalid proxy address") ||
		strings.Contains(err.Error(), "marker") {
		t.Error(err)
	}
}

// http.Client makes an error of an answer with such a Location, which would be unknown where the server has said no.
func TestALocationThatIsNoURLIsNoErrorOfTheNetwork(t *testing.T) {
	a, _ := scripted(t, statusWith(307, "Location", "http://[marker"))
	err := pay(t.Context(), t, a.client(t))
	var failure *partner.Error
	if !errors.As(err, &failure) || failure.StatusCode != 307 || strings.Contains(err.Error(), "marker") {
		t.Error(err)
	}
}

// frames is a connection whose frames of HTTP/2 that arrive are counted by kind.
type frames struct {
	net.Conn
	mu    *sync.Mutex
	kinds map[byte]int
	rest  []byte
	begun bool
}

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

func (f *frames) Read(p []byte) (int, error) {
	n, err := f.Conn.Read(p)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rest = append(f.rest, p[:n]...)
	if !f.begun && len(f.rest) >= len(preface) {
		f.begun, f.rest = true, bytes.TrimPrefix(f.rest, []byte(preface))
	}
	for f.begun && len(f.rest) >= 9 {
		length := 9 + int(binary.BigEndian.Uint32(append([]byte{0}, f.rest[:3]...)))
		if len(f.rest) < length {
			break
		}
		f.kinds[f.rest[3]]++
		f.rest = f.rest[length:]
	}
	return n, err
}

// observed is a listener whose connections count their frames.
type observed struct {
	net.Listener
	mu          sync.Mutex
	connections int
	kinds       map[byte]int
}

func (o *observed) Accept() (net.Conn, error) {
	connection, err := o.Listener.Accept()
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.connections++
	return &frames{Conn: connection, mu: &o.mu, kinds: o.kinds}, nil
}

// The end of an answer comes a moment after its last byte. Who does not wait for it resets the stream.
func TestAnAnswerIsReadToItsEnd(t *testing.T) {
	const calls, headers, resets = 20, 1, 3
	late := func(w http.ResponseWriter, r *http.Request, status int, body string, declared bool) {
		_, _ = io.Copy(io.Discard, r.Body) // Otherwise the client may reset what it has not sent yet.
		w.Header().Set("Content-Type", "application/json")
		if declared {
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		_ = http.NewResponseController(w).Flush()
		time.Sleep(2 * time.Millisecond)
	}
	for _, c := range []struct {
		name            string
		status          int
		declared, http2 bool
	}{
		{"HTTP/2 with a length", 201, true, true},
		{"HTTP/2 without a length", 201, false, true},
		{"HTTP/2, a refusal", 422, true, true},
		{"HTTP/1.1 with a length", 201, true, false},
		{"HTTP/1.1 in chunks", 201, false, false},
		{"HTTP/1.1, a refusal", 422, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body := transferOK
				if c.status == 422 {
					body = `{"detail":[]}`
				}
				late(w, r, c.status, body, c.declared)
			}))
			listener := &observed{Listener: server.Listener, kinds: map[byte]int{}}
			server.Listener = listener
			transport := partner.NewTransport()
			if c.http2 {
				transport.Protocols, server.Config.Protocols = new(http.Protocols), new(http.Protocols)
				transport.Protocols.SetUnencryptedHTTP2(true)
				server.Config.Protocols.SetUnencryptedHTTP2(true)
			}
			server.Start()
			defer server.Close()
			client, err := partner.New(partner.Config{BaseURL: server.URL, Tokens: tokens(goodToken),
				SigningSecret: secret, HTTPClient: &http.Client{Transport: transport}})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			for range calls {
				if err := pay(t.Context(), t, client); err != nil && !errors.Is(err, partner.ErrValidation) {
					t.Fatal(err)
				}
			}
			listener.mu.Lock()
			defer listener.mu.Unlock()
			if c.http2 && (listener.kinds[headers] != calls || listener.kinds[resets] != 0) {
				t.Errorf("frames by kind: %v", listener.kinds)
			}
			if listener.connections != 1 {
				t.Errorf("%d connections", listener.connections)
			}
		})
	}
}

// A server that never ends its answer has sent all of it nevertheless.
func TestAnAnswerWithoutAnEndIsWhole(t *testing.T) {
	body, closed := &endless{strings.NewReader(agreements), make(chan struct{})}, false
	client, err := partner.New(partner.Config{BaseURL: "http://127.0.0.1:1", Tokens: tokens(goodToken),
		SigningSecret: secret, HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response,
			error) {
			response := stubAnswer(r, 200, agreements)
			response.Body = body
			return response, nil
		})}})
	if err != nil {
		t.Fatal(err)
	}
	if err := read(t.Context(), client); err != nil {
		t.Error(err)
	}
	select {
	case <-body.closed:
		closed = true
	default:
	}
	if !closed {
		t.Error("it is not closed")
	}
}

// endless is a body that gives its bytes and then nothing until it is closed.
type endless struct {
	*strings.Reader
	closed chan struct{}
}

func (e *endless) Read(p []byte) (int, error) {
	if n, _ := e.Reader.Read(p); n > 0 {
		return n, nil
	}
	<-e.closed
	return 0, errors.New("closed")
}

func (e *endless) Close() error {
	select {
	case <-e.closed:
	default:
		close(e.closed)
	}
	return nil
}

// A middleware may have made it longer, and cut it would be another answer.
func TestAnAnswerLongerThanItsLengthIsNotCut(t *testing.T) {
	client, err := partner.New(partner.Config{BaseURL: "http://127.0.0.1:1", Tokens: tokens(goodToken),
		SigningSecret: secret, HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response,
			error) {
			response := stubAnswer(r, 201, transferOK)
			response.Body = io.NopCloser(strings.NewReader(transferOK + " "))
			return response, nil
		})}})
	if err != nil {
		t.Fatal(err)
	}
	if err := pay(t.Context(), t, client); !errors.Is(err, partner.ErrUnreadable) ||
		!strings.Contains(err.Error(), "longer than its Content-Length") {
		t.Error(err)
	}
}
