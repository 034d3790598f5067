package idempotency_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

func TestARepeatGetsTheStoredResponse(t *testing.T) {
	var count atomic.Int64
	handler := protect(t, idempotency.Config{}, pay(&count))
	first := serve(handler, post(aKey, "10 USD"))
	if first.Code != 201 || first.Body.String() != "payment 1 of 10 USD" || first.Header().Get("X-Trace") == "" ||
		first.Header().Get(idempotency.HeaderReplayed) != "" {
		t.Fatalf("the first is answered %d %v %s", first.Code, first.Header(), first.Body)
	}
	for _, key := range []string{aKey, strings.ToUpper(aKey)} {
		again := serve(handler, post(key, "10 USD"))
		if again.Code != 201 || again.Body.String() != first.Body.String() ||
			again.Header().Get("Location") != "/payments/1/" ||
			again.Header().Get("Content-Type") != "text/plain" || again.Header().Get("X-Trace") != "" ||
			again.Header().Get(idempotency.HeaderReplayed) != "true" {
			t.Errorf("the repeat is answered %d %v %s", again.Code, again.Header(), again.Body)
		}
	}
	if count.Load() != 1 {
		t.Errorf("paid %d times", count.Load())
	}
}

func TestRequestsThatAreNotExecuted(t *testing.T) {
	with := func(change func(*http.Request)) *http.Request {
		r := post(aKey, "10 USD")
		change(r)
		return r
	}
	for _, c := range []struct {
		name    string
		request *http.Request
		status  int
		reason  idempotency.Reason
	}{
		{"without a key", post("", "10 USD"), 400, idempotency.ReasonKeyMissing},
		{"with two keys", with(func(r *http.Request) { r.Header.Add(idempotency.Header, aKey) }), 400,
			idempotency.ReasonKeyMissing},
		{"with a key that is not a UUID", post("invoice-1", "10 USD"), 400, idempotency.ReasonKeyMalformed},
		{"with the nil UUID", post("00000000-0000-0000-0000-000000000000", "10 USD"), 400,
			idempotency.ReasonKeyMalformed},
		{"with another body", post(aKey, "11 USD"), 422, idempotency.ReasonKeyReused},
		{"with another method", with(func(r *http.Request) { r.Method = "PUT" }), 422, idempotency.ReasonKeyReused},
		{"with another path", with(func(r *http.Request) { r.URL.Path = "/refunds/" }), 422,
			idempotency.ReasonKeyReused},
		{"with another query", with(func(r *http.Request) { r.URL.RawQuery = "to=me" }), 422,
			idempotency.ReasonKeyReused},
		{"with a large body", post(aKey, strings.Repeat("x", 101)), 413, idempotency.ReasonBodyTooLarge},
		{"with a large body of unknown length", with(func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader(strings.Repeat("x", 101)))), -1
		}), 413, idempotency.ReasonBodyTooLarge},
		{"with a body that breaks off", with(func(r *http.Request) {
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader("1"), errorReader{}))
		}), 400, idempotency.ReasonBodyUnreadable},
	} {
		t.Run(c.name, func(t *testing.T) {
			var count atomic.Int64
			handler := protect(t, idempotency.Config{MaxRequestBytes: 100}, pay(&count))
			serve(handler, post(aKey, "10 USD"))
			w := serve(handler, c.request)
			if w.Code != c.status || !strings.HasPrefix(w.Body.String(),
				`{"type":"`+string(c.reason)+`","detail":"`) || count.Load() != 1 {
				t.Errorf("answered %d %s; paid %d times", w.Code, w.Body, count.Load())
			}
		})
	}
}

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, errors.New("broken off") }

