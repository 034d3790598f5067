package torture

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// kind is what an answer is counted as. Each answer is of one kind.
type kind int

const (
	executed    kind = iota // the handler ran, and succeeded
	replayed                // a stored response, whatever it says
	conflicted              // the first one is in progress
	refused                 // the request is at fault
	unknown                 // the outcome is unknown
	failed                  // the handler ran, and failed
	unavailable             // a database did not answer
	broken                  // no answer, or half of one
	kinds
)

var kindNames = [kinds]string{"executed", "replayed", "conflicted", "refused", "unknown", "failed", "unavailable",
	"broken"}

func (k kind) String() string { return kindNames[k] }

// response is an answer to one HTTP request. Its zero value is none: the connection broke, or the client lost patience.
type response struct {
	status    int
	replayed  bool
	mediaType string
	location  string
	body      []byte
}

func (r response) success() bool { return r.status >= 200 && r.status < 300 }

// reason is why the guard refused, if it did.
func (r response) reason() idempotency.Reason {
	var body struct {
		Type idempotency.Reason `json:"type"`
	}
	if json.Unmarshal(r.body, &body) != nil {
		return ""
	}
	return body.Type
}

func (r response) kind() kind {
	switch {
	case r.status == 0:
		return broken
	case r.replayed:
		return replayed
	case r.success():
		return executed
	case r.status == http.StatusConflict && r.reason() == idempotency.ReasonStillInProgress:
		return conflicted
	case r.status == http.StatusConflict:
		return unknown
	case r.status == http.StatusServiceUnavailable:
		return unavailable
	case r.status >= 500:
		return failed
	}
	return refused
}

// final says whether every repeat would get the same answer. A failure that is replayed is stored, and stays.
func (r response) final() bool {
	switch r.kind() {
	case executed, replayed, unknown, refused:
		return true
	default:
		return false
	}
}

// same says whether what is promised to be the same in a replay is.
func (r response) same(other response) bool {
	return r.status == other.status && r.mediaType == other.mediaType && r.location == other.location &&
		bytes.Equal(r.body, other.body)
}

func (r response) String() string {
	if r.status == 0 {
		return "no answer"
	}
	mark := ""
	if r.replayed {
		mark = ", replayed"
	}
	return fmt.Sprintf("%d%s %s", r.status, mark, bytes.TrimSpace(r.body))
}
