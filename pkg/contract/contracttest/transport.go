package contracttest

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/jiko-partner/partner-go/pkg/contract"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// MaxBodyBytes is how much of a JSON body is read to check it. One that has more is handed on without, and reported.
const MaxBodyBytes int64 = 32 << 20

// TransportOption changes what [Transport] does.
type TransportOption func(*transport)

// StrictAnswers makes a member that an answer adds, and the contract does not know, fail the test. Without it the test
// logs it: providers add members.
func StrictAnswers() TransportOption { return func(t *transport) { t.strict = true } }

// RefuseWrongCalls keeps back a call that the contract does not allow. Its error is a *[validation.Refusal]. A body
// that is no JSON and of unknown length is checked while it is sent, and is sent all the same if it is too long or too
// short.
func RefuseWrongCalls() TransportOption { return func(t *transport) { t.refuse = true } }

// CallsBelow says that the paths of the contract stand below a path, as they do behind a gateway: "/jiko" where
// /api/v1/wires/ is called as /jiko/api/v1/wires/.
func CallsBelow(path string) TransportOption {
	return func(t *transport) { t.below = strings.TrimSuffix(path, "/") }
}

// ExceptCalls lets calls through unseen for which except returns true, such as those of another server.
func ExceptCalls(except func(*http.Request) bool) TransportOption {
	return func(t *transport) { t.except = except }
}

// Transport holds each call that goes through it, and each answer, against the contract. What the contract does not
// allow, or does not promise, fails the test by t.Errorf, with the operation, the place (a JSON pointer in a body), the
// rule, what is expected, and the line that called, but never with a value of the message:
//
//	contract: createWire: the call is not what the contract allows
//	  body /amount: minimum: must be at least 1
//	  called at payouts.go:40, from payouts_test.go:17
//
// Query parameters and members that the contract does not know are wrong in a call. In an answer they are logged, once
// each: see [StrictAnswers]. An answer that breaks off is the error of whoever reads it, and is logged.
//
// The call is made even so, unless [RefuseWrongCalls] is given: its bytes, and those of the answer, are handed on as
// they are. JSON bodies are held in memory while they are checked, up to [MaxBodyBytes]; other bodies are not.
//
// It belongs innermost, where calls are signed: in the Middleware of a [partner.Config] (see [Middleware]), so that any
// client that sends by a partner.Client's Do goes through it as well. A nil next is [http.DefaultTransport].
//
// The line is the innermost one that is neither this module's, nor net/http's, nor generated, with that of the test
// below it. A call that is made on a goroutine on which no such line stands, as the login of a partner.Client is, which
// several callers share, names what started the goroutine.
//
// It may be used from many goroutines, and after the test has ended: what is found then is told to the test's parent,
// or else printed, and [Main] fails for it.
//
// [partner.Config]: https://pkg.go.dev/github.com/jiko-partner/partner-go/pkg/partner#Config
func Transport(t TB, next http.RoundTripper, options ...TransportOption) http.RoundTripper {
	t.Helper()
	return newTransport(t, next, collected, options)
}

// Middleware is [Transport] as a function that wraps a transport:
//
//	partner.Config{Middleware: []func(http.RoundTripper) http.RoundTripper{contracttest.Middleware(t)}}
//
// It is the last one there, where there are others: they may change what is sent.
func Middleware(t TB, options ...TransportOption) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper { return Transport(t, next, options...) }
}

type transport struct {
	next           http.RoundTripper
	rules          *compiledRules
	told           *reporter
	seen           *collector
	strict, refuse bool
	below          string
	except         func(*http.Request) bool
}

// compiledRules are the contract, ready to be checked against.
type compiledRules struct {
	// strict refuses what the contract does not know, lenient does not.
	strict, lenient *validation.Validator
	index           *coverageIndex
}

