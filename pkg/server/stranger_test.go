package server_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// acme has the token of these tests and both secrets.
func acme() func(context.Context, string) (authentication.Caller, error) {
	return authentication.FixedTokens(map[string]authentication.Caller{
		token: {ID: "acme", Secrets: []signing.Secret{newSecret, oldSecret}}})
}

// newServer makes a server of its own for a test.
func newServer(t *testing.T, config server.Config) *server.Server {
	t.Helper()
	if config.API == nil {
		config.API = &bank{}
	}
	if config.Lookup == nil {
		config.Lookup = acme()
	}
	s, err := server.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAZeroServerPanicsLoudly(t *testing.T) {
	for name, s := range map[string]*server.Server{"zero": {}, "nil": nil} {
		func() {
			defer func() {
				if text, ok := recover().(string); !ok || !strings.Contains(text, "made with New") {
					t.Errorf("%s: %v", name, text)
				}
			}()
			s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
		}()
	}
}

// Whatever is wrong with a request, a caller whose token is good and one whose token is not are told the same, as long
// as its signature is not right.
func TestNobodyLearnsWhetherATokenIsGood(t *testing.T) {
	defects := map[string]func(*http.Request){
		"nothing else":      func(*http.Request) {},
		"no key":            func(r *http.Request) { r.Header.Del(idempotency.Header) },
		"two keys":          func(r *http.Request) { r.Header.Add(idempotency.Header, uuid.NewString()) },
		"a word for a key":  func(r *http.Request) { r.Header.Set(idempotency.Header, "word") },
		"the Nil UUID":      func(r *http.Request) { r.Header.Set(idempotency.Header, uuid.Nil.String()) },
		"no signature":      func(r *http.Request) { r.Header.Del(signing.HeaderSignature) },
		"two signatures":    func(r *http.Request) { r.Header.Add(signing.HeaderSignature, "x") },
		"no such signature": func(r *http.Request) { r.Header.Set(signing.HeaderSignature, "x") },
		"another path":      func(r *http.Request) { r.URL.Path, r.RequestURI = "/none/", "/none/" },
		"an upload": func(r *http.Request) {
			r.URL.Path, r.RequestURI = upload, upload
			r.Header.Set("Content-Type", "application/pdf")
		},
		"an upload to no document": func(r *http.Request) {
			path := strings.Replace(upload, "BYLAWS", "NONE", 1)
			r.URL.Path, r.RequestURI = path, path
		},
		"another method":      func(r *http.Request) { r.Method = http.MethodDelete },
		"a read":              func(r *http.Request) { r.Method = http.MethodGet },
		"another media type":  func(r *http.Request) { r.Header.Set("Content-Type", "text/xml") },
		"no media type":       func(r *http.Request) { r.Header.Del("Content-Type") },
		"a coding":            func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") },
		"a query":             func(r *http.Request) { r.URL.RawQuery = "limit=x;&%" },
		"no body":             func(r *http.Request) { r.Body, r.ContentLength = http.NoBody, 0 },
		"a body that is none": func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("{")) },
		"chunks":              func(r *http.Request) { r.ContentLength = -1 },
		"a length too large":  func(r *http.Request) { r.ContentLength = 1 << 40 },
		"a large body": func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(make([]byte, 100<<10))), 100<<10
		},
	}
	synctest.Test(t, func(t *testing.T) { // Refusals are held up.
		handler := newServer(t, server.Config{})
		for first, change := range defects {
			for second, andChange := range defects {
				for _, target := range []string{fund, agreements} {
					var answers []string
					for _, bearer := range []string{token, "unknown-" + marker} {
						r := request(t, http.MethodPost, target, fundBody)
						sign(t, r, signing.NewSecret("another"), "497f6eca-6276-4993-bfeb-53cbbbba6f08", fundBody)
						r.Header.Set("Authorization", "Bearer "+bearer)
						change(r)
						andChange(r)
						w := httptest.NewRecorder()
						handler.ServeHTTP(w, r)
						w.Header().Del(server.HeaderRequestID)
						var text bytes.Buffer
						_ = w.Header().Write(&text)
						answers = append(answers, w.Result().Status+text.String()+w.Body.String())
					}
					if answers[0] != answers[1] {
						t.Fatalf("%s and %s: %s for a token that is good, and %s for one that is not", first, second,
							answers[0], answers[1])
					}
				}
			}
		}
	})
}

// unread is a body that must not be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Helper()
	u.t.Error("the body is read")
	return 0, io.EOF
}

