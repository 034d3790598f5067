package contracttest

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

const (
	sourceAuthentication = "authentication guide"
	placeSignature       = "header x-jiko-signature"
	placeToken           = "header authorization"
	placeKey             = "header x-jiko-idempotency"
)

// wrongStep is a request that has to be refused, whatever else is true of it.
type wrongStep struct {
	step step
	// unless is the rule of a step before it: if that was accepted, this one would show the same cause.
	unless string
	// rule is that of its want.
	rule string
	// before is sent before it, so that its judge can compare.
	before *step
	// alike is the same for somebody whose token nobody knows, who must get the same answer.
	alike *step
}

// refusedAs wants a request to be refused.
func refusedAs(code, place, rule, expected, source string) want {
	return want{"status", map[string]string{"in": "3xx 4xx", "code": code, "place": place, "rule": rule,
		"expected": expected, "source": source}}
}

// anonymousCode is that of what somebody reaches without a token.
func (o *operation) anonymousCode() string {
	if o.isRead() {
		return codeAnonymousRead
	}
	return codeAnonymousWrite
}

// signatureIsOptional reports whether requests may come unsigned.
func (o *operation) signatureIsOptional() bool {
	for _, p := range o.declared.Parameters {
		if strings.EqualFold(p.Value.Name, "x-jiko-signature") {
			return !p.Value.Required
		}
	}
	return false
}

func (g *ground) wronglySigned(signature call.Signature) wrongStep {
	s := g.request()
	s.Signature = signature
	s.Want = []want{refusedAs(codeSignature, placeSignature, string(signature),
		"a refusal, as the signature is not the request's own", sourceAuthentication)}
	return wrongStep{step: s, rule: string(signature)}
}

func (g *ground) wrongToken(token call.Token) wrongStep {
	s := g.request()
	s.Token = token
	s.Want = []want{refusedAs(g.operation.anonymousCode(), placeToken, string(token),
		"a refusal, as the token is not one that was given to the caller", sourceAuthentication)}
	return wrongStep{step: s, rule: string(token)}
}

func (g *ground) wrongKey(form call.KeyForm) wrongStep {
	s := g.request()
	s.KeyForm = form
	code, expected := codeInvalid, "a refusal, as the key is not one UUID"
	if form == call.KeyMissing {
		code, expected = codeMissingHeader, "a refusal, as the header is required"
	}
	s.Want = []want{refusedAs(code, placeKey, string(form), expected, sourceRepeats)}
	return wrongStep{step: s, rule: string(form)}
}

// forStranger has a wrong request told to somebody whose token nobody knows in the same words as to a caller.
func (w wrongStep) forStranger() wrongStep {
	s := w.step
	s.Token = call.TokenUnknown
	s.Want = []want{{judgeAlike, map[string]string{"place": placeToken, "rule": "with_" + w.rule,
		"expected": "the answer that a caller gets whose token is right"}}}
	w.alike = &s
	return w
}

// unlessExplained lets the words be others where the server explains mistakes to callers, as one for development does.
// It shows by the words that it has for another mistake.
func (w wrongStep) unlessExplained() wrongStep {
	other := w.step
	other.Signature, other.Want = call.SignatureUnslashed, nil
	w.before = &other
	w.alike.Want[0].Args["explained"] = "unslashed"
	return w
}

// probeCredentials sends each operation what is most wrong of a request: without a token, without a signature, without
// a header that is required, as a media type that it does not have.
func probeCredentials(ctx context.Context, r *run, g *ground) error {
	if g.operation.Bare {
		return nil
	}
	unsigned := g.wronglySigned(call.SignatureMissing).forStranger()
	unsigned.unless = string(call.SignatureOtherSecret)
	nobody := g.wrongToken(call.TokenUnknown)
	without := g.wrongToken(call.TokenMissing)
	without.unless = string(call.TokenUnknown)
	signed := g.wronglySigned(call.SignatureOtherSecret).forStranger().unlessExplained()
	all := []wrongStep{signed}
	if !g.operation.signatureIsOptional() {
		all = append(all, unsigned)
	}
	all = append(all, nobody, without, g.wrongKey(call.KeyMissing).forStranger())
	all = append(all, g.withoutHeaders()...)
	all = append(all, g.otherMedia()...)
	last := g.request()
	if g.base.Media == mediaJSON {
		last.Media = "application/json; charset=utf-8"
		last.Want = []want{{judgeNotStatus, map[string]string{"status": "415", "code": codeValid,
			"place": "header content-type", "rule": "charset", "expected": "UTF-8 taken for what JSON is anyway",
			"source": "RFC 8259, 8.1"}}}
	}
	return r.refusals(ctx, g, all, last)
}

