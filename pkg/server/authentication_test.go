package server_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

func TestTokens(t *testing.T) {
	for _, c := range []struct {
		name, header, want string
	}{
		{"the token is accepted", "Bearer " + token, ""},
		{"the scheme's case does not matter", "bearer " + token, ""},
		{"no header is refused", "", "no bearer token"},
		{"another scheme is refused", "Basic " + token, "no bearer token that could be one"},
		{"a scheme without a token is refused", "Bearer", "no bearer token that could be one"},
		{"an empty token is refused", "Bearer ", "no bearer token that could be one"},
		{"a token without a scheme is refused", token, "no bearer token that could be one"},
		{"an unknown token is refused", "Bearer other-" + marker, "unknown or expired"},
		{"a token with something after it is refused", "Bearer " + token + " x", "no bearer token that could be one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, mode := range modes() {
				s := start(t)
				r := request(t, http.MethodPost, fund, fundBody)
				r.Header.Del("Authorization")
				if c.header != "" {
					r.Header.Set("Authorization", c.header)
				}
				w := serve(t, mode.handler, r)
				if c.want == "" {
					if w.Code != http.StatusAccepted {
						t.Errorf("%s: %d %s", mode.name, w.Code, w.Body)
					}
					continue
				}
				mode.unauthorized(t, w, c.want)
				if log := s.log.String(); !strings.Contains(log, w.Header().Get(server.HeaderRequestID)) ||
					!strings.Contains(log, c.want) {
					t.Errorf("%s: the log does not have the request id and the reason: %s", mode.name, log)
				}
			}
		})
	}
}

// mode is one of the two that a server can be in.
type mode struct {
	name    string
	handler http.Handler
	explain bool
}

func modes() []mode {
	return []mode{{"in production", plain(), false}, {"in development", development(), true}}
}

// unauthorized checks a 401: it is the same whatever was wrong, except in development.
func (m mode) unauthorized(t *testing.T, w *httptest.ResponseRecorder, want string) {
	t.Helper()
	if w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("%s: %d %q %s", m.name, w.Code, w.Header().Get("WWW-Authenticate"), w.Body)
	}
	if got := detail(t, w); m.explain && !strings.Contains(got, want) || !m.explain && got != "unauthorized" {
		t.Errorf("%s: %q; want %q in development alone", m.name, got, want)
	}
}

func TestAFailedLookUpIsNotTheCallersFault(t *testing.T) {
	for _, c := range []struct {
		name    string
		partner authentication.Caller
		err     error
		logged  string
	}{
		{"the store is down", authentication.Caller{}, errors.New("dial the store: refused"), "dial the store"},
		{"a partner has no secret to verify with", authentication.Caller{ID: "acme"}, nil, "no secret"},
		{"a partner has too many of them", authentication.Caller{ID: "acme",
			Secrets: []signing.Secret{newSecret, oldSecret, newSecret}}, nil, "3 secrets"},
		{"a partner has no id", authentication.Caller{Secrets: []signing.Secret{newSecret}}, nil, "no id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t)
			s.authenticate = func(context.Context, string) (authentication.Caller, error) { return c.partner, c.err }
			w := serve(t, plain(), request(t, http.MethodGet, agreements, ""))
			if w.Code != http.StatusInternalServerError || detail(t, w) != "internal error" ||
				w.Header().Get("WWW-Authenticate") != "" {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if !strings.Contains(s.log.String(), c.logged) {
				t.Errorf("the log does not say why: %s", s.log.String())
			}
		})
	}
}

// A wrapped ErrUnknownToken is still one.
func TestAnUnknownTokenMayBeWrapped(t *testing.T) {
	s := start(t)
	s.authenticate = func(context.Context, string) (authentication.Caller, error) {
		return authentication.Caller{}, errors.Join(errors.New("cache miss"), authentication.ErrUnknownToken)
	}
	if w := serve(t, plain(), request(t, http.MethodGet, agreements, "")); w.Code != http.StatusUnauthorized {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestOperationsWithoutSecurityNeedNothing(t *testing.T) {
	for _, c := range []struct {
		name, method, path, body string
		want                     int
	}{
		{"the health check", http.MethodGet, "/health", "", http.StatusOK},
		{"the public keys", http.MethodGet, "/api/v1/public-keys/", "", http.StatusNotImplemented},
		{"the login", http.MethodPost, "/api/v1/login/", `{"username":"u","password":"password-` + marker + `"}`,
			http.StatusUnauthorized},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t)
			s.authenticate = func(context.Context, string) (authentication.Caller, error) {
				t.Error("the token is looked up")
				return authentication.Caller{}, authentication.ErrUnknownToken
			}
			for _, authorization := range []string{"", "Bearer other-" + marker} {
				r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader(c.body))
				if c.body != "" {
					r.Header.Set("Content-Type", "application/json")
				}
				if authorization != "" {
					r.Header.Set("Authorization", authorization)
					r.Header.Set(signing.HeaderSignature, "wrong")
				}
				if w := serve(t, plain(), r); w.Code != c.want {
					t.Errorf("%d %s; want %d", w.Code, w.Body, c.want)
				}
			}
		})
	}
}

