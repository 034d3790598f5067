package idempotency_test

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// answer is all that a client sees of a response.
type answer struct {
	status          int
	header, trailer http.Header
	length          int64
	body, err       string
	informed        []string
}

// exchange sends a request with a key to a server that runs a handler, and returns what comes back.
func exchange(t *testing.T, handler http.Handler) answer {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	defer server.Close()
	var a answer
	r, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
			a.informed = append(a.informed, fmt.Sprint(code, http.Header(header)))
			return nil
		}}), http.MethodPost, server.URL+"/payments/", strings.NewReader("10 USD"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(idempotency.Header, aKey)
	w, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Body.Close() }()
	body, err := io.ReadAll(w.Body)
	if err != nil {
		a.err = err.Error()
	}
	w.Header.Del("Date")
	a.status, a.header, a.trailer, a.length, a.body = w.StatusCode, w.Header, w.Trailer, w.ContentLength, string(body)
	return a
}

// further is a middleware further out.
func further(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Origin")
		w.Header().Set("X-Frame-Options", "DENY")
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1", Secure: true, HttpOnly: true})
		next.ServeHTTP(w, r)
	})
}

func TestAResponseIsTheSameAsWithoutAGuard(t *testing.T) {
	large := strings.Repeat("0123456789", 1000)
	for name, handler := range map[string]http.HandlerFunc{
		"nothing": func(http.ResponseWriter, *http.Request) {},
		"headers that are added, replaced and removed": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Add("Vary", "Accept")
			http.SetCookie(w, &http.Cookie{Name: "other", Value: "2", Secure: true, HttpOnly: true})
			if w.Header().Get("X-Frame-Options") != "DENY" {
				t.Error("what is further out cannot be seen")
			}
			w.Header().Del("X-Frame-Options")
			w.WriteHeader(http.StatusAccepted)
		},
		"headers that come too late": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-In-Time", "1")
			w.WriteHeader(http.StatusCreated)
			w.Header().Set("X-Late", "1")
			w.Header().Add("X-In-Time", "2")
			w.Header().Del("Vary")
			_, _ = io.WriteString(w, "done")
		},
		"trailers": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "X-Sum, X-Other")
			w.Header().Add("Trailer", "x-third")
			_, _ = io.WriteString(w, "done")
			w.Header().Set("X-Sum", "1")
			w.Header().Set("X-Third", "3")
			w.Header().Set(http.TrailerPrefix+"X-Fourth", "4")
			w.Header().Set("X-Late", "1")
		},
		"trailers of a large response": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "X-Sum")
			_, _ = io.WriteString(w, large)
			w.Header().Set("X-Sum", "1")
		},
		"early hints": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "</a.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			w.Header().Set("Link", "</b.css>; rel=preload")
			w.WriteHeader(http.StatusProcessing)
			w.Header().Del("Link")
			w.WriteHeader(http.StatusCreated)
			w.WriteHeader(http.StatusEarlyHints) // too late
		},
		"a length": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "4")
			_, _ = io.WriteString(w, "done")
		},
		"a length that is less": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "4")
			n, err := io.WriteString(w, "done")
			if m, err2 := io.WriteString(w, "!"); n != 4 || err != nil || m != 0 || err2 == nil {
				t.Errorf("Write = %d, %v and %d, %v", n, err, m, err2)
			}
		},
		"a length that is more": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5")
			_, _ = io.WriteString(w, "done")
		},
		"a length that is none": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "many")
			_, _ = io.WriteString(w, "done")
		},
		"a large body": func(w http.ResponseWriter, _ *http.Request) {
			for range 3 {
				_, _ = io.WriteString(w, large)
			}
		},
		"a body that is sniffed": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "<html>")
		},
		"a body that is not sniffed": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			_, _ = io.WriteString(w, "<html>")
		},
		"a body where there is none": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNoContent)
			if n, err := io.WriteString(w, "done"); n != 0 || err == nil {
				t.Errorf("Write = %d, %v", n, err)
			}
		},
		"a redirect": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/payments/1/")
			w.WriteHeader(http.StatusNotModified)
		},
		"deadlines": func(w http.ResponseWriter, _ *http.Request) {
			control := http.NewResponseController(w)
			for _, set := range []func(time.Time) error{control.SetReadDeadline, control.SetWriteDeadline} {
				if err := set(time.Now().Add(time.Hour)); err != nil {
					t.Error(err)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := exchange(t, further(handler))
			l := &ledger{Memory: memory(t)}
			for way, config := range map[string]idempotency.Config{
				"plain": {}, "in a transaction": {Store: l, Headers: []string{"Vary"}},
				"sent while it is written": {MaxResponseBytes: 1},
			} {
				guarded := protect(t, config, handler)
				if got := exchange(t, further(guarded)); !reflect.DeepEqual(got, want) {
					t.Errorf("%s:\n%+v\nwant\n%+v", way, got, want)
				}
			}
		})
	}
}

