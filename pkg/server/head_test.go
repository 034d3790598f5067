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
		})
	}
}

// Some more fields than a request may have are still answered in words.
func TestAConnectionTakesAHeadOf128Lines(t *testing.T) {
	s := listen(t, server.NewHTTPServer("", plain()), patience)
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
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("127 fields: it is still there")
	}
	if err == nil {
		_ = response.Body.Close()
	}
	if err == nil && response.StatusCode != http.StatusBadRequest {
		t.Errorf("127 fields: %d", response.StatusCode)
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
