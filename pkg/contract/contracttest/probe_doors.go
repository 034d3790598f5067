package contracttest

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
)

const sourceDoors = "RFC 9110, 9"

// probeDoors looks for other ways to an operation than the one that the contract has: its path in capitals, a header
// that says what the method is, a token in the address. It also asks for something else than JSON.
func probeDoors(ctx context.Context, r *run, g *ground) error {
	o := g.operation
	if o.Bare {
		return nil
	}
	var all []wrongStep
	if w, ok := g.inCapitals(); ok {
		all = append(all, w)
	}
	if call.IsLocal(r.caller.Host()) { // Addresses end up in logs: a token goes into none of a server elsewhere.
		w := g.wrongToken(call.TokenInQuery)
		w.step.Want[0].Args["expected"] = "a refusal, as a token stands in a header alone"
		all = append(all, w)
	}
	last := g.request()
	if method := overriding(o); method != "" {
		last.Header = append(slices.Clone(last.Header), pair{"X-HTTP-Method-Override", method})
		last.Want = []want{{judgeNotStatus, map[string]string{"status": "405", "code": codeHidden,
			"place": "header x-http-method-override", "rule": "method", "source": sourceDoors,
			"expected": "the method of the request carried out, whatever a header says"}}}
	}
	if err := r.refusals(ctx, g, all, last); err != nil || !o.isRead() {
		return err
	}
	page := g.request()
	page.Operation = "" // What it refuses may come in whatever was asked for.
	page.Header = append(slices.Clone(page.Header), pair{"Accept", "text/html"})
	page.Want = []want{{judgeNegotiated, map[string]string{"operation": o.ID}}}
	return onlyError(r.on(ctx, g, page))
}

// inCapitals is the request to its path in capitals, but for what it is about.
func (g *ground) inCapitals() (wrongStep, bool) {
	s := g.request()
	template, path := strings.Split(g.operation.Path, "/"), strings.Split(s.Path, "/")
	if len(template) != len(path) || len(s.Query) > 0 {
		return wrongStep{}, false
	}
	for i := range template {
		if !strings.HasPrefix(template[i], "{") {
			path[i] = strings.ToUpper(path[i])
		}
	}
	s.Path, s.Operation = strings.Join(path, "/"), ""
	w := refusedAs(codeHidden, "path", "capitals", "404, as the contract has no such path", g.operation.source())
	w.Args["operation"] = g.operation.ID
	s.Want = []want{w}
	return wrongStep{step: s, rule: "path capitals"}, true
}

// overriding is a method that the path of an operation does not have.
func overriding(o *operation) string {
	for _, method := range []string{http.MethodPut, http.MethodDelete} {
		if !slices.Contains(methodsOf(o.Path), method) {
			return method
		}
	}
	return ""
}

// judgeNegotiated wants a success to be what the contract has, whatever else was asked for.
var judgeNegotiated = register("negotiated", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e, o := t.of(at), operationByID(args["operation"])
	if !succeeded(e) || o == nil {
		return nil
	}
	response := o.declared.Responses.Status(e.status())
	if response == nil || response.Value == nil || response.Value.Content[mediaJSON] == nil ||
		isJSON(e.answer.Header.Get("Content-Type")) {
		return nil
	}
	return []failure{{code: codeMedia, operation: o.ID, place: "header content-type", rule: "accept",
		expected: mediaJSON + ", which is all that the contract has, or a refusal", got: "another media type",
		source: o.source("responses")}}
})
