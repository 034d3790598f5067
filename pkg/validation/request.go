package validation

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/validation/internal/nearest"
)

// CheckRequest returns a *[Refusal] when r differs from the contract, and nil otherwise; it returns another error when
// r has no URL. It works on requests that arrived as well as on requests that are to be sent. A JSON body is read, up
// to the limit, and put back: r.Body then yields the same bytes, and r.ContentLength is right. Any other body is not
// read, but for its first byte: one of unknown length is checked while somebody else reads it, who gets a *Refusal as
// error if it has too few bytes or too many.
//
// A missing header parameter content-length is taken from r.ContentLength, as net/http has it there and not among the
// headers.
//
// It says nothing of how a router reads the path. A server uses Middleware.
func (v *Validator) CheckRequest(r *http.Request) error {
	if err := v.usable(); err != nil {
		return err
	}
	if r == nil || r.URL == nil {
		return errors.New("validation: a request without a URL")
	}
	if e := v.checkRequest(r); e != nil {
		return e
	}
	return nil
}

// checkRequest finds the operation by the path and checks the request against it.
func (v *Validator) checkRequest(r *http.Request) *Refusal {
	s := newScratch()
	defer s.release()
	if n, ok := v.locate(&s.match, r, ""); !ok {
		return n.refuse(v, r)
	}
	return v.checkAgainst(r, &s.match, 0, s, false)
}

// checkAgainst checks a request against its operation. misread is the position, counted from 1, of a value of the path
// that the handler may read otherwise. observed says that the observer is told when a body is refused while it is read.
func (v *Validator) checkAgainst(r *http.Request, m *Match, misread int, s *scratch, observed bool) *Refusal {
	rep := report{limit: v.config.MaxViolations}
	switch {
	case r.URL.RawQuery != "" && strings.Count(r.URL.RawQuery, "&") >= v.maxQueried:
		rep.add([]any{"query"}, "query_invalid", "must not have more than "+strconv.Itoa(v.maxQueried)+" parameters")
		return v.unprocessable(m.op, &rep) // Whoever reads more of it finds nothing, and nor would the handler.
	case !wellFormed(r.URL.RawQuery):
		rep.add([]any{"query"}, "query_invalid", "must be well-formed")
	}
	s.pairs = appendPairs(s.pairs[:0], r.URL.RawQuery)
	in := request{Request: r, path: m.values, query: s.pairs}
	for _, p := range m.op.parameters {
		if s.sent = p.appendTexts(s.sent[:0], &in); !p.accepts(&s.texts) {
			p.explain(&rep, &s.texts)
		} else if misread > 0 && p.place == inPath && p.position == misread-1 {
			rep.add([]any{p.in, p.name}, "path_escape",
				"must be spelled with fewer escapes, and without one of a slash: "+
					"what handles the request may read it otherwise than it was checked")
		}
	}
	if v.config.RefuseUnknown {
		v.checkNames(m.op, s.pairs, &rep)
	}
	if e := v.checkRequestBody(r, m.op, &rep, s, observed); e != nil {
		return e
	}
	if len(rep.found) > 0 {
		return v.unprocessable(m.op, &rep)
	}
	return nil
}

func (v *Validator) unprocessable(op *operation, rep *report) *Refusal {
	return &Refusal{
		Status: http.StatusUnprocessableEntity, Direction: DirectionRequest, Operation: op.Operation,
		Violations: rep.found,
	}
}

// checkNames adds the parameters of a query that the contract does not know.
func (v *Validator) checkNames(op *operation, pairs []pair, rep *report) {
	var seen []string
	for _, pair := range pairs {
		if len(rep.found) >= rep.limit {
			return
		}
		if slices.Contains(op.queried, pair.name) || slices.Contains(seen, pair.name) {
			continue
		}
		seen = append(seen, pair.name)
		message := "must not be sent: the contract does not know it"
		if meant, ok := nearest.Of(pair.name, slices.Values(op.queried)); ok {
			message += "; the nearest known one is " + meant
		} else if len(op.queried) > 0 {
			message += "; known are " + strings.Join(op.queried, ", ")
		}
		name := "*"
		if v.config.Development {
			name = pair.name[:min(len(pair.name), 64)]
		}
		rep.add([]any{"query", name}, "unknown_parameter", message)
	}
}