// probeSignatures sends each operation all that is wrong in a finer way.
func probeSignatures(ctx context.Context, r *run, g *ground) error {
	if g.operation.Bare {
		return nil
	}
	var all []wrongStep
	for _, signature := range call.WrongSignatures() {
		isDone := signature == call.SignatureOtherSecret || signature == call.SignatureMissing
		if isDone || signature == call.SignatureEmpty && g.operation.signatureIsOptional() {
			continue
		}
		w := g.wronglySigned(signature)
		if signature == call.SignatureEmpty {
			w = w.forStranger().unlessExplained()
		}
		all = append(all, w)
	}
	if g.base.Body != nil && len(*g.base.Body) > 0 {
		all = append(all, g.wronglySigned(call.SignatureNoBody))
		trimmed := g.wronglySigned(call.SignatureTrimmed)
		trimmed.step.Body = text(string(*g.base.Body) + "\n")
		all = append(all, trimmed)
	}
	if g.base.Media == mediaJSON {
		w := g.wronglySigned(call.SignatureOtherSecret)
		w.step.Media, w.rule = "application/json; charset=utf-8", "with_charset"
		w.step.Want[0].Args["rule"] = w.rule
		w.step.Want[0].Args["expected"] =
			"a refusal, as the signature is not the request's own, whatever its media type is"
		all = append(all, w)
	}
	if q, ok := g.withQuery(); ok {
		w := g.wronglySigned(call.SignatureWithQuery)
		w.step.Query = q.Query
		all = append(all, w)
	}
	for _, token := range call.WrongTokens() {
		if token != call.TokenUnknown && token != call.TokenMissing {
			all = append(all, g.wrongToken(token))
		}
	}
	for _, form := range call.WrongKeys() {
		if form != call.KeyMissing {
			w := g.wrongKey(form)
			if form != call.KeyTwice {
				w = w.forStranger()
			}
			all = append(all, w)
		}
	}
	all = append(all, g.toldMore()...)
	if w, ok := g.unslashed(); ok {
		all = append(all, w)
	}
	last := g.request()
	if isJSON(g.base.Media) {
		last.Body = text(string(*g.base.Body) + "\n")
		last.Want = []want{recognized("white_space", "the caller recognized, since the body is signed as it is sent")}
	}
	if err := r.refusals(ctx, g, all, last); err != nil {
		return err
	}
	if q, ok := g.withQuery(); ok {
		q.Want = []want{recognized("query", "the caller recognized, since the path is signed without its query")}
		if _, err := r.on(ctx, g, q); err != nil {
			return err
		}
	}
	return r.takesNoEffect(ctx, g)
}

// tokenTime is longer than a token lives. (Source: the authentication guide.)
const tokenTime = "61m"

// probeEndedTokens calls with a token whose time is over, at a server whose clock can be moved.
func probeEndedTokens(ctx context.Context, r *run) error {
	if err := r.lastingTokens(ctx); leaveOut(err) != nil {
		return err
	}
	for _, o := range r.tested {
		if !r.controls || o.Bare {
			continue
		}
		g, err := r.known(ctx, o)
		if err == nil {
			g, err = r.fresh(ctx, g)
		}
		if err == nil {
			ended := g.wrongToken(call.TokenEnded).step
			ended.Want[0].Judge = judgeEnded
			// The first call has a token, whatever came before, and the second one another.
			types := operationByID("listEventTypes")
			read := step{Operation: types.ID, Method: types.Method, Path: types.Path}
			_, err = r.on(ctx, g, read, step{Clock: &recipe.Clock{By: tokenTime}}, read, ended)
		}
		if leaveOut(err) != nil {
			return err
		}
	}
	return nil
}