func TestAWrongSignatureIsExplainedOnlyInDevelopment(t *testing.T) {
	const target = "/api/v2/pockets/?limit=7"
	raw := func(t *testing.T, key, path, body string) []byte {
		t.Helper()
		text, err := signing.SignWebhook(newSecret, []byte(key+path+body)) // HMAC over anything.
		if err != nil {
			t.Fatal(err)
		}
		sum, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	standard := base64.StdEncoding.EncodeToString
	for _, c := range []struct {
		name      string
		signature func(t *testing.T, key string) string
		want      string
	}{
		{"the trailing slash is missing", func(t *testing.T,
			key string) string {
			return standard(raw(t, key, "/api/v2/pockets", ""))
		}, "trailing slash"},
		{"the query string was signed", func(t *testing.T,
			key string) string {
			return standard(raw(t, key, target, ""))
		}, "query string"},
		{"it is hexadecimal", func(t *testing.T, key string) string {
			return hex.EncodeToString(raw(t, key, "/api/v2/pockets/", ""))
		}, "hexadecimal"},
		{"it is URL-safe", func(t *testing.T, key string) string {
			// A base64 text without + or / is the same in both alphabets; without padding it is not.
			return base64.RawURLEncoding.EncodeToString(raw(t, key, "/api/v2/pockets/", ""))
		}, "padd"},
		{"the method was signed", func(t *testing.T,
			key string) string {
			return standard(raw(t, key, "GET/api/v2/pockets/", ""))
		}, "the method was signed"},
		{"the key was not signed", func(t *testing.T,
			_ string) string {
			return standard(raw(t, "", "/api/v2/pockets/", ""))
		}, "idempotency key was not signed"},
		{"an empty object was signed for no body",
			func(t *testing.T, key string) string { return standard(raw(t, key, "/api/v2/pockets/", "{}")) },
			"empty JSON object"},
		{"the secret is another", func(t *testing.T, key string) string {
			s, err := signing.Sign(signing.NewSecret("another"), key, "/api/v2/pockets/", nil)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}, "none of the usual mistakes"},
		{"it is no signature", func(*testing.T, string) string { return "string-" + marker }, "not base64"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, mode := range modes() {
				s := start(t)
				r := request(t, http.MethodGet, target, "")
				r.Header.Set(signing.HeaderSignature, c.signature(t, r.Header.Get(idempotency.Header)))
				mode.unauthorized(t, serve(t, mode.handler, r), c.want)
				if !strings.Contains(s.log.String(), `"reason":"signature_m`) ||
					mode.explain && !strings.Contains(s.log.String(), c.want) {
					t.Errorf("%s: the log does not say why: %s", mode.name, s.log.String())
				}
			}
		})
	}
}

// A signature is good for the bytes, the path and the key that it was made over.
func TestASignatureCoversTheRequest(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*http.Request)
		want   int
	}{
		{"nothing changed", func(*http.Request) {}, http.StatusAccepted},
		{"another amount", func(r *http.Request) {
			r.Body = io.NopCloser(strings.NewReader(strings.Replace(fundBody, "100", "101", 1)))
		}, http.StatusUnauthorized},
		{"a space", func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(fundBody+" ")), -1
		}, http.StatusUnauthorized},
		{"no body", func(r *http.Request) { r.Body, r.ContentLength = http.NoBody, 0 }, http.StatusUnauthorized},
		{"another key", func(r *http.Request) { r.Header.Set(idempotency.Header, uuid.NewString()) },
			http.StatusUnauthorized},
		{"the key in another case", func(r *http.Request) {
			r.Header.Set(idempotency.Header, "497F6ECA-6276-4993-bfeb-53cbbbba6f08")
		}, http.StatusUnauthorized},
		{"another path", func(r *http.Request) {
			r.URL.Path, r.RequestURI = "/api/v1/sandbox/card-swipe/", "/api/v1/sandbox/card-swipe/"
		}, http.StatusUnauthorized},
		// The query string is not signed; the contract still has its say.
		{"another query string", func(r *http.Request) { r.URL.RawQuery = "x=y" }, http.StatusAccepted},
		{"no signature", func(r *http.Request) { r.Header.Del(signing.HeaderSignature) }, http.StatusUnauthorized},
	} {
		t.Run(c.name, func(t *testing.T) {
			start(t)
			r := request(t, http.MethodPost, fund, fundBody)
			sign(t, r, newSecret, "497f6eca-6276-4993-bfeb-53cbbbba6f08", fundBody)
			c.change(r)
			if w := serve(t, plain(), r); w.Code != c.want {
				t.Errorf("%d %s; want %d", w.Code, w.Body, c.want)
			}
		})
	}
}