// theRules are compiled once: that takes longer than most tests.
var theRules = sync.OnceValues(func() (*compiledRules, error) {
	document, err := contract.Document()
	if err != nil {
		return nil, err
	}
	config := validation.Config{
		Document: document, MaxBodyBytes: MaxBodyBytes, Development: true,
		RefuseNilUUID: []string{"x-jiko-idempotency"},
	}
	r := &compiledRules{index: theIndex()}
	if r.lenient, err = validation.New(config); err != nil {
		return nil, err
	}
	config.RefuseUnknown = true
	if r.strict, err = validation.New(config); err != nil {
		return nil, err
	}
	return r, nil
})

func newTransport(t TB, next http.RoundTripper, seen *collector, options []TransportOption) http.RoundTripper {
	t.Helper()
	if next == nil {
		next = http.DefaultTransport
	}
	compiled, err := theRules()
	if err != nil { // The package was built wrongly.
		t.Errorf("contract: %v", err)
		return next
	}
	own := &transport{next: next, rules: compiled, told: newReporter(t), seen: seen}
	for _, option := range options {
		option(own)
	}
	t.Cleanup(func() {
		own.told.end()
		if err := seen.write(); err != nil {
			t.Errorf("contract: %v", err)
		}
	})
	return own
}

// CloseIdleConnections is what http.Client.CloseIdleConnections calls.
func (t *transport) CloseIdleConnections() {
	if next, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL == nil || t.except != nil && t.except(r) {
		return t.next.RoundTrip(r)
	}
	c := t.begin(r)
	if c.refusal != nil && t.refuse {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, fmt.Errorf("contracttest: the call was not made: %w", c.refusal)
	}
	res, err := t.next.RoundTrip(c.sent)
	if res == nil || err != nil {
		return res, err
	}
	res.Request = r
	c.answered(res)
	return res, nil
}

// passing is one request and what is known of it.
type passing struct {
	*transport
	// asked is the request, with the path that the contract has.
	asked *http.Request
	// sent is the request that is handed on.
	sent *http.Request
	// operation is empty if the contract has no such operation.
	operation validation.Operation
	// refusal is what is wrong with the request.
	refusal *validation.Refusal
	from    origin
	// facts are what was seen of the contract in the request.
	facts []int
}

// begin checks a request.
func (t *transport) begin(r *http.Request) *passing {
	c := &passing{transport: t, asked: r, sent: r.WithContext(r.Context())}
	if t.below != "" {
		c.asked = r.WithContext(r.Context())
		c.asked.URL = pathWithout(r.URL, t.below)
	}
	var m validation.Match
	if t.rules.lenient.Find(&m, c.asked) {
		c.operation = m.Operation
	}
	checked := c.asked.WithContext(c.asked.Context())
	streamed := isStreamed(r)
	if streamed {
		c.from = callerOf() // Whoever reads the body does so on a goroutine of its own.
		// It is checked as if it had a byte, and its length when it has been read.
		checked.Body, checked.ContentLength = oneByte(), -1
		c.sent.Body = &counted{ReadCloser: r.Body, end: c.uploaded}
	}
	err := t.rules.strict.CheckRequest(checked)
	if !streamed {
		// What is sent keeps the framing that it had, and whatever else the check has changed of it.
		c.sent.Body = checked.Body
	}
	var refusal *validation.Refusal
	if errors.As(err, &refusal) && refusal.Status != http.StatusBadRequest { // Its body cannot be read: next says so.
		c.refusal = refusal
		c.told.wrongCall(c, refusal)
	}
	if err == nil && c.operation.ID != "" {
		c.facts = t.rules.index.request(c.operation.ID, checked)
	}
	return c
}

