package contracttest

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

const (
	sourceInjection = "CWE-89"
	sourceMarkup    = "CWE-79"
	sourceRequests  = "OWASP API7:2023"
)

// injections sends what a server might take for more than a text: for a part of a query, of a page, or of its errands.
func injections(ctx context.Context, r *run) error {
	for _, probe := range []func(context.Context, *run) error{each(probeInjection), probeLoginInjection,
		each(probeMarkup), probeMarkupNowhere, probeRequests} {
		if err := probe(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// A condition is what a text of a query ends in if a server puts texts into its SQL as they come: one that is always
// true, and one like it that never is. To whoever takes a text for a text, they are two texts that nothing has.
type condition struct{ always, never string }

var conditions = []condition{
	{"' OR '1'='1", "' OR '1'='2"}, {"') OR ('1'='1", "') OR ('1'='2"}, {"' OR 1=1 -- ", "' OR 1=2 -- "},
}

// probeInjection asks for what nobody has, with a condition behind its id or in a parameter, and then for the same with
// a condition that is never true.
func probeInjection(ctx context.Context, r *run, g *ground) error {
	o := g.operation
	if o.Bare {
		return nil
	}
	var steps []step
	if o.isRead() {
		steps = append(steps, g.request()) // There has to be something that a condition finds.
	}
	add := func(place string, with func(text string) (step, bool), in func(string) string) {
		for _, c := range conditions {
			never, ok := with(c.never)
			always, ok2 := with(c.always)
			if !ok || !ok2 {
				return
			}
			never.Keep, never.Want, always.Keep = nil, nil, nil
			always.Want = []want{{judgeInjected, map[string]string{"always": in(c.always), "never": in(c.never),
				"place": place}}}
			steps = append(steps, never, always)
		}
	}
	template, path := strings.Split(o.Path, "/"), strings.Split(g.base.Path, "/")
	for i := range template {
		if len(template) != len(path) || !strings.HasSuffix(template[i], "_id}") {
			continue
		}
		add("path "+strings.Trim(template[i], "{}"), func(text string) (step, bool) {
			s := g.another()
			changed := slices.Clone(path)
			changed[i] = recipe.Nobody + url.PathEscape(text)
			s.Path = strings.Join(changed, "/")
			return s, true
		}, url.PathEscape)
	}
	for _, p := range o.in("query") {
		if !takesText(p) {
			continue
		}
		add("query "+p.Name, func(text string) (step, bool) {
			return queriedBy(g.request(), p.Name, "nobody"+text), o.isRead()
		}, func(text string) string { return text })
	}
	for _, c := range g.claims() {
		pointer, isBody := strings.CutPrefix(c.place, "body ")
		if !isBody || strings.Contains(pointer, "*") {
			continue
		}
		add(c.place, func(text string) (step, bool) {
			encoded, _ := json.Marshal(recipe.Nobody + text)
			s := g.another()
			b, ok := graft(*s.Body, pointer, encoded)
			s.Body = &b
			return s, ok
		}, func(text string) string { return text })
	}
	if len(steps) < 2 {
		return nil
	}
	return leaveOut(onlyError(r.on(ctx, g, steps...)))
}

// takesText reports whether a parameter is a text, or a list of texts.
func takesText(p *openapi3.Parameter) bool {
	s := p.Schema.Value
	if s.Type.Is("array") && s.Items != nil {
		s = s.Items.Value
	}
	return s.Type.Is("string")
}

// queriedBy is a request with a parameter in its query, in the place of the one that it has.
func queriedBy(s step, name, value string) step {
	s.Query = slices.DeleteFunc(slices.Clone(s.Query), func(p pair) bool { return p.Name == name })
	s.Query = append(s.Query, pair{name, value})
	return s
}

// probeLoginInjection logs in as nobody, under a condition. Nobody's account is locked by that.
func probeLoginInjection(ctx context.Context, r *run) error {
	o := operationByID("login")
	if !slices.Contains(r.tested, o) {
		return nil
	}
	for _, c := range []struct {
		place string
		with  func(text string) step
		condition
	}{
		{"body /password", func(text string) step { return attempt("nobody-of-that-name", "x"+text) }, conditions[0]},
		{"body /username", func(text string) step { return attempt("nobody-of-that-name"+text, "x") }, conditions[2]},
		{"body /username", func(text string) step { return attempt("${username}"+text, "x") },
			condition{"' -- ", "-of-nobody' -- "}},
	} {
		always := c.with(c.always)
		always.Want = []want{{judgeInjected, map[string]string{"always": c.always, "never": c.never,
			"place": c.place}}}
		t, err := r.try(ctx, []step{c.with(c.never), always})
		r.judged(t)
		if err := leaveOut(err); err != nil {
			return err
		}
	}
	return r.operators(ctx, o)
}

// operators logs in with what a database without SQL takes for a condition, in the place of a text.
func (r *run) operators(ctx context.Context, o *operation) error {
	for _, content := range []struct{ place, text string }{
		{"body /password", `{"username":"${username}","password":{"$ne":"x"}}`},
		{"body /password", `{"username":"${username}","password":{"$gt":""}}`},
		{"body /username", `{"username":{"$ne":"x"},"password":{"$ne":"x"}}`},
	} {
		s := step{Operation: o.ID, Method: o.Method, Path: o.Path, Media: mediaJSON, Body: text(content.text),
			Want: []want{refusedAs(codeInjection, content.place, "operator",
				"a refusal, as an object is no text, whatever is in it", sourceInjection)}}
		t, err := r.try(ctx, []step{s})
		r.judged(t)
		if err := leaveOut(err); err != nil {
			return err
		}
	}
	return nil
}

// judgeInjected wants a condition that is always true to be answered as one that never is, by the step before: both are
// texts.
var judgeInjected = register("injected", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	if !succeeded(e) || args["always"] == "" {
		return nil
	}
	never := e.step
	never.Path = strings.ReplaceAll(never.Path, args["always"], args["never"])
	never.Query = slices.Clone(never.Query)
	for i := range never.Query {
		never.Query[i].Value = strings.ReplaceAll(never.Query[i].Value, args["always"], args["never"])
	}
	if never.Body != nil {
		never.Body = text(strings.ReplaceAll(string(*never.Body), args["always"], args["never"]))
	}
	never.Want = nil
	if same(never, e.step) || e.step.Method == http.MethodGet && !t.hasFound(at) {
		return nil
	}
	for i := at - 1; i >= 0; i-- {
		other := t.of(i)
		if other == nil || !same(never, other.step) {
			continue
		}
		isRefused := other.status()/100 == 4 && other.status() != http.StatusTooManyRequests
		isEmpty := other.isSuccess() && len(itemsOf(other.value)) == 0 && len(itemsOf(e.value)) > 0
		if !isRefused && !isEmpty {
			return nil
		}
		got := "status " + strconv.Itoa(e.status()) + ", and " + strconv.Itoa(other.status()) + " for one that never is"
		if isEmpty {
			got = "items, and none for one that never is"
		}
		o := operationByID(e.step.Operation)
		return []failure{{code: codeInjection, operation: o.ID, place: args["place"], rule: "condition",
			expected: "a text that ends in a condition of SQL taken for a text, whether it is true or not", got: got,
			source: sourceInjection}}
	}
	return nil
})

// hasFound reports whether a read like that of a step has succeeded before it.
func (t *trace) hasFound(at int) bool {
	for i := range at {
		if e := t.of(i); succeeded(e) && e.step.Operation == t.of(at).step.Operation && len(e.step.Want) == 0 {
			return true
		}
	}
	return false
}

// markup is what a browser would carry out that is shown it as a page.
const markup = "<script>contracttest()</script>"

// probeMarkup sends each operation something that a browser would carry out, wherever it takes a text.
func probeMarkup(ctx context.Context, r *run, g *ground) error {
	o := g.operation
	var steps []step
	add := func(place string, s step) {
		s.Want = []want{{judgeMarkup, map[string]string{"place": place}}}
		steps = append(steps, s)
	}
	template, path := strings.Split(o.Path, "/"), strings.Split(g.base.Path, "/")
	for i := range template {
		if len(template) != len(path) || !strings.HasPrefix(template[i], "{") {
			continue
		}
		s := g.another()
		changed := slices.Clone(path)
		changed[i] = url.PathEscape(markup)
		s.Path = strings.Join(changed, "/")
		add("path "+strings.Trim(template[i], "{}"), s)
	}
	if o.isRead() {
		for _, p := range o.in("query") {
			add("query "+p.Name, queriedBy(g.request(), p.Name, markup))
		}
		add("query", queriedBy(g.request(), "contracttest", markup))
		add("query", queriedBy(g.request(), markup, "contracttest"))
	}
	if g.base.Body != nil && isJSON(g.base.Media) && !o.Bare {
		value, err := decodeNumbers(*g.base.Body)
		if object, ok := value.(map[string]any); err == nil && ok {
			for _, name := range sortedKeys(object) {
				encoded, _ := json.Marshal(markup)
				s := g.another()
				if b, ok := graft(*s.Body, "/"+escapePointer(name), encoded); ok {
					s.Body = &b
					add("body /"+escapePointer(name), s)
				}
			}
		}
	}
	f := g
	if !o.isRead() && len(steps) > 0 {
		var err error
		if f, err = r.fresh(ctx, g); err != nil {
			return err
		}
	}
	return leaveOut(onlyError(r.on(ctx, f, steps...)))
}

// probeMarkupNowhere asks for a path that there is not, which an error page may show.
func probeMarkupNowhere(ctx context.Context, r *run) error {
	s := step{Method: http.MethodGet, Path: "/api/v1/" + url.PathEscape(markup) + "/"}
	s.Want = []want{{judgeMarkup, map[string]string{"place": "path"}}}
	t, err := r.try(ctx, []step{s})
	r.judged(t)
	return leaveOut(err)
}

// pagesMedia are media types of which a browser carries out what is in them. An answer without one may be any.
var pagesMedia = regexp.MustCompile(`(?i)^\s*($|text/html|application/xhtml|image/svg|text/xml|application/xml)`)

// judgeMarkup wants no answer that is a page to have markup of the request in it as it came.
var judgeMarkup = register("markup", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	if e == nil || e.status() == 0 || !strings.Contains(string(e.answer.Body), markup) {
		return nil
	}
	media := e.answer.Header.Get("Content-Type")
	isSniffed := media != "" || !strings.EqualFold(e.answer.Header.Get("X-Content-Type-Options"), "nosniff")
	disposition, _, _ := mime.ParseMediaType(e.answer.Header.Get("Content-Disposition"))
	if !pagesMedia.MatchString(media) || !isSniffed || disposition == "attachment" {
		return nil
	}
	return []failure{{code: codeMarkup, operation: e.step.Operation, place: args["place"], rule: "reflected",
		expected: "markup of a request escaped, or in no page", got: "a page with the markup as it came",
		source: sourceMarkup}}
})

// addresses are members that by their name have the address of something.
var addresses = regexp.MustCompile(`(?i)(^|_)(url|uri|website|link|webhook|callback|image|logo|avatar|endpoint)$`)

// probeRequests gives the server addresses that it must not ask for anything: such as are there for people to read, and
// those of subscriptions that are refused.
func probeRequests(ctx context.Context, r *run) error {
	if r.receiver == nil {
		return nil
	}
	if err := r.hush(ctx); err != nil {
		return err
	}
	for _, o := range r.tested {
		if o.isRead() || o.json() == nil || o.json().Schema == nil || o.Bare {
			continue
		}
		g, err := r.known(ctx, o)
		if err == nil {
			err = leaveOut(r.given(ctx, g))
		}
		if err := leaveOut(err); err != nil {
			return err
		}
	}
	return nil
}

// theHook is the variable that has the path of an address.
const theHook = "asked_hook"

// given sends requests of an operation with an address in them, and waits for whoever comes there.
func (r *run) given(ctx context.Context, g *ground) error {
	o := g.operation
	subscribes := o.ID == "createSubscription" || o.ID == "updateSubscription"
	var steps []step
	var looks []want
	for _, pointer := range addressesOf(g) {
		hook := theHook + strconv.Itoa(len(looks))
		address, _ := json.Marshal("${receiver}/${" + hook + "}/")
		s := g.another()
		b, ok := graft(*s.Body, pointer, address)
		if !ok {
			continue
		}
		s.Body = &b
		s.Make[hook] = recipe.MadeUUID
		look := want{judgeNotAsked, map[string]string{"hook": "${" + hook + "}", "operation": o.ID,
			"place": "body " + starred(pointer)}}
		if !subscribes {
			steps, looks = append(steps, s), append(looks, look)
			continue
		}
		unsigned := s
		unsigned.Signature = call.SignatureOtherSecret
		steps, looks = append(steps, unsigned), append(looks, look)
		invalid, _ := graft(*s.Body, "/events", json.RawMessage(`"none"`))
		wrong := s
		wrong.Body = &invalid
		wrongHook := theHook + strconv.Itoa(len(looks))
		wrong = wrong.instead("${"+hook+"}", "${"+wrongHook+"}")
		wrong.Make = map[string]recipe.Made{wrongHook: recipe.MadeUUID}
		look.Args = map[string]string{"hook": "${" + wrongHook + "}", "operation": o.ID, "place": look.Args["place"]}
		steps, looks = append(steps, wrong), append(looks, look)
	}
	if len(steps) == 0 {
		return nil
	}
	f, err := r.fresh(ctx, g)
	if err != nil {
		return err
	}
	look := callBy("listEventTypes", "")
	look.Want = looks
	return onlyError(r.on(ctx, f, append(append(steps, step{Await: true}), look)...))
}

// addressesOf are the pointers of what has an address by its name, of the body of a request and of its schema.
func addressesOf(g *ground) []string {
	if g.base.Body == nil || !isJSON(g.base.Media) {
		return nil
	}
	var all []string
	add := func(name, pointer string) {
		if addresses.MatchString(name) && !slices.Contains(all, pointer) {
			all = append(all, pointer)
		}
	}
	value, err := decodeNumbers(*g.base.Body)
	if err != nil {
		return nil
	}
	for _, path := range members(value, nil) {
		if name, ok := path[len(path)-1].(string); ok {
			add(name, pointerOf(path))
		}
	}
	for _, name := range propertiesOf(g.operation.json().Schema.Value) {
		add(name, "/"+escapePointer(name))
	}
	return all
}

// judgeNotAsked wants nobody to have come to an address that was in a request: for a subscription, in one that was
// refused.
var judgeNotAsked = register("not_asked", func(r *run, t *trace, at int, args map[string]string) []failure {
	if r.receiver == nil || args["hook"] == "" || strings.Contains(args["hook"], "${") ||
		len(r.receiver.at(args["hook"])) == 0 {
		return nil
	}
	isSubscription := args["operation"] == "createSubscription" || args["operation"] == "updateSubscription"
	isSent := false
	for i := range at {
		e := t.of(i)
		if e == nil || e.step.Operation != args["operation"] || !strings.Contains(string(e.sent.Body), args["hook"]) {
			continue
		}
		if isSubscription && e.status()/100 != 4 {
			return nil // It may be told of events there.
		}
		isSent = true
	}
	if !isSent {
		return nil
	}
	return []failure{{code: codeRequests, operation: args["operation"], place: args["place"], rule: "asked",
		expected: "no request to an address that a request has, unless it is of a subscription that was accepted",
		got:      "a request to it", source: sourceRequests}}
})