func TestTheStandardHeaderIsQuotedOrBare(t *testing.T) {
	for _, c := range []struct {
		value, same string
		ok          bool
	}{
		{`"invoice-1"`, "invoice-1", true},
		{`  "invoice-1" `, `"invoice-1"`, true},
		{`"a\"b\\c"`, `"a\"b\\c"`, true},
		{"invoice:1/2", "", true},
		{strings.Repeat("k", 255), "", true},
		{strings.Repeat("k", 256), "", false},
		{`""`, "", false},
		{`"open`, "", false},
		{`"a" "b"`, "", false},
		{`"a";x=1`, "", false},
		{`a"b`, "", false},
		{`"a\b"`, "", false},
		{`"a b"`, "", false},
		{`"é"`, "", false},
	} {
		t.Run(c.value, func(t *testing.T) {
			var count atomic.Int64
			handler := protect(t, idempotency.Config{Header: idempotency.HeaderStandard}, pay(&count))
			request := func(value string) *http.Request {
				r := post("", "x")
				r.Header.Set(idempotency.HeaderStandard, value)
				return r
			}
			if w := serve(handler, request(c.value)); (w.Code == 201) != c.ok || !c.ok && w.Code != 400 {
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
			if c.same != "" {
				if w := serve(handler, request(c.same)); w.Header().Get(idempotency.HeaderReplayed) != "true" {
					t.Errorf("%s is another key: %d", c.same, w.Code)
				}
			}
		})
	}
}

func TestWhatNeedsNoKeyPassesThrough(t *testing.T) {
	var count atomic.Int64
	for _, c := range []struct {
		name    string
		config  idempotency.Config
		request *http.Request
	}{
		{"a read", idempotency.Config{}, httptest.NewRequest("GET", "/payments/", nil)},
		{"no key, where it is optional", idempotency.Config{Optional: true}, post("", "x")},
		{"what the middleware does not apply to", idempotency.Config{
			Applies: func(*http.Request) bool { return false }}, post(aKey, "x")},
	} {
		t.Run(c.name, func(t *testing.T) {
			count.Store(0)
			handler := protect(t, c.config, pay(&count))
			serve(handler, c.request)
			serve(handler, c.request)
			if count.Load() != 2 {
				t.Errorf("executed %d times", count.Load())
			}
		})
	}
	if w := serve(protect(t, idempotency.Config{Optional: true}, pay(&count)), post("x", "x")); w.Code != 400 {
		t.Errorf("a malformed key is not the same as none, and is answered %d", w.Code)
	}
}

func TestTheSameKeyInAnotherScopeIsAnotherKey(t *testing.T) {
	var count atomic.Int64
	handler := protect(t, idempotency.Config{Scope: func(r *http.Request) string { return r.Header.Get("X-Partner") }},
		pay(&count))
	for _, partner := range []string{"acme", "globex", "acme"} {
		r := post(aKey, "x")
		r.Header.Set("X-Partner", partner)
		serve(handler, r)
	}
	if count.Load() != 2 {
		t.Errorf("executed %d times", count.Load())
	}
}

func TestARepeatInTheMeantimeIsToldToWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun, goOn := make(chan struct{}), make(chan struct{})
		handler := protect(t, idempotency.Config{}, func(w http.ResponseWriter, _ *http.Request) {
			close(begun)
			<-goOn
			_, _ = io.WriteString(w, "done")
		})
		first := make(chan *httptest.ResponseRecorder)
		go func() { first <- serve(handler, post(aKey, "x")) }()
		<-begun
		w := serve(handler, post(aKey, "x"))
		if w.Code != 409 || w.Header().Get("Retry-After") != "1" ||
			!strings.Contains(w.Body.String(), string(idempotency.ReasonStillInProgress)) {
			t.Errorf("answered %d %v %s", w.Code, w.Header(), w.Body)
		}
		// Longer than the lease, which is renewed.
		time.Sleep(5 * time.Minute)
		if w := serve(handler, post(aKey, "x")); w.Code != 409 || w.Header().Get("Retry-After") != "1" {
			t.Errorf("answered %d %v %s", w.Code, w.Header(), w.Body)
		}
		close(goOn)
		if w := <-first; w.Body.String() != "done" {
			t.Errorf("the first is answered %d %s", w.Code, w.Body)
		}
		if w := serve(handler, post(aKey, "x")); w.Code != 200 || w.Body.String() != "done" {
			t.Errorf("afterwards answered %d %s", w.Code, w.Body)
		}
	})
}

