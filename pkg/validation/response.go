package validation

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/jiko-partner/partner-go/internal/wire"
)

// CheckResponse returns a *[Refusal] when r differs from what the contract says of the answers to r.Request, and nil
// otherwise; it returns another error when r.Request is nil. A status that is not documented is checked as its range,
// such as 4XX, or as the default response. A JSON body is read, up to the limit, and put back: r.Body then yields the
// same bytes.
func (v *Validator) CheckResponse(r *http.Response) error {
	if err := v.usable(); err != nil {
		return err
	}
	if r == nil || r.Request == nil || r.Request.URL == nil {
		return errors.New("validation: the response does not say what request it answers")
	}
	if e := v.checkResponse(r); e != nil {
		return e
	}
	return nil
}

func (v *Validator) checkResponse(r *http.Response) *Refusal {
	s := newScratch()
	defer s.release()
	n, ok := v.locate(&s.match, r.Request, "")
	if ok {
		return v.checkAnswer(r, s.match.op, s)
	}
	e := &Refusal{Status: r.StatusCode, Direction: DirectionResponse, Violations: []Violation{n.violation(v, r.Request)}}
	if n.end != nil {
		e.Operation.Path = n.end.template
	}
	return e
}

// checkAnswer checks what answers an operation.
func (v *Validator) checkAnswer(r *http.Response, op *operation, s *scratch) *Refusal {
	rep := &report{limit: v.config.MaxViolations}
	e := &Refusal{Status: r.StatusCode, Direction: DirectionResponse, Operation: op.Operation}
	if res := op.response(r.StatusCode); res == nil {
		rep.add([]any{"status"}, "status", "must be a documented one")
	} else {
		for _, p := range res.headers {
			if s.sent = append(s.sent[:0], r.Header[p.canonical]...); !p.accepts(&s.texts) {
				p.explain(rep, &s.texts)
			}
		}
		e.cause = v.checkResponseBody(r, r.Request.Method, res, rep, s)
	}
	if len(rep.found) == 0 {
		return nil
	}
	e.Violations = rep.found
	return e
}

// checkResponseBody adds violations to rep and returns why the body could not be read, if so.
func (v *Validator) checkResponseBody(r *http.Response, method string, res *response, rep *report, s *scratch) error {
	if method == http.MethodHead || r.StatusCode < 200 || r.StatusCode == http.StatusNoContent ||
		r.StatusCode == http.StatusNotModified ||
		len(res.allowed) == 0 {
		return nil
	}
	if r.Body == nil || r.Body == http.NoBody {
		rep.add(inBody, "required", "is required")
		return nil
	}
	if isEncoded(r.Header) {
		rep.add([]any{"header", "content-encoding"}, "content_encoding",
			"must be identity: an encoded body cannot be checked")
		return nil
	}
	m := selectMedia(res.allowed, r.Header)
	if m == nil {
		rep.add([]any{"header", "content-type"}, "media_type",
			"must be one of: "+strings.Join(mediaNames(res.allowed), ", "))
		return nil
	}
	if !m.json {
		return nil
	}
	content, err := holdResponse(r, v.config.MaxBodyBytes)
	switch {
	case errors.Is(err, wire.ErrTooLarge):
		large := v.tooLarge()
		rep.add(large.Location, large.Rule, large.Message)
	case err != nil:
		rep.add(inBody, "unreadable", "must be readable to its end")
		return err
	case len(content) == 0:
		rep.add(inBody, "required", "is required")
	default:
		rep.check(&s.checker, m.schema, content, inBody)
	}
	return nil
}

func (v *Validator) tooLarge() Violation {
	return Violation{inBody, "max_bytes", "must have at most " + strconv.FormatInt(v.config.MaxBodyBytes, 10) +
		" bytes"}
}