func TestBothActiveSecretsVerify(t *testing.T) {
	start(t)
	for secret, want := range map[signing.Secret]int{oldSecret: http.StatusAccepted, newSecret: http.StatusAccepted,
		signing.NewSecret("another"): http.StatusUnauthorized} {
		r := request(t, http.MethodPost, fund, fundBody)
		sign(t, r, secret, uuid.NewString(), fundBody)
		if w := serve(t, plain(), r); w.Code != want {
			t.Errorf("%d; want %d", w.Code, want)
		}
	}
}

func TestIdempotencyKeys(t *testing.T) {
	const good = "497f6eca-6276-4993-bfeb-53cbbbba6f08"
	for _, c := range []struct {
		name, key string
		ok        bool
	}{
		{"a UUID is a key", good, true},
		{"so is one in upper case", strings.ToUpper(good), true},
		{"none is refused", "", false},
		{"a word is refused", "key-" + marker, false},
		{"the Nil UUID is refused", uuid.Nil.String(), false},
		{"braces are refused", "{" + good + "}", false},
		{"the urn prefix is refused", "urn:uuid:" + good, false},
		{"a missing hyphen is refused", strings.ReplaceAll(good, "-", ""), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t)
			for name, handler := range map[string]http.Handler{"in production": plain(),
				"in development": development()} {
				r := request(t, http.MethodPost, fund, fundBody)
				if c.key == "" {
					r.Header.Del(idempotency.Header) // The signature stays: it can be over anything.
				} else {
					sign(t, r, newSecret, c.key, fundBody) // The key is all that is wrong.
				}
				w := serve(t, handler, r)
				if c.ok {
					if w.Code != http.StatusAccepted {
						t.Errorf("%s: %d %s", name, w.Code, w.Body)
					}
					continue
				}
				if w.Code != http.StatusUnprocessableEntity {
					t.Fatalf("%s: %d %s", name, w.Code, w.Body)
				}
				want := "header.x-jiko-idempotency uuid"
				if c.key == "" {
					want = "header.x-jiko-idempotency required"
				}
				if s.log.Len() == 0 || strings.Contains(s.log.String(), `"status":401`) ||
					!strings.Contains(s.log.String(), `"operation":"fundAccount"`) {
					t.Errorf("%s: the log says otherwise: %s", name, s.log.String())
				}
				if got := entries(t, w); !slices.Equal(got, []string{want}) ||
					w.Header().Get("WWW-Authenticate") != "" {
					t.Errorf("%s: %v", name, got)
				}
			}
		})
	}
}

// With two of a header, the one that is checked here need not be the one that another reads.
func TestAHeaderThatIsThereTwiceIsRefused(t *testing.T) {
	for header, want := range map[string]int{
		"Authorization": http.StatusUnauthorized, signing.HeaderSignature: http.StatusUnauthorized,
		idempotency.Header: http.StatusUnprocessableEntity,
	} {
		start(t)
		r := request(t, http.MethodPost, fund, fundBody)
		r.Header.Add(header, r.Header.Get(header))
		if w := serve(t, plain(), r); w.Code != want {
			t.Errorf("%s: %d %s; want %d", header, w.Code, w.Body, want)
		}
	}
}

// The signature is over the path that the partner called, also where the server is mounted below a prefix.
func TestTheWholePathIsSignedBehindAPrefix(t *testing.T) {
	start(t)
	for signed, want := range map[string]int{"/partner" + fund: http.StatusAccepted, fund: http.StatusUnauthorized} {
		r := request(t, http.MethodPost, "/partner"+fund, fundBody)
		key := uuid.NewString()
		signature, err := signing.Sign(newSecret, key, signed, []byte(fundBody))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(idempotency.Header, key)
		r.Header.Set(signing.HeaderSignature, signature)
		if w := serve(t, http.StripPrefix("/partner", plain()), r); w.Code != want {
			t.Errorf("%s signed: %d %s; want %d", signed, w.Code, w.Body, want)
		}
	}
}