// uploaded checks the length of a body that was not held, when it has been sent.
func (c *passing) uploaded(length int64) {
	checked := c.asked.WithContext(c.asked.Context())
	checked.Body, checked.ContentLength = oneByte(), length
	if length == 0 {
		checked.Body = http.NoBody
	}
	var refusal *validation.Refusal
	if !errors.As(c.rules.strict.CheckRequest(checked), &refusal) {
		return
	}
	switch refusal.Status {
	case http.StatusRequestEntityTooLarge:
		c.told.wrongCall(c, refusal)
	case http.StatusUnprocessableEntity:
		only := *refusal
		only.Violations = nil
		for _, v := range refusal.Violations {
			if v.Location[0] == "body" { // The others were there before.
				only.Violations = append(only.Violations, v)
			}
		}
		if len(only.Violations) > 0 {
			c.told.wrongCall(c, &only)
		}
	}
}

// answered checks an answer, and leaves its body to be read.
func (c *passing) answered(res *http.Response) {
	if c.operation.ID == "" {
		return // The call was wrong, and nothing is promised.
	}
	checked := *res
	checked.Request = c.asked
	if wrong, is := unnamedSuccess(c.operation.ID, res.StatusCode); is {
		// Its body is none of an error, and there is nothing else to hold it against.
		c.told.wrongAnswer(c, []validation.Violation{wrong})
		c.seen.saw(c.rules.index, c.operation.ID, c.facts, res.StatusCode, nil)
		return
	}
	err := c.rules.lenient.CheckResponse(&checked)
	res.Body = checked.Body
	var refusal *validation.Refusal
	errors.As(err, &refusal)
	switch {
	case refusal != nil && brokenOff(refusal):
		c.told.brokenOff(c)
		return
	case refusal != nil:
		c.told.wrongAnswer(c, refusal.Violations)
	}
	content, held := contentOf(res.Body)
	if !held {
		c.seen.saw(c.rules.index, c.operation.ID, c.facts, res.StatusCode, nil)
		return
	}
	// The strict validator finds what the other one has found as well, and what is added.
	again := checked
	again.Body = reading(content)
	var more *validation.Refusal
	if errors.As(c.rules.strict.CheckResponse(&again), &more) {
		c.told.additions(c, added(more.Violations, refusal == nil))
	}
	if refusal != nil {
		content = nil
	}
	c.seen.saw(c.rules.index, c.operation.ID, c.facts, res.StatusCode, content)
}

// unnamedSuccess is what is wrong with a success that the contract does not name for an operation: all that it has of
// other statuses is the default, which is that of errors.
func unnamedSuccess(id string, status int) (violation validation.Violation, is bool) {
	o := operationByID(id)
	if o == nil || status/100 != 2 || o.names(status) {
		return validation.Violation{}, false
	}
	var named []string
	for name := range o.declared.Responses.Map() {
		if strings.HasPrefix(name, "2") {
			named = append(named, name)
		}
	}
	slices.Sort(named)
	return validation.Violation{Location: []any{"status"}, Rule: "status", Message: "must be " +
		strings.Join(named, " or ") + " or one of an error; the contract does not name " + strconv.Itoa(status)}, true
}

// added are those of the strict validator's findings that are no fault of the answer. all says that the lenient one has
// found nothing, so that none is: a variant that an added member rules out has other rules.
func added(violations []validation.Violation, all bool) []validation.Violation {
	if all {
		return violations
	}
	var some []validation.Violation
	for _, v := range violations {
		if v.Rule == "unknown_member" {
			some = append(some, v)
		}
	}
	return some
}

func brokenOff(refusal *validation.Refusal) bool {
	for _, v := range refusal.Violations {
		if v.Rule == "unreadable" {
			return true
		}
	}
	return false
}

// pathWithout takes a path from before that of a URL. One that is not below it is left as it is, and is none of the
// contract's.
func pathWithout(u *url.URL, below string) *url.URL {
	plain, err := url.PathUnescape(below)
	path, ok := strings.CutPrefix(u.Path, plain)
	if err != nil || !ok || !strings.HasPrefix(path, "/") {
		return u
	}
	shorter := *u
	shorter.Path, shorter.RawPath = path, ""
	if u.RawPath != "" {
		if shorter.RawPath, ok = strings.CutPrefix(u.RawPath, below); !ok {
			return u
		}
	}
	return &shorter
}
