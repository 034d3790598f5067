package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/server"
)

func fields(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "X%d: \r\n", i)
	}
	return b.String()
}

func TestARequestMayHaveAHundredHeaderFields(t *testing.T) {
	for _, c := range []struct {
		name   string
		add    func(http.Header, int)
		more   int
		status int
	}{
		{"all of them", distinct, 0, http.StatusOK},
		{"one more", distinct, 1, http.StatusRequestHeaderFieldsTooLarge},
		{"one more of the same name", repeated, 1, http.StatusRequestHeaderFieldsTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			start(t).agreements = func(context.Context) (partnerserver.ListAgreementsOutput, error) {
				return partnerserver.ListAgreementsOK{Body: partnerapi.AgreementBundle{
					Documents: []partnerapi.AgreementDocument{}}}, nil
			}
			r := request(t, http.MethodGet, agreements, "")
			sign(t, r, newSecret, uuid.NewString(), "")
			c.add(r.Header, server.MaxHeaderFields-len(r.Header)+c.more)
			w := serve(t, plain(), r)
			if w.Code != c.status || c.more > 0 != (w.Header().Get("Connection") == "close") {
				t.Errorf("%d %v", w.Code, w.Header())
			}
		})
	}
}

// Nothing of such a request waits for whoever does not let its answer in.
func TestOverHTTP2ARefusedHeadHasNoBodyToWaitFor(t *testing.T) {
	client, url := overHTTP2(t, plain())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+fund, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	distinct(r.Header, server.MaxHeaderFields+1)
	code, body, err := status(client, r)
	if code != http.StatusRequestHeaderFieldsTooLarge || body != "" || err != nil {
		t.Errorf("%d %q %v", code, body, err)
	}
}

func distinct(h http.Header, n int) {
	for i := range n {
		h.Set(fmt.Sprintf("X-%d", i), "")
	}
}

func repeated(h http.Header, n int) { h["X-Many"] = slices.Repeat([]string{""}, n) }

// The head of such a request is not collected until its end.
func TestAConnectionEndsWithinAHeadOfTooManyLines(t *testing.T) {
	for name, before := range map[string]string{
		"in the first request":               "",
		"in the second":                      "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"behind lines that are nobody's":     "\r\n\r\n",
		"in a request with bare line breaks": "GET / HTTP/1.1\nHost: x\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			httpServer := server.NewHTTPServer("", ok)
			httpServer.ReadHeaderTimeout, httpServer.ReadTimeout = 0, 0 // It is not time that ends it.
			conn := listen(t, httpServer, patience).dial(t)
			if strings.HasPrefix(before, "GET") {
				send(t, conn, before)
				if got := answered(t, conn); got != http.StatusNoContent {
					t.Fatalf("%d", got)
				}
				before = ""
			}
			send(t, conn, before+"GET / HTTP/1.1\r\nHost: x\r\n"+fields(200))
			// net/http answers the first request of a connection alone.
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("it is still there")
			}
			if err == nil && (response.StatusCode != http.StatusBadRequest || !response.Close) {
				t.Errorf("%d %v", response.StatusCode, response.Header)
			}
			if err == nil {
				_ = response.Body.Close()
			}
			if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("it does not end")
			}
		})
	}
}

// Some more fields than a request may have are still answered in words.
func TestAConnectionTakesAHeadOf128Lines(t *testing.T) {
	httpServer := server.NewHTTPServer("", plain())
	httpServer.ReadHeaderTimeout, httpServer.ReadTimeout = 0, 0
	s := listen(t, httpServer, patience)
	conn := s.dial(t)
	reader := bufio.NewReader(conn)
	for _, c := range []struct{ fields, status int }{
		{1, http.StatusUnauthorized}, {126, http.StatusRequestHeaderFieldsTooLarge},
	} {
		// It is counted while it arrives.
		send(t, conn, "GET / HTTP/1.1\r\nHost: x\r\n"+fields(c.fields))
		time.Sleep(50 * time.Millisecond)
		send(t, conn, "\r\n")
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatalf("%d fields: %v", c.fields, err)
		}
		text, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != c.status {
			t.Errorf("%d fields: %d %v", c.fields, response.StatusCode, err)
		}
		if words := strings.Contains(string(text), "too many header fields"); words != (c.fields > 100) {
			t.Errorf("%d fields: %s", c.fields, text)
		}
	}
	conn = s.dial(t)
	send(t, conn, "GET / HTTP/1.1\r\nHost: x\r\n"+fields(127))
	if got := answered(t, conn); got != http.StatusBadRequest {
		t.Errorf("127 fields: %d", got)
	}
}

