package contracttest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// A judge decides whether a want holds, after the exchanges of a step. It returns nothing if it does, or if it cannot
// be decided.
type judge func(r *run, t *trace, at int, args map[string]string) []failure

// judges by their names. Each file with probes has those that it asks for.
var judges = map[string]judge{}

func register(name string, j judge) string {
	if judges[name] != nil {
		panic("contracttest: two judges are called " + name)
	}
	judges[name] = j
	return name
}

// judgeAnswer holds an answer against the contract. It is asked about every answer of an operation.
func (r *run) judgeAnswer(e *exchange) []failure {
	o := operationByID(e.step.Operation)
	fail := func(code, place, rule, expected, got, source string) failure {
		return failure{code: code, operation: e.step.Operation, place: place, rule: rule, expected: expected, got: got,
			source: source}
	}
	if e.answer.Trouble != "" {
		return []failure{fail(codeNoAnswer, "connection", string(e.answer.Trouble),
			"an answer within "+r.config.Timeout.String()+" and "+size(r.config.MaxAnswerBytes),
			troubles[e.answer.Trouble], "RFC 9110")}
	}
	var found []failure
	status := e.answer.Status
	if status >= http.StatusInternalServerError {
		found = append(found, fail(codeServerError, "status", strconv.Itoa(status), "an answer that says what is wrong",
			strconv.Itoa(status), "RFC 9110, 15.6"))
	}
	// What is sent at the same time as others waits for them.
	if most := r.config.MaxResponseTime; most > 0 && e.answer.Took > most && e.sent.Gate == nil {
		found = append(found, fail(codeSlow, "answer", "slow", "an answer within "+most.String(),
			"one that took longer", "the configuration"))
	}
	if status >= http.StatusBadRequest && e.showsInside() {
		found = append(found, fail(codeStackTrace, "body", "stack_trace", "nothing of the server's inside",
			"lines that look like a stack trace", "CWE-209"))
	}
	found = append(found, judgeHeaders(e, fail)...)
	found = append(found, judgeSecrets(e, fail)...)
	found = append(found, judgeFacts(e, fail)...)
	found = append(found, judgeTexts(e, fail)...)
	if o == nil || status >= http.StatusInternalServerError {
		return found
	}
	if class := status / 100; class != 4 && !o.names(status) {
		// The contract has a default for all others, which is that of errors.
		return append(found, fail(codeStatus, "status", strconv.Itoa(status),
			"one of the statuses that the contract names, or one of an error", strconv.Itoa(status),
			o.source("responses")))
	}
	return append(found, r.judgeSchema(o, e, fail)...)
}

// judgeSchema asks the validator about an answer.
func (r *run) judgeSchema(o *operation, e *exchange,
	fail func(code, place, rule, expected, got, source string) failure) []failure {
	err := r.validator.CheckResponse(&http.Response{StatusCode: e.answer.Status, Header: e.answer.Header,
		Request: e.answer.Request, Body: io.NopCloser(bytes.NewReader(e.answer.Body)),
		ContentLength: int64(len(e.answer.Body))})
	var refusal *validation.Refusal
	if !errors.As(err, &refusal) {
		return nil
	}
	named := "default"
	if o.names(e.answer.Status) {
		named = strconv.Itoa(e.answer.Status)
	}
	var found []failure
	for _, v := range refusal.Violations {
		code := codeSchema
		switch {
		case v.Rule == "media_type" || v.Rule == "content_encoding":
			code = codeMedia
		case len(v.Location) > 0 && v.Location[0] == "header":
			code = codeHeaders
		case v.Rule == "method" || v.Rule == "path":
			continue // It is about the request.
		}
		place := placeOf(v.Location)
		broken := fail(code, place, v.Rule, place+" "+v.Message, "an answer of "+
			strconv.Itoa(e.answer.Status)+" that breaks the rule "+v.Rule, o.source("responses", named))
		broken.shared = e.answer.Status >= http.StatusBadRequest // One place writes errors.
		found = append(found, broken)
	}
	return found
}

var troubles = map[call.Trouble]string{
	call.TroubleTimeout: "no whole answer in that time", call.TroubleTooLarge: "a body that is larger",
	call.TroubleHeaders: "headers that are larger", call.TroubleBroken: "a connection that ended before the answer did",
	call.TroubleUnreachable: "no connection",
}

// stackTrace is what the runtimes that people write servers in print of themselves.
var stackTrace = regexp.MustCompile(`(?m)goroutine \d+ \[|panic: |^\s+at [\w$.<>]+\([\w.]+:\d+\)|` +
	`Traceback \(most recent call last\)|File \\?"[^"]+\\?", line \d+|\.go:\d+ \+0x|at [\w.<>]+ \([^)]+:\d+:\d+\)|` +
	`(?i:SQLSTATE|syntax error at or near|pq: |ORA-\d{5}|java\.lang\.\w+)`)

func size(bytes int64) string {
	if bytes >= 1<<20 {
		return fmt.Sprintf("%d MiB", bytes>>20)
	}
	return fmt.Sprintf("%d bytes", bytes)
}

// statusIn reports whether a status is in a list such as "2xx 404".
func statusIn(status int, list string) bool {
	text := strconv.Itoa(status)
	for _, allowed := range strings.Fields(list) {
		if allowed == text || len(allowed) == 3 && allowed[1:] == "xx" && text[:1] == allowed[:1] {
			return true
		}
	}
	return false
}

// judgeStatus wants the status of a step to be in args["in"]. The finding has the code, the rule and the place that
// args say, and the operation as well if it is not the step's.
var judgeStatus = register("status", func(_ *run, t *trace, at int, args map[string]string) []failure {
	var found []failure
	for _, e := range t.exchanges[at] {
		status := e.status()
		if status == 0 || status >= http.StatusInternalServerError || status == http.StatusTooManyRequests ||
			statusIn(status, args["in"]) {
			continue // Without an answer, or after a failure, there is a finding already.
		}
		found = append(found, failure{code: args["code"], operation: cmp.Or(args["operation"], e.step.Operation),
			place: args["place"], rule: args["rule"], expected: args["expected"], got: "status " + strconv.Itoa(status),
			source: args["source"]})
		break
	}
	return found
})