func TestManyAtOnceAreExecutedOnce(t *testing.T) {
	var count, done, waiting atomic.Int64
	handler := protect(t, idempotency.Config{}, pay(&count))
	start := make(chan struct{})
	var group sync.WaitGroup
	for range 1000 {
		group.Go(func() {
			<-start
			switch w := serve(handler, post(aKey, "x")); w.Code {
			case 201:
				done.Add(1)
			case 409:
				waiting.Add(1)
			default:
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
		})
	}
	close(start)
	group.Wait()
	if count.Load() != 1 || done.Load() < 1 || done.Load()+waiting.Load() != 1000 {
		t.Errorf("executed %d times, answered %d, told %d to wait", count.Load(), done.Load(), waiting.Load())
	}
}

func TestAfterTheWindowAKeyIsNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var count atomic.Int64
		handler := protect(t, idempotency.Config{}, pay(&count))
		serve(handler, post(aKey, "x"))
		time.Sleep(idempotency.Window - time.Second)
		serve(handler, post(aKey, "x"))
		if count.Load() != 1 {
			t.Errorf("within the window executed %d times", count.Load())
		}
		time.Sleep(time.Second)
		serve(handler, post(aKey, "x"))
		if count.Load() != 2 {
			t.Errorf("after the window executed %d times", count.Load())
		}
	})
}

func TestAClientThatGoesAwayEndsNothing(t *testing.T) {
	var count atomic.Int64
	gone, cancel := context.WithCancel(t.Context())
	handler := protect(t, idempotency.Config{}, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		if r.Context().Err() != nil {
			t.Error("the handler's context ended with the client")
		}
		if deadline, ok := r.Context().Deadline(); !ok || time.Until(deadline) > 30*time.Second {
			t.Errorf("the handler's deadline is %v", deadline)
		}
		pay(&count)(w, r)
	})
	serve(handler, post(aKey, "x").WithContext(gone))
	if w := serve(handler, post(aKey, "x")); w.Code != 201 || w.Header().Get(idempotency.HeaderReplayed) != "true" ||
		count.Load() != 1 {
		t.Errorf("the repeat is answered %d; paid %d times", w.Code, count.Load())
	}
}

func TestALeaseThatExpiredLeavesTheOutcomeUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, takeOver := range []bool{false, true} {
			var count atomic.Int64
			store := memory(t)
			// Somebody claims the same request and dies.
			var died idempotency.Token
			dying := &hooks{Store: store, complete: func(ctx context.Context, h idempotency.Hold,
				b []byte) error {
				died = h.Token
				return errDead
			}, renew: func() error { return errDead }}
			serve(protect(t, idempotency.Config{Store: dying}, func(http.ResponseWriter, *http.Request) {}),
				post(aKey, "x"))
			if died == 0 {
				t.Fatal("nothing was claimed")
			}
			var kinds []string
			handler := protect(t, idempotency.Config{Store: store, TakeOver: takeOver,
				Observe: func(_ context.Context, e idempotency.Event) { kinds = append(kinds, e.Kind.String()) }},
				func(w http.ResponseWriter, r *http.Request) {
					if hold, ok := idempotency.HoldFromContext(r.Context()); !ok || hold.Token <= died ||
						hold.Key != aKey {
						t.Errorf("the hold is %v; the one before had the token %d", hold, died)
					}
					pay(&count)(w, r)
				})
			if w := serve(handler, post(aKey, "x")); w.Code != 409 || w.Header().Get("Retry-After") == "" {
				t.Errorf("while the lease lasts: %d %s", w.Code, w.Body)
			}
			time.Sleep(61 * time.Second)
			w := serve(handler, post(aKey, "x"))
			if takeOver {
				if w.Code != 201 || strings.Join(kinds, " ") != "conflicted expired claimed" {
					t.Errorf("taken over: %d %s, %v", w.Code, w.Body, kinds)
				}
				continue
			}
			if w.Code != 409 || w.Header().Get("Retry-After") != "" ||
				!strings.Contains(w.Body.String(), string(idempotency.ReasonOutcomeUnknown)) || count.Load() != 0 ||
				strings.Join(kinds, " ") != "conflicted expired" {
				t.Errorf("answered %d %s, %v", w.Code, w.Body, kinds)
			}
		}
	})
}

func TestALargeResponseIsNotStored(t *testing.T) {
	var count int
	var out *httptest.ResponseRecorder
	handler := protect(t, idempotency.Config{MaxResponseBytes: 10}, func(w http.ResponseWriter, _ *http.Request) {
		count++
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, "12345")
		w.(http.Flusher).Flush()
		if out.Body.Len() > 0 || out.Flushed {
			t.Error("sent before it was stored")
		}
		_, _ = io.WriteString(w, "67890")
		_, _ = io.WriteString(w, "1")
		if out.Body.String() != "12345678901" {
			t.Errorf("a large response is held back: %s", out.Body)
		}
		_, _ = io.WriteString(w, "2")
	})
	out = httptest.NewRecorder()
	handler.ServeHTTP(out, post(aKey, "x"))
	if out.Code != 202 || out.Body.String() != "123456789012" {
		t.Errorf("answered %d %s", out.Code, out.Body)
	}
	if w := serve(handler, post(aKey, "x")); w.Code != 409 ||
		!strings.Contains(w.Body.String(), string(idempotency.ReasonResponseNotStored)) || count != 1 {
		t.Errorf("the repeat is answered %d %s; executed %d times", w.Code, w.Body, count)
	}
}

