package contracttest

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
)

// An exchange is a request that was sent, with what came back.
type exchange struct {
	step step
	// sent is the step filled in.
	sent   call.Message
	answer call.Answer
	// value is the JSON of the answer, with its numbers as they are, or nil.
	value any
}

// status of the answer, or 0 if there is none.
func (e *exchange) status() int {
	if e.answer.Trouble != "" && e.answer.Trouble != call.TroubleTooLarge {
		return 0
	}
	return e.answer.Status
}

func (e *exchange) isSuccess() bool { return e.status()/100 == 2 }

// isAbout reports whether an exchange has an id in its path, its body or its answer.
func (e *exchange) isAbout(id string) bool {
	return id != "" && !strings.Contains(id, "${") && (strings.Contains(e.sent.Target, id) ||
		strings.Contains(string(e.sent.Body), id) || strings.Contains(string(e.answer.Body), id))
}

// decode reads the JSON of an answer.
func (e *exchange) decode() {
	if !isJSON(e.answer.Header.Get("Content-Type")) {
		return
	}
	if v, err := decodeNumbers(e.answer.Body); err == nil {
		e.value = v
	}
}

// decodeNumbers reads JSON, and keeps numbers as they are.
func decodeNumbers(content []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(content))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}