// recognized wants a caller with the right credentials not to be told that they are wrong.
func recognized(rule, expected string) want {
	return want{judgeNotStatus, map[string]string{"status": "401", "code": codeNotRecognized, "place": placeSignature,
		"rule": rule, "expected": expected, "source": sourceAuthentication}}
}

// withQuery is the request of a read with another parameter of its query, as its example has it.
func (g *ground) withQuery() (step, bool) {
	s := g.request()
	if !g.operation.isRead() {
		return s, false
	}
	for _, p := range g.operation.in("query") {
		isThere := slices.ContainsFunc(s.Query, func(q pair) bool { return q.Name == p.Name })
		if value := anyValue(p); value != "" && !isThere {
			s.Query = append(slices.Clone(s.Query), pair{p.Name, value})
			return s, true
		}
	}
	return s, len(s.Query) > 0
}

// anyValue is one for a parameter, as far as one is known.
func anyValue(p *openapi3.Parameter) string {
	switch example := exampleOf(p); {
	case p.Schema.Value.Type.Is("array") || p.Schema.Value.Type.Is("object"):
	case example != "":
		return example
	case p.Schema.Value.Type.Is("integer"):
		return "1"
	case p.Schema.Value.Type.Is("boolean"):
		return "true"
	case p.Schema.Value.Type.Is("string") && p.Schema.Value.Format == "uuid":
		return recipe.Nobody
	}
	return ""
}

// withoutHeaders is the request without each header that the contract requires.
func (g *ground) withoutHeaders() []wrongStep {
	var all []wrongStep
	for _, p := range g.operation.in("header") {
		isIt := func(h pair) bool { return strings.EqualFold(h.Name, p.Name) }
		if !p.Required || !slices.ContainsFunc(g.base.Header, isIt) {
			continue
		}
		s := g.request()
		s.Header = slices.DeleteFunc(slices.Clone(s.Header), isIt)
		name := "header " + strings.ToLower(p.Name)
		s.Want = []want{refusedAs(codeMissingHeader, name, string(call.KeyMissing),
			"a refusal, as the header is required", g.operation.source("parameters"))}
		all = append(all, wrongStep{step: s, rule: name})
	}
	return all
}

// otherMedia is the request as something that it is not.
func (g *ground) otherMedia() []wrongStep {
	if g.base.Body == nil || len(*g.base.Body) == 0 || g.operation.declared.RequestBody == nil {
		return nil
	}
	const place = "header content-type"
	var all []wrongStep
	for _, media := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/xml"} {
		if g.operation.declared.RequestBody.Value.Content[media] != nil {
			continue
		}
		s := g.request()
		s.Media = media
		if media != "" {
			// The variables of the body would stay as they are: they are filled in for JSON alone. The header is the
			// same for the server.
			s.Media = g.base.Media
			s.Header = append(slices.Clone(s.Header), pair{"Content-Type", media})
			if isJSON(g.base.Media) {
				s.Media = ""
				s.Header = []pair{{"Content-Type", media}}
			}
		}
		w := wrongStep{rule: "media " + media}
		if media == "" {
			s.Want = []want{refusedAs(codeMissingHeader, place, "missing", "a refusal, as nobody says what the body is",
				g.operation.source("requestBody"))}
		} else {
			s.Want = []want{refusedAs(codeInvalid, place, media, "a refusal, as the contract has no such body",
				g.operation.source("requestBody"))}
		}
		w.step = s
		all = append(all, w)
	}
	return all
}

