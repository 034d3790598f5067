package authentication_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Whatever must never get out has the marker in it.
const (
	marker = "Zq7mArKeR"
	token  = "token-" + marker
	target = "/api/v1/transfers/on-us/"
	sent   = `{"amount":100,"name":"` + marker + `"}`
)

var (
	first   = signing.NewSecret("first-" + marker)
	second  = signing.NewSecret("second-" + marker)
	retired = signing.NewSecret("retired-" + marker)
	acme    = authentication.Caller{ID: "acme", Secrets: []signing.Secret{first, second},
		Retired: []signing.Secret{retired}}
)

// gate is the middleware before a handler that notes what it gets.
type gate struct {
	handler http.Handler

	mu       sync.Mutex
	refusals []authentication.Refusal
	bodies   []string
	callers  []authentication.Caller
}

func newGate(t *testing.T, config authentication.Config) *gate {
	t.Helper()
	g := &gate{}
	if config.Lookup == nil {
		config.Lookup = authentication.FixedTokens(map[string]authentication.Caller{token: acme})
	}
	config.Observe = func(_ context.Context, event authentication.Event) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.refusals = append(g.refusals, event.Refusal)
		if event.Request == nil {
			t.Error("an event without its request")
		}
	}
	authenticator, err := authentication.New(config)
	if err != nil {
		t.Fatal(err)
	}
	g.handler = authenticator.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		partner, verified := authentication.CallerFromContext(r.Context())
		if err != nil || verified && (r.ContentLength != int64(len(body)) || len(r.TransferEncoding) > 0) {
			t.Errorf("%v; Content-Length %d for %d bytes, %q", err, r.ContentLength, len(body), r.TransferEncoding)
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		g.bodies, g.callers = append(g.bodies, string(body)), append(g.callers, partner)
	}))
	return g
}

// serve returns the reason of a refusal, or nothing when the request got through, and checks what holds for every
// answer.
func (g *gate) serve(t testing.TB, r *http.Request) (authentication.Reason, *httptest.ResponseRecorder) {
	t.Helper()
	before, through := len(g.refusals), len(g.bodies)
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, r)
	if len(g.refusals)-before+len(g.bodies)-through != 1 {
		t.Fatalf("%d refusals and %d requests through", len(g.refusals)-before, len(g.bodies)-through)
	}
	if len(g.refusals) == before {
		return "", w
	}
	refusal := g.refusals[before]
	challenged := w.Header().Get("WWW-Authenticate") == "Bearer"
	if w.Code != refusal.Status || (w.Code == http.StatusUnauthorized) != challenged {
		t.Errorf("%s: %d, WWW-Authenticate %q", refusal.Reason, w.Code, w.Header().Get("WWW-Authenticate"))
	}
	for name, text := range map[string]string{"the answer": w.Body.String(), "the explanation": refusal.Explanation,
		"the error": fmt.Sprint(refusal.Err)} {
		if strings.Contains(text, marker) || strings.Contains(text, key) {
			t.Errorf("%s shows what it must not: %s", name, text)
		}
	}
	return refusal.Reason, w
}