// The same holds for the operations of most writes, whose head is looked at only if it is unusual.
func TestABodyOfAnUnusualHeadIsNotReadToRefuseIt(t *testing.T) {
	start(t)
	for name, change := range map[string]func(http.Header){
		"no media type":          func(h http.Header) { h.Del("Content-Type") },
		"another media type":     func(h http.Header) { h.Set("Content-Type", "application/pdf") },
		"two media types":        func(h http.Header) { h.Add("Content-Type", "application/pdf") },
		"a coding":               func(h http.Header) { h.Set("Content-Encoding", "gzip") },
		"another charset":        func(h http.Header) { h.Set("Content-Type", "application/json; charset=utf-16") },
		"two codings of nothing": func(h http.Header) { h["Content-Encoding"] = []string{"identity", "br"} },
	} {
		t.Run(name, func(t *testing.T) {
			r := request(t, http.MethodPost, "/api/v1/transfers/on-us/", "x")
			sign(t, r, newSecret, uuid.NewString(), "x")
			r.Body, r.ContentLength = io.NopCloser(unread{t}), 1000
			change(r.Header)
			if w := serve(t, plain(), r); w.Code != http.StatusUnsupportedMediaType {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

// What the head shows to be wrong is refused without a byte of the body, however large it says it is.
func TestABodyIsNotReadToRefuseIt(t *testing.T) {
	start(t)
	for _, c := range []struct {
		name   string
		change func(*http.Request)
		want   int
	}{
		{"an unknown path", func(r *http.Request) { r.URL.Path, r.RequestURI = "/none/", "/none/" },
			http.StatusNotFound},
		{"another method", func(r *http.Request) { r.Method = http.MethodPut }, http.StatusMethodNotAllowed},
		{"a customer that cannot be", func(r *http.Request) {
			r.URL.Path = strings.Replace(upload, pocketID, "x", 1)
		}, http.StatusUnprocessableEntity},
		{"a document that cannot be", func(r *http.Request) { r.URL.Path = strings.Replace(upload, "BYLAWS", "X", 1) },
			http.StatusUnprocessableEntity},
		{"another media type", func(r *http.Request) { r.Header.Set("Content-Type", "text/html") },
			http.StatusUnsupportedMediaType},
		{"a coding", func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") },
			http.StatusUnsupportedMediaType},
		{"a length too large", func(r *http.Request) { r.ContentLength = 1 << 40 }, http.StatusRequestEntityTooLarge},
		{"no key", func(r *http.Request) { r.Header.Del(idempotency.Header) }, http.StatusUnprocessableEntity},
		{"a word for a key", func(r *http.Request) { r.Header.Set(idempotency.Header, "word") },
			http.StatusUnprocessableEntity},
		{"no signature", func(r *http.Request) { r.Header.Del(signing.HeaderSignature) }, http.StatusUnauthorized},
		{"no such signature", func(r *http.Request) { r.Header.Set(signing.HeaderSignature, "x") },
			http.StatusUnauthorized},
		{"no token", func(r *http.Request) { r.Header.Del("Authorization") }, http.StatusUnauthorized},
		{"an unknown token", func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") },
			http.StatusUnauthorized},
		{"a login that is too large", func(r *http.Request) {
			r.URL.Path, r.RequestURI = "/api/v1/login/", "/api/v1/login/"
			r.ContentLength = server.DefaultMaxOpenBodyBytes + 1
		}, http.StatusRequestEntityTooLarge},
		{"a login of another media type", func(r *http.Request) {
			r.URL.Path, r.RequestURI = "/api/v1/login/", "/api/v1/login/"
		}, http.StatusUnsupportedMediaType},
		{"a transfer with a query that is none", func(r *http.Request) {
			r.URL.Path, r.URL.RawQuery = "/api/v1/transfers/on-us/", "%"
			r.Header.Set("Content-Type", "application/json")
		}, http.StatusUnprocessableEntity},
		{"JSON where a file should be", func(r *http.Request) { r.Header.Set("Content-Type", "application/json") },
			http.StatusUnsupportedMediaType},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, length := range []int64{smallBody, -1, 0} {
				r := request(t, http.MethodPost, upload, "x")
				r.Header.Set("Content-Type", "application/pdf")
				r.Body, r.ContentLength = io.NopCloser(unread{t}), length
				if c.change(r); c.want == http.StatusRequestEntityTooLarge && length <= 0 {
					r.ContentLength = 1 << 40
				}
				if w := serve(t, plain(), r); w.Code != c.want {
					t.Errorf("%d %s; want %d", w.Code, w.Body, c.want)
				}
			}
		})
	}
}

// Everybody may log in, so nobody may send much for it. The longest that the contract allows fits.
func TestALoginIsSmall(t *testing.T) {
	longest := `{"username":"` + strings.Repeat(`\ud83d\ude00`, 128) + `","password":"` +
		strings.Repeat(`\ud83d\ude00`, 128) + `"}`
	for _, c := range []struct {
		name  string
		body  string
		limit int64
		want  int
	}{
		{"the longest passes", longest, 0, http.StatusUnauthorized}, // The bank has no users.
		{"what fills the limit passes", longest + strings.Repeat(" ", 4<<10-len(longest)), 0, http.StatusUnauthorized},
		{"one byte more does not", longest + strings.Repeat(" ", 4<<10-len(longest)+1), 0,
			http.StatusRequestEntityTooLarge},
		{"the limit can be another", longest, 100, http.StatusRequestEntityTooLarge},
		{"a larger one too", longest + strings.Repeat(" ", 8<<10), 16 << 10, http.StatusUnauthorized},
	} {
		t.Run(c.name, func(t *testing.T) {
			handler := newServer(t, server.Config{MaxOpenBodyBytes: c.limit})
			for _, announced := range []bool{true, false} {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/login/",
					strings.NewReader(c.body))
				r.Header.Set("Content-Type", "application/json")
				if !announced {
					r.ContentLength = -1
				}
				if w := serve(t, handler, r); w.Code != c.want {
					t.Errorf("announced %t: %d %s; want %d", announced, w.Code, w.Body, c.want)
				}
			}
		})
	}
}

// What is not there has no media type that could be wrong.
func TestALoginWithoutABodyLacksIt(t *testing.T) {
	for name, body := range map[string]io.ReadCloser{"none": nil, "an empty one": http.NoBody} {
		start(t)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/login/", nil)
		r.Body = body
		if w := serve(t, plain(), r); w.Code != http.StatusUnprocessableEntity ||
			!slices.Equal(entries(t, w), []string{"body required"}) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

// The refusals of strangers wait for each other; who signs does not wait for them.
func TestStrangersWaitForEachOther(t *testing.T) {
	handler := newServer(t, server.Config{})
	login := func() *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/api/v1/login/", strings.NewReader(`{"username":1}`))
		r.Header.Set("Content-Type", "application/json")
		return r
	}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		const many = 10_000
		for range many {
			w := httptest.NewRecorder()
			if handler.ServeHTTP(w, login()); w.Code != http.StatusUnprocessableEntity {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
		}
		if took := time.Since(start); took < time.Second/10 {
			t.Errorf("%d refusals take %s", many, took)
		}
		start = time.Now()
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, request(t, http.MethodPost, fund, fundBody))
		if w.Code != http.StatusAccepted || time.Since(start) > 0 {
			t.Errorf("who signs waits for %s: %d %s", time.Since(start), w.Code, w.Body)
		}
		w = httptest.NewRecorder()
		handler.ServeHTTP(w, request(t, http.MethodPost, fund, "{}"))
		if w.Code != http.StatusUnprocessableEntity || time.Since(start) > 0 {
			t.Errorf("who signs waits for a refusal: %s, %d %s", time.Since(start), w.Code, w.Body)
		}
	})
}

// More connections than can wait for each other are no way around the wait.
func TestStrangersWaitHoweverManyTheyAre(t *testing.T) {
	handler := newServer(t, server.Config{})
	synctest.Test(t, func(t *testing.T) {
		const seconds = 5
		strangers := 1_000 * runtime.GOMAXPROCS(0) // Of which a quarter fits into a second.
		var refused atomic.Int64
		end := time.Now().Add(seconds * time.Second)
		for range strangers {
			go func() {
				for time.Now().Before(end) && refused.Load() < 1_000_000 {
					handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, fund, nil))
					refused.Add(1)
				}
			}()
		}
		time.Sleep(2 * seconds * time.Second)
		synctest.Wait()
		if n := refused.Load(); n > int64(strangers)*(seconds+2) {
			t.Errorf("%d refusals for %d strangers in %d s", n, strangers, seconds)
		}
	})
}

