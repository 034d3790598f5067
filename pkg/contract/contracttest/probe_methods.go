package contracttest

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
)

// allMethods are those that are sent to each path which does not have them.
var allMethods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
	http.MethodDelete, http.MethodOptions, http.MethodTrace}

const (
	placeMethod   = "method"
	placeAllow    = "header allow"
	sourceMethods = "RFC 9110, 15.5.6"
)

// probeMethods sends each path the methods that the contract does not have for it.
func probeMethods(ctx context.Context, r *run) error {
	done := map[string]bool{}
	for _, o := range r.tested {
		if done[o.Path] {
			continue
		}
		done[o.Path] = true
		for _, method := range allMethods {
			if err := r.probeMethod(ctx, o, method); leaveOut(err) != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) probeMethod(ctx context.Context, o *operation, method string) error {
	isSafe := method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions ||
		method == http.MethodTrace
	if !r.config.AllowWrites && !isSafe {
		return nil
	}
	path := pathOfNobody(o)
	allowed := methodsOf(path)
	if slices.Contains(allowed, method) || method == http.MethodHead && slices.Contains(allowed, http.MethodGet) {
		return nil
	}
	var own []string
	for _, other := range operations() {
		if other.Path == o.Path {
			own = append(own, other.Method)
		}
	}
	s := step{Method: method, Path: path, Want: []want{{judgeMethod, map[string]string{"operation": o.ID,
		"own": strings.Join(own, " "), "allowed": strings.Join(allowed, " "), "source": sourceMethods}}}}
	t, err := r.try(ctx, []step{s})
	if last := t.last(); last != nil && last.status() == http.StatusUnauthorized && r.report.knowsNobody() {
		t.failures = nil // It is the caller that is refused, and not the method.
	}
	r.judged(t)
	if err != nil {
		return err
	}
	isUnknown := t.last() == nil || t.last().status() == http.StatusMethodNotAllowed || t.last().status() == 0
	if isUnknown || path == o.Path || !r.config.AllowWrites {
		return nil
	}
	// Something is there. It may do more where there is something to do it to, and with what another method takes.
	for _, other := range r.tested {
		if other.Path != o.Path {
			continue
		}
		if err := r.probeMethodOn(ctx, other, s); leaveOut(err) != nil {
			return err
		}
	}
	return nil
}

// probeMethodOn sends a method that there is not to where an operation succeeds, with what that takes.
func (r *run) probeMethodOn(ctx context.Context, o *operation, s step) error {
	g, err := r.known(ctx, o)
	if err != nil {
		return err
	}
	if g, err = r.fresh(ctx, g); err != nil {
		return err
	}
	s.Path = g.base.Path
	for _, other := range []*body{nil, g.base.Body} {
		if s.Body = other; other != nil {
			s.Media = g.base.Media
		}
		if _, err := r.on(ctx, g, s); err != nil || g.base.Body == nil {
			return err
		}
	}
	return nil
}

// methodsOf are those that the contract has for a path, by whatever template it matches.
func methodsOf(path string) []string {
	var all []string
	got := strings.Split(path, "/")
	for _, o := range operations() {
		want := strings.Split(o.Path, "/")
		fits := len(want) == len(got)
		for i := 0; fits && i < len(want); i++ {
			fits = want[i] == got[i] || strings.HasPrefix(want[i], "{") && got[i] != ""
		}
		if fits && !slices.Contains(all, o.Method) {
			all = append(all, o.Method)
		}
	}
	slices.Sort(all)
	return all
}

// probeHead asks for the head of a read, which takes what the read takes.
func probeHead(ctx context.Context, r *run, g *ground) error {
	o := g.operation
	if !o.isRead() {
		return nil
	}
	head := g.request()
	head.Operation, head.Method = "", http.MethodHead
	headed := func(change func(*step), code, place, rule string) step {
		s := head
		change(&s)
		w := refusedAs(code, place, rule+" HEAD", "a refusal, as the read has", sourceAuthentication)
		w.Args["operation"] = o.ID
		s.Want = []want{w}
		return s
	}
	var steps []step
	if !o.Bare {
		steps = append(steps,
			headed(func(s *step) { s.Token = call.TokenUnknown }, codeAnonymousRead, placeToken, "unknown"),
			headed(func(s *step) { s.Token = call.TokenMissing }, codeAnonymousRead, placeToken, "missing"),
			headed(func(s *step) { s.Signature = call.SignatureOtherSecret }, codeSignature, placeSignature,
				"other_secret"),
			headed(func(s *step) { s.Signature = call.SignatureMissing }, codeSignature, placeSignature, "missing"))
	}
	head.Want = []want{serves(o)}
	_, err := r.on(ctx, g, append(steps, head)...)
	return err
}

// serves wants a server not to break over what it may refuse.
func serves(o *operation) want {
	return want{judgeServes, map[string]string{"operation": o.ID}}
}

// probeSizes sends what is larger than anybody needs, and what nobody asks for. A server may refuse all of it; it must
// not break.
func probeSizes(ctx context.Context, r *run) error {
	for _, o := range r.tested {
		if !r.config.AllowWrites && !o.isRead() {
			continue
		}
		s := step{Method: o.Method, Path: pathOfNobody(o), Want: []want{serves(o)}}
		var steps []step
		if o.declared.RequestBody == nil {
			with := s
			with.Media, with.Body = mediaJSON, text("{}")
			steps = append(steps, with)
		}
		below := s
		below.Path += "nothing-of-that-name/"
		below.Want = []want{{judgeStatus, map[string]string{"operation": o.ID, "in": "3xx 4xx", "code": codeHidden,
			"place": "path", "rule": "below", "expected": "404, as the contract has no such path",
			"source": "RFC 9110, 15.5.5"}}}
		steps = append(steps, below)
		long, many := s, s
		long.Header = []pair{{"X-Padding", strings.Repeat("a", 16<<10)}}
		for range 200 {
			many.Header = append(many.Header, pair{"X-Padding", "a"})
		}
		steps = append(steps, long, many)
		if o.json() != nil {
			large := s
			large.Media, large.Body = mediaJSON, text(`{"padding":"`+strings.Repeat("a", 1<<20+1<<16)+`"}`)
			steps = append(steps, large)
		}
		if o.isRead() {
			query := s
			query.Query = []pair{{"padding", strings.Repeat("a", 4<<10)}}
			steps = append(steps, query)
		}
		for _, s := range steps {
			t, err := r.try(ctx, []step{s})
			r.judged(t)
			if leaveOut(err) != nil {
				return err
			}
		}
	}
	return nil
}

// unslashed is the request to the path without its slash at the end.
func (g *ground) unslashed() (wrongStep, bool) {
	s := g.request()
	path, has := strings.CutSuffix(s.Path, "/")
	if !has || len(s.Query) > 0 {
		return wrongStep{}, false
	}
	// It is none of the contract's operations: frameworks redirect it to the one with the slash.
	s.Path, s.Operation = path, ""
	w := refusedAs(codeHidden, "path", "unslashed", "404, as the contract has no such path", g.operation.source())
	w.Args["operation"] = g.operation.ID
	s.Want = []want{w, {judgeRedirect, map[string]string{"operation": g.operation.ID}}}
	return wrongStep{step: s, rule: "path unslashed"}, true
}

// judgeRedirect wants a redirect, where a server has one for a path that is none, to be one after which the request is
// still the same. Most clients make a GET without a body of anything else; what was a GET stays one.
var judgeRedirect = register("redirect", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	status := e.status()
	isLost := status == http.StatusMovedPermanently || status == http.StatusFound || status == http.StatusSeeOther
	if !isLost || e.step.Method == http.MethodGet || e.step.Method == http.MethodHead {
		return nil
	}
	return []failure{{code: codeStatus, operation: args["operation"], place: "status", rule: strconv.Itoa(status),
		expected: "404, or a redirect that keeps the method and the body", got: strconv.Itoa(status),
		source: "RFC 9110, 15.4"}}
})

// judgeMethod wants 405 for a method that a path does not have, with those that it has.
//
// args: operation, source; own are the methods that the contract has for the path, and allowed those of all templates
// that the path matches.
var judgeMethod = register("method", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	status, method := e.status(), e.step.Method
	fail := func(code, place, rule, expected, got string) []failure {
		var all []string
		if o := operationByID(args["operation"]); o != nil {
			for _, other := range operations() {
				if other.Path == o.Path { // It is about the path, whichever of its methods was looked at.
					all = append(all, other.ID)
				}
			}
		}
		return blame(failure{code: code, place: place, rule: rule, expected: expected, got: got,
			source: args["source"], shared: true}, append(all, args["operation"])...)
	}
	own, allowed := strings.Fields(args["own"]), strings.Fields(args["allowed"])
	is := "405, as there is no " + method
	// Servers answer these by themselves, before they look at a path. TRACE may be unknown altogether.
	isGeneral := method == http.MethodOptions || method == http.MethodTrace || method == http.MethodHead
	switch {
	case status == 0, status == http.StatusTooManyRequests:
		return nil
	case status/100 == 2 && method != http.MethodOptions:
		return fail(codeHidden, placeMethod, method, is, "status "+strconv.Itoa(status))
	case status >= http.StatusInternalServerError && status != http.StatusNotImplemented:
		return fail(codeServerError, "status", strconv.Itoa(status), is, strconv.Itoa(status))
	case status != http.StatusMethodNotAllowed && !isGeneral:
		return fail(codeMethod, placeMethod, method, is, "status "+strconv.Itoa(status))
	}
	values := e.answer.Header.Values("Allow")
	if len(values) == 0 {
		if status != http.StatusMethodNotAllowed || isGeneral {
			return nil
		}
		return fail(codeMethod, placeAllow, "missing", "Allow with "+strings.Join(own, ", "), "no Allow")
	}
	if status != http.StatusMethodNotAllowed && status/100 != 2 {
		return nil
	}
	return judgeAllow(values, own, allowed, fail)
})