// request is one with everything right about it.
func request(t testing.TB, secret signing.Secret, target, body string) *http.Request {
	t.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	r := httptest.NewRequest(http.MethodPost, target, content)
	r.Header.Set("Authorization", "Bearer "+token)
	if err := authentication.SignRequest(r, secret, key, []byte(body)); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestNewRefuses(t *testing.T) {
	lookup := authentication.FixedTokens(nil)
	for text, config := range map[string]authentication.Config{
		"authentication: Config.Lookup is missing":        {},
		"authentication: Config.MaxBodyBytes is negative": {Lookup: lookup, MaxBodyBytes: -1},
	} {
		if m, err := authentication.New(config); m != nil || err == nil || err.Error() != text {
			t.Errorf("want %q, got %v", text, err)
		}
	}
}

// The shortest configuration asks for everything.
func TestTheShortestConfigurationIsStrict(t *testing.T) {
	g := newGate(t, authentication.Config{})
	for _, secret := range acme.Secrets {
		if reason, _ := g.serve(t, request(t, secret, target, sent)); reason != "" {
			t.Errorf("a request with everything: %s", reason)
		}
	}
	if !slices.Equal(g.bodies, []string{sent, sent}) || g.callers[0].ID != "acme" {
		t.Errorf("the handler got %q from %s", g.bodies, g.callers[0].ID)
	}
	for _, c := range []struct {
		name   string
		change func(*http.Request)
		want   authentication.Reason
	}{
		{"no token", func(r *http.Request) { r.Header.Del("Authorization") }, authentication.ReasonTokenMissing},
		{"two tokens", func(r *http.Request) { r.Header.Add("Authorization", "Bearer "+token) },
			authentication.ReasonTokenRepeated},
		{"an empty header", func(r *http.Request) { r.Header.Set("Authorization", "") },
			authentication.ReasonTokenMalformed},
		{"another scheme", func(r *http.Request) { r.Header.Set("Authorization", "Basic "+token) },
			authentication.ReasonTokenMalformed},
		{"another token", func(r *http.Request) { r.Header.Set("Authorization", "Bearer other-"+marker) },
			authentication.ReasonTokenUnknown},
		{"a token in another case", func(r *http.Request) {
			r.Header.Set("Authorization", "Bearer "+strings.ToUpper(token))
		}, authentication.ReasonTokenUnknown},
		{"no key", func(r *http.Request) { r.Header.Del(idempotency.Header) }, authentication.ReasonKeyMissing},
		{"two keys", func(r *http.Request) { r.Header.Add(idempotency.Header, uuid.NewString()) },
			authentication.ReasonKeyRepeated},
		{"twice the same key", func(r *http.Request) { r.Header.Add(idempotency.Header, key) },
			authentication.ReasonKeyRepeated},
		{"a word for a key", func(r *http.Request) { r.Header.Set(idempotency.Header, marker) },
			authentication.ReasonKeyMalformed},
		{"the Nil UUID", func(r *http.Request) { r.Header.Set(idempotency.Header, uuid.Nil.String()) },
			authentication.ReasonKeyMalformed},
		{"another key", func(r *http.Request) { r.Header.Set(idempotency.Header, uuid.NewString()) },
			authentication.ReasonSignatureMismatch},
		{"no signature", func(r *http.Request) { r.Header.Del(signing.HeaderSignature) },
			authentication.ReasonSignatureMissing},
		{"two signatures", func(r *http.Request) { r.Header.Add(signing.HeaderSignature, marker) },
			authentication.ReasonSignatureRepeated},
		{"twice the same signature", func(r *http.Request) {
			r.Header.Add(signing.HeaderSignature, r.Header.Get(signing.HeaderSignature))
		}, authentication.ReasonSignatureRepeated},
		{"two signatures that a proxy joined", func(r *http.Request) {
			s := r.Header.Get(signing.HeaderSignature)
			r.Header.Set(signing.HeaderSignature, s+", "+s)
		}, authentication.ReasonSignatureMalformed},
		{"an empty signature", func(r *http.Request) { r.Header.Set(signing.HeaderSignature, "") },
			authentication.ReasonSignatureMalformed},
		{"a placeholder", func(r *http.Request) { r.Header.Set(signing.HeaderSignature, "string-"+marker) },
			authentication.ReasonSignatureMalformed},
		{"a retired secret", func(r *http.Request) { _ = authentication.SignRequest(r, retired, key, []byte(sent)) },
			authentication.ReasonSignatureMismatch},
		{"another body", func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(sent + " ")) },
			authentication.ReasonSignatureMismatch},
		{"no body", func(r *http.Request) { r.Body, r.ContentLength = http.NoBody, 0 },
			authentication.ReasonSignatureMismatch},
		{"another path", func(r *http.Request) { r.RequestURI = "/api/v1/transfers/" },
			authentication.ReasonSignatureMismatch},
		{"a path without its slash", func(r *http.Request) { r.RequestURI = strings.TrimSuffix(target, "/") },
			authentication.ReasonSignatureMismatch},
		{"no path at all", func(r *http.Request) { r.RequestURI, r.URL = "*", &url.URL{Path: "*"} },
			authentication.ReasonSignatureMismatch},
		{"a body that breaks off", func(r *http.Request) {
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader(sent[:5]), failing{io.ErrUnexpectedEOF}))
		}, authentication.ReasonBodyUnreadable},
		{"a body that does not come", func(r *http.Request) { r.Body = io.NopCloser(failing{os.ErrDeadlineExceeded}) },
			authentication.ReasonBodyTooSlow},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request(t, first, target, sent)
			c.change(r)
			reason, w := g.serve(t, r)
			if reason != c.want {
				t.Errorf("%q; want %q", reason, c.want)
			}
			// Whatever it is, a 401 tells the caller no more than that.
			if w.Code == http.StatusUnauthorized && w.Body.String() != `{"detail":"unauthorized"}` {
				t.Errorf("%s", w.Body)
			}
		})
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestACallerThatCannotBeVerifiedAgainstIsRefusedLoudly(t *testing.T) {
	down := errors.New("the store is down")
	for _, c := range []struct {
		name    string
		partner authentication.Caller
		err     error
		want    authentication.Reason
		text    string
	}{
		{"the look-up fails", authentication.Caller{}, down, authentication.ReasonLookupFailed, down.Error()},
		{"the look-up fails with a partner", acme, down, authentication.ReasonLookupFailed, down.Error()},
		{"no secret", authentication.Caller{ID: "acme"}, nil, authentication.ReasonCallerUnusable, "no secret"},
		{"three secrets", authentication.Caller{ID: "acme", Secrets: []signing.Secret{first, second, retired}}, nil,
			authentication.ReasonCallerUnusable, "3 secrets"},
		{"an empty secret", authentication.Caller{ID: "acme", Secrets: []signing.Secret{first, {}}}, nil,
			authentication.ReasonCallerUnusable, "empty"},
		{"a secret with the line break of its file", authentication.Caller{ID: "acme",
			Secrets: []signing.Secret{signing.NewSecret("first-" + marker + "\n")}}, nil,
			authentication.ReasonCallerUnusable, "white space"},
		{"no id", authentication.Caller{Secrets: []signing.Secret{first}}, nil, authentication.ReasonCallerUnusable,
			"no id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newGate(t, authentication.Config{
				Lookup: func(context.Context, string) (authentication.Caller, error) { return c.partner, c.err }})
			reason, w := g.serve(t, request(t, first, target, sent))
			if reason != c.want || w.Code != http.StatusInternalServerError ||
				w.Body.String() != `{"detail":"internal error"}` {
				t.Errorf("%s, %d %s", reason, w.Code, w.Body)
			}
			if err := g.refusals[0].Err; err == nil || !strings.Contains(err.Error(), c.text) ||
				c.err != nil && !errors.Is(err, c.err) {
				t.Errorf("the cause is %v", err)
			}
		})
	}
	t.Run("an unknown token may be wrapped", func(t *testing.T) {
		g := newGate(t, authentication.Config{Lookup: func(context.Context, string) (authentication.Caller, error) {
			return acme, fmt.Errorf("cache: %w", authentication.ErrUnknownToken)
		}})
		if reason, _ := g.serve(t, request(t, first, target, sent)); reason != authentication.ReasonTokenUnknown {
			t.Errorf("%s", reason)
		}
	})
}

