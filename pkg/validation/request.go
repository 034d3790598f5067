package validation

import (
	"errors"
	"net/http"

	"github.com/jiko-partner/partner-go/internal/wire"
)

// CheckRequest returns a *[Refusal] when r differs from the contract, and nil otherwise. It works on requests that
// arrived as well as on requests that are to be sent. A JSON body is read, up to the limit, and put back: r.Body then
// yields the same bytes, and r.ContentLength is right. A binary body of known length is not touched.
//
// A missing header parameter content-length is taken from r.ContentLength, as net/http has it there and not among the
// headers.
func (v *Validator) CheckRequest(r *http.Request) error {
	if e := v.checkRequest(r); e != nil {
		return e
	}
	return nil
}

// checkRequest finds the operation by the path and checks the request against it.
func (v *Validator) checkRequest(r *http.Request) *Refusal {
	s := newScratch()
	defer s.release()
	if end, ok := v.locate(&s.match, r, ""); !ok {
		return nowhere(end)
	}
	return v.checkAgainst(r, &s.match, s)
}

// checkAgainst checks a request against its operation.
func (v *Validator) checkAgainst(r *http.Request, m *Match, s *scratch) *Refusal {
	rep := report{limit: v.config.MaxViolations}
	if !wellFormed(r.URL.RawQuery) {
		rep.add([]any{"query"}, "query_invalid", "must be well-formed")
	}
	s.pairs = appendPairs(s.pairs[:0], r.URL.RawQuery)
	in := request{Request: r, path: m.values, query: s.pairs}
	for _, p := range m.op.parameters {
		if s.sent = p.appendTexts(s.sent[:0], &in); !p.accepts(&s.texts) {
			p.explain(&rep, &s.texts)
		}
	}
	if e := v.checkRequestBody(r, m.op, &rep, s); e != nil {
		return e
	}
	if len(rep.found) > 0 {
		return &Refusal{
			Status: http.StatusUnprocessableEntity, Direction: DirectionRequest, Operation: m.op.Operation,
			Violations: rep.found,
		}
	}
	return nil
}

// checkRequestBody adds violations to rep, and returns a Refusal when the body is not worth a look.
func (v *Validator) checkRequestBody(r *http.Request, op *operation, rep *report, s *scratch) *Refusal {
	length := bodyLength(r)
	fail := func(status int) *Refusal {
		return &Refusal{Status: status, Direction: DirectionRequest, Operation: op.Operation}
	}
	if op.body == nil {
		if length > v.config.MaxBodyBytes {
			return fail(http.StatusRequestEntityTooLarge)
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
		e := fail(http.StatusUnsupportedMediaType)
		e.Accept = mediaNames(op.body.allowed)
		return e
	}
	limit := v.config.MaxBodyBytes
	if !m.json {
		limit = v.config.MaxFileBytes
	}
	if length > limit {
		return fail(http.StatusRequestEntityTooLarge)
	}
	if !m.json && (length > 0 || len(rep.found) > 0) {
		// Its length is known, or it will be refused whatever it is: there is no need to hold it in memory.
		return nil
	}
	content, err := holdRequest(r, length, limit)
	switch {
	case err != nil && isTooLarge(err):
		return fail(http.StatusRequestEntityTooLarge)
	case err != nil:
		e := fail(http.StatusBadRequest)
		e.cause = err
		return e
	case len(content) == 0:
		missing()
	case m.json:
		rep.check(&s.checker, m.schema, content, inBody)
	}
	return nil
}

// isTooLarge reports whether a body was too large, for us or for something before us.
func isTooLarge(err error) bool {
	var before *http.MaxBytesError
	return errors.Is(err, wire.ErrTooLarge) || errors.As(err, &before)
}
