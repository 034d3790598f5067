package contracttest

import (
	"bytes"
	"encoding/json"

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

// A trace is what the steps of a case have led to.
type trace struct {
	steps []step
	vars  variables
	// exchanges are those of each step: none for what sends nothing, several for what is sent at the same time.
	exchanges [][]*exchange
	failures  []failure
}

// last is the exchange of the last step that sent something, or nil.
func (t *trace) last() *exchange {
	for i := len(t.exchanges) - 1; i >= 0; i-- {
		if n := len(t.exchanges[i]); n > 0 {
			return t.exchanges[i][n-1]
		}
	}
	return nil
}

// of is the first exchange of a step, or nil.
func (t *trace) of(i int) *exchange {
	if i < 0 || i >= len(t.exchanges) || len(t.exchanges[i]) == 0 {
		return nil
	}
	return t.exchanges[i][0]
}