// A stranger must not make the server read, nor must anybody with what is announced as too large.
func TestTheBodyOfAStrangerIsNotRead(t *testing.T) {
	g := newGate(t, authentication.Config{})
	for name, change := range map[string]func(http.Header){
		"no token":        func(h http.Header) { h.Del("Authorization") },
		"an unknown one":  func(h http.Header) { h.Set("Authorization", "Bearer x") },
		"no signature":    func(h http.Header) { h.Del(signing.HeaderSignature) },
		"a malformed key": func(h http.Header) { h.Set(idempotency.Header, "x") },
		"too large":       nil,
	} {
		r := request(t, first, target, sent)
		if change != nil {
			change(r.Header)
		} else {
			r.ContentLength = authentication.DefaultMaxBodyBytes + 1
		}
		r.Body = io.NopCloser(readerFunc(func([]byte) (int, error) {
			t.Errorf("%s: the body is read", name)
			return 0, io.EOF
		}))
		g.serve(t, r)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func TestBodiesAreBounded(t *testing.T) {
	const limit, larger = 4 << 10, 64 << 10
	g := newGate(t, authentication.Config{MaxBodyBytes: limit,
		Require: func(r *http.Request) authentication.Requirement {
			if r.URL.Path == "/file/" {
				return authentication.Requirement{MaxBodyBytes: larger}
			}
			return authentication.Requirement{}
		}})
	for _, c := range []struct {
		name, target string
		size         int
		want         authentication.Reason
	}{
		{"nothing", target, 0, ""},
		{"a body of the limit", target, limit, ""},
		{"one byte more", target, limit + 1, authentication.ReasonBodyTooLarge},
		{"much more", target, 100 * limit, authentication.ReasonBodyTooLarge},
		{"a file above the usual limit", "/file/", limit + 1, ""},
		{"a file of its limit", "/file/", larger, ""},
		{"a file above its limit", "/file/", larger + 1, authentication.ReasonBodyTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := strings.Repeat("x", c.size)
			for _, known := range []bool{true, false} {
				r := request(t, first, c.target, body)
				if !known { // As with chunks.
					r.ContentLength, r.TransferEncoding = -1, []string{"chunked"}
				}
				reason, w := g.serve(t, r)
				if reason != c.want || c.want != "" && w.Code != http.StatusRequestEntityTooLarge {
					t.Errorf("length known %t: %q, %d", known, reason, w.Code)
				}
				if c.want == "" && g.bodies[len(g.bodies)-1] != body {
					t.Errorf("length known %t: the handler got other bytes", known)
				}
			}
		})
	}
	t.Run("by default to 1 MiB", func(t *testing.T) {
		g := newGate(t, authentication.Config{})
		body := strings.Repeat("x", int(authentication.DefaultMaxBodyBytes))
		if reason, _ := g.serve(t, request(t, first, target, body)); reason != "" {
			t.Errorf("%s", reason)
		}
		if reason, _ := g.serve(t, request(t, first, target, body+"x")); reason != authentication.ReasonBodyTooLarge {
			t.Errorf("%q", reason)
		}
	})
}

func TestRequirements(t *testing.T) {
	var needs authentication.Requirement
	g := newGate(t, authentication.Config{Require: func(*http.Request) authentication.Requirement { return needs }})
	bare := func() *http.Request { return httptest.NewRequest(http.MethodPost, target, strings.NewReader(sent)) }
	with := func(secret signing.Secret) *http.Request { return request(t, secret, target, sent) }
	without := func(header string) *http.Request {
		r := with(first)
		r.Header.Del(header)
		return r
	}
	optional := authentication.Requirement{SignatureOptional: true}
	for _, c := range []struct {
		name  string
		needs authentication.Requirement
		r     *http.Request
		want  authentication.Reason
	}{
		{"a bare request where all are let in", authentication.Requirement{Open: true}, bare(), ""},
		{"a wrong signature where all are let in", authentication.Requirement{Open: true}, with(retired), ""},
		{"no signature where it is optional", optional, without(signing.HeaderSignature), ""},
		{"a signature where it is optional", optional, with(second), ""},
		{"a wrong one where it is optional", optional, with(retired), authentication.ReasonSignatureMismatch},
		{"a signature without a key where it is optional", optional, without(idempotency.Header),
			authentication.ReasonKeyMissing},
		{"no token where the signature is optional", optional, without("Authorization"),
			authentication.ReasonTokenMissing},
		{"a bare request where all is needed", authentication.Requirement{}, bare(), authentication.ReasonTokenMissing},
	} {
		t.Run(c.name, func(t *testing.T) {
			needs = c.needs
			reason, _ := g.serve(t, c.r)
			if reason != c.want {
				t.Errorf("%q; want %q", reason, c.want)
			}
			if reason == "" && (g.bodies[len(g.bodies)-1] != sent ||
				(g.callers[len(g.callers)-1].ID == "acme") == c.needs.Open) {
				t.Errorf("the handler got %q of %q", g.bodies, g.callers[len(g.callers)-1].ID)
			}
		})
	}
}

// The signature is over the path that was called, whatever handlers on the way make of it.
func TestTheSignedPathIsTheOneOnTheWire(t *testing.T) {
	g := newGate(t, authentication.Config{})
	router := chi.NewRouter()
	authenticator, err := authentication.New(authentication.Config{
		Lookup: authentication.FixedTokens(map[string]authentication.Caller{token: acme})})
	if err != nil {
		t.Fatal(err)
	}
	router.Route("/mounted", func(below chi.Router) {
		below.Use(authenticator.Middleware)
		below.Post("/a/{id}/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	})
	servers := map[string]*httptest.Server{
		"bare":    httptest.NewServer(g.handler),
		"prefix":  httptest.NewServer(http.StripPrefix("/prefix", g.handler)),
		"mounted": httptest.NewServer(router),
	}
	for _, server := range servers {
		defer server.Close()
	}
	for _, c := range []struct {
		name, server, sent, signed string
		want                       int
	}{
		{"with its trailing slash", "bare", "/a/", "/a/", 200},
		{"without a trailing slash", "bare", "/a", "/a", 200},
		{"the slash is not added", "bare", "/a", "/a/", 401},
		{"with its escapes", "bare", "/a%2Fb/c%20d/%7e/", "/a%2Fb/c%20d/%7e/", 200},
		{"the escapes are not resolved", "bare", "/a%2Fb/", "/a/b/", 401},
		{"the escapes are not spelled anew", "bare", "/%7e/", "/~/", 401},
		{"characters that need an escape and have none", "bare", `/a"b|/`, `/a"b|/`, 200},
		{"without the query string", "bare", "/a/?b=/c/", "/a/", 200},
		{"dots are left alone", "bare", "/a/../b/", "/a/../b/", 200},
		{"slashes are left alone", "bare", "//a//b/", "//a//b/", 200},
		{"with the prefix that StripPrefix takes away", "prefix", "/prefix/a/", "/prefix/a/", 200},
		{"not what StripPrefix leaves", "prefix", "/prefix/a/", "/a/", 401},
		{"with what chi mounts below", "mounted", "/mounted/a/7/", "/mounted/a/7/", 204},
		{"as a proxy is asked", "bare", "http://example.com/a%2Fb/?c", "/a%2Fb/", 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			signature, err := signing.Sign(first, key, c.signed, nil)
			if err != nil {
				t.Fatal(err)
			}
			conn, err := net.Dial("tcp", servers[c.server].Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			_, err = fmt.Fprintf(conn,
				"POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\n%s: %s\r\n%s: "+
					"%s\r\nContent-Length: 0\r\n\r\n",
				c.sent, token, idempotency.Header, key, signing.HeaderSignature, signature)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(conn)
			if err != nil || !strings.HasPrefix(string(answer), fmt.Sprintf("HTTP/1.1 %d ", c.want)) {
				t.Errorf("%s, %v; want %d", answer, err, c.want)
			}
		})
	}
	t.Run("or the one that the configuration knows", func(t *testing.T) {
		g := newGate(t, authentication.Config{Path: func(r *http.Request) string {
			return "/public" + authentication.WirePath(r)
		}})
		r := request(t, first, "/public"+target, sent)
		r.RequestURI = target // As a proxy that takes the prefix away sends it.
		if reason, _ := g.serve(t, r); reason != "" {
			t.Errorf("%s", reason)
		}
	})
	t.Run("or that of a whole URL, whatever r.URL has become", func(t *testing.T) {
		r := request(t, first, "/a%2Fb/", "")
		r.RequestURI, r.URL.Path, r.URL.RawPath = "http://example.com/x%2Fy/?z=1", "/other/", ""
		if got := authentication.WirePath(r); got != "/x%2Fy/" {
			t.Errorf("%s", got)
		}
		r.RequestURI = "%zz"
		if got := authentication.WirePath(r); got != "/other/" {
			t.Errorf("of no URL: %s", got)
		}
	})
	t.Run("or that of the URL, without a request line", func(t *testing.T) {
		r := request(t, first, "/a%2Fb/", "")
		r.RequestURI = ""
		if got := authentication.WirePath(r); got != "/a%2Fb/" {
			t.Errorf("%s", got)
		}
	})
}

// In development the answer says what was wrong, whatever it was.
func TestDevelopmentSaysWhatWasWrong(t *testing.T) {
	g := newGate(t, authentication.Config{Development: true})
	over := func(secret signing.Secret, text string) string {
		signature, err := signing.SignWebhook(secret, []byte(text)) // HMAC over anything.
		if err != nil {
			t.Fatal(err)
		}
		return signature
	}
	earlier := uuid.NewString()
	r := request(t, first, target, sent)
	if err := authentication.SignRequest(r, first, earlier, []byte(sent)); err != nil {
		t.Fatal(err)
	}
	if reason, _ := g.serve(t, r); reason != "" {
		t.Fatal(reason)
	}
	for _, c := range []struct {
		name, header, value, want string
	}{
		{"no token", "Authorization", "", "no bearer token that could be one"},
		{"an unknown token", "Authorization", "Bearer x", "log in again"},
		{"no key", idempotency.Header, "", "idempotency key is not a UUID"},
		{"the trailing slash", signing.HeaderSignature, over(first, key+strings.TrimSuffix(target, "/")+sent),
			"without its trailing slash"},
		{"the trailing slash, with the second secret", signing.HeaderSignature,
			over(second, key+strings.TrimSuffix(target, "/")+sent), "without its trailing slash"},
		{"the query string", signing.HeaderSignature, over(first, key+target+"?a=b"+sent), "query string"},
		{"the whole URL", signing.HeaderSignature, over(first, key+"https://example.com"+target+"?a=b"+sent),
			"whole URL"},
		{"a retired secret", signing.HeaderSignature, over(retired, key+target+sent), "retired secret"},
		{"the token for the secret", signing.HeaderSignature, over(signing.NewSecret(token), key+target+sent),
			"bearer token was used"},
		{"the key of an earlier request", signing.HeaderSignature, over(first, earlier+target+sent), "earlier request"},
		{"another secret", signing.HeaderSignature, over(signing.NewSecret("another"), key+target+sent),
			"the secret is probably another one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request(t, first, target, sent)
			r.URL.RawQuery = "a=b"
			r.Header.Set(c.header, c.value)
			reason, w := g.serve(t, r)
			var body struct{ Detail string }
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || reason == "" ||
				w.Code != http.StatusUnauthorized {
				t.Fatalf("%s: %d %s %v", reason, w.Code, w.Body, err)
			}
			refusal := g.refusals[len(g.refusals)-1]
			if !strings.Contains(body.Detail, c.want) || refusal.Explanation != body.Detail {
				t.Errorf("%q, logged %q; want %q", body.Detail, refusal.Explanation, c.want)
			}
		})
	}
}

// A diagnosis takes time, and tells how close a guess was.
func TestNothingIsDiagnosedUnlessItIsForDevelopment(t *testing.T) {
	g := newGate(t, authentication.Config{})
	r := request(t, signing.NewSecret("another"), target, sent)
	if reason, w := g.serve(t, r); reason != authentication.ReasonSignatureMismatch || w.Code != 401 {
		t.Fatalf("%s: %d", reason, w.Code)
	}
	if got := g.refusals[len(g.refusals)-1].Explanation; strings.Contains(got, "secret is probably another") {
		t.Errorf("it says %q", got)
	}
}

// Any body that is no file is taken apart.
func TestABodyOfTheLimitIsDiagnosed(t *testing.T) {
	g := newGate(t, authentication.Config{Development: true, MaxBodyBytes: int64(len(sent)),
		Require: func(*http.Request) authentication.Requirement {
			return authentication.Requirement{MaxBodyBytes: 1 << 10}
		}})
	for body, want := range map[string]bool{sent: true, sent + " ": false} {
		reason, w := g.serve(t, request(t, retired, target, body))
		if reason != authentication.ReasonSignatureMismatch ||
			strings.Contains(w.Body.String(), "a retired secret was used") != want {
			t.Errorf("%d bytes: %s, %s; want it explained: %t", len(body), reason, w.Body, want)
		}
	}
}

// The keys of earlier requests are kept for each partner, and not without end.
func TestRecentKeysAreBounded(t *testing.T) {
	callers := map[string]authentication.Caller{token: acme}
	for n := range 600 {
		callers[fmt.Sprint("t", n)] = authentication.Caller{ID: fmt.Sprint("p", n), Secrets: acme.Secrets}
	}
	g := newGate(t, authentication.Config{Development: true, Lookup: authentication.FixedTokens(callers)})
	send := func(bearer, header, signed string) string {
		r := request(t, first, target, sent)
		signature, err := signing.Sign(first, signed, target, []byte(sent))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+bearer)
		r.Header.Set(idempotency.Header, header)
		r.Header.Set(signing.HeaderSignature, signature)
		if reason, _ := g.serve(t, r); reason == "" {
			return ""
		}
		return g.refusals[len(g.refusals)-1].Explanation
	}
	old := uuid.NewString()
	send(token, old, old)
	if got := send(token, uuid.NewString(), old); !strings.Contains(got, "earlier request") {
		t.Errorf("its own key: %s", got)
	}
	if got := send("t0", uuid.NewString(), old); strings.Contains(got, "earlier request") {
		t.Errorf("another partner's key: %s", got)
	}
	for range 20 {
		fresh := uuid.NewString()
		send(token, fresh, fresh)
	}
	if got := send(token, uuid.NewString(), old); strings.Contains(got, "earlier request") {
		t.Errorf("a key of long ago: %s", got)
	}
	last := uuid.NewString()
	send(token, last, last)
	for n := range 600 {
		fresh := uuid.NewString()
		send(fmt.Sprint("t", n), fresh, fresh)
	}
	if got := send(token, uuid.NewString(), last); strings.Contains(got, "earlier request") {
		t.Errorf("after many callers: %s", got)
	}
}

func TestAnswersCanBeGivenOtherwise(t *testing.T) {
	for _, c := range []struct {
		name                                  string
		write                                 func(http.ResponseWriter, *http.Request, authentication.Refusal)
		wantContentType, wantChallenged, want string
	}{
		{"as usual", nil, "application/json", "Bearer", `{"detail":"unauthorized"}`},
		{"as problem details", authentication.WriteProblem, "application/problem+json", "Bearer",
			`{"type":"about:blank","title":"Unauthorized","status":401,"detail":"unauthorized"}`},
		{"with another status and text", func(w http.ResponseWriter, r *http.Request, refusal authentication.Refusal) {
			refusal.Status, refusal.Detail = http.StatusUnprocessableEntity, "key, please"
			w.Header().Del("WWW-Authenticate")
			authentication.WriteRefusal(w, r, refusal)
		}, "application/json", "", `{"detail":"key, please"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newGate(t, authentication.Config{Refuse: c.write})
			r := request(t, first, target, sent)
			r.Header.Del(idempotency.Header)
			w := httptest.NewRecorder()
			g.handler.ServeHTTP(w, r)
			if w.Body.String() != c.want || w.Header().Get("Content-Type") != c.wantContentType ||
				w.Header().Get("WWW-Authenticate") != c.wantChallenged ||
				(w.Code == http.StatusUnauthorized) != (c.wantChallenged != "") {
				t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
			}
			// Nobody has asked yet whose token it is.
			if refusal := g.refusals[0]; refusal.Reason != authentication.ReasonKeyMissing || refusal.CallerID != "" {
				t.Errorf("%+v", refusal)
			}
		})
	}
}

// A chain with a context of its own gets the caller and the held body without a copy of the request.
func TestAChainMayKeepTheCallerItself(t *testing.T) {
	authenticator, err := authentication.New(authentication.Config{
		Lookup: authentication.FixedTokens(map[string]authentication.Caller{token: acme})})
	if err != nil {
		t.Fatal(err)
	}
	r := request(t, first, target, sent)
	w := httptest.NewRecorder()
	caller, ok := authenticator.Authenticate(w, r)
	body, err := io.ReadAll(r.Body)
	if !ok || caller.ID != "acme" || err != nil || string(body) != sent || w.Body.Len() > 0 {
		t.Errorf("%t, %s, %q, %v, %s", ok, caller.ID, body, err, w.Body)
	}
	for name, c := range map[string]struct {
		value any
		want  bool
	}{
		"a caller": {&caller, true}, "none": {nil, false}, "nil": {(*authentication.Caller)(nil), false},
		"nobody": {new(authentication.Caller), false},
	} {
		got, known := authentication.CallerFromContext(
			context.WithValue(t.Context(), authentication.CallerKey{}, c.value))
		if known != c.want || known != (got.ID == "acme") {
			t.Errorf("%s: %t, %q", name, known, got.ID)
		}
	}
	r.Header.Del("Authorization")
	if caller, ok := authenticator.Authenticate(w, r); ok || caller.ID != "" || w.Code != http.StatusUnauthorized {
		t.Errorf("without a token: %t, %s, %d", ok, caller.ID, w.Code)
	}
}

// Many at a time, right and wrong, over connections: each gets its own answer, and each handler its own bytes.
func TestAThousandRequestsAtOnce(t *testing.T) {
	g := newGate(t, authentication.Config{Development: true})
	server := httptest.NewServer(g.handler)
	defer server.Close()
	client := server.Client()
	client.Transport.(*http.Transport).MaxConnsPerHost = 100
	var all sync.WaitGroup
	for n := range 1000 {
		all.Go(func() {
			body := fmt.Sprintf(`{"n":%d}`, n)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+target,
				strings.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			if n%3 == 0 { // In chunks.
				r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), -1
			}
			r.Header.Set("Authorization", "Bearer "+token)
			secret, want := acme.Secrets[n%2], http.StatusOK
			if n%5 == 0 {
				secret, want = retired, http.StatusUnauthorized
			}
			if err := authentication.SignRequest(r, secret, uuid.NewString(), []byte(body)); err != nil {
				t.Error(err)
				return
			}
			response, err := client.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			if response.StatusCode != want {
				t.Errorf("%d: %s; want %d", n, response.Status, want)
			}
		})
	}
	all.Wait()
	client.CloseIdleConnections()
	slices.Sort(g.bodies)
	if len(slices.Compact(g.bodies)) != 800 || len(g.refusals) != 200 {
		t.Errorf("%d requests got through and %d did not", len(g.bodies), len(g.refusals))
	}
}

// The limits of a server are put off for a body with time of its own, and put back.
func TestABodyMayHaveTimeOfItsOwn(t *testing.T) {
	g := newGate(t, authentication.Config{Require: func(*http.Request) authentication.Requirement {
		return authentication.Requirement{ReadTimeout: time.Hour}
	}})
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	r := request(t, first, target, sent)
	r = r.WithContext(context.WithValue(r.Context(), http.ServerContextKey, &http.Server{WriteTimeout: time.Minute}))
	start := time.Now()
	g.handler.ServeHTTP(w, r)
	if w.read.Before(start.Add(time.Hour)) || w.write.Before(start.Add(time.Minute)) ||
		w.write.After(start.Add(30*time.Minute)) {
		t.Errorf("read by %v, write by %v after the start", w.read.Sub(start), w.write.Sub(start))
	}
	// A writer without deadlines serves all the same.
	if reason, _ := g.serve(t, request(t, first, target, sent)); reason != "" {
		t.Error(reason)
	}
}

type deadlines struct {
	*httptest.ResponseRecorder
	read, write time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error  { d.read = at; return nil }
func (d *deadlines) SetWriteDeadline(at time.Time) error { d.write = at; return nil }

func TestTokens(t *testing.T) {
	for header, want := range map[string]string{
		"Bearer abc":          "abc",
		"bearer abc":          "abc",
		"BEARER abc":          "abc",
		"Bearer   abc":        "abc",
		"Bearer a-b.c_d~e+/f": "a-b.c_d~e+/f",
		"Bearer abc==":        "abc==",
		"Bearer":              "",
		"Bearer ":             "",
		"Bearer =":            "",
		"Bearer a=b":          "",
		"Bearer abc ":         "",
		"Bearer abc def":      "",
		"Bearer abc,":         "",
		"Bearer abc, Basic x": "",
		"Bearer\tabc":         "",
		`Bearer "abc"`:        "",
		"Bearer äbc":          "",
		"Bearer a\x00c":       "",
		"Bearer a\xffc":       "",
		"Bearerabc":           "",
		"abc":                 "",
		" Bearer abc":         "",
		"Basic abc":           "",
	} {
		t.Run(header, func(t *testing.T) {
			looked := ""
			g := newGate(t, authentication.Config{
				Lookup: func(_ context.Context, token string) (authentication.Caller, error) {
					looked = token
					return acme, nil
				}})
			r := request(t, first, target, sent)
			r.Header.Set("Authorization", header)
			if reason, _ := g.serve(t, r); looked != want || (reason == "") != (want != "") {
				t.Errorf("looked up %q, %q; want %q", looked, reason, want)
			}
		})
	}
}

// The key is what package idempotency takes for one.
func TestKeysAreThoseOfPackageIdempotency(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(rapid.StringMatching(`[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`),
			rapid.StringMatching(`[0-9a-g-]{36}`),
			rapid.StringMatching(`[0]{8}(-[0]{4}){3}-[01]{12}`),
			rapid.StringMatching(`\{?[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}\}?`),
			rapid.String()).Draw(rt, "key")
		checkKey(t, text)
	})
}

func checkKey(t testing.TB, text string) {
	t.Helper()
	g := gateOf(acme)
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Header["Authorization"] = []string{"Bearer " + token}
	r.Header["X-Jiko-Idempotency"] = []string{text}
	_, err := idempotency.ParseKey(text)
	want := authentication.ReasonSignatureMissing
	if err != nil {
		want = authentication.ReasonKeyMalformed
	}
	if got := g(r); got != want {
		t.Errorf("%q: %s; want %s", text, got, want)
	}
}

// gateOf returns what the middleware says of a request.
func gateOf(partner authentication.Caller) func(*http.Request) authentication.Reason {
	return func(r *http.Request) (reason authentication.Reason) {
		authenticator, err := authentication.New(authentication.Config{
			Lookup:  func(context.Context, string) (authentication.Caller, error) { return partner, nil },
			Observe: func(_ context.Context, event authentication.Event) { reason = event.Refusal.Reason },
		})
		if err != nil {
			panic(err)
		}
		authenticator.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(
			httptest.NewRecorder(), r)
		return reason
	}
}

// Whatever is in the headers, a request gets through exactly when they hold a token, a key and the right signature,
// once each.
func FuzzHeaders(f *testing.F) {
	right, err := signing.Sign(first, key, target, []byte(sent))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("Bearer abc", key, right, false, false, false)
	f.Add("bearer abc", strings.ToUpper(key), right, false, false, false)
	f.Add("Bearer abc", key, right, true, false, false)
	f.Add("Bearer abc", key, right, false, true, false)
	f.Add("Bearer abc", key, right, false, false, true)
	f.Add("Bearer a b", "{"+key+"}", right+"\n", false, false, false)
	f.Add("", "", "", false, false, false)
	gate := gateOf(acme)
	f.Fuzz(func(t *testing.T, authorization, key, signature string, twoTokens, twoKeys, twoSignatures bool) {
		r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(sent))
		for header, value := range map[string]struct {
			text  string
			twice bool
		}{
			"Authorization": {authorization, twoTokens}, "X-Jiko-Idempotency": {key, twoKeys},
			"X-Jiko-Signature": {signature, twoSignatures},
		} {
			r.Header[header] = []string{value.text}
			if value.twice {
				r.Header[header] = []string{value.text, value.text}
			}
		}
		fields := strings.Fields(authorization)
		good := len(fields) == 2 && strings.EqualFold(fields[0], "bearer") && !strings.HasPrefix(authorization, " ")
		_, err := idempotency.ParseKey(key)
		good = good && err == nil && !twoTokens && !twoKeys && !twoSignatures &&
			(signing.Verify(first, key, target, []byte(sent), signature) == nil ||
				signing.Verify(second, key, target, []byte(sent), signature) == nil)
		// A token has characters that this test does not know of, so it may be refused for them.
		switch reason := gate(r); {
		case reason == "" && !good, reason != "" && good && reason != authentication.ReasonTokenMalformed:
			t.Errorf("%q for %q %q %q %t %t %t", reason, authorization, key, signature, twoTokens, twoKeys,
				twoSignatures)
		}
	})
}

// The bytes are the same behind the middleware, whatever they are.
func TestEveryBodyStaysAsItIs(t *testing.T) {
	g := newGate(t, authentication.Config{})
	rapid.Check(t, func(rt *rapid.T) {
		body := string(rapid.SliceOf(rapid.Byte()).Draw(rt, "body"))
		r := request(t, second, target, body)
		if rapid.Bool().Draw(rt, "chunked") && body != "" {
			r.ContentLength, r.Body = -1, io.NopCloser(trickle{bytes.NewReader([]byte(body))})
		}
		if reason, _ := g.serve(t, r); reason != "" || g.bodies[len(g.bodies)-1] != body {
			rt.Fatalf("%s: %q became %q", reason, body, g.bodies[len(g.bodies)-1])
		}
	})
}

// trickle reads a few bytes at a time.
type trickle struct{ r io.Reader }

func (t trickle) Read(b []byte) (int, error) { return t.r.Read(b[:min(3, len(b))]) }
