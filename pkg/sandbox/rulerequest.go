package sandbox

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"sync"

	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/sandbox/fault"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/api"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// ruled runs an operation, or what a rule has in its place. It is asked once for each operation that is executed: not
// for what is refused before, nor for a repeat that gets the answer that there was.
func (s *Sandbox) ruled(next partnerserver.StrictHandlerFunc, operation string) partnerserver.StrictHandlerFunc {
	return func(ctx context.Context, w http.ResponseWriter, r *http.Request, in any) (any, error) {
		t := bank.FromContext(ctx)
		rule := s.ruleFor(operation, in, func() *bank.Facts {
			f := factsOf(r, bodyOf(in))
			t.Know(f)
			return f
		})
		if rule == nil {
			return next(ctx, w, r, in)
		}
		s.logRule(ctx, rule, operation)
		if rule.Do.Status >= http.StatusBadRequest {
			return nil, rule.refusal(r.Method)
		}
		if rule.fate != nil {
			decided := *rule.fate
			t.Decide(&decided)
		}
		out, err := next(ctx, w, r, in)
		if err == nil && rule.Do.Status != 0 {
			out = api.WithStatus(out, rule.Do.Status)
		}
		return out, err
	}
}

// ruleFor returns the rule that acts on an operation: the first one of those that somebody has set, or of the magic
// values. It is nil if none does.
func (s *Sandbox) ruleFor(operation string, in any, facts func() *bank.Facts) *activeRule {
	list, magic := s.rules.current.Load(), s.magic.rulesFor(operation, in)
	if list == nil || len(list.others) == 0 {
		return s.magic.choose(magic, operation, facts)
	}
	facts = sync.OnceValue(facts)
	if rule := s.rules.choose(list.others, operation, facts); rule != nil {
		return rule
	}
	return s.magic.choose(magic, operation, facts)
}

func (s *Sandbox) logRule(ctx context.Context, rule *activeRule, operation string) {
	s.logger.LogAttrs(ctx, slog.LevelInfo, "rule", slog.String("rule", rule.Name),
		slog.String("operation", operation))
}

// ruleType is the type of a refusal by a rule that does not say one, where the contract wants one.
const ruleType = "sandbox_rule"

// refusal is the answer that a rule has in the place of an operation. The server gives it the form of the contract.
func (a *activeRule) refusal(method string) error {
	d := &a.Do
	answer := &server.Error{Status: d.Status, Type: d.Type, Detail: d.Detail, Body: d.Body}
	if answer.Detail == "" {
		answer.Detail = cmp.Or(http.StatusText(d.Status), fmt.Sprintf("Status %d", d.Status))
	}
	if d.Status == http.StatusUnprocessableEntity {
		answer.Type = cmp.Or(d.Type, ruleType)
		place := "body"
		if method == http.MethodGet || method == http.MethodDelete {
			place = "query"
		}
		answer.Violations = []validation.Violation{
			{Location: []any{place}, Rule: answer.Type, Message: answer.Detail},
		}
	}
	return answer
}

// serveAPI serves a request to the API: by the chain, or with what is to go wrong before it. The header that asks for a
// fault is for everybody who may call: whoever cannot be trusted with a fault cannot be with a sandbox.
func (s *Sandbox) serveAPI(w http.ResponseWriter, r *http.Request) {
	if text := r.Header.Get(fault.Header); text != "" {
		asked, err := fault.Parse(text)
		if err != nil {
			wire.WriteDetail(w, http.StatusBadRequest, "sandbox_fault", fault.Header+": "+err.Error())
			return
		}
		s.serveFault(s.rules.drawn(asked), w, r)
		return
	}
	list := s.rules.current.Load()
	if list == nil || len(list.faults) == 0 {
		s.server.ServeHTTP(w, r)
		return
	}
	s.serveFaulty(list.faults, w, r)
}

// serveFaulty serves a request while there are rules with faults.
func (s *Sandbox) serveFaulty(rules []*activeRule, w http.ResponseWriter, r *http.Request) {
	contract, err := theRuleContract()
	match := new(validation.Match)
	if err != nil || !contract.validator.Find(match, r) {
		s.server.ServeHTTP(w, r)
		return
	}
	operation := match.Operation.ID
	rule := s.rules.choose(rules, operation, func() *bank.Facts {
		var body []byte
		r, body = peek(r)
		f := factsOf(r, body)
		if t, err := s.bank.Read(); err == nil { // Otherwise nothing is known, and the chain says why.
			defer t.Finish()
			t.Know(f)
		}
		return f
	})
	if rule == nil {
		s.server.ServeHTTP(w, r)
		return
	}
	s.logRule(r.Context(), rule, operation)
	s.serveFault(s.rules.drawnBy(rule), w, r)
}

// serveFault does a fault to a request. The log says so before the line about the request, if the chain sees one.
func (s *Sandbox) serveFault(f fault.Fault, w http.ResponseWriter, r *http.Request) {
	s.logger.LogAttrs(r.Context(), slog.LevelInfo, "fault", slog.String("fault", f.String()),
		slog.String("method", r.Method))
	f.Handler(s.server).ServeHTTP(w, r)
}

// factsOf is what a request says by itself.
func factsOf(r *http.Request, body []byte) *bank.Facts {
	f := &bank.Facts{}
	for segment := range strings.SplitSeq(r.URL.Path, "/") {
		f.ReadText(segment)
	}
	for _, values := range r.URL.Query() {
		for _, value := range values {
			f.ReadText(value)
		}
	}
	f.ReadJSON(body)
	return f
}

// bodyOf is the JSON body in an operation's input, or nothing.
func bodyOf(in any) []byte {
	body := reflect.ValueOf(in).FieldByName("Body")
	if !body.IsValid() || body.Kind() == reflect.Interface { // It is a file, which can be read but once.
		return nil
	}
	text, err := json.Marshal(body.Interface())
	if err != nil {
		return nil
	}
	return text
}

// peek returns a JSON body, and a request that has it still before it. A body of more than 1 MiB says nothing: the
// chain is going to refuse it.
func peek(r *http.Request) (*http.Request, []byte) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" || r.Body == nil || r.ContentLength > wire.DefaultMaxBodyBytes {
		return r, nil
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, wire.DefaultMaxBodyBytes+1))
	rest := io.Reader(r.Body)
	if err != nil {
		rest = failing{err}
	}
	peeked := r.WithContext(r.Context())
	peeked.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(text), rest), r.Body}
	if err != nil || int64(len(text)) > wire.DefaultMaxBodyBytes {
		return peeked, nil
	}
	return peeked, text
}

// failing is what is left of a body that cannot be read to its end.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
