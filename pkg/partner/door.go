package partner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// Do sends a request of the caller's own making the way the services send theirs: with a token, an idempotency key and
// a signature over what is sent, tried again within the same limits, and accounted for. It is what generated clients
// call an HttpRequestDoer, and serves operations that this package does not have.
//
// The request must go to the Client's own scheme, host and base path. A key in its header is taken as
// WithIdempotencyKey takes one; where there is none, or the Nil UUID, one is drawn. A token or a signature in its
// header is replaced. Its options are those of ContextWithOptions.
//
// As with an http.Client, any status is an answer. OutcomeOf says what it means, and a [Doer] returns an [*Error] for
// all but 2xx. Without an answer, or with one that is too long or breaks off, the error is an [*Error]. The answer is
// read whole, so its body need not be closed. The request's header with the key that was sent is in the answer's
// Request.
//
// The request is not changed. Its body is always closed, and not read after Do has returned: Close must end a Read that
// waits, or Do waits as well. A body without a GetBody is held, in memory up to Config.HeldBytes and beyond that in a
// temporary file, since it is signed before it is sent.
func (c *Client) Do(request *http.Request) (*http.Response, error) {
	return c.send(request, nil, false)
}

// With returns a Doer that sends requests with options.
func (c *Client) With(options ...CallOption) *Doer { return &Doer{c, slices.Clone(options)} }

// Doer sends requests like [Client.Do], each with its options, and returns an [*Error] for every answer but 2xx. It is
// safe for concurrent use. Options of ContextWithOptions come after its own.
type Doer struct {
	client  *Client
	options []CallOption
}

// Do sends a request. The answer is 2xx.
func (d *Doer) Do(request *http.Request) (*http.Response, error) {
	return d.client.send(request, d.options, true)
}

type optionsKey struct{}

// ContextWithOptions returns a context with options for the requests that [Client.Do] and [Doer.Do] send under it,
// after those that it has already. The services take theirs as arguments alone.
func ContextWithOptions(ctx context.Context, options ...CallOption) context.Context {
	return context.WithValue(ctx, optionsKey{}, slices.Concat(optionsOf(ctx), options))
}

func optionsOf(ctx context.Context) []CallOption {
	options, _ := ctx.Value(optionsKey{}).([]CallOption)
	return options
}

// KeyFromContext returns the key that options of ContextWithOptions have set, and whether any has. It is for fakes: a
// test can look whether a call would go out with the key that it should.
func KeyFromContext(ctx context.Context) (key idempotency.Key, ok bool) {
	return KeyFromOptions(optionsOf(ctx)...)
}

type outcomeKey struct{}

// failureKey is where the context of an answer's request has failureOf, for clients that do not import this package:
// generated ones ask it if the answer's body was wrapped. Their template has this text, too.
const failureKey = "github.com/jiko-partner/partner-go/pkg/partner: failure"

// knownOutcome is the context of an answer's request, with the outcome of the call. It names that request, as the
// context may be used for others.
type knownOutcome struct {
	context.Context

	request *http.Request
	outcome Outcome
	// failure is the error of a call that did not succeed. For one that did, call and answer make it.
	failure *Error
	call    *call
	answer  *answer
}

// OutcomeOf says whether the call that was answered took effect. For an answer that [Client.Do] has not returned, it is
// [OutcomeUnknown], and ok is false. It is found where the answer's Request or its Body is still the one that Do
// returned.
func OutcomeOf(response *http.Response) (outcome Outcome, ok bool) {
	if known := knownOf(response); known != nil {
		return known.outcome, true
	}
	return OutcomeUnknown, false
}

// ErrorOf returns the [*Error] of an answer that [Client.Do] or a [Doer] returned. Of a success it is what a caller
// gets that cannot use the body, for cause: the call took effect, [OutcomeDoneUnreadable], and the key that was drawn
// for it is remembered. The Error shows the text of cause, so that should not quote the answer. Where cause is nil
// nothing is wrong with a success: it returns nil, and nothing is remembered. For an answer of others it returns cause.
//
// The clients that this module generates need no call of it: they ask the Body of the answer, which has a method
// Failure(cause error) error that does the same, or the context of its Request where the Body was wrapped.
func ErrorOf(response *http.Response, cause error) error {
	known := knownOf(response)
	if known == nil {
		return cause
	}
	return known.error(cause)
}

// failureOf is ErrorOf, save that it returns nil for an answer of others, to be told apart.
func failureOf(response *http.Response, cause error) error {
	if known := knownOf(response); known != nil {
		return known.error(cause)
	}
	return nil
}

// Value implements context.Context.
func (k *knownOutcome) Value(key any) any {
	switch key {
	case outcomeKey{}:
		return k
	case failureKey:
		return failureOf
	}
	return k.Context.Value(key)
}

// String shows the outcome, and neither the call nor the answer.
func (k *knownOutcome) String() string { return "an answer: " + k.outcome.String() }

// GoString is String.
func (k *knownOutcome) GoString() string { return k.String() }

func (k *knownOutcome) error(cause error) error {
	switch {
	case k.failure != nil:
		return k.failure
	case cause == nil:
		return nil
	}
	r := *k.call // Several may use the answer at once.
	return r.unreadable(k.answer, cause)
}

// knownOf finds what is known of an answer, in either of its two places, or nil.
func knownOf(response *http.Response) *knownOutcome {
	if response == nil {
		return nil
	}
	if response.Request != nil {
		known, _ := response.Request.Context().Value(outcomeKey{}).(*knownOutcome)
		if known != nil && known.request == response.Request {
			return known
		}
	}
	if body, ok := response.Body.(*answerBody); ok {
		return body.known
	}
	return nil
}

// answerBody is the body of an answer that was read already.
type answerBody struct {
	bytes.Reader
	known *knownOutcome
}