// judgeAllow wants Allow to have the methods of the contract. HEAD and OPTIONS may be there as well.
func judgeAllow(values, own, allowed []string,
	fail func(code, place, rule, expected, got string) []failure) []failure {
	var named []string
	for _, value := range values {
		for _, method := range strings.Split(value, ",") {
			if method = strings.TrimSpace(method); method != "" {
				named = append(named, method)
			}
		}
	}
	expected := "Allow with " + strings.Join(own, ", ")
	for _, method := range own {
		if !slices.Contains(named, method) {
			return fail(codeAllow, placeAllow, "lacks "+method, expected, "Allow without "+method)
		}
	}
	for _, method := range named {
		isHarmless := method == http.MethodHead || method == http.MethodOptions
		if !isHarmless && !slices.Contains(allowed, method) {
			if !slices.Contains(allMethods, method) {
				method = "a method that is none"
			}
			return fail(codeAllow, placeAllow, "names "+method, expected, "Allow with "+method)
		}
	}
	return nil
}

// judgeServes wants no status of a failure. 501 says that a method is not known at all, so it is one for the methods of
// the contract (RFC 9110, 15.6.2).
var judgeServes = register("serves", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e, o := t.of(at), operationByID(args["operation"])
	status := e.status()
	isUnknown := o != nil && e.step.Method != o.Method && status == http.StatusNotImplemented
	if status < http.StatusInternalServerError || isUnknown {
		return nil
	}
	return []failure{{code: codeServerError, operation: args["operation"], place: "status", rule: strconv.Itoa(status),
		expected: "an answer, or a refusal", got: "status " + strconv.Itoa(status), source: "RFC 9110, 15.6"}}
})