// So do they for a handler that fails.
func TestAFailureKeepsTheHeadersOfWhatIsFurtherOut(t *testing.T) {
	handler := protect(t, idempotency.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Half", "done")
		w.WriteHeader(150)
	})
	for range 2 {
		got := exchange(t, further(handler))
		if got.header.Get("Vary") != "Origin" || got.header.Get("X-Frame-Options") != "DENY" ||
			got.header.Get("X-Half") != "" || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%+v", got)
		}
	}
}

// What is further out has set its headers for the repeat as well, and they stay.
func TestAReplayKeepsTheHeadersOfWhatIsFurtherOut(t *testing.T) {
	handler := protect(t, idempotency.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/csv")
		w.Header().Set("Content-Length", "4")
		w.Header().Set("Trailer", "X-Sum")
		_, _ = io.WriteString(w, "done")
		w.Header().Set("X-Sum", "1")
	})
	serve(handler, post(aKey, "10 USD"))
	got := exchange(t, further(handler))
	want := http.Header{"Vary": {"Origin"}, "X-Frame-Options": {"DENY"}, "Content-Type": {"text/csv"},
		"Content-Length": {"4"}, "Set-Cookie": {"session=1; HttpOnly; Secure"},
		idempotency.HeaderReplayed: {"true"}}
	if !reflect.DeepEqual(got.header, want) || got.body != "done" || len(got.trailer) > 0 {
		t.Errorf("%+v\nwant\n%+v", got, want)
	}
}

// compressing is a middleware that knows as little of lengths as many do.
func compressing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		writer := gzip.NewWriter(w)
		defer func() { _ = writer.Close() }()
		next.ServeHTTP(compressor{w, writer}, r)
	})
}

type compressor struct {
	http.ResponseWriter
	writer *gzip.Writer
}

func (c compressor) Write(p []byte) (int, error) { return c.writer.Write(p) }

func TestNobodyIsToldALengthThatTheHandlerDidNotSet(t *testing.T) {
	text := strings.Repeat("payment ", 250)
	handler := protect(t, idempotency.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, text)
	})
	for range 2 {
		got := exchange(t, compressing(handler))
		if got.err != "" || got.body != text {
			t.Errorf("%d bytes came, %q", len(got.body), got.err)
		}
	}
}

// A response that is sent as it is written can be flushed.
func TestALargeResponseCanBeFlushed(t *testing.T) {
	seen := make(chan struct{})
	handler := protect(t, idempotency.Config{MaxResponseBytes: 5}, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "0123456789\n")
		w.(http.Flusher).Flush()
		<-seen
	})
	server := httptest.NewServer(handler)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(idempotency.Header, aKey)
	w, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Body.Close() }()
	if line, err := bufio.NewReader(w.Body).ReadString('\n'); line != "0123456789\n" {
		t.Errorf("%q, %v", line, err)
	}
	close(seen)
}