// toldMore are requests that are wrong in another way as well: who cannot sign must not be told of it.
func (g *ground) toldMore() []wrongStep {
	plain := g.request()
	plain.Signature = call.SignatureOtherSecret
	var all []wrongStep
	add := func(rule string, s step) {
		s.Want = []want{{judgeAlike, map[string]string{"place": placeSignature, "rule": rule,
			"expected": "the answer that any request gets whose signature is wrong"}}}
		all = append(all, wrongStep{step: plain, rule: rule, alike: &s})
	}
	if broken, ok := g.invalid(); ok {
		broken.Signature = call.SignatureOtherSecret
		add("invalid_body", broken)
	}
	if other, ok := g.ofNobody(); ok {
		other.Signature = call.SignatureOtherSecret
		add("unknown_id", other)
	}
	return all
}

// invalid is the request with a body that the contract does not allow.
func (g *ground) invalid() (step, bool) {
	s := g.request()
	if s.Body == nil || !isJSON(s.Media) || g.operation.json() == nil || g.operation.json().Schema == nil {
		return s, false
	}
	for _, name := range g.operation.json().Schema.Value.Required {
		if smaller, ok := drop(*s.Body, []any{name}); ok {
			s.Body = &smaller
			return s, true
		}
	}
	s.Body = text("[]")
	return s, true
}

// ofNobody is the request for something that there is not.
func (g *ground) ofNobody() (step, bool) {
	s := g.request()
	want, got := strings.Split(g.operation.Path, "/"), strings.Split(g.base.Path, "/")
	if len(want) != len(got) {
		return s, false
	}
	for i := len(want) - 1; i >= 0; i-- {
		if strings.HasSuffix(want[i], "_id}") {
			got[i] = recipe.Nobody
			s.Path = strings.Join(got, "/")
			return s, true
		}
	}
	return s, false
}

// refusals sends requests that have to be refused, and at the end the last one, which is right. A write that is
// accepted all the same is the end of its ground, so that the next one gets another.
func (r *run) refusals(ctx context.Context, g *ground, all []wrongStep, last step) error {
	f, err := r.fresh(ctx, g)
	if err != nil {
		return err
	}
	accepted := map[string]bool{}
	for _, w := range all {
		if w.unless != "" && accepted[w.unless] {
			continue
		}
		steps := []step{w.step}
		if w.before != nil {
			steps = []step{*w.before, w.step}
		}
		if w.alike != nil {
			steps = append(steps, twice(*w.alike)...)
		}
		t, err := r.on(ctx, f, steps...)
		if err != nil {
			return err
		}
		isAccepted := false
		for i := range steps {
			e := t.of(len(f.setup) + i)
			isAccepted = isAccepted || e != nil && e.isSuccess()
		}
		if !isAccepted {
			continue
		}
		accepted[w.rule] = true
		if f, err = r.fresh(ctx, g); err != nil {
			return err
		}
	}
	_, err = r.on(ctx, f, last)
	return err
}

// twice is a step that is taken twice, and judged the second time: what differs then, differs by itself.
func twice(s step) []step {
	first := s
	first.Want = nil
	return []step{first, s}
}

// takesNoEffect looks whether a write was carried out that was answered with a refusal.
func (r *run) takesNoEffect(ctx context.Context, g *ground) error {
	if g.operation.isRead() {
		return nil
	}
	seen, err := r.observe(ctx, g)
	if err != nil || len(seen) == 0 {
		return err
	}
	f, err := r.fresh(ctx, g)
	if err != nil {
		return err
	}
	signature, token := g.wronglySigned(call.SignatureOtherSecret), g.wrongToken(call.TokenUnknown)
	for _, w := range []wrongStep{signature, token} {
		about := w.step.Want[0].Args
		steps := slices.Concat(reads(seen), reads(seen), []step{w.step}, wanting(seen, judgeUntouched,
			map[string]string{"code": about["code"], "operation": g.operation.ID, "place": about["place"],
				"rule": about["rule"], "source": about["source"]}))
		if _, err := r.on(ctx, f, steps...); err != nil {
			return err
		}
	}
	return nil
}

// attempt is a login.
func attempt(username, password string) step {
	o := operationByID("login")
	encoded, _ := json.Marshal(map[string]string{"username": username, "password": password})
	return step{Operation: o.ID, Method: o.Method, Path: o.Path, Media: mediaJSON, Body: (*body)(&encoded)}
}

