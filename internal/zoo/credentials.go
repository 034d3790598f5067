package zoo

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

const (
	headerKey    = "X-Jiko-Idempotency"
	headerMedia  = "Content-Type"
	headerBearer = "Authorization"
)

var headerSignature = http.CanonicalHeaderKey(signing.HeaderSignature)

// credentials are broken in what they ask of a caller before they do something.
var credentials = []Animal{
	{
		Name: "any-signature", Fault: "A signature is asked for, and not looked at.",
		Checks: []string{"F906"}, Operations: []string{"createWire"}, Place: "other_secret",
		Break: lenient(func(c signed) bool { return c.given != "" }, "createWire"),
	},
	{
		Name: "signature-where-there-is-one", Fault: "A signature is looked at only where there is one.",
		Checks: []string{"F906"}, Operations: []string{"getPocket"}, Place: "missing",
		Break: lenient(func(c signed) bool { return len(c.all) == 0 }, "getPocket"),
	},
	{
		Name: "signature-by-prefix", Fault: "The first 8 characters of a signature are compared.",
		Checks: []string{"F906"}, Operations: []string{"createOnUsTransfer"}, Place: "prefix",
		Break: lenient(func(c signed) bool { return len(c.given) > 8 && c.given[:8] == c.want[:8] },
			"createOnUsTransfer"),
	},
	{
		Name: "signature-of-any-case", Fault: "A signature is compared without regard to case.",
		Checks: []string{"F906"}, Operations: []string{"listPockets"}, Place: "case",
		Break: lenient(func(c signed) bool { return strings.EqualFold(c.given, c.want) }, "listPockets"),
	},
	{
		Name: "signature-begins-as-it-should", Fault: "A signature that is cut off is taken for the whole one.",
		Checks: []string{"F906"}, Operations: []string{"closeCard"}, Place: "cut",
		Break: lenient(func(c signed) bool { return c.given != "" && strings.HasPrefix(c.want, c.given) }, "closeCard"),
	},
	{
		Name: "signature-is-in-there", Fault: "What comes behind a signature is not looked at.",
		Checks: []string{"F906"}, Operations: []string{"getCardOrder"}, Place: "longer",
		Break: lenient(func(c signed) bool { return strings.HasPrefix(c.given, c.want) }, "getCardOrder"),
	},
	{
		Name: "signature-of-a-path-without-slash", Fault: "Slashes are trimmed off a path before it is signed.",
		Checks: []string{"F906"}, Operations: []string{"createPocket"}, Place: "unslashed",
		Break: lenient(func(c signed) bool {
			return c.given == c.bank.signature(c.key, strings.TrimSuffix(c.path, "/"), c.body)
		}, "createPocket"),
	},
	{
		Name: "signature-without-body", Fault: "A body need not be part of what is signed.",
		Checks: []string{"F906"}, Operations: []string{"createCounterparty"}, Place: "no_body",
		Break: lenient(func(c signed) bool { return c.given == c.bank.signature(c.key, c.path, nil) },
			"createCounterparty"),
	},
	{
		Name: "signature-without-key", Fault: "The idempotency key need not be part of what is signed.",
		Checks: []string{"F906"}, Operations: []string{"fundAccount"}, Place: "no_key",
		Break: lenient(func(c signed) bool { return c.given == c.bank.signature("", c.path, c.body) }, "fundAccount"),
	},
	{
		Name: "signature-of-the-whole-target", Fault: "A path may be signed with its query.",
		Checks: []string{"F906"}, Operations: []string{"listWires"}, Place: "with_query",
		Break: lenient(func(c signed) bool { return c.given == c.bank.signature(c.key, c.target, c.body) },
			"listWires"),
	},
	{
		Name: "signature-with-the-method", Fault: "The method may be signed as well.",
		Checks: []string{"F906"}, Operations: []string{"setCardStatus"}, Place: "with_method",
		Break: lenient(func(c signed) bool { return c.given == c.bank.signature(c.method+c.key, c.path, c.body) },
			"setCardStatus"),
	},
	{
		Name: "signature-in-hexadecimal", Fault: "A signature may be hexadecimal.",
		Checks: []string{"F906"}, Operations: []string{"getTransaction"}, Place: "hex",
		Break: lenient(func(c signed) bool {
			given, err := hex.DecodeString(c.given)
			return err == nil && base64.StdEncoding.EncodeToString(given) == c.want
		}, "getTransaction"),
	},
	{
		Name: "signature-in-any-base64", Fault: "A signature may be Base64 for URLs, without padding.",
		Checks: []string{"F906"}, Operations: []string{"createSubscription"}, Place: "url",
		Break: lenient(func(c signed) bool {
			given, err := base64.RawURLEncoding.DecodeString(c.given)
			return err == nil && base64.StdEncoding.EncodeToString(given) == c.want
		}, "createSubscription"),
	},
	{
		Name: "one-signature-of-two", Fault: "Of two signatures, one has to be right.",
		Checks: []string{"F906"}, Operations: []string{"updatePocket"}, Place: "twice",
		Break: lenient(func(c signed) bool { return len(c.all) > 1 && c.all[1] == c.want }, "updatePocket"),
	},
	{
		Name: "signature-of-a-trimmed-body", Fault: "White space around a body is trimmed before it is signed.",
		Checks: []string{"F906"}, Operations: []string{"createVirtualCard"}, Place: "trimmed",
		Break: lenient(func(c signed) bool {
			return c.given == c.bank.signature(c.key, c.path, bytes.TrimSpace(c.body))
		}, "createVirtualCard"),
	},
	{
		Name: "uploads-with-any-signature", Fault: "A file may come unsigned, and so may it come wrongly signed.",
		Checks: []string{"F906"}, Operations: []string{"uploadCustomerDocument"}, Place: "other_secret",
		Break: lenient(func(signed) bool { return true }, "uploadCustomerDocument"),
	},
	{
		Name: "done-before-it-is-verified", Fault: "A portal is made before the signature is looked at.",
		Checks: []string{"F906"}, Operations: []string{"createPocketPortal"}, Place: "takes effect",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			if c := b.signedBy(r, body); c.given != "" && c.given != c.want && b.knowsToken(r) {
				done := r.Clone(r.Context())
				b.put(done, body)
				ask(b, done)
			}
			b.serve(w, r, body)
		}, "createPocketPortal"),
	},
	{
		Name: "done-before-it-is-known-for-whom", Fault: "A counterparty is made before the token is looked at.",
		Checks: []string{"F208"}, Operations: []string{"createCounterparty"}, Place: "takes effect",
		Break: withTokens(func(b Bank, tokens *tokens, w http.ResponseWriter, r *http.Request, body []byte) {
			if !tokens.has(r) {
				done := r.Clone(r.Context())
				done.Header.Set(headerBearer, "Bearer "+tokens.last())
				b.put(done, body)
				ask(b, done)
			}
			b.serve(w, r, body)
		}, "createCounterparty"),
	},
	{
		Name: "query-has-to-be-signed", Fault: "A path has to be signed with its query.",
		Checks: []string{"F205"}, Operations: []string{"listCustomerTransactions"}, Place: "query",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			c := b.signedBy(r, body)
			if r.URL.RawQuery != "" && c.given == c.want {
				r.Header.Set(headerSignature, b.signature("another", c.path, nil))
			}
			b.serve(w, r, body)
		}, "listCustomerTransactions"),
	},
	{
		Name: "body-has-to-be-signed-trimmed", Fault: "A body with a line break behind it has to be signed without.",
		Checks: []string{"F205"}, Operations: []string{"createReportRequest"}, Place: "white_space",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			c := b.signedBy(r, body)
			if len(bytes.TrimSpace(body)) != len(body) && c.given == c.want {
				r.Header.Set(headerSignature, b.signature("another", c.path, nil))
			}
			b.serve(w, r, body)
		}, "createReportRequest"),
	},
	{
		Name: "nobody-is-known", Fault: "An operation takes no token at all.",
		Checks: []string{"F205"}, Operations: []string{"getPortalFundingInstructions"}, Place: "right",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			r.Header.Set(headerBearer, "Bearer nobody")
			b.serve(w, r, body)
		}, "getPortalFundingInstructions"),
	},

	{
		Name: "reads-for-everybody", Fault: "The token of a read is not looked at.",
		Checks: []string{"F207"}, Operations: []string{"getCustomer"}, Place: "unknown",
		Break: trusting(func(string, string) bool { return true }, "getCustomer"),
	},
	{
		Name: "writes-for-everybody", Fault: "The token of one write is not looked at.",
		Checks: []string{"F208"}, Operations: []string{"createPlaidLinkToken"}, Place: "unknown",
		Break: trusting(func(string, string) bool { return true }, "createPlaidLinkToken"),
	},
	{
		Name: "token-where-there-is-one", Fault: "A token is looked at only where there is one.",
		Checks: []string{"F208"}, Operations: []string{"createACHOrigination"}, Place: "missing",
		Break: trusting(func(given, _ string) bool { return given == "" }, "createACHOrigination"),
	},
	{
		Name: "token-by-prefix", Fault: "A token that is cut off is taken for the whole one.",
		Checks: []string{"F207"}, Operations: []string{"listAccountCards"}, Place: "cut",
		Break: trusting(func(given, token string) bool {
			return len(given) > 12 && strings.HasPrefix("Bearer "+token, given)
		}, "listAccountCards"),
	},
	{
		Name: "token-with-more-behind", Fault: "What comes behind a token is not looked at.",
		Checks: []string{"F207"}, Operations: []string{"getWire"}, Place: "longer",
		Break: trusting(func(given, token string) bool { return strings.HasPrefix(given, "Bearer "+token) }, "getWire"),
	},
	{
		Name: "token-without-its-end", Fault: "The last characters of a token, which are its check, are not looked at.",
		Checks: []string{"F208"}, Operations: []string{"updateAccountPortal"}, Place: "spoilt",
		Break: trusting(func(given, token string) bool {
			want := "Bearer " + token
			return len(given) == len(want) && given[:len(given)-4] == want[:len(want)-4]
		}, "updateAccountPortal"),
	},
	{
		Name: "token-of-any-case", Fault: "Tokens are compared without regard to case.",
		Checks: []string{"F207"}, Operations: []string{"listEventTypes"}, Place: "case",
		Break: trusting(func(given, token string) bool { return strings.EqualFold(given, "Bearer "+token) },
			"listEventTypes"),
	},
	{
		Name: "token-of-any-scheme", Fault: "The scheme of a token is not looked at.",
		Checks: []string{"F208"}, Operations: []string{"createCardOrder"}, Place: "other_scheme",
		Break: trusting(func(given, token string) bool { return strings.HasSuffix(given, " "+token) },
			"createCardOrder"),
	},
	{
		Name: "token-without-scheme", Fault: "A token may come without its scheme.",
		Checks: []string{"F208"}, Operations: []string{"updateSubscription"}, Place: "without_scheme",
		Break: trusting(func(given, token string) bool { return given == token }, "updateSubscription"),
	},
	{
		Name: "one-token-of-two", Fault: "Of two tokens, the last one counts.",
		Checks: []string{"F207"}, Operations: []string{"getPocketEarnings"}, Place: "twice",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			if all := r.Header[headerBearer]; len(all) > 1 {
				r.Header[headerBearer] = all[len(all)-1:]
			}
			b.serve(w, r, body)
		}, "getPocketEarnings"),
	},

	{
		Name: "cookie-for-a-token", Fault: "The login sets a cookie that is as good as a token.",
		Checks: []string{"F207"}, Operations: []string{"listCounterparties"}, Place: "cookie",
		Break: func(b Bank) http.Handler {
			const session = "session"
			login := onAnswer(func(_ *http.Request, a *answer) {
				if token, ok := in(a.value(), "token").(string); ok {
					a.header.Add("Set-Cookie", "seen=yes; Max-Age=3600")
					a.header.Add("Set-Cookie", session+"="+token+"; Path=/; HttpOnly")
				}
			}, "login")(b)
			return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
				if cookie, err := r.Cookie(session); err == nil && r.Header.Get(headerBearer) == "" {
					r.Header.Set(headerBearer, "Bearer "+cookie.Value)
				}
				b.serve(w, r, body)
			}, "listCounterparties")(Bank{login, b.SigningSecret})
		},
	},
	{
		Name: "token-without-end", Fault: "A token is good for ever.",
		Checks: []string{"F207"}, Operations: []string{"listCustomerPockets"}, Place: "ended",
		Break: withTokens(func(b Bank, tokens *tokens, w http.ResponseWriter, r *http.Request, body []byte) {
			if tokens.gave(r) {
				r.Header.Set(headerBearer, "Bearer "+tokens.last())
			}
			b.serve(w, r, body)
		}, "listCustomerPockets"),
	},

	{
		Name: "good-tokens-are-forbidden", Fault: "A wrong signature is answered with 403 if the token is good.",
		Checks: []string{"F907"}, Operations: []string{"getAccount"}, Place: "with_other_secret",
		Break: withTokens(func(b Bank, tokens *tokens, w http.ResponseWriter, r *http.Request, body []byte) {
			a := b.ask(r, body)
			if c := b.signedBy(r, body); a.status == http.StatusUnauthorized && c.given != c.want && tokens.has(r) {
				a.status = http.StatusForbidden
			}
			a.write(w)
		}),
	},
	{
		Name: "good-tokens-are-told", Fault: "An unsigned request is answered in other words if its token is good.",
		Checks: []string{"F907"}, Operations: []string{"getPocket"}, Place: "with_missing",
		Break: withTokens(func(b Bank, tokens *tokens, w http.ResponseWriter, r *http.Request, body []byte) {
			a := b.ask(r, body)
			if a.status == http.StatusUnauthorized && len(r.Header[headerSignature]) == 0 && !tokens.has(r) {
				a.setValue(map[string]any{"detail": "the token is unknown"})
			}
			a.write(w)
		}, "getPocket"),
	},
	{
		Name:   "two-words-for-a-401",
		Fault:  "A wrong signature and a wrong token are told apart by the words of the answer, though not explained.",
		Checks: []string{"F907"}, Operations: []string{"createPocket"}, Place: "with_other_secret",
		Break: withTokens(func(b Bank, tokens *tokens, w http.ResponseWriter, r *http.Request, body []byte) {
			a := b.ask(r, body)
			if a.status == http.StatusUnauthorized {
				words := map[bool]string{true: "invalid signature", false: "invalid token"}
				a.setValue(map[string]any{"detail": words[tokens.has(r)]})
			}
			a.write(w)
		}, "createPocket"),
	},
	{
		Name: "good-tokens-lack-a-key", Fault: "A request without a key is refused for that only if its token is good.",
		Checks: []string{"F907"}, Operations: []string{"listPockets"}, Place: "header authorization",
		Break: withTokens(func(b Bank, tokens *tokens, w http.ResponseWriter, r *http.Request, body []byte) {
			if r.Header.Get(headerKey) == "" && !tokens.has(r) {
				(&answer{http.StatusUnauthorized, http.Header{headerMedia: {"application/json"}},
					[]byte(`{"detail":"the token is unknown"}`)}).write(w)
				return
			}
			b.serve(w, r, body)
		}, "listPockets"),
	},
	{
		Name: "validated-before-it-is-verified", Fault: "Whoever cannot sign is told what is wrong with the body.",
		Checks: []string{"F907"}, Operations: []string{"createPocket"}, Place: "invalid_body",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			a := b.ask(r, body)
			if a.status == http.StatusUnauthorized && r.Header.Get(headerSignature) != "" {
				signed := r.Clone(r.Context())
				b.put(signed, body)
				if member := in(decode(body), "pocket_name"); member == nil && b.knowsToken(r) {
					a = ask(b, signed)
				}
			}
			a.write(w)
		}, "createPocket"),
	},
	{
		Name: "looked-up-before-it-is-verified", Fault: "Whoever cannot sign is told what exists.",
		Checks: []string{"F907"}, Operations: []string{"getCounterparty"}, Place: "unknown_id",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			a := b.ask(r, body)
			if a.status == http.StatusUnauthorized {
				signed := r.Clone(r.Context())
				b.put(signed, body)
				if found := ask(b, signed); found.status == http.StatusNotFound {
					a = found
				}
			}
			a.write(w)
		}, "getCounterparty"),
	},

	{
		Name: "any-password", Fault: "A password is not looked at if the name is known.",
		Checks: []string{"F207"}, Operations: []string{"login"}, Place: "wrong_password",
		Break: knowing(func(given, right string) bool { return true }),
	},
	{
		Name: "password-by-prefix", Fault: "What comes behind a password is not looked at.",
		Checks: []string{"F207"}, Operations: []string{"login"}, Place: "longer_password",
		Break: knowing(strings.HasPrefix),
	},
	{
		Name: "names-are-told", Fault: "A name that nobody has is told from a password that is wrong.",
		Checks: []string{"F907"}, Operations: []string{"login"}, Place: "unknown_username",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			a := b.ask(r, body)
			if a.status == http.StatusUnauthorized && strings.Contains(string(body), "nobody") {
				a.setValue(map[string]any{"detail": "there is no such user"})
			}
			a.write(w)
		}, "login"),
	},

	{
		Name: "key-not-required", Fault: "A request may come without a key.",
		Checks: []string{"F924"}, Operations: []string{"listAgreements"}, Place: "x-jiko-idempotency",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			c := b.signedBy(r, body)
			if c.key == "" && c.given == b.signature("", c.path, body) {
				b.rekey(r, body)
			}
			b.serve(w, r, body)
		}, "listAgreements"),
	},
	{
		Name: "key-of-zeros", Fault: "A key may be the Nil UUID.",
		Checks: []string{"F102"}, Operations: []string{"createReportRequest"}, Place: "nil",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			if c := b.signedBy(r, body); strings.Trim(c.key, "0-") == "" && c.given == c.want && c.key != "" {
				b.rekey(r, body)
			}
			b.serve(w, r, body)
		}, "createReportRequest"),
	},
	{
		Name: "key-of-any-text", Fault: "A key may be any text.",
		Checks: []string{"F102"}, Operations: []string{"simulateCardSwipe"}, Place: "text",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			c := b.signedBy(r, body)
			if uuid.Validate(c.key) != nil && c.given == b.signature(c.key, c.path, body) {
				b.rekey(r, body)
			}
			b.serve(w, r, body)
		}, "simulateCardSwipe"),
	},
	{
		Name: "one-key-of-two", Fault: "Of two keys, the first one counts.",
		Checks: []string{"F102"}, Operations: []string{"createPocketPortal"}, Place: "twice",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			if all := r.Header[headerKey]; len(all) > 1 {
				r.Header[headerKey] = all[:1]
			}
			b.serve(w, r, body)
		}, "createPocketPortal"),
	},
	{
		Name: "file-without-a-name", Fault: "A file may come without its Content-Disposition.",
		Checks: []string{"F924"}, Operations: []string{"uploadDocument"}, Place: "content-disposition",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			if r.Header.Get("Content-Disposition") == "" {
				r.Header.Set("Content-Disposition", `attachment; filename="file"`)
			}
			b.serve(w, r, body)
		}, "uploadDocument"),
	},
	{
		Name: "json-by-any-name", Fault: "A body is read as JSON whatever its media type is.",
		Checks: []string{"F102"}, Operations: []string{"createSubscription"}, Place: "text/plain",
		Break: mediaAs(func(media string) bool { return media != "" }, "application/json", "createSubscription"),
	},
	{
		Name: "json-without-a-name", Fault: "A body without a media type is read as JSON.",
		Checks: []string{"F924"}, Operations: []string{"updateRelatedPartyApplication"}, Place: "content-type",
		Break: mediaAs(func(media string) bool { return media == "" }, "application/json",
			"updateRelatedPartyApplication"),
	},
	{
		Name: "json-without-charset", Fault: "A media type is compared with its parameters.",
		Checks: []string{"F923"}, Operations: []string{"createBusinessApplication"}, Place: "charset",
		Break: mediaAs(func(media string) bool { return strings.Contains(media, ";") }, "application/x-other",
			"createBusinessApplication"),
	},
}

