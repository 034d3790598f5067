package partner

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// The headers of a request, as net/http spells them.
var (
	headerKey       = http.CanonicalHeaderKey(idempotency.Header)
	headerSignature = http.CanonicalHeaderKey(signing.HeaderSignature)
	headerStrict    = http.CanonicalHeaderKey(signing.HeaderStrict)

	userAgent = []string{"partner-go/" + Version}
)

const (
	headerAuthorization = "Authorization"
	// headerRequestID carries the server's name for a request. The provider's own is not documented; servers of this
	// module send it.
	headerRequestID = "X-Request-Id"
)

// attempt sends the request once. It returns the token that it was sent with.
func (r *call) attempt(ctx context.Context, refusedToken string) (a *answer, usedToken string) {
	var secret signing.Secret
	if err := ctx.Err(); err != nil {
		return &answer{key: r.key, err: permanent(err), unsent: true}, ""
	}
	if !r.Operation.Bare {
		var err error
		if usedToken, err = r.core.tokens.Token(ctx, refusedToken); err == nil && !isHeaderValue(usedToken) {
			err = errors.New("it is not a header value")
		}
		if err != nil {
			return &answer{key: r.key, err: permanent(&tokenError{err}), unsent: true}, ""
		}
		if secret, err = r.core.secret(); err != nil {
			return &answer{key: r.key, err: permanent(fmt.Errorf("signing secret: %w", err)), unsent: true}, ""
		}
	}
	record := &written{}
	attemptContext, cancel := context.WithTimeout(context.WithValue(ctx, writtenKey{}, record), r.timeout)
	defer cancel()
	request, body, err := r.request(attemptContext, usedToken, secret)
	// A hook may panic, and the caller's body is not ours any longer then either.
	defer body.stop() //nolint:errcheck // It was asked before.
	if err != nil {
		return &answer{key: r.key, err: permanent(err), unsent: true}, ""
	}
	if body != nil {
		defer context.AfterFunc(attemptContext, body.interrupt)()
	}

	start := r.core.now()
	if r.known.doubt && !r.known.harmless && !r.expiredKey && r.late(start) {
		return &answer{key: r.key, err: permanent(ErrKeyExpired), unsent: true}, ""
	}
	r.attempts++
	if hook := r.core.hooks.OnRequest; hook != nil {
		hook(r.current(0), request)
	}
	began := r.core.keys.begin(r, start)
	r.outcome = OutcomeUnknown // What is called from here on may panic.
	//nolint:bodyclose,gosec // answer.read closes it. G704: destination says where a request may go.
	response, err := r.core.http.Do(request)
	a = &answer{key: r.key, requests: record.requests(err)}
	if err != nil {
		a.err, a.unsent = withoutURL(err), a.requests == 0
		switch unsent := body.stop(); {
		case unsent != nil:
			a.err, a.unsent = permanent(fmt.Errorf("read the body: %w", unsent)), true
		case a.unsent && (isPermanent(err) || !record.passedOn() && !beforeWriting(err)):
			a.err = permanent(a.err)
		}
	} else {
		cut := a.read(response, r.Operation.Method, r.core.maxResponseBytes)
		if r.own != nil {
			r.own.response, r.own.cut = response, cut
		}
	}
	if a.unsent && began {
		r.core.keys.retract(r)
	}
	took := r.core.now().Sub(start)
	if hook := r.core.hooks.OnResponse; hook != nil {
		hook(r.current(took), response, a.err)
	}
	if r.core.logger.Enabled(ctx, slog.LevelDebug) {
		r.core.logger.LogAttrs(ctx, slog.LevelDebug, "partner: attempt",
			slog.String("operation", operationName(r.Operation)), slog.Int("attempt", r.attempts),
			slog.Int("status", a.status), slog.Duration("took", took), slog.String("idempotency_key", r.key.String()))
	}
	return a, usedToken
}

// request builds the request of one attempt, signed over the bytes that it will send.
func (r *call) request(ctx context.Context, token string, secret signing.Secret) (*http.Request, *sending, error) {
	request, err := r.HTTPRequest(ctx, r.core.base)
	if err != nil {
		return nil, nil, err
	}
	if r.own != nil {
		target := *r.own.url
		request.URL = &target
	}
	header := request.Header
	if len(header["User-Agent"]) == 0 {
		header["User-Agent"] = userAgent
	}
	if r.Operation.Bare {
		if r.size == unknownSize {
			if err := r.copyBody(ctx, io.Discard); err != nil {
				return nil, nil, err
			}
		}
	} else {
		key := r.key.String()
		signature, err := r.sign(ctx, secret, key, r.core.signedPath(request.URL.EscapedPath()))
		if err != nil {
			return nil, nil, err
		}
		header[headerKey] = []string{key}
		header[headerSignature] = []string{signature}
		if r.core.strict {
			strict, err := r.signStrictly(ctx, secret, key, request)
			if err != nil {
				return nil, nil, err
			}
			header[headerStrict] = []string{strict}
		}
		header[headerAuthorization] = []string{"Bearer " + token}
		if r.core.partnerID != "" {
			header[headerPartnerID] = []string{r.core.partnerID}
		}
	}
	if r.size == 0 || r.held() {
		return request, nil, nil
	}
	request.ContentLength = r.size
	body := &sending{call: r}
	if request.Body, err = body.open(); err != nil {
		return nil, body, err
	}
	request.GetBody = body.open
	return request, body, nil
}

// current describes the attempt under way for a hook.
func (r *call) current(took time.Duration) Attempt {
	return Attempt{Operation: r.Operation, Number: r.attempts, IdempotencyKey: r.key, Duration: took}
}

// errNotWorthRepeating marks failures that the same request meets again.
var errNotWorthRepeating = errors.New("")

// permanent marks an error so.
func permanent(err error) error { return &permanentError{err} }

type permanentError struct{ error }

func (e *permanentError) Unwrap() error        { return e.error }
func (e *permanentError) Is(target error) bool { return target == errNotWorthRepeating }

// withoutURL takes the URL out of an error of net/http: the operation is named already.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// alertInternalError is the alert of a side of TLS that has a trouble of its own.
const alertInternalError = tls.AlertError(80)

// isPermanent reports whether an error of making a connection would be met again: a certificate that is not accepted,
// by either side, or a server that does not speak TLS, or not ours.
func isPermanent(err error) bool {
	var (
		certificate *tls.CertificateVerificationError
		authority   x509.UnknownAuthorityError
		host        x509.HostnameError
		invalid     x509.CertificateInvalidError
		record      tls.RecordHeaderError
		alert       tls.AlertError
		network     *net.OpError
	)
	if errors.As(err, &network) && (network.Op == "remote error" || network.Op == "local error") {
		// crypto/tls shows by these names alone that it is an alert. One of them can be a matter of the moment.
		return network.Err.Error() != alertInternalError.Error()
	}
	return errors.Is(err, http.ErrSchemeMismatch) || errors.As(err, &certificate) || errors.As(err, &authority) ||
		errors.As(err, &host) || errors.As(err, &invalid) || errors.As(err, &record) || errors.As(err, &alert)
}