// probeLogin logs in with what is wrong. Few attempts are made, as a server may lock whoever fails too often.
func probeLogin(ctx context.Context, r *run) error {
	o := operationByID("login")
	if !slices.Contains(r.tested, o) {
		return nil
	}
	refused := func(s step, rule string) step {
		s.Want = []want{refusedAs(codeAnonymousRead, "body", rule, "a refusal, as nobody has that name and password",
			o.source())}
		return s
	}
	wrong := refused(attempt("${username}", "not the password"), "wrong_password")
	stranger := attempt(nobodysName, "not the password")
	stranger.Want = []want{{judgeAlike, map[string]string{"place": "body", "rule": "unknown_username",
		"expected": "the answer that a wrong password gets"}}}
	longer := refused(attempt("${username}", "${password}x"), "longer_password")
	other := refused(attempt(nobodysName, "${password}"), "other_username")
	for _, steps := range [][]step{append([]step{wrong}, twice(stranger)...), {longer}, {other}} {
		t, err := r.try(ctx, steps)
		r.judged(t)
		if leaveOut(err) != nil {
			return err
		}
	}
	return nil
}

// probeRecognition has callers recognized by a token that is not the last one, and not looked at where none is needed.
// Of operations of which no request succeeds, the reason must not be that nobody is recognized.
func probeRecognition(ctx context.Context, r *run) error {
	if err := r.keepsTokens(ctx); err != nil {
		return err
	}
	if err := r.needsNothing(ctx); err != nil {
		return err
	}
	for _, o := range r.tested {
		if o.Bare || !r.config.AllowWrites && !o.isRead() {
			continue
		}
		if _, err := r.known(ctx, o); err == nil {
			continue
		} else if leaveOut(err) != nil {
			return err
		}
		s := step{Operation: o.ID, Method: o.Method, Path: pathOfNobody(o)}
		if bodies := o.exampleBodies(); len(bodies) > 0 {
			s.Media, s.Body = mediaJSON, &bodies[0].body
		}
		s.Want = []want{recognized("right", "the caller recognized, as token and signature are right")}
		t, err := r.try(ctx, []step{s})
		r.judged(t)
		if leaveOut(err) != nil {
			return err
		}
	}
	return nil
}

// pathOfNobody is the path of an operation with ids that nothing has.
func pathOfNobody(o *operation) string {
	path := o.Path
	for _, p := range o.in("path") {
		value := recipe.Nobody
		if len(p.Schema.Value.Enum) > 0 {
			value = exampleOf(p)
		}
		path = strings.ReplaceAll(path, "{"+p.Name+"}", value)
	}
	return path
}

// judgeNotStatus wants a step not to be answered with a status.
var judgeNotStatus = register("not_status", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	if strconv.Itoa(e.status()) != args["status"] {
		return nil
	}
	return []failure{{code: args["code"], operation: e.step.Operation, place: args["place"], rule: args["rule"],
		expected: args["expected"], got: "status " + args["status"], source: args["source"]}}
})

// judgeEnded is judgeStatus for a token whose time is over, if the steps before show that it is: there was a call with
// it, then time passed, and then there was a call with another.
var judgeEnded = register("ended", func(r *run, t *trace, at int, args map[string]string) []failure {
	called := func(s step) bool {
		o := operationByID(s.Operation)
		return o != nil && !o.Bare && s.Token == ""
	}
	passed := func(s step) bool { return s.Clock != nil && s.Clock.By == tokenTime }
	earlier := t.steps[:at]
	when := slices.IndexFunc(earlier, passed)
	if when < 0 || !slices.ContainsFunc(earlier[:when], called) || !slices.ContainsFunc(earlier[when:], called) {
		return nil
	}
	return judges[judgeStatus](r, t, at, args)
})