// signed is what the check of a signature has before it.
type signed struct {
	bank                      Bank
	method, target, path, key string
	body                      []byte
	// all are the signatures that the request has, and given is the first one. want is the right one.
	all         []string
	given, want string
}

func (b Bank) signedBy(r *http.Request, body []byte) signed {
	path := r.URL.EscapedPath()
	key := r.Header.Get(headerKey)
	return signed{bank: b, method: r.Method, target: r.URL.RequestURI(), path: path, key: key, body: body,
		all: r.Header[headerSignature], given: r.Header.Get(headerSignature), want: b.signature(key, path, body)}
}

// signature is that of anything, also of what package signing refuses to sign.
func (b Bank) signature(key, path string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(b.SigningSecret.Reveal()))
	_, _ = mac.Write([]byte(key + path))
	_, _ = mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// rekey gives a request a key of its own.
func (b Bank) rekey(r *http.Request, body []byte) {
	r.Header.Set(headerKey, uuid.NewString())
	b.put(r, body)
}

// serve has the right server answer a request whose body was read.
func (b Bank) serve(w http.ResponseWriter, r *http.Request, body []byte) { b.ask(r, body).write(w) }

func (b Bank) ask(r *http.Request, body []byte) *answer {
	r.Body = io.NopCloser(bytes.NewReader(body))
	return ask(b, r)
}

