package idempotency_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-chi/chi/v5"
	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// Two handlers that share a store stand below two paths, which something further out takes away.
func TestTheFingerprintHasThePathThatWasCalled(t *testing.T) {
	for name, mount := range map[string]func(path string, handler http.Handler, mux *http.ServeMux){
		"StripPrefix": func(path string, handler http.Handler, mux *http.ServeMux) {
			mux.Handle(path+"/", http.StripPrefix(path, handler))
		},
		"chi's Mount, and StripPrefix": func(path string, handler http.Handler, mux *http.ServeMux) {
			router := chi.NewRouter()
			router.Mount(path, http.StripPrefix(path, handler))
			mux.Handle(path+"/", router)
		},
		"a rewrite": func(path string, handler http.Handler, mux *http.ServeMux) {
			mux.HandleFunc(path+"/", func(w http.ResponseWriter, r *http.Request) {
				r = r.Clone(r.Context())
				r.URL.Path, r.URL.RawPath = strings.TrimPrefix(r.URL.Path, path), ""
				handler.ServeHTTP(w, r)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			mux, store := http.NewServeMux(), memory(t)
			var test, live atomic.Int64
			mount("/test", protect(t, idempotency.Config{Store: store}, pay(&test)), mux)
			mount("/live", protect(t, idempotency.Config{Store: store}, pay(&live)), mux)
			server := httptest.NewServer(mux)
			defer server.Close()
			// A proxy that keeps the path is none of their business.
			target, err := url.Parse(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(target)
			}})
			defer proxy.Close()
			for _, c := range []struct {
				url, want string
				status    int
			}{
				{server.URL + "/test/payments/", "", 201}, {server.URL + "/live/payments/", "", 422},
				{server.URL + "/test/payments/", "true", 201}, {proxy.URL + "/test/payments/", "true", 201},
				{proxy.URL + "/live/payments/", "", 422},
			} {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url, strings.NewReader("10 USD"))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set(idempotency.Header, aKey)
				w, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				_ = w.Body.Close()
				if w.StatusCode != c.status || w.Header.Get(idempotency.HeaderReplayed) != c.want {
					t.Errorf("%s: answered %s, replayed: %q", c.url, w.Status, w.Header.Get(idempotency.HeaderReplayed))
				}
			}
			http.DefaultClient.CloseIdleConnections()
			http.DefaultTransport.(*http.Transport).CloseIdleConnections()
			if test.Load() != 1 || live.Load() != 0 {
				t.Errorf("executed %d and %d times", test.Load(), live.Load())
			}
		})
	}
}

func TestAPathIsTheSameHoweverItIsCalled(t *testing.T) {
	for _, c := range []struct {
		first, second string
		same          bool
	}{
		{"/a/", "/a/", true},
		{"/a/", "http://example.com/a/", true},
		{"/a/", "http://another.example/a/", true},
		{"/a/", "http://example.com/b/", false},
		{"/a/", "/b/", false},
		{"/a/", "/%61/", false}, // byte for byte
		{"/a/?x=1", "/a/?x=1", true},
		{"/", "http://example.com", true},
		{"/?x", "http://example.com?x", true},
		{"/a/http://b/", "/c/http://b/", false},
		{"/a/", "", true}, // It was not called through a server, and has a URL alone.
	} {
		var count atomic.Int64
		handler := protect(t, idempotency.Config{}, pay(&count))
		request := func(target string) *http.Request {
			r := post(aKey, "x")
			r.URL = &url.URL{Path: "/a/"} // as if it was rewritten
			r.RequestURI = target
			return r
		}
		serve(handler, request(c.first))
		if w := serve(handler, request(c.second)); (w.Code == 201) != c.same || !c.same && w.Code != 422 {
			t.Errorf("%q and %q: answered %d", c.first, c.second, w.Code)
		}
	}
}

func TestTheFingerprintHasTheMediaType(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	for _, c := range []struct {
		first, second string
		same          bool
	}{
		{"application/json", "application/json", true},
		{"application/json", "Application/JSON", true},
		{"application/json", "application/json; charset=utf-8", true},
		{"application/json", `application/json;Charset="UTF-8"`, true},
		{"application/json", "application/json;charset=utf8", true},
		{"application/json", "application/json;charset=Utf_8", true},
		{"application/json", " application/json ; ", true},
		{"application/json", "application/json; charset=utf-16", false},
		{"application/json", "application/json; profile=x", false},
		{"application/json", "text/plain", false},
		{"application/json", "", false},
		{"application/json", "application/problem+json", false},
		{"application/merge-patch+json", "application/merge-patch+json; charset=utf-8", true},
		{form, form + "; charset=UTF-8", true},
		{form, "application/json", false},
		{"text/csv", "text/csv; charset=utf-8", false},
		{"text/csv; charset=utf-8", "text/csv; CHARSET=UTF-8", true},
		{"text/csv; header=present; charset=utf-8", `text/csv;charset="utf-8";  header="present"`, true},
		{"text/csv; header=present", "text/csv; header=PRESENT", false},
		{"multipart/form-data; boundary=a", `multipart/form-data; boundary="a"`, true},
		{"multipart/form-data; boundary=a", "multipart/form-data; boundary=A", false},
		{"not a media type;", "not a media type;", true},
		{"not a media type;", "Not a media type;", false},
		{"", "", true},
	} {
		var count atomic.Int64
		handler := protect(t, idempotency.Config{}, pay(&count))
		request := func(contentType string) *http.Request {
			r := post(aKey, "x")
			if contentType != "" {
				r.Header.Set("Content-Type", contentType)
			}
			return r
		}
		serve(handler, request(c.first))
		if w := serve(handler, request(c.second)); (w.Code == 201) != c.same || !c.same && w.Code != 422 {
			t.Errorf("%q and %q: answered %d", c.first, c.second, w.Code)
		}
	}
	t.Run("of two headers both count", func(t *testing.T) {
		var count atomic.Int64
		handler := protect(t, idempotency.Config{}, pay(&count))
		r := post(aKey, "x")
		r.Header["Content-Type"] = []string{"application/json"}
		serve(handler, r)
		r = post(aKey, "x")
		r.Header["Content-Type"] = []string{"application/json", "text/plain"}
		if w := serve(handler, r); w.Code != 422 {
			t.Errorf("answered %d", w.Code)
		}
	})
	t.Run("without a body it means nothing", func(t *testing.T) {
		var count atomic.Int64
		handler := protect(t, idempotency.Config{}, pay(&count))
		serve(handler, post(aKey, ""))
		r := post(aKey, "")
		r.Header.Set("Content-Type", "application/json")
		if w := serve(handler, r); w.Code != 201 {
			t.Errorf("answered %d", w.Code)
		}
	})
}

