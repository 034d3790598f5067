package partner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// maxRequestBytes is more than any request of the contract may hold: uploads stay below 50 MiB.
const maxRequestBytes = 52428800

// ErrRequestTooLarge says that a request's body is longer than any that the API takes.
var ErrRequestTooLarge = errors.New("the request body is longer than 50 MiB")

// WithIdempotencyKey gives a call its key, so that it can be sent again without taking effect twice.
func WithIdempotencyKey(key idempotency.Key) partnerapi.RequestEditor {
	return func(_ context.Context, r *http.Request) error {
		if key.IsZero() {
			return fmt.Errorf("%w: the Nil UUID names nothing", idempotency.ErrKey)
		}
		r.Header.Set(idempotency.Header, key.String())
		return nil
	}
}

// transport adds the token, the key and the signature, and turns every failure into an *Error. It is a partnerapi.Doer, not
// an http.RoundTripper, because it answers a refusal with an error.
type transport struct {
	http   *http.Client
	tokens *tokenCache
	secret signing.Secret
}

// bare are the operations that go out as they are. (Source: the authentication guide for login; the others declare no
// security in the contract, and health no header either.)
var bare = map[string]bool{"login": true, "getHealth": true}

// Do sends a request of the generated client.
func (t *transport) Do(r *http.Request) (*http.Response, error) {
	operation, _ := partnerapi.OperationFromContext(r.Context())
	call := &call{operation: operation}
	if bare[operation.ID] {
		return t.attempt(r, call)
	}
	body, err := readBody(r)
	if err != nil {
		return nil, call.fail(err)
	}
	if text := r.Header.Get(idempotency.Header); text == "" {
		call.key = idempotency.NewKey()
	} else if call.key, err = idempotency.ParseKey(text); err != nil {
		return nil, call.fail(err)
	}
	if err := signing.SignRequest(r, t.secret, call.key.String(), body); err != nil {
		return nil, call.fail(err)
	}
	token, err := t.tokens.get(r.Context(), "")
	if err != nil {
		return nil, call.fail(err)
	}
	response, err := t.attempt(authorize(r, token, body), call)
	if refused := (*Error)(nil); errors.As(err, &refused) && refused.StatusCode == http.StatusUnauthorized {
		// The token may have ended early. A 401 is a refusal before anything was done, so the same key is right.
		if token, err = t.tokens.get(r.Context(), token); err != nil {
			return nil, call.fail(err)
		}
		return t.attempt(authorize(r, token, body), call)
	}
	return response, err
}

// authorize returns a copy of r that can be sent: with a body of its own and the token.
func authorize(r *http.Request, token string, body []byte) *http.Request {
	r = r.Clone(r.Context())
	if len(body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(body))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	} else {
		r.Body, r.GetBody = http.NoBody, nil
	}
	r.ContentLength = int64(len(body))
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

// attempt sends r once. An answer that is not 2xx becomes an *Error.
func (t *transport) attempt(r *http.Request, call *call) (*http.Response, error) {
	call.attempts++
	response, err := t.http.Do(r) //nolint:gosec // G704: the host is the configured base URL's; a caller chooses path parameters only.
	if err != nil {
		return nil, call.fail(err)
	}
	if response.StatusCode >= 200 && response.StatusCode <= 299 {
		return response, nil
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxErrorBytes))
	return nil, call.refused(response, body, err)
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the request body: %w", err)
	}
	if len(body) > maxRequestBytes {
		return nil, ErrRequestTooLarge
	}
	return body, nil
}

// call is what is known of a call under way, for its error.
type call struct {
	operation partnerapi.Operation
	key       idempotency.Key
	attempts  int
}

func (c *call) fail(err error) error {
	return &Error{Operation: c.operation, IdempotencyKey: c.key, Attempts: c.attempts, Err: err}
}