// Close implements io.Closer.
func (*answerBody) Close() error { return nil }

// Failure is ErrorOf, for clients that know this package by the interface alone.
func (b *answerBody) Failure(cause error) error { return b.known.error(cause) }

// ownRequest is what a call of the door has beside what the services' calls have.
type ownRequest struct {
	// url is where the request goes.
	url *url.URL
	// reopen opens a body anew that is not ours. Of the call's own body only the size counts then.
	reopen func() (io.ReadCloser, error)
	// response is the last answer as it came, and cut is why its body is not whole where it is not 2xx.
	response *http.Response
	cut      error
}

// send is the door: it makes a call of a request.
func (c *Client) send(request *http.Request, options []CallOption, strict bool) (*http.Response, error) {
	if request == nil {
		request = &http.Request{}
	}
	var body io.ReadCloser
	if request.Body != nil {
		closer := &onceCloser{ReadCloser: request.Body}
		defer closer.Close() //nolint:errcheck // It was read, or nobody wants it.
		body = closer
	}
	if c == nil || c.core == nil {
		return nil, &Error{Operation: Operation{Method: request.Method, Path: hidden},
			Err: errors.New("the client has no connection: its services are fakes")}
	}
	var held spool
	defer held.discard()

	ctx := request.Context()
	r := c.core.callOf(request, slices.Concat(options, optionsOf(ctx)))
	if r.invalid == nil {
		if err := r.hold(ctx, request, body, &held); err != nil {
			r.reject(err)
		}
	}
	a, err := r.run(ctx)
	known := &knownOutcome{outcome: OutcomeDone, call: r, answer: a}
	if failure := (*Error)(nil); errors.As(err, &failure) {
		known.outcome, known.failure = failure.Outcome, failure
		if failure.Err == nil && a.status != 0 {
			failure.Err = r.own.cut
		}
		if strict || a.status == 0 || failure.Err != nil {
			return nil, failure
		}
	}
	return r.respond(request, known), nil
}

// callOf makes a call of a request, save for its body. It touches nothing of the request.
func (c *core) callOf(request *http.Request, options []CallOption) *call {
	method := request.Method
	if method == "" {
		method = http.MethodGet
	}
	r := newCall(c, partnerapi.Request{Operation: Operation{Method: method, Path: hidden}}, nil, options)
	r.own = &ownRequest{}
	switch {
	case !isToken(method), method == http.MethodConnect:
		r.Operation.Method = ""
		r.reject(errors.New("the request's method cannot be sent"))
		return r
	case request.URL == nil:
		r.reject(errors.New("the request has no URL"))
		return r
	case request.RequestURI != "":
		r.reject(errors.New("the request is one that a server got: it has a RequestURI"))
		return r
	case request.Host != "" && !sameHost(&url.URL{Host: request.Host}, c.base):
		r.reject(errOtherHost)
		return r
	case len(request.Trailer) > 0:
		r.reject(errors.New("the request has trailers, which are not signed"))
		return r
	}
	target, path, err := c.destination(request.URL)
	if err != nil {
		r.reject(err)
		return r
	}
	r.own.url, r.Path, r.Query = target, path, target.RawQuery
	r.Operation = contractOperations().find(method, path)
	r.takeHeader(request.Header)
	return r
}

// takeHeader copies a header, save for what the client sets itself. A key in it becomes the call's own.
func (r *call) takeHeader(header http.Header) {
	r.Header = make(http.Header, len(header)+4)
	for name, values := range header {
		if !isToken(name) || slices.ContainsFunc(values, func(v string) bool { return !isHeaderValue(v) }) {
			r.reject(errors.New("the request has a header that cannot be sent"))
			return
		}
		name = http.CanonicalHeaderKey(name)
		r.Header[name] = append(r.Header[name], values...)
	}
	keys := r.Header[headerKey]
	delete(r.Header, headerKey)
	delete(r.Header, headerSignature)
	delete(r.Header, headerStrict)
	delete(r.Header, headerAuthorization)
	switch {
	case len(keys) > 1:
		r.reject(fmt.Errorf("%w: the request has %d", ErrKey, len(keys)))
	case len(keys) == 1 && keys[0] != nilKey:
		key, err := idempotency.ParseKey(keys[0])
		if err != nil {
			r.reject(err)
		} else if r.ownKey && r.key != key {
			r.reject(fmt.Errorf("%w: the request's header and WithIdempotencyKey have different ones", ErrKey))
		}
		r.key, r.ownKey = key, true
	}
}

// nilKey is what generated clients send where no key was set.
var nilKey = idempotency.Key{}.String()

// respond makes the answer that the caller gets.
func (r *call) respond(request *http.Request, known *knownOutcome) *http.Response {
	a := known.answer
	known.Context = request.Context()
	sent := request.WithContext(known)
	known.request = sent
	sent.Header, sent.Body, sent.GetBody = r.Header, nil, nil
	if !r.Operation.Bare {
		sent.Header.Set(headerKey, a.key.String())
	}
	response := *r.own.response
	body := &answerBody{known: known}
	body.Reset(a.body)
	response.Request, response.Body = sent, body
	if r.Operation.Method != http.MethodHead {
		response.ContentLength, response.TransferEncoding = int64(len(a.body)), nil
	}
	return &response
}

// isToken reports whether net/http sends a text as a method or the name of a header.
func isToken(text string) bool {
	for _, r := range text {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		if !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r) {
			return false
		}
	}
	return text != ""
}

// onceCloser closes once, however often it is told to.
type onceCloser struct {
	io.ReadCloser
	once sync.Once
}

// Close implements io.Closer.
func (c *onceCloser) Close() error {
	var err error
	c.once.Do(func() { err = c.ReadCloser.Close() })
	return err
}