func TestUploads(t *testing.T) {
	file := "%PDF-1.7\x00\xff" + strings.Repeat("x", 2*smallBody) // More than JSON may have.
	for _, c := range []struct {
		name   string
		change func(*testing.T, *http.Request)
		want   int
	}{
		{"pass with a signature", func(*testing.T, *http.Request) {}, http.StatusOK},
		{"need a signature", func(_ *testing.T, r *http.Request) { r.Header.Del(signing.HeaderSignature) },
			http.StatusUnauthorized},
		{"pass in chunks", func(_ *testing.T, r *http.Request) { r.ContentLength = -1 }, http.StatusOK},
		{"do not pass with a wrong one", func(t *testing.T,
			r *http.Request) {
			sign(t, r, signing.NewSecret("another"), uuid.NewString(), file)
		},
			http.StatusUnauthorized},
		{"do not pass with one over nothing", func(t *testing.T,
			r *http.Request) {
			sign(t, r, newSecret, uuid.NewString(), "")
		}, http.StatusUnauthorized},
		{"need a token", func(_ *testing.T, r *http.Request) { r.Header.Del("Authorization") },
			http.StatusUnauthorized},
		{"need a key, signed or not", func(_ *testing.T, r *http.Request) {
			r.Header.Del(signing.HeaderSignature)
			r.Header.Del(idempotency.Header)
		}, http.StatusUnprocessableEntity},
		{"need a media type of the contract", func(_ *testing.T,
			r *http.Request) {
			r.Header.Set("Content-Type", "text/html")
		}, http.StatusUnsupportedMediaType},
		{"may not be empty", func(t *testing.T, r *http.Request) {
			r.Body, r.ContentLength = http.NoBody, 0
			sign(t, r, newSecret, uuid.NewString(), "")
		}, http.StatusUnprocessableEntity},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t)
			var got []byte
			s.upload = func(_ context.Context, in partnerserver.UploadCustomerDocumentInput) (
				partnerserver.UploadCustomerDocumentOutput, error) {
				var err error
				got, err = io.ReadAll(in.Body)
				if in.ContentType != "application/pdf" || in.DocumentType != partnerapi.DocumentTypeBylaws ||
					in.CustomerID.String() != pocketID {
					t.Errorf("%s, %s, %s", in.ContentType, in.DocumentType, in.CustomerID)
				}
				return partnerserver.UploadCustomerDocumentOK{
					Body: partnerapi.UploadedDocument{DocumentID: uuid.New(), Success: true}}, err
			}
			r := request(t, http.MethodPost, upload, file)
			r.Header.Set("Content-Type", "application/pdf")
			c.change(t, r)
			w := serve(t, plain(), r)
			if w.Code != c.want {
				t.Fatalf("%d %s; want %d", w.Code, w.Body, c.want)
			}
			if (w.Code == http.StatusOK) != bytes.Equal(got, []byte(file)) {
				t.Errorf("the operation got %d bytes of %d", len(got), len(file))
			}
		})
	}
}

// A stranger learns nothing of what there is.
func TestOnlyCallersLearnWhichPathsThereAre(t *testing.T) {
	start(t)
	for _, c := range []struct {
		name, method, path string
		want               int
		allow              string
	}{
		{"an unknown path", http.MethodGet, "/api/v1/nothing/", http.StatusNotFound, ""},
		{"a path without its trailing slash", http.MethodGet, "/api/v1/agreements", http.StatusNotFound, ""},
		{"a path with an encoded slash", http.MethodGet, "/api/v1%2Fagreements/", http.StatusNotFound, ""},
		{"the root", http.MethodGet, "/", http.StatusNotFound, ""},
		{"another method", http.MethodDelete, agreements, http.StatusMethodNotAllowed, "GET, HEAD"},
		{"a method of two others", http.MethodPut, "/api/v1/customers/" + pocketID + "/", http.StatusMethodNotAllowed,
			"GET, HEAD, PATCH"},
		{"a question about the methods", http.MethodOptions, agreements, http.StatusMethodNotAllowed, "GET, HEAD"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := serve(t, plain(), request(t, c.method, c.path, ""))
			if w.Code != c.want || w.Header().Get("Allow") != c.allow {
				t.Errorf("%d, Allow %q, %s; want %d, %q", w.Code, w.Header().Get("Allow"), w.Body, c.want, c.allow)
			}
			detail(t, w)
			for name, change := range map[string]func(*http.Request){
				"no token":     func(r *http.Request) { r.Header.Del("Authorization") },
				"no signature": func(r *http.Request) { r.Header.Del(signing.HeaderSignature) },
				"wrong signature": func(r *http.Request) {
					sign(t, r, signing.NewSecret("another"), uuid.NewString(), "")
				},
			} {
				r := request(t, c.method, c.path, "")
				change(r)
				if w := serve(t, plain(), r); w.Code != http.StatusUnauthorized || w.Header().Get("Allow") != "" {
					t.Errorf("%s: %d, Allow %q", name, w.Code, w.Header().Get("Allow"))
				}
			}
		})
	}
}
