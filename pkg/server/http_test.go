package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// patience is how long a test waits for what takes milliseconds.
const patience = 20 * time.Second

// serving is a server that a test started.
type serving struct {
	addr string
	end  context.CancelFunc
	done chan error
}

func listen(t *testing.T, httpServer *http.Server, grace time.Duration) *serving {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	return listenUntil(ctx, t, cancel, httpServer, grace)
}

// listenUntil serves until a context ends, which several servings may have.
func listenUntil(ctx context.Context, t *testing.T, cancel context.CancelFunc, httpServer *http.Server,
	grace time.Duration) *serving {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &serving{listener.Addr().String(), cancel, make(chan error, 1)}
	go func() { s.done <- server.Serve(ctx, httpServer, listener, grace) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-s.done:
			if err != nil && !errors.Is(err, server.ErrCutOff) {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Error("the server does not end")
		}
	})
	return s
}

// wait returns what Serve returned, and leaves it for others.
func (s *serving) wait(t *testing.T) error {
	t.Helper()
	select {
	case err := <-s.done:
		s.done <- err
		return err
	case <-time.After(patience):
		t.Fatal("the server does not end")
		return nil
	}
}

func (s *serving) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func send(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

func answered(t *testing.T, conn net.Conn) int {
	t.Helper()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	return response.StatusCode
}

var ok = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })

func TestAServerHasLimitsByDefault(t *testing.T) {
	s := server.NewHTTPServer("127.0.0.1:1", ok)
	if s.Addr != "127.0.0.1:1" || s.Handler == nil || s.ReadHeaderTimeout != server.ReadHeaderTimeout ||
		s.ReadTimeout != server.ReadTimeout ||
		s.WriteTimeout != server.WriteTimeout || s.IdleTimeout != server.IdleTimeout ||
		s.MaxHeaderBytes != server.MaxHeaderBytes {
		t.Errorf("%+v", s)
	}
	if two := s.HTTP2; two == nil || two.MaxReceiveBufferPerConnection != 64<<10 || two.MaxReadFrameSize != 16<<10 ||
		two.MaxReceiveBufferPerStream == 0 || two.MaxConcurrentStreams == 0 || s.ConnContext == nil {
		t.Errorf("%+v", two)
	}
	// What the comments say of one another.
	if server.ReadHeaderTimeout >= server.ReadTimeout || server.ReadTimeout >= server.WriteTimeout {
		t.Error("a timeout hides another")
	}
}

