package contracttest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
)

const sourceDoors = "RFC 9110, 9"

// probeDoors looks for other ways to an operation than the one that the contract has: its path in capitals, a header
// that says what the method is, a token in the address, a cookie. It also asks for something else than JSON.
func probeDoors(ctx context.Context, r *run, g *ground) error {
	o := g.operation
	if o.Bare {
		return nil
	}
	var all []wrongStep
	if w, ok := g.inCapitals(); ok {
		all = append(all, w)
	}
	var open []wrongStep
	if call.IsLocal(r.caller.Host()) { // Addresses end up in logs: a token goes into none of a server elsewhere.
		w := g.wrongToken(call.TokenInQuery)
		w.step.Want[0].Args["expected"] = "a refusal, as a token stands in a header alone"
		open = append(open, w)
	}
	if r.caller.HasCookie("") {
		w := g.wrongToken(call.TokenCookie)
		w.step.Want[0].Args["expected"] = "a refusal, as a cookie that the login sets is no token"
		open = append(open, w)
	}
	if open = append(open, g.around()...); len(open) > 0 {
		all = append(all, g.wrongToken(call.TokenMissing)) // Where none is needed, no door is open that should not be.
		for _, w := range open {
			w.unless = string(call.TokenMissing)
			all = append(all, w)
		}
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
	if err := r.compressed(ctx, g); err != nil {
		return err
	}
	page := g.request()
	page.Operation = "" // What it refuses may come in whatever was asked for.
	page.Header = append(slices.Clone(page.Header), pair{"Accept", "text/html"})
	page.Want = []want{{judgeNegotiated, map[string]string{"operation": o.ID}}}
	return onlyError(r.on(ctx, g, page))
}

// around are ways to a read by a path that needs no token: what looks at the beginning of a path may do so before dots
// are resolved, or before slashes are.
func (g *ground) around() []wrongStep {
	open := operationByID("getHealth")
	if !g.operation.isRead() || open == nil {
		return nil
	}
	var all []wrongStep
	for _, way := range []struct{ rule, before string }{
		{"dots", open.Path + "/.."}, {"encoded dots", open.Path + "/%2e%2e"}, {"semicolon", open.Path + ";/.."},
		{"two slashes", "/"},
	} {
		w := g.wrongToken(call.TokenMissing)
		w.step.Path, w.step.Operation, w.rule = way.before+w.step.Path, "", "path "+way.rule
		w.step.Want[0].Args["operation"], w.step.Want[0].Args["place"] = g.operation.ID, "path"
		w.step.Want[0].Args["rule"] = way.rule
		all = append(all, w)
	}
	return all
}

// compressed asks for an answer that may be compressed. What says that it is has to be whole.
func (r *run) compressed(ctx context.Context, g *ground) error {
	s := g.request()
	s.Operation = "" // What it is otherwise is not compressed.
	s.Header = append(slices.Clone(s.Header), pair{"Accept-Encoding", "gzip"})
	s.Want = []want{{judgeCompressed, map[string]string{"operation": g.operation.ID}}}
	return onlyError(r.on(ctx, g, s))
}

// mostUnpacked bounds how much of what is compressed is looked at.
const mostUnpacked = 32 << 20

// judgeCompressed wants what is compressed to be so, and to be JSON inside.
var judgeCompressed = register("compressed", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e, o := t.of(at), operationByID(args["operation"])
	if !succeeded(e) || e.answer.Trouble != "" || o == nil || !isJSON(e.answer.Header.Get("Content-Type")) {
		return nil
	}
	fail := func(code, rule, expected, got string) []failure {
		return []failure{{code: code, operation: o.ID, place: "body", rule: rule, expected: expected, got: got,
			source: "RFC 9110, 8.4"}}
	}
	switch strings.ToLower(e.answer.Header.Get("Content-Encoding")) {
	case "gzip", "x-gzip":
	default:
		return nil
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(e.answer.Body))
	if err != nil {
		return fail(codeNoAnswer, "compressed", "what gzip makes, as the answer says", "something else")
	}
	content, err := io.ReadAll(io.LimitReader(unpacked, mostUnpacked))
	switch {
	case err != nil:
		return fail(codeNoAnswer, "compressed", "the whole of what gzip makes, as the answer says", "a part of it")
	case len(content) < mostUnpacked && !json.Valid(content):
		return fail(codeSchema, "compressed", "JSON in what is compressed", "something else")
	}
	return nil
})

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