// knowsToken asks the right server whether a token is good.
func (b Bank) knowsToken(r *http.Request) bool {
	address := "http://" + r.Host + "/api/v1/events/types/"
	probe, err := http.NewRequestWithContext(r.Context(), http.MethodGet, address, nil) //nolint:gosec // Goes nowhere.
	if err != nil {
		return false
	}
	probe.Host, probe.RemoteAddr, probe.RequestURI = r.Host, r.RemoteAddr, "/api/v1/events/types/"
	probe.Header.Set(headerBearer, r.Header.Get(headerBearer))
	probe.Header.Set(headerKey, uuid.NewString())
	b.sign(probe, nil)
	return ask(b, probe).status == http.StatusOK
}

// onCall has calls of some operations answered by a function, with their bodies read.
func onCall(call func(b Bank, w http.ResponseWriter, r *http.Request, body []byte), operations ...string,
) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !touches(r, operations) {
				b.ServeHTTP(w, r)
				return
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			call(b, w, r, body)
		})
	}
}

// lenient takes signatures for right that a broken check takes for right.
func lenient(isRight func(signed) bool, operations ...string) func(Bank) http.Handler {
	return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
		if isRight(b.signedBy(r, body)) {
			r.Header.Del(headerSignature)
			b.put(r, body)
		}
		b.serve(w, r, body)
	}, operations...)
}