// No request goes past the chain, which gives it an id and a line in the log.
func TestOptionsOfTheWholeServerAreNotAnswered(t *testing.T) {
	conn := listen(t, server.NewHTTPServer("", newServer(t, server.Config{})), patience).dial(t)
	send(t, conn, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
	if got := answered(t, conn); got != http.StatusUnauthorized {
		t.Errorf("%d", got)
	}
}

// A client that sends a header now and then, and never the last, holds its connection for the ReadHeaderTimeout and no
// longer.
func TestAClientThatNeverEndsItsHeadersIsCutOff(t *testing.T) {
	httpServer := server.NewHTTPServer("", ok)
	httpServer.ReadHeaderTimeout = 200 * time.Millisecond
	s := listen(t, httpServer, patience)
	conn := s.dial(t)
	closed := make(chan error, 1)
	go func() {
		_, err := conn.Read(make([]byte, 1))
		closed <- err
	}()
	send(t, conn, "GET / HTTP/1.1\r\nHost: x\r\n")
	drip := time.NewTicker(20 * time.Millisecond)
	defer drip.Stop()
	for n := 0; ; n++ {
		select {
		case err := <-closed:
			if timeout := net.Error(nil); err == nil || errors.As(err, &timeout) && timeout.Timeout() {
				t.Errorf("the server did not close: %v", err)
			}
			// Others are served all along.
			other := s.dial(t)
			send(t, other, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			if got := answered(t, other); got != http.StatusNoContent {
				t.Errorf("another client got %d", got)
			}
			return
		case <-drip.C:
			_, _ = fmt.Fprintf(conn, "X-%d: y\r\n", n) // Fails when the server has closed.
		}
	}
}

func TestAnIdleConnectionIsClosed(t *testing.T) {
	httpServer := server.NewHTTPServer("", ok)
	httpServer.IdleTimeout = 50 * time.Millisecond
	conn := listen(t, httpServer, patience).dial(t)
	send(t, conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	if got := answered(t, conn); got != http.StatusNoContent {
		t.Fatalf("%d", got)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("%v; want the end of the connection", err)
	}
}

func TestHeadersAreBounded(t *testing.T) {
	conn := listen(t, server.NewHTTPServer("", ok), patience).dial(t)
	// Beyond the limit net/http has 4 KiB to spare, and it reads no more than that.
	send(t, conn, "GET / HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("x", server.MaxHeaderBytes+4<<10))
	if got := answered(t, conn); got != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("%d", got)
	}
}

// JSON must be there within the ReadTimeout. A file, from a caller who is known, may take longer; so the upload goes on
// when the JSON that began at the same time was given up.
func TestAFileMayTakeLongerThanJSON(t *testing.T) {
	start(t)
	httpServer := server.NewHTTPServer("", plain())
	httpServer.ReadTimeout, httpServer.WriteTimeout = 200*time.Millisecond, time.Second
	s := listen(t, httpServer, patience)
	head := func(target, mediaType, body string) string {
		key := uuid.NewString()
		signature, err := signing.Sign(newSecret, key, target, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf(
			"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\nAuthorization: Bearer "+
				"%s\r\n%s: %s\r\n%s: %s\r\n\r\n",
			target, mediaType, len(body), token, idempotency.Header, key, signing.HeaderSignature, signature)
	}
	const file = "%PDF-1.7 and so on"
	uploading := s.dial(t)
	send(t, uploading, head(upload, "application/pdf", file)+file[:4])
	for range 6 { // Longer than the WriteTimeout, too.
		slow := s.dial(t)
		send(t, slow, head(fund, "application/json", fundBody)+fundBody[:4])
		if got := answered(t, slow); got != http.StatusRequestTimeout {
			t.Errorf("slow JSON: %d", got)
		}
	}
	send(t, uploading, file[4:])
	if got := answered(t, uploading); got != http.StatusOK {
		t.Errorf("slow file: %d", got)
	}
	// A caller who is not known gets no time.
	stranger := s.dial(t)
	send(t, stranger, strings.Replace(head(upload, "application/pdf", file), token, "another", 1))
	if got := answered(t, stranger); got != http.StatusUnauthorized {
		t.Errorf("a stranger: %d", got)
	}
}

func TestTheEndWaitsForCallsUnderWay(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	s := listen(t, server.NewHTTPServer("", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-leave
		if r.Context().Err() != nil {
			w.WriteHeader(http.StatusTeapot)
		}
	})), patience)
	conn := s.dial(t)
	send(t, conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	<-entered
	s.end()
	// Nobody new gets in. The listener closes a moment after the end was asked for.
	for deadline := time.Now().Add(patience); ; {
		other, err := net.Dial("tcp", s.addr)
		if err != nil {
			break
		}
		_ = other.Close()
		if time.Now().After(deadline) {
			t.Fatal("it still listens")
		}
	}
	select {
	case err := <-s.done:
		t.Fatalf("it ended with a call under way: %v", err)
	default:
	}
	close(leave)
	if got := answered(t, conn); got != http.StatusOK {
		t.Errorf("the call under way got %d", got)
	}
	if err := s.wait(t); err != nil {
		t.Error(err)
	}
}

func TestTheEndDoesNotWaitForEver(t *testing.T) {
	entered, gone := make(chan struct{}), make(chan struct{})
	s := listen(t, server.NewHTTPServer("", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
		close(gone)
	})), time.Millisecond)
	send(t, s.dial(t), "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	<-entered
	s.end()
	if err := s.wait(t); !errors.Is(err, server.ErrCutOff) {
		t.Errorf("%v; want ErrCutOff", err)
	}
	select {
	case <-gone:
	case <-time.After(patience):
		t.Error("the call that was cut off was not told")
	}
}

func TestAServerThatCannotGoOnSaysSo(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	if err := server.Serve(t.Context(), server.NewHTTPServer("", ok), listener, patience); !errors.Is(err,
		net.ErrClosed) {
		t.Errorf("%v", err)
	}
}

func TestListenAndServe(t *testing.T) {
	s := start(t)
	config := server.Config{API: s.bank, Lookup: authentication.FixedTokens(nil)}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := taken.Addr().String()
	if err := server.ListenAndServe(ctx, addr, config); err == nil ||
		!strings.HasPrefix(err.Error(), "server: listen tcp ") {
		t.Errorf("on an address that is taken: %v", err)
	}
	if err := server.ListenAndServe(ctx, addr, server.Config{}); err == nil {
		t.Error("an empty configuration is served")
	}
	_ = taken.Close()
	done := make(chan error, 1)
	go func() { done <- server.ListenAndServe(ctx, addr, config) }()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		response, err := client.Get("http://" + addr + "/health")
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode != http.StatusOK {
				t.Errorf("%d", response.StatusCode)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
}
