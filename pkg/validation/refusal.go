package validation

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/jiko-partner/partner-go/internal/wire"
)

// Direction says which half of an exchange a [Refusal] is about.
type Direction string

const (
	// DirectionRequest is what a client sends.
	DirectionRequest Direction = "request"
	// DirectionResponse is what a server answers.
	DirectionResponse Direction = "response"
)

// Operation is an operation of the contract.
type Operation struct {
	// ID is the operationId.
	ID string
	// Method is the HTTP method, in upper case.
	Method string
	// Path is the template of the path, such as /pets/{pet_id}/.
	Path string
}

// Refusal says how a request or a response differs from the contract. Neither its text nor its fields hold a value of
// the message, so it may be logged and sent to the caller.
//
// A pointer to it is an error, and what errors.As finds:
//
//	var refusal *validation.Refusal
//	if errors.As(err, &refusal) {
//		log.Print(refusal.Operation.ID, refusal.Violations)
//	}
type Refusal struct {
	// Status is, for a request, the status that answers it: 404 for an unknown path, 405 for another method, 415 for a
	// media type that is not in the contract, 413 for a body that is too large, 400 for one that could not be read, and
	// 422 for Violations. For a response it is the status it came with.
	Status int
	// Direction tells requests from responses.
	Direction Direction
	// Operation is what was called. It is empty when the contract has no such path; at 405 it has the path alone.
	Operation Operation
	// Allow holds the methods of the path at 405, sorted.
	Allow []string
	// Accept holds the media types of the operation at 415, sorted.
	Accept []string
	// Violations are the broken rules, in the order of the contract's parameters and then of the body, no more than
	// Config.MaxViolations. A response has them always, a request at 422, and one at 404: why its path is none of the
	// contract, and which one may have been meant. That is for Config.Observe; WriteRefusal and WriteProblem answer it
	// if Config.Development is set, or if the path is refused for its spelling alone.
	Violations []Violation

	// tells says that the violations may be answered whatever the status.
	tells bool
	cause error
}

// Violation is one broken rule.
type Violation struct {
	// Location leads to the value: "body", "query", "header", "path", "cookie" or "status", then names as the contract
	// spells them and, for the items of arrays, ints. A member that the contract does not name is "*".
	Location []any
	// Rule is a stable name for programs. From schemas: required, type, nullable, enum, discriminator, format,
	// pattern, minimum, maximum, exclusive_minimum, exclusive_maximum, multiple_of, min_length, max_length, min_items,
	// max_items, unique_items, min_properties, max_properties, additional_property, read_only, write_only, one_of,
	// any_of, not, and schema for anything else. From the strict reading: json_invalid, json_depth, too_complex,
	// json_number, duplicate_member, member_case, duplicate_parameter, query_invalid, utf8, path_escape, path. Of what
	// is unknown, if it is refused: unknown_parameter, unknown_member, unknown_body. Of responses alone: method,
	// status, media_type, content_encoding, max_bytes, unreadable.
	Rule string
	// Message says for a person what the contract expects. It follows on the location, as in "body.amount is required".
	Message string
}

// Error names the operation, the status, and the places and rules.
func (e *Refusal) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "validation: %s", e.Direction)
	if e.Operation.ID != "" {
		fmt.Fprintf(&b, " of %s", e.Operation.ID)
	} else if e.Operation.Path != "" {
		fmt.Fprintf(&b, " of %s", strings.TrimSpace(e.Operation.Method+" "+e.Operation.Path))
	}
	fmt.Fprintf(&b, ": %d %s", e.Status, http.StatusText(e.Status))
	for i, v := range e.Violations {
		if i == 0 {
			b.WriteString(": ")
		} else {
			b.WriteString("; ")
		}
		b.WriteString(v.text())
	}
	return b.String()
}

// text is the place of a violation and its message.
func (v *Violation) text() string {
	var b strings.Builder
	for i, part := range v.Location {
		if i > 0 {
			b.WriteByte('.')
		}
		fmt.Fprint(&b, part)
	}
	b.WriteByte(' ')
	b.WriteString(v.Message)
	return b.String()
}

// Unwrap returns why a body could not be read, if that was the reason.
func (e *Refusal) Unwrap() error { return e.cause }

// status is the one to answer with: that of a refused request, or 500 in place of a response that differs.
func (e *Refusal) status() int {
	if e.Direction == DirectionResponse || e.Status < http.StatusBadRequest {
		return http.StatusInternalServerError
	}
	return e.Status
}

// told is what may be said beside the status.
func (e *Refusal) told() string {
	if !e.tells || len(e.Violations) == 0 || e.Direction == DirectionResponse {
		return ""
	}
	return ": the " + e.Violations[0].text()
}

// setHeader sets what goes with the status.
func (e *Refusal) setHeader(header http.Header) {
	if len(e.Allow) > 0 {
		header.Set("Allow", strings.Join(e.Allow, ", "))
	}
	if len(e.Accept) > 0 {
		header.Set("Accept", strings.Join(e.Accept, ", "))
	}
	header.Set("X-Content-Type-Options", "nosniff")
}

// WriteRefusal answers a refused request, and is what [Validator.Middleware] does by default: {"detail": [{"loc",
// "msg", "type"}]} at 422, {"detail": "…"} otherwise, with Allow at 405 and Accept at 415. In place of a response that
// differs from the contract it answers 500, without saying what differs: that is for Config.Observe.
func WriteRefusal(w http.ResponseWriter, _ *http.Request, refusal Refusal) {
	type item struct {
		Location []any  `json:"loc"`
		Message  string `json:"msg"`
		Type     string `json:"type"`
	}
	status := refusal.status()
	refusal.setHeader(w.Header())
	if status != http.StatusUnprocessableEntity {
		wire.WriteDetail(w, status, "", http.StatusText(status)+refusal.told())
		return
	}
	items := make([]item, 0, len(refusal.Violations))
	for _, v := range refusal.Violations {
		items = append(items, item{v.Location, v.Message, v.Rule})
	}
	wire.WriteJSON(w, status, struct {
		Detail []item `json:"detail"`
	}{items})
}