func TestRepeatsCanBeRefused(t *testing.T) {
	var count atomic.Int64
	handler := protect(t, idempotency.Config{RefuseRepeats: true}, pay(&count))
	serve(handler, post(aKey, "x"))
	if w := serve(handler, post(aKey, "x")); w.Code != 409 ||
		!strings.Contains(w.Body.String(), string(idempotency.ReasonAlreadyDone)) ||
		w.Header().Get("Retry-After") != "" {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}

func TestTheHandlerReadsTheSameBody(t *testing.T) {
	for name, body := range map[string]io.ReadCloser{
		"a stream":          io.NopCloser(io.MultiReader(strings.NewReader("10 USD"))),
		"what is in memory": seekable{bytes.NewReader([]byte("10 USD"))},
		"half of it is read": func() io.ReadCloser {
			b := bytes.NewReader([]byte("EUR 10 USD"))
			_, _ = b.Seek(4, io.SeekStart)
			return seekable{b}
		}(),
		"what is held": wire.Hold([]byte("10 USD"), nil),
		"what is held, and half of it is read": func() io.ReadCloser {
			b := wire.Hold([]byte("EUR 10 USD"), nil)
			_, _ = b.Seek(4, io.SeekStart)
			return b
		}(),
	} {
		t.Run(name, func(t *testing.T) {
			var count atomic.Int64
			r := post(aKey, "")
			r.Body, r.ContentLength = body, 6
			if w := serve(protect(t, idempotency.Config{}, pay(&count)), r); w.Body.String() != "payment 1 of 10 USD" {
				t.Errorf("answered %s", w.Body)
			}
		})
	}
}

func TestTheBodyIsReadOnceAndHeld(t *testing.T) {
	var got *wire.Body
	handler := protect(t, idempotency.Config{}, func(_ http.ResponseWriter, r *http.Request) {
		var ok bool
		if got, ok = r.Body.(*wire.Body); !ok || string(got.Bytes()) != "10 USD" || r.ContentLength != 6 {
			t.Errorf("the body is a %T of %d bytes", r.Body, r.ContentLength)
		}
	})
	r := post(aKey, "")
	r.Body, r.ContentLength = io.NopCloser(iotest.OneByteReader(strings.NewReader("10 USD"))), -1
	serve(handler, r)
	held := wire.Hold([]byte("10 USD"), nil)
	r = post("2"+aKey[1:], "")
	r.Body, r.ContentLength = held, 6
	if serve(handler, r); got != held {
		t.Error("a held body was read again")
	}
	// One that was held, one that was not, and one of known length are the same request.
	if w := serve(handler, post("2"+aKey[1:], "10 USD")); w.Header().Get(idempotency.HeaderReplayed) != "true" {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}

type seekable struct{ *bytes.Reader }

func (seekable) Close() error { return nil }

func TestNewRefusesConfigurationsThatMakeNoSense(t *testing.T) {
	for name, change := range map[string]func(*idempotency.Config){
		"no store":           func(c *idempotency.Config) { c.Store = nil },
		"a negative timeout": func(c *idempotency.Config) { c.Timeout = -1 },
		"a lease as long as the timeout": func(c *idempotency.Config) {
			c.Timeout, c.Lease = time.Minute,
				time.Minute
		},
		"a window shorter than the lease":      func(c *idempotency.Config) { c.Window = time.Second },
		"a negative limit for responses":       func(c *idempotency.Config) { c.MaxResponseBytes = -1 },
		"a negative limit for requests":        func(c *idempotency.Config) { c.MaxRequestBytes = -1 },
		"a negative timeout for the store":     func(c *idempotency.Config) { c.StoreTimeout = -1 },
		"a timeout so long that no lease fits": func(c *idempotency.Config) { c.Timeout = time.Hour },
		"a lease that no store can have": func(c *idempotency.Config) {
			c.Timeout, c.Lease = 1, idempotency.MinLease-1
		},
		"a header with a space in its name":   func(c *idempotency.Config) { c.Header = "a b" },
		"a header with a colon":               func(c *idempotency.Config) { c.Header = "Key:" },
		"a header with a letter beyond ASCII": func(c *idempotency.Config) { c.Header = "Schlüssel" },
		"a stored header without a name":      func(c *idempotency.Config) { c.Headers = []string{""} },
		"a stored header with a line break":   func(c *idempotency.Config) { c.Headers = []string{"A\r\nB"} },
		"a stored header of a connection": func(c *idempotency.Config) {
			c.Headers = []string{"transfer-encoding"}
		},
		"trailers": func(c *idempotency.Config) { c.Headers = []string{"X-A", "Trailer"} },
	} {
		t.Run(name, func(t *testing.T) {
			c := idempotency.Config{Store: memory(t)}
			change(&c)
			if guard, err := idempotency.New(c); err == nil || guard != nil {
				t.Error("accepted")
			}
		})
	}
	// A sign that is wrong is named as such.
	for _, c := range []idempotency.Config{{Store: memory(t), Window: -1}, {Store: memory(t), Lease: -1}} {
		if _, err := idempotency.New(c); err == nil || !strings.Contains(err.Error(), "negative") {
			t.Errorf("a negative duration: %v", err)
		}
	}
}

// A scope that no store can have is wrong for good: it is not a store that does not answer, which callers ask again.
func TestAScopeThatNoStoreCanHaveIsRefused(t *testing.T) {
	for _, c := range []struct {
		name, scope string
		ok          bool
	}{
		{"as long as can be", strings.Repeat("s", idempotency.MaxScope), true},
		{"longer", strings.Repeat("s", idempotency.MaxScope+1), false},
		{"with a zero byte", "a\x00b", false},
		{"that is no UTF-8", "\xff", false},
		{"with spaces and letters", " é\n", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var count atomic.Int64
			var failures []error
			handler := protect(t, idempotency.Config{Scope: func(*http.Request) string { return c.scope },
				Observe: func(_ context.Context, e idempotency.Event) {
					if e.Kind == idempotency.EventFailed {
						failures = append(failures, e.Err)
					}
				}}, pay(&count))
			w := serve(handler, post(aKey, "x"))
			if c.ok {
				if w.Code != 201 {
					t.Errorf("answered %d %s", w.Code, w.Body)
				}
				return
			}
			if w.Code != 400 || w.Header().Get("Retry-After") != "" || count.Load() != 0 ||
				!strings.Contains(w.Body.String(), string(idempotency.ReasonScopeUnusable)) {
				t.Errorf("answered %d %v %s; executed %d times", w.Code, w.Header(), w.Body, count.Load())
			}
			if len(failures) != 1 || !errors.Is(failures[0], idempotency.ErrClaim) {
				t.Errorf("observed %v", failures)
			}
		})
	}
}

// By RFC 9110, section 5.6.2; spelled out, as the code has ranges.
const tokenCharacters = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

func TestANameOfAHeaderIsAToken(t *testing.T) {
	for c := range rune(256) {
		for _, before := range []string{"X-", "X-A"} { // A letter becomes capital, or small.
			_, err := idempotency.New(idempotency.Config{Store: memory(t), Headers: []string{before + string(c)}})
			if (err == nil) != strings.ContainsRune(tokenCharacters, c) {
				t.Errorf("with %q behind %s: %v", c, before, err)
			}
		}
	}
}

func TestAKeyAndTheIDOfAnEncryptionKeyAreVisibleASCII(t *testing.T) {
	const visible = "!#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~"
	var count atomic.Int64
	handler := protect(t, idempotency.Config{Header: idempotency.HeaderStandard}, pay(&count))
	for c := range rune(256) {
		_, err := idempotency.NewEncryptionKey("k"+string(c), make([]byte, 32))
		if (err == nil) != strings.ContainsRune(visible+`"\`, c) {
			t.Errorf("an id with %q: %v", c, err)
		}
		r := post("", "x")
		r.Header.Set(idempotency.HeaderStandard, `"k`+string(c)+`"`)
		want := 400
		if strings.ContainsRune(visible, c) {
			want = 201
		}
		if w := serve(handler, r); w.Code != want {
			t.Errorf("a key with %q is answered %d", c, w.Code)
		}
	}
}