// firstRule is version 1 of the fingerprint, as servers computed it that know no other, for a request with a body.
func firstRule(r *http.Request, body string) (f idempotency.Fingerprint) {
	var text []byte
	for _, part := range []string{r.Method, r.URL.EscapedPath(), r.URL.RawQuery} {
		text = append(binary.AppendUvarint(text, uint64(len(part))), part...)
	}
	return sha256.Sum256(append(text, body...))
}

// oldClaim is a claim of such a server, of the request that post makes.
func oldClaim(body string) idempotency.Claim {
	claim := claimOf(aKey)
	claim.Scope, claim.Fingerprint = "", firstRule(post(aKey, body), body)
	_, _ = rand.Read(claim.Attempt[:])
	return claim
}

// While servers are replaced by a later version, old ones and new ones share a store.
func TestARepeatIsOneForOldServersAndNewOnes(t *testing.T) {
	t.Run("an old record, a new server", func(t *testing.T) {
		for _, contentType := range []string{"", "application/json", "text/plain"} {
			store := memory(t)
			record, err := idempotency.Response{Status: 202, Body: []byte("old")}.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			if err := store.Complete(t.Context(), mustClaim(t, store, oldClaim("10 USD")), record); err != nil {
				t.Fatal(err)
			}
			var count atomic.Int64
			handler := protect(t, idempotency.Config{Store: store}, pay(&count))
			r := post(aKey, "10 USD")
			r.Header.Set("Content-Type", contentType)
			if w := serve(handler, r); w.Code != 202 || w.Body.String() != "old" {
				t.Errorf("%q: answered %d %s", contentType, w.Code, w.Body)
			}
			if w := serve(handler, post(aKey, "11 USD")); w.Code != 422 {
				t.Errorf("another request: answered %d %s", w.Code, w.Body)
			}
		}
	})
	t.Run("a new record, an old server", func(t *testing.T) {
		store := memory(t)
		var count atomic.Int64
		r := post(aKey, "10 USD")
		r.Header.Set("Content-Type", "application/json")
		serve(protect(t, idempotency.Config{Store: store}, pay(&count)), r)
		outcome, err := store.Claim(t.Context(), oldClaim("10 USD"))
		if err != nil || outcome.State != idempotency.StateDone {
			t.Errorf("the outcome is %s, %v", outcome.State, err)
		}
		if outcome, err = store.Claim(t.Context(), oldClaim("11 USD")); err != nil ||
			outcome.State != idempotency.StateOtherFingerprint {
			t.Errorf("of another request the outcome is %s, %v", outcome.State, err)
		}
	})
}

func TestAttemptsAreNamesAndMayHaveAMark(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		details := rapid.SliceOfN(rapid.Byte(), 0, 3)
		one, two := details.Draw(t, "one"), details.Draw(t, "two")
		a, b, none := idempotency.NewAttempt(one), idempotency.NewAttempt(two), idempotency.NewAttempt(nil)
		if a == b || a == none || a == (idempotency.Attempt{}) {
			t.Fatal("two attempts have one name")
		}
		if different := string(one) != string(two); a.Contradicts(b) != different || b.Contradicts(a) != different {
			t.Fatalf("%x and %x: contradict %t and %t", one, two, a.Contradicts(b), b.Contradicts(a))
		}
		if a.Contradicts(none) || none.Contradicts(a) || none.Contradicts(idempotency.NewAttempt(nil)) {
			t.Fatal("an attempt without a mark contradicts one")
		}
		later := b
		later[3]++ // another version of the rule
		if a.Contradicts(later) || later.Contradicts(a) {
			t.Fatal("marks of two versions contradict each other")
		}
	})
}

// The same media type, however it is spelled, is no other request.
func FuzzMediaTypesAreComparedAsSuch(f *testing.F) {
	for _, text := range []string{"application/json", "text/plain; charset=utf-8", `a/b; c="d\"e"`, "x", ";", "a/b;c"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, contentType string) {
		var count atomic.Int64
		handler := protect(t, idempotency.Config{}, pay(&count))
		for _, spelling := range []string{contentType, " " + contentType + "\t"} {
			r := post(aKey, "x")
			r.Header["Content-Type"] = []string{spelling}
			if w := serve(handler, r); w.Code != 201 {
				t.Errorf("%q: answered %d", spelling, w.Code)
			}
		}
	})
}