// judgeAlike wants a step to be answered as the one before it, which is wrong in fewer ways: whoever cannot sign must
// not learn from the answers what is right of the rest. It comes twice, as some give each refusal a number.
var judgeAlike = register("alike", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e, place := t.of(at), at-1
	again := t.of(place)
	isTwice := again != nil && isSameStep(again.step, e.step)
	if isTwice {
		place--
	}
	other := t.of(place)
	if other == nil || other.step.Operation != e.step.Operation || other.step.Method != e.step.Method ||
		other.step.Signature != e.step.Signature || other.step.KeyForm != e.step.KeyForm ||
		other.step.Token != "" && other.step.Token != e.step.Token {
		return nil // It is another one.
	}
	for _, status := range []int{e.status(), other.status()} {
		if status/100 != 4 || status == http.StatusTooManyRequests {
			return nil // That is for others to judge, or nothing to go by.
		}
	}
	fail := func(place, got string) []failure {
		return []failure{{code: codeOracle, operation: e.step.Operation, place: args["place"], rule: args["rule"],
			expected: args["expected"], got: "another " + place + got, source: "OWASP API2:2023"}}
	}
	isFixed := func(of func(*exchange) string) bool { return isTwice && of(again) == of(e) }
	switch {
	case e.status() != other.status():
		return fail("status", ": "+strconv.Itoa(e.status())+", and not "+strconv.Itoa(other.status()))
	case formOfRefusal(e.value) != formOfRefusal(other.value):
		return fail("body", "")
	case told(e) != told(other) && isFixed(told) && (args["explained"] == "" || !t.explains(place)):
		return fail("body", "")
	case challenge(e) != challenge(other) && isFixed(challenge):
		return fail("header www-authenticate", "")
	}
	return nil
})

func challenge(e *exchange) string { return e.answer.Header.Get("Www-Authenticate") }

// isSameStep reports whether two steps send the same, whatever is wanted of the answers.
func isSameStep(a, b step) bool {
	a.Want, b.Want = nil, nil
	return same(a, b)
}

// explains reports whether a server may have other words for each mistake of a signature, as far as a step and the one
// before show.
func (t *trace) explains(at int) bool {
	e, other := t.of(at), t.of(at-1)
	if other == nil || other.step.Operation != e.step.Operation || other.step.Token != e.step.Token ||
		other.step.Signature == "" || other.step.Signature == e.step.Signature {
		return true // Nothing shows it.
	}
	return told(e) != told(other)
}

// formOfRefusal is what a refusal has for programs.
func formOfRefusal(v any) string {
	var form func(name string, v any) any
	form = func(name string, v any) any {
		switch v := v.(type) {
		case map[string]any:
			all := map[string]any{}
			for name, member := range v {
				if !ofOneAnswer.MatchString(name) {
					all[name] = form(name, member)
				}
			}
			return all
		case []any:
			all := make([]any, len(v))
			for i := range v {
				all[i] = form(name, v[i])
			}
			return all
		case string:
			if name != "type" && name != "code" && name != "loc" && name != "title" && name != "error" {
				return ""
			}
		}
		return v
	}
	encoded, err := json.Marshal(form("", v))
	if err != nil {
		return ""
	}
	return string(encoded)
}

var ofOneAnswer = regexp.MustCompile(`(?i)^(.*[-_]?(trace|request|correlation|error|span)[-_]?id|id|instance|path|` +
	`time|timestamp|date)$`)

// told is what an answer says, without what every answer has anew.
func told(e *exchange) string {
	if e.value == nil {
		return timeText.ReplaceAllString(uuidText.ReplaceAllString(string(e.answer.Body), "*"), "*")
	}
	encoded, err := json.Marshal(withoutOwn(e.value))
	if err != nil {
		return ""
	}
	return string(encoded)
}

func withoutOwn(v any) any {
	switch v := v.(type) {
	case map[string]any:
		rest := map[string]any{}
		for name, member := range v {
			if !ofOneAnswer.MatchString(name) {
				rest[name] = withoutOwn(member)
			}
		}
		return rest
	case []any:
		rest := make([]any, len(v))
		for i := range v {
			rest[i] = withoutOwn(v[i])
		}
		return rest
	case string:
		return timeText.ReplaceAllString(uuidText.ReplaceAllString(v, "*"), "*")
	}
	return v
}
