package authentication_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// strictly is a request with a strict signature and everything right about it.
func strictly(t testing.TB, method, target string, body []byte, at time.Time) *http.Request {
	t.Helper()
	r := httptest.NewRequest(method, target, bytes.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	if err := authentication.SignRequestStrictly(r, second, key, body, at); err != nil {
		t.Fatal(err)
	}
	return r
}

// What the provider's signature leaves open, the strict one does not: a request that somebody has recorded is good for
// nothing else and not for long.
func TestAStrictSignatureIsGoodForOneRequest(t *testing.T) {
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	const target = "/api/v2/pockets/?limit=7"
	large := bytes.Repeat([]byte("x"), 100<<10)
	for _, c := range []struct {
		name   string
		change func(*http.Request)
		want   authentication.Reason
	}{
		{"as it was sent", func(*http.Request) {}, ""},
		{"a few minutes later", func(*http.Request) { now = now.Add(5 * time.Minute) }, ""},
		{"later than that", func(*http.Request) { now = now.Add(5*time.Minute + time.Second) },
			authentication.ReasonStrictExpired},
		{"after 61 minutes", func(*http.Request) { now = now.Add(61 * time.Minute) },
			authentication.ReasonStrictExpired},
		{"by a clock that is a little ahead", func(*http.Request) { now = now.Add(-5 * time.Minute) }, ""},
		{"from the future", func(*http.Request) { now = now.Add(-6 * time.Minute) },
			authentication.ReasonStrictExpired},
		{"as another method", func(r *http.Request) { r.Method = http.MethodDelete },
			authentication.ReasonStrictMismatch},
		{"with another query", func(r *http.Request) { r.URL.RawQuery = "limit=8" },
			authentication.ReasonStrictMismatch},
		{"without its query", func(r *http.Request) { r.URL.RawQuery = "" }, authentication.ReasonStrictMismatch},
		{"with a longer query", func(r *http.Request) { r.URL.RawQuery += "&a=b" },
			authentication.ReasonStrictMismatch},
		{"with another time", func(r *http.Request) {
			value := r.Header.Get(signing.HeaderStrict)
			_, signature, _ := strings.Cut(value, ",v1=")
			r.Header.Set(signing.HeaderStrict, (signing.Strict{Time: now.Add(time.Minute)}).Header(signature))
		}, authentication.ReasonStrictMismatch},
		{"with another key, signed as the provider asks", func(r *http.Request) {
			strict := r.Header.Get(signing.HeaderStrict)
			body := make([]byte, r.ContentLength)
			_, _ = r.Body.Read(body)
			_ = authentication.SignRequest(r, first, uuid.NewString(), body)
			r.Body = http.NoBody
			if len(body) > 0 {
				r.Body = readCloser{bytes.NewReader(body)}
			}
			r.Header.Set(signing.HeaderStrict, strict)
		}, authentication.ReasonStrictMismatch},
		{"without it", func(r *http.Request) { r.Header.Del(signing.HeaderStrict) },
			authentication.ReasonStrictMissing},
		{"with two", func(r *http.Request) {
			r.Header.Add(signing.HeaderStrict, r.Header.Get(signing.HeaderStrict))
		}, authentication.ReasonStrictMalformed},
		{"with something else", func(r *http.Request) { r.Header.Set(signing.HeaderStrict, "t=1,v1=x") },
			authentication.ReasonStrictMalformed},
		{"with the provider's", func(r *http.Request) {
			usual := r.Header.Get(signing.HeaderSignature)
			r.Header.Set(signing.HeaderStrict, (signing.Strict{Time: now}).Header(usual))
		}, authentication.ReasonStrictMismatch},
		{"without the provider's", func(r *http.Request) { r.Header.Del(signing.HeaderSignature) },
			authentication.ReasonSignatureMissing},
		{"without a key", func(r *http.Request) { r.Header.Del(idempotency.Header) }, authentication.ReasonKeyMissing},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, body := range map[string][]byte{
				"no body": nil, "a body": []byte(sent), "a body in a file": large,
			} {
				now = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
				g := newGate(t, authentication.Config{
					StrictAge: 5 * time.Minute, Now: func() time.Time { return now },
				})
				r := strictly(t, http.MethodGet, target, body, now)
				c.change(r)
				if reason, w := g.serve(t, r); reason != c.want || c.want != "" && w.Code != http.StatusUnauthorized {
					t.Errorf("%s: %q, %d; want %q", name, reason, w.Code, c.want)
				}
			}
		})
	}
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

// Who does not ask for it does not look at it, and a negative age is a mistake.
func TestAStrictSignatureIsAskedForOrNot(t *testing.T) {
	g := newGate(t, authentication.Config{})
	r := request(t, first, target, sent)
	r.Header.Set(signing.HeaderStrict, "nonsense")
	if reason, _ := g.serve(t, r); reason != "" {
		t.Error(reason)
	}
	if _, err := authentication.New(authentication.Config{
		Lookup: authentication.FixedTokens(nil), StrictAge: -1,
	}); err == nil {
		t.Error("a negative age is accepted")
	}
	if err := authentication.SignRequestStrictly(r, signing.Secret{}, key, nil, time.Now()); err == nil {
		t.Error("an empty secret signs")
	}
}
