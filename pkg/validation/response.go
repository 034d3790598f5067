package validation

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
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
	e := &Refusal{Status: r.StatusCode, Direction: DirectionResponse, Violations: []Violation{n.violation(v,
		r.Request)}}
	if n.end != nil {
		e.Operation.Path = n.end.template
	}
	return e
}

// checkAnswer checks what answers an operation.
func (v *Validator) checkAnswer(r *http.Response, op *operation, s *scratch) *Refusal {
	rep := &report{limit: v.config.MaxViolations}
	var cause error
	if res := v.checkHead(r.StatusCode, r.Header, op, rep, s); res != nil && res.hasBody(r.Request.Method,
		r.StatusCode) {
		cause = v.checkResponseBody(r, res, rep, s)
	}
	return rep.refuseAnswer(r.StatusCode, op, cause)
}

// refuseAnswer returns what was found in an answer, or nil.
func (r *report) refuseAnswer(status int, op *operation, cause error) *Refusal {
	if len(r.found) == 0 {
		return nil
	}
	return &Refusal{Status: status, Direction: DirectionResponse, Operation: op.Operation, Violations: r.found,
		cause: cause}
}

// checkHead checks the status and the headers of an answer. It returns what the contract says of its body, or nil when
// that is not known.
func (v *Validator) checkHead(status int, header http.Header, op *operation, rep *report, s *scratch) *response {
	res := op.response(status)
	if res == nil {
		rep.add([]any{"status"}, "status", "must be a documented one")
		return nil
	}
	for _, p := range res.headers {
		values := header[p.canonical]
		if len(values) < 2 || p.array || !p.isText() {
			if s.sent = append(s.sent[:0], values...); !p.accepts(&s.texts) {
				p.explain(rep, &s.texts)
			}
			continue
		}
		// A header of texts may be there several times, as Set-Cookie mostly is.
		for _, value := range values {
			if s.sent = append(s.sent[:0], value); !p.accepts(&s.texts) {
				p.explain(rep, &s.texts)
			}
		}
	}
	return res
}

// hasBody reports whether the contract says something of the body that an answer has.
func (res *response) hasBody(method string, status int) bool {
	return method != http.MethodHead && status >= 200 && status != http.StatusNoContent &&
		status != http.StatusNotModified && len(res.allowed) > 0
}

// checkMedia checks what an answer says of its body. It returns what the contract says of that, or nil when the body
// cannot be checked.
func (res *response) checkMedia(header http.Header, rep *report) *media {
	if isEncoded(header) {
		rep.add([]any{"header", "content-encoding"}, "content_encoding",
			"must be identity: an encoded body cannot be checked")
		return nil
	}
	m := selectMedia(res.allowed, header)
	if m == nil {
		rep.add([]any{"header", "content-type"}, "media_type",
			"must be one of: "+strings.Join(mediaNames(res.allowed), ", "))
	}
	return m
}

// checkResponseBody adds violations to rep and returns why the body could not be read, if so.
func (v *Validator) checkResponseBody(r *http.Response, res *response, rep *report, s *scratch) error {
	if r.Body == nil || r.Body == http.NoBody {
		rep.add(inBody, "required", "is required")
		return nil
	}
	m := res.checkMedia(r.Header, rep)
	if m == nil || !m.json {
		return nil
	}
	content, err := holdResponse(r, v.config.MaxBodyBytes)
	switch {
	case errors.Is(err, wire.ErrTooLarge):
		rep.append(v.tooLarge())
	case err != nil:
		rep.add(inBody, "unreadable", "must be readable to its end")
		return err
	default:
		rep.checkContent(&s.checker, m, content)
	}
	return nil
}

// checkContent adds what is wrong with the JSON body of an answer.
func (r *report) checkContent(c *schema.Checker, m *media, content []byte) {
	if len(content) == 0 {
		r.add(inBody, "required", "is required")
		return
	}
	r.check(c, m.schema, content, inBody)
}

func (v *Validator) tooLarge() Violation {
	return Violation{inBody, "max_bytes", "must have at most " + strconv.FormatInt(v.config.MaxBodyBytes, 10) +
		" bytes"}
}