// Whoever has gone away is not waited for.
func TestARefusalThatNobodyWaitsForIsNotHeldUp(t *testing.T) {
	handler := newServer(t, server.Config{})
	synctest.Test(t, func(t *testing.T) {
		for range 1_000 * runtime.GOMAXPROCS(0) {
			go handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, fund, nil))
		}
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		start := time.Now()
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodPost, fund, nil))
		if took := time.Since(start); took > 0 {
			t.Errorf("it takes %s", took)
		}
		time.Sleep(2 * time.Second) // All others have gone, too.
		synctest.Wait()
	})
}

// Whatever a stranger is refused for, its refusal takes its turn, and no longer; what is not refused does not.
func TestEveryRefusalOfAStrangerTakesItsTurn(t *testing.T) {
	login := func(body io.Reader) func() *http.Request {
		return func() *http.Request {
			r := httptest.NewRequest(http.MethodPost, "/api/v1/login/", body)
			r.Header.Set("Content-Type", "application/json")
			return r
		}
	}
	for _, c := range []struct {
		name    string
		request func() *http.Request
		want    int
		waits   bool
	}{
		{"a body that breaks off", login(failing{io.ErrUnexpectedEOF}), http.StatusBadRequest, true},
		{"a body that does not come", login(failing{os.ErrDeadlineExceeded}), http.StatusRequestTimeout, true},
		{"no token", func() *http.Request { return httptest.NewRequest(http.MethodGet, agreements, nil) },
			http.StatusUnauthorized, true},
		{"a look at the server's health", func() *http.Request {
			return httptest.NewRequest(http.MethodGet, "/health", nil)
		}, http.StatusOK, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				handler := newServer(t, server.Config{})
				begun := time.Now()
				for range 1000 {
					w := httptest.NewRecorder()
					if handler.ServeHTTP(w, c.request()); w.Code != c.want {
						t.Fatalf("%d %s; want %d", w.Code, w.Body, c.want)
					}
				}
				// A turn comes after 4 ms at most, if there is one processor.
				if took := time.Since(begun); (took > 0) != c.waits || took > 5*time.Second {
					t.Errorf("they take %s", took)
				}
			})
		})
	}
}

