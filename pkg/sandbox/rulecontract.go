package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"

	"github.com/jiko-partner/partner-go/pkg/contract"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// ruleContract is what rules may say, by the contract and by the bank.
type ruleContract struct {
	validator *validation.Validator
	// operations are by their ids, and names are the ids in order.
	operations map[string]ruleOperation
	names      []string
	// fate says what is impossible for what an operation makes, states and reasons what is possible.
	fate            func(operation string, f bank.Fate) error
	states, reasons func(operation string) []string
}

// ruleOperation is what the contract says of an operation.
type ruleOperation struct {
	method, path string
	// successes are the statuses of its successes.
	successes []int
}

// theRuleContract is made when the first rule is, and kept: it takes about as long as a sandbox does to begin.
var theRuleContract = sync.OnceValues(func() (*ruleContract, error) {
	document, err := contract.Document()
	if err != nil {
		return nil, err
	}
	c := &ruleContract{operations: map[string]ruleOperation{},
		fate: bank.CheckFate, states: bank.FateStates, reasons: bank.FateReasons}
	for path, item := range document.Paths.Map() {
		for method, operation := range item.Operations() {
			o := ruleOperation{method: method, path: path}
			for text := range operation.Responses.Map() {
				if status, err := strconv.Atoi(text); err == nil && status < http.StatusMultipleChoices {
					o.successes = append(o.successes, status)
				}
			}
			slices.Sort(o.successes)
			c.operations[operation.OperationID] = o
		}
	}
	c.names = slices.Sorted(maps.Keys(c.operations))
	c.validator, err = validation.New(validation.Config{Document: document})
	return c, err
})

// checkBody says how an answer differs from what the contract says of an operation and a status.
func (c *ruleContract) checkBody(operation string, status int, body json.RawMessage) error {
	o := c.operations[operation]
	err := c.validator.CheckResponse(&http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body:    io.NopCloser(bytes.NewReader(body)),
		Request: &http.Request{Method: o.method, URL: &url.URL{Path: o.path}},
	})
	refusal := new(validation.Refusal)
	if errors.As(err, &refusal) && len(refusal.Violations) > 0 {
		first := refusal.Violations[0]
		where := ""
		for _, step := range first.Location {
			where += fmt.Sprintf("%v ", step)
		}
		return fmt.Errorf("%s%s", where, first.Message)
	}
	return err
}