func TestLinesOfABodyAreNoHead(t *testing.T) {
	conn := listen(t, server.NewHTTPServer("", ok), patience).dial(t)
	for _, body := range []string{strings.Repeat("\n", 1000), strings.Repeat("x\r\n", 1000),
		strings.Repeat("x\r\n", 30_000)} { // The last is read piece by piece.
		for range 2 {
			send(t, conn, fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n%s\r\n%s", len(body),
				fields(100), body))
			if got := answered(t, conn); got != http.StatusNoContent {
				t.Fatalf("%d", got)
			}
		}
	}
}

// What is sent before the last request is answered is in the buffer of net/http by then.
func TestAHeadThatIsSentAheadIsCounted(t *testing.T) {
	for name, before := range map[string]string{
		"behind a head": "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"behind a body": "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
		"behind a body of pieces": "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n" +
			"0\r\n\r\n",
		// net/http passes over a few behind a body.
		"empty lines alone":         "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 14\r\n\r\nGET / HTTP/1.1",
		"behind a body's last line": "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nx\n",
	} {
		t.Run(name, func(t *testing.T) {
			httpServer := server.NewHTTPServer("", ok)
			httpServer.ReadHeaderTimeout, httpServer.ReadTimeout, httpServer.IdleTimeout = 0, 0, 0
			conn := listen(t, httpServer, patience).dial(t)
			ahead := "GET / HTTP/1.1\r\nHost: x\r\n" + fields(120)
			if name == "empty lines alone" {
				ahead = "\r\n\r\n"
			}
			send(t, conn, before+ahead)
			if got := answered(t, conn); got != http.StatusNoContent {
				t.Fatalf("%d", got)
			}
			if name == "empty lines alone" {
				send(t, conn, "GET / HTTP/1.1\r\nHost: x\r\n"+fields(120))
			}
			send(t, conn, fields(20))
			if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("it is still there")
			}
		})
	}
}

func TestAHeadThatIsSentAheadInOnePieceIsNotKept(t *testing.T) {
	httpServer := server.NewHTTPServer("", ok)
	httpServer.ReadHeaderTimeout, httpServer.ReadTimeout, httpServer.IdleTimeout = 0, 0, 0
	conn := listen(t, httpServer, patience).dial(t)
	send(t, conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n"+strings.Repeat("a:\r\n", 700))
	if got := answered(t, conn); got != http.StatusNoContent {
		t.Fatalf("%d", got)
	}
	if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("it is still there")
	}
}

// A request that was sent ahead whole is served, however many lines its body has.
func TestARequestThatIsSentAheadWholeIsServed(t *testing.T) {
	cut := make(chan error, 2)
	conn := listen(t, server.NewHTTPServer("", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-r.Context().Done():
		case <-time.After(100 * time.Millisecond):
		}
		cut <- r.Context().Err()
		w.WriteHeader(http.StatusNoContent)
	})), patience).dial(t)
	send(t, conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\nPOST / HTTP/1.1\r\nHost: x\r\nContent-Length: 400\r\n\r\n"+
		strings.Repeat("x\n", 200))
	for range 2 {
		if err := <-cut; err != nil {
			t.Error(err)
		}
	}
}