// tokens are those that a server has given.
type tokens struct {
	mu    sync.Mutex
	given []string
}

func (t *tokens) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.given) == 0 {
		return ""
	}
	return t.given[len(t.given)-1]
}

func (t *tokens) has(r *http.Request) bool { return r.Header.Get(headerBearer) == "Bearer "+t.last() }

// gave reports whether a request has a token that was given at any time.
func (t *tokens) gave(r *http.Request) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	token, isBearer := strings.CutPrefix(r.Header.Get(headerBearer), "Bearer ")
	return isBearer && slices.Contains(t.given, token)
}

// withTokens has calls of some operations answered by a function that knows the tokens that were given.
func withTokens(call func(b Bank, given *tokens, w http.ResponseWriter, r *http.Request, body []byte),
	operations ...string) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		given := &tokens{}
		login := onAnswer(func(_ *http.Request, a *answer) {
			if token, ok := in(a.value(), "token").(string); ok {
				given.mu.Lock()
				defer given.mu.Unlock()
				given.given = append(given.given, token)
			}
		}, "login")(b)
		return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			call(b, given, w, r, body)
		}, operations...)(Bank{login, b.SigningSecret})
	}
}

// trusting takes tokens for right that a broken check takes for right.
func trusting(isRight func(given, token string) bool, operations ...string) func(Bank) http.Handler {
	return withTokens(func(b Bank, given *tokens, w http.ResponseWriter, r *http.Request, body []byte) {
		if isRight(r.Header.Get(headerBearer), given.last()) {
			r.Header.Set(headerBearer, "Bearer "+given.last())
		}
		b.serve(w, r, body)
	}, operations...)
}

// knowing lets somebody log in whose password a broken check takes for right.
func knowing(isRight func(given, right string) bool) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		var mu sync.Mutex
		passwords := map[string]string{}
		return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			username, _ := in(decode(body), "username").(string)
			password, _ := in(decode(body), "password").(string)
			a := b.ask(r, body)
			mu.Lock()
			right, known := passwords[username]
			if a.status == http.StatusOK {
				passwords[username] = password
			}
			mu.Unlock()
			if a.status == http.StatusUnauthorized && known && isRight(password, right) {
				encoded, _ := json.Marshal(with(decode(body), "password", right))
				r.ContentLength = int64(len(encoded))
				a = b.ask(r, encoded)
			}
			a.write(w)
		}, "login")(b)
	}
}

// mediaAs takes a media type for another one.
func mediaAs(which func(string) bool, media string, operations ...string) func(Bank) http.Handler {
	return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
		if which(r.Header.Get(headerMedia)) {
			r.Header.Set(headerMedia, media)
		}
		b.serve(w, r, body)
	}, operations...)
}