// checkRequestBody adds violations to rep, and returns a Refusal when the body is not worth a look.
func (v *Validator) checkRequestBody(r *http.Request, op *operation, rep *report, s *scratch, observed bool) *Refusal {
	length := bodyLength(r)
	fail := func(status int) *Refusal {
		return &Refusal{Status: status, Direction: DirectionRequest, Operation: op.Operation}
	}
	if op.body == nil {
		if length > v.config.MaxBodyBytes {
			return fail(http.StatusRequestEntityTooLarge)
		}
		if v.config.RefuseUnknown && length != 0 && (length > 0 || !isEmpty(r)) {
			rep.add(inBody, "unknown_body", "must not be sent: the contract does not know it")
		}
		return nil
	}
	missing := func() {
		if op.body.required {
			rep.add(inBody, "required", "is required")
		}
	}
	if length == 0 {
		missing()
		return nil
	}
	m := selectMedia(op.body.allowed, r.Header)
	if m == nil || isEncoded(r.Header) {
		if length < 0 && isEmpty(r) {
			missing() // What there is none of needs no media type.
			return nil
		}
		e := fail(http.StatusUnsupportedMediaType)
		e.Accept = mediaNames(op.body.allowed)
		return e
	}
	if !m.json {
		return v.checkFile(r, op, m, length, rep, observed, missing)
	}
	if length > v.config.MaxBodyBytes {
		return fail(http.StatusRequestEntityTooLarge)
	}
	content, err := holdRequest(r, length, v.config.MaxBodyBytes)
	switch {
	case err != nil && isTooLarge(err):
		return fail(http.StatusRequestEntityTooLarge)
	case err != nil:
		e := fail(http.StatusBadRequest)
		e.cause = err
		return e
	case len(content) == 0:
		missing()
	default:
		rep.check(&s.checker, m.schema, content, inBody)
	}
	return nil
}

// checkFile checks a body that is not JSON by its length: at once if that is known, and while it is read if not. Nobody
// needs to hold it in memory.
func (v *Validator) checkFile(r *http.Request, op *operation, m *media, length int64, rep *report,
	observed bool, missing func()) *Refusal {
	tooLarge := &Refusal{Status: http.StatusRequestEntityTooLarge, Direction: DirectionRequest, Operation: op.Operation}
	switch {
	case length > v.config.MaxFileBytes:
		return tooLarge
	case length > 0 && length < m.least:
		rep.append(m.shorter())
		return nil
	case length > 0 && m.most >= 0 && length > m.most:
		rep.append(m.longer())
		return nil
	case length > 0 || len(rep.found) > 0:
		return nil
	case isEmpty(r):
		missing()
		return nil
	}
	tooLarge.cause = &http.MaxBytesError{Limit: v.config.MaxFileBytes}
	body := &streamed{
		ReadCloser: r.Body, left: v.config.MaxFileBytes, missing: m.least, over: tooLarge,
		under: v.unprocessable(op, &report{found: []Violation{m.shorter()}}),
	}
	if m.most >= 0 && m.most < body.left {
		body.left, body.over = m.most, v.unprocessable(op, &report{found: []Violation{m.longer()}})
	}
	if observed {
		body.refused = func(e *Refusal) { v.config.Observe(r.Context(), Event{r, e}) }
	}
	r.Body = body
	return nil
}

// isTooLarge reports whether a body was too large, for us or for something before us.
func isTooLarge(err error) bool {
	var before *http.MaxBytesError
	return errors.Is(err, wire.ErrTooLarge) || errors.As(err, &before)
}