// What is sent ahead may have a body, of as many lines as a head.
func TestARequestWithABodyMayBeSentAhead(t *testing.T) {
	body := strings.Repeat("x\r\n", 120)
	conn := listen(t, server.NewHTTPServer("", ok), patience).dial(t)
	for range 3 {
		send(t, conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"+
			fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", len(body)))
		if got := answered(t, conn); got != http.StatusNoContent {
			t.Fatalf("%d", got)
		}
		send(t, conn, body)
		if got := answered(t, conn); got != http.StatusNoContent {
			t.Errorf("%d", got)
		}
	}
}

// A client that waits for each answer is never cut off, whatever its bodies are and in whatever pieces they come. One
// that sends nothing but requests without bodies ahead is not either.
func TestAnHonestConnectionIsNeverCutOff(t *testing.T) {
	url := listen(t, server.NewHTTPServer("", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	})), patience)
	rapid.Check(t, func(rt *rapid.T) {
		conn := url.dial(t)
		defer conn.Close() //nolint:errcheck // It is over.
		reader := bufio.NewReader(conn)
		for range rapid.IntRange(1, 6).Draw(rt, "rounds") {
			head := "Host: x\r\n" + fields(rapid.IntRange(0, server.MaxHeaderFields-2).Draw(rt, "fields"))
			line := rapid.SampledFrom([]string{"\n", "x\n", "\r\n", "x\r\n", "{\n\n", "x"}).Draw(rt, "line")
			body := strings.Repeat(line, rapid.IntRange(1, 6000).Draw(rt, "lines"))
			var text string
			answers := 1
			switch rapid.IntRange(0, 2).Draw(rt, "kind") {
			case 0:
				answers = rapid.IntRange(1, 5).Draw(rt, "ahead")
				text = strings.Repeat("GET / HTTP/1.1\r\n"+head+"\r\n", answers)
			case 1:
				text = fmt.Sprintf("POST / HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s", head, len(body), body)
			default:
				text = fmt.Sprintf("POST / HTTP/1.1\r\n%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n",
					head, len(body), body)
			}
			for len(text) > 0 {
				n := rapid.IntRange(1, 5000).Draw(rt, "piece")
				n = min(n, len(text))
				if _, err := io.WriteString(conn, text[:n]); err != nil {
					rt.Fatal(err)
				}
				text = text[n:]
			}
			for range answers {
				response, err := http.ReadResponse(reader, nil)
				if err != nil {
					rt.Fatal(err)
				}
				_ = response.Body.Close()
				if response.StatusCode != http.StatusNoContent {
					rt.Fatal(response.StatusCode)
				}
			}
		}
	})
}

// HTTP/2 without TLS has no lines: neither those of its bodies count, nor a byte of a frame that looks like the end of
// one.
func TestAConnectionOfHTTP2HasNoLines(t *testing.T) {
	client, url := overHTTP2(t, ok)
	for i := range 1500 {
		body := "x"
		if i < 3 {
			body = strings.Repeat("x\n", 1000)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if code, _, err := status(client, r); code != http.StatusNoContent || err != nil {
			t.Fatalf("request %d: %d %v", i, code, err)
		}
	}
}

// Whoever only begins like HTTP/2 is counted.
func TestHalfAPrefaceIsNone(t *testing.T) {
	httpServer := server.NewHTTPServer("", ok)
	httpServer.ReadHeaderTimeout, httpServer.ReadTimeout = 0, 0
	httpServer.Protocols = new(http.Protocols)
	httpServer.Protocols.SetUnencryptedHTTP2(true)
	httpServer.Protocols.SetHTTP1(true)
	conn := listen(t, httpServer, patience).dial(t)
	send(t, conn, "PRI")
	time.Sleep(50 * time.Millisecond)
	send(t, conn, "MARY / HTTP/1.1\r\nHost: x\r\n"+fields(200))
	if got := answered(t, conn); got != http.StatusBadRequest {
		t.Errorf("%d", got)
	}
}

// Who has a hook of its own keeps it.
func TestTheStateOfConnectionsIsStillTold(t *testing.T) {
	httpServer := server.NewHTTPServer("", ok)
	told := make(chan http.ConnState, 100)
	httpServer.ConnState = func(_ net.Conn, state http.ConnState) { told <- state }
	conn := listen(t, httpServer, patience).dial(t)
	send(t, conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	if got := answered(t, conn); got != http.StatusNoContent {
		t.Fatalf("%d", got)
	}
	for _, want := range []http.ConnState{http.StateNew, http.StateActive, http.StateIdle} {
		if got := <-told; got != want {
			t.Errorf("%v; want %v", got, want)
		}
	}
}

// A server may serve on two addresses: the second is begun while the first has calls.
func TestAServerMayHaveTwoListeners(t *testing.T) {
	httpServer := server.NewHTTPServer("", ok)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var addresses []string
	for range 2 {
		addresses = append(addresses, listenUntil(ctx, t, cancel, httpServer, patience).addr)
		for _, addr := range addresses {
			conn := (&serving{addr: addr}).dial(t)
			for range 3 {
				send(t, conn, "GET / HTTP/1.1\r\nHost: x\r\n"+fields(90)+"\r\n")
				if got := answered(t, conn); got != http.StatusNoContent {
					t.Fatalf("%s: %d", addr, got)
				}
			}
		}
	}
}