// When too many strangers wait, the next ones are told to come again.
func TestTooManyStrangersAreToldToComeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler := newServer(t, server.Config{API: &bank{}, MaxOpenBodyBytes: 1 << 20})
		// Time is set aside for each byte before anybody looks at it: of large bodies, it takes few.
		text := strings.Repeat("x", 256<<10)
		codes := make(chan int, 600)
		for range cap(codes) {
			go func() {
				r := httptest.NewRequest(http.MethodPost, "/api/v1/login/", strings.NewReader(text))
				r.Header.Set("Content-Type", "application/json")
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if w.Code == http.StatusServiceUnavailable && w.Header().Get("Retry-After") != "1" {
					t.Errorf("Retry-After: %q", w.Header().Get("Retry-After"))
				}
				codes <- w.Code
			}()
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		counts := map[int]int{}
		for range len(codes) {
			counts[<-codes]++
		}
		if len(counts) != 2 || counts[http.StatusUnprocessableEntity] == 0 ||
			counts[http.StatusServiceUnavailable] == 0 {
			t.Errorf("%v", counts)
		}
	})
}

// Files without a signature are let in where that is wanted.
func TestUnsignedUploads(t *testing.T) {
	content := "%PDF-1.7" + strings.Repeat("x", 100<<10)
	for _, accepted := range []bool{false, true} {
		var got string
		api := &bank{upload: func(_ context.Context, in partnerserver.UploadCustomerDocumentInput) (
			partnerserver.UploadCustomerDocumentOutput, error) {
			all, err := io.ReadAll(in.Body)
			got = string(all)
			return partnerserver.UploadCustomerDocumentOK{}, err
		}}
		handler := newServer(t, server.Config{API: api, AcceptUnsignedUploads: accepted})
		for _, c := range []struct {
			name   string
			change func(*http.Request)
			want   int
		}{
			{"signed", func(*http.Request) {}, http.StatusOK},
			{"signed wrongly", func(r *http.Request) {
				sign(t, r, signing.NewSecret("another"), uuid.NewString(), content)
			}, http.StatusUnauthorized},
			{"unsigned", func(r *http.Request) { r.Header.Del(signing.HeaderSignature) },
				map[bool]int{true: http.StatusOK, false: http.StatusUnauthorized}[accepted]},
			{"unsigned, without a key", func(r *http.Request) {
				r.Header.Del(signing.HeaderSignature)
				r.Header.Del(idempotency.Header)
			}, http.StatusUnprocessableEntity},
			{"unsigned, without a token", func(r *http.Request) {
				r.Header.Del(signing.HeaderSignature)
				r.Header.Del("Authorization")
			}, http.StatusUnauthorized},
		} {
			got = ""
			r := request(t, http.MethodPost, upload, content)
			r.Header.Set("Content-Type", "application/pdf")
			c.change(r)
			w := serve(t, handler, r)
			if w.Code != c.want || (w.Code == http.StatusOK) != (got == content) {
				t.Errorf("accepted %t, %s: %d %s, %d bytes", accepted, c.name, w.Code, w.Body, len(got))
			}
		}
		r := request(t, http.MethodPost, fund, fundBody)
		r.Header.Del(signing.HeaderSignature)
		if w := serve(t, handler, r); w.Code != http.StatusUnauthorized {
			t.Errorf("a payment without a signature: %d %s", w.Code, w.Body)
		}
	}
}
