package contracttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
	"github.com/jiko-partner/partner-go/pkg/validation/schemagen"
)

// boundaries asks each operation for both sides of each constraint that the contract has for what it takes: one thing
// of a request that succeeds is changed at a time.
func boundaries(ctx context.Context, r *run) error {
	for _, o := range r.tested {
		if err := r.variations(ctx, o, r.boundariesOf(o)); err != nil {
			return err
		}
		if err := r.lengths(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// A variation changes a request that succeeds. It reports false if it cannot be applied to it.
type variation struct {
	// place is what is changed: "body /amount", or "query limit".
	place string
	// why says what is special about it.
	why string
	// isTold says that it is at the edge of what the contract says, and not just any value: if it is right, then a
	// refusal is wrong.
	isTold bool
	apply  func(step) (step, bool)
	// plain is the same in the form that everybody reads: where that is refused as well, it is for what it says. It is
	// nil where the request that succeeds will do.
	plain func(step) (step, bool)
	// isOpen says that whatever it is answered is right, but for a failure: readers differ.
	isOpen bool
	// side is what of the contract it tries, if it is made for a constraint, and whole is another way to be on it: with
	// nothing left of the request that succeeds, where what is left decides otherwise.
	side  *side
	whole func(step) (step, bool)
}

// variations sends variations of the request to an operation that succeeds. What the contract does not allow has to be
// refused; what it allows must not be refused as if it did not.
func (r *run) variations(ctx context.Context, o *operation, all []variation) (err error) {
	if len(all) == 0 || !r.config.AllowWrites && !o.isRead() {
		return nil
	}
	var g *ground
	defer func() { err = errors.Join(err, r.hush(ctx)) }()
	for i := 0; i < len(all); i++ {
		v := all[i]
		if g == nil {
			var err error
			if g, err = r.unused(ctx, o); err != nil {
				return leaveOut(err)
			}
			if i == 0 && g.base.Body != nil && isJSON(g.base.Media) {
				all = append(slices.Clone(all), omissions(*g.base.Body)...)
				all = append(all, plainIDs(*g.base.Body)...)
				all = append(all, daysTooLate(*g.base.Body)...)
				all = append(all, r.subtle(g)...)
			}
		}
		s, ok := v.apply(g.anew())
		if !ok {
			continue
		}
		said, ok := r.verdict(s.message(g.vars, "", false))
		if !ok {
			continue
		}
		isOn := v.side.is(said)
		if !isOn && v.whole != nil {
			v.apply, v.whole = v.whole, nil
			all = append(slices.Clip(all), v)
		}
		var err error
		if v.isOpen {
			said.isValid = true
		}
		if said.isValid {
			g, err = r.valid(ctx, g, s, v)
		} else {
			g, err = r.invalid(ctx, g, s, said)
		}
		if err != nil {
			return leaveOut(err)
		}
		if isOn {
			r.report.tried(o, v)
		}
	}
	return nil
}

// invalid sends what the contract does not allow. It returns the ground for the next one.
func (r *run) invalid(ctx context.Context, g *ground, s step, said verdict) (*ground, error) {
	s.Want = append(slices.Clone(s.Want), refused(g.operation, said))
	t, err := r.on(ctx, g, s)
	if err != nil {
		return nil, err
	}
	if e := t.last(); e != nil && e.isSuccess() {
		return nil, nil // It has done something.
	}
	return g, nil
}

// refused wants a request to be refused that the contract does not allow.
func refused(o *operation, said verdict) want {
	return want{Judge: "refused", Args: map[string]string{"place": said.place, "rule": said.rule,
		"operation": o.ID, "status": strconv.Itoa(said.status)}}
}

// "refused" wants a status that refuses. Where the contract names 422 for what does not fit it, it has to be that
// one, unless the mistake is of a kind that HTTP has a status for.
var _ = register("refused", func(_ *run, t *trace, at int, args map[string]string) []failure {
	o := operationByID(args["operation"])
	var found []failure
	for _, e := range t.exchanges[at] {
		status := e.status()
		if o == nil || status == 0 || status >= 500 || status == http.StatusTooManyRequests {
			continue // There is a finding already, or nothing to go by.
		}
		f := failure{operation: o.ID, place: args["place"], rule: args["rule"], got: "status " + strconv.Itoa(status),
			source: o.source()}
		switch isPath := strings.HasPrefix(args["place"], "path"); {
		case status/100 == 2:
			f.code, f.expected = codeInvalid, "a refusal: "+args["place"]+" breaks the rule "+args["rule"]
			if slices.Contains(looseJSON, args["rule"]) {
				f.code = codeStrictJSON
			}
		case status/100 == 4 && !o.names(422), status == 422, isPath && status == 404,
			args["status"] != "422" && status/100 == 4,
			slices.Contains(looseJSON, args["rule"]) && (status == 400 || status == 413),
			slices.Contains(tooMuch, args["rule"]) && (status == 413 || status == 414 || status == 431):
			continue
		case status/100 == 4:
			f.code, f.expected = codeStatus, "422, which the contract names for what does not fit it"
			f.source = o.source("responses", "422")
		default:
			continue // It is no status of the contract's, which is a finding of its own.
		}
		return append(found, f)
	}
	return found
})

// tooMuch are the rules that something may be too large for, before anybody looks at what it is.
var tooMuch = []string{"max_length", "max_items"}

// looseJSON are the rules that are about how JSON is spelled.
var looseJSON = []string{"json_invalid", "json_depth", "json_number", "duplicate_member", "member_case", "utf8",
	"too_complex"}

// valid sends what the contract allows. A refusal is looked at twice: the ground may have been used up by others.
func (r *run) valid(ctx context.Context, g *ground, s step, v variation) (*ground, error) {
	t, err := r.on(ctx, g, s)
	if err != nil {
		return nil, err
	}
	e := t.last()
	by := "place"
	if isAlone(g.base.Body, s.Body, v.place) {
		by = "any"
	}
	if e == nil || e.isSuccess() || !v.isTold || !isRefusal(e, v.place, by) {
		if e != nil && e.isSuccess() && !g.operation.isRead() {
			return nil, nil //nolint:nilnil // What it was about is another thing now.
		}
		return g, nil
	}
	if g, err = r.unused(ctx, g.operation); err != nil {
		return nil, err
	}
	s, ok := v.apply(g.anew())
	if !ok {
		return g, nil
	}
	steps := []step{s}
	args := map[string]string{"place": v.place, "why": v.why, "by": by}
	if v.plain != nil || !isRefusal(e, v.place, "place") {
		control := g.anew()
		if v.plain != nil {
			if control, ok = v.plain(control); !ok {
				return g, nil
			}
		}
		args["control"] = "between"
		steps = append(steps, control, s)
	}
	last := &steps[len(steps)-1]
	last.Want = append(slices.Clone(last.Want), want{Judge: "accepted", Args: args})
	_, err = r.on(ctx, g, steps...)
	return g, err
}

// "accepted" wants that a request is not refused as if the contract did not allow it. A refusal that names no place
// counts if it came twice, and what was as right between the two succeeded: else it may be for any other reason, such
// as that there was enough of all requests.
var _ = register("accepted", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	o := operationByID(e.step.Operation)
	by := "place"
	if args["control"] != "" {
		if !t.isTakenBetween(at) || !isRefusal(t.of(at-2), args["place"], args["by"]) {
			return nil
		}
		by = args["by"]
	}
	if o == nil || !isRefusal(e, args["place"], by) || isRuled(o, args["place"]) {
		return nil
	}
	return []failure{{code: codeValid, operation: o.ID, place: args["place"], rule: args["why"],
		expected: "no refusal of " + args["place"] + ": the contract allows it (" + args["why"] + ")",
		got:      "status " + strconv.Itoa(e.status()), source: o.source()}}
})

// isTakenBetween reports whether the request before that of a step succeeded, and the one before that is of the same
// operation.
func (t *trace) isTakenBetween(at int) bool {
	e, between, first := t.of(at), t.of(at-1), t.of(at-2)
	return succeeded(between) && between.step.Operation == e.step.Operation && first != nil &&
		first.step.Operation == e.step.Operation
}

// isRefusal reports whether an answer refuses a request for what is at a place, as one that the contract does not
// allow: 400 or 422, about that place or about none. One that names no place does not count if by is "place".
func isRefusal(e *exchange, place, by string) bool {
	if status := e.status(); status != 400 && status != 422 {
		return false
	}
	places, isRule := refusedAt(e)
	if places == nil {
		return !isRule && by != "place"
	}
	return slices.ContainsFunc(places, func(refused string) bool { return samePlace(refused, place) })
}

// refusedAt are the places that a refusal names, or nil if it is not of the shape that names any. isRule says that it
// names a rule of the bank's instead.
func refusedAt(e *exchange) (places []string, isRule bool) {
	var refusal struct {
		Detail json.RawMessage `json:"detail"`
		Type   string          `json:"type"`
	}
	if json.Unmarshal(e.answer.Body, &refusal) != nil {
		return nil, false
	}
	var list []struct {
		Loc []any `json:"loc"`
	}
	if json.Unmarshal(refusal.Detail, &list) != nil {
		return nil, refusal.Type != ""
	}
	places = []string{}
	for _, item := range list {
		places = append(places, placeOf(numbersAsInts(item.Loc)))
	}
	return places, false
}

// samePlace reports whether a refusal of one place is about another: it is the same, or inside.
func samePlace(refused, changed string) bool {
	return refused == changed || strings.HasPrefix(refused, changed+"/") || strings.HasPrefix(changed, refused+"/")
}

func numbersAsInts(location []any) []any {
	for i, step := range location {
		if n, ok := step.(float64); ok {
			location[i] = int(n)
		}
	}
	return location
}

// generators are those of schemas, by the schema. They are the same for all runs.
var generators sync.Map

func generatorOf(ref *openapi3.SchemaRef) *schemagen.Generator {
	if known, ok := generators.Load(ref.Value); ok {
		return known.(*schemagen.Generator) //nolint:forcetypeassert // Nothing else is in it.
	}
	g, err := schemagen.New(schemagen.Config{Schema: ref})
	if err != nil {
		return nil
	}
	generators.Store(ref.Value, g)
	return g
}

// boundariesOf are the variations of an operation's request at the edges of what the contract says.
func (r *run) boundariesOf(o *operation) []variation {
	var all []variation
	for _, p := range o.parameters {
		g := generatorOf(p.Schema)
		if g == nil {
			continue
		}
		if p.Required && p.In != "path" {
			all = append(all, variation{place: p.In + " " + p.Name, why: "left out", isTold: true,
				apply: func(s step) (step, bool) { return withoutParameter(s, p), true }})
		}
		for _, b := range g.Boundaries() {
			all = append(all, variation{place: p.In + " " + p.Name, why: b.Why, isTold: isTold(b), side: sideOf(b),
				apply: func(s step) (step, bool) { return withParameter(s, p, b.Value) }})
		}
	}
	for _, p := range o.parameters {
		all = append(all, subtleParameters(p)...)
	}
	if media := o.json(); media != nil && media.Schema != nil {
		if g := generatorOf(media.Schema); g != nil {
			for _, b := range g.Boundaries() {
				all = append(all, bodyVariation(b))
			}
		}
		all = append(all, spellings()...)
		all = append(all, oddTexts(media.Schema.Value)...)
	}
	return all
}

// oddTexts are texts that are right, and that what stores or cuts them may not take. A refusal will do.
func oddTexts(schema *openapi3.Schema) []variation {
	var all []variation
	for _, name := range propertiesOf(schema) {
		for _, odd := range []struct {
			why, text string
			isOpen    bool
		}{
			{"U+0000", `"a\u0000b"`, false},
			{"characters of two, three and four bytes, and such as nobody sees",
				`"\u00f8\u65e5` + "\U0001f3e6" + `\u200b\u202e"`, false},
			{"half of a character", `"a\ud83cb"`, true},
		} {
			all = append(all, variation{place: "body /" + escapePointer(name), why: odd.why, isOpen: odd.isOpen,
				apply: func(s step) (step, bool) {
					if s.Body == nil || !isJSON(s.Media) {
						return s, false
					}
					was, has := valueAt(*s.Body, "/"+escapePointer(name))
					if has && !bytes.HasPrefix(was, []byte(`"`)) {
						return s, false
					}
					return grafting("/"+escapePointer(name), json.RawMessage(odd.text))(s)
				}})
		}
	}
	return all
}

// bodyVariation puts what a boundary is about into the body of a request that succeeds, so that the rest of it stays.
func bodyVariation(b schemagen.Boundary) variation {
	place := "body"
	if b.Pointer != "" {
		place += " " + starred(b.Pointer)
	}
	with := func(s step, changed body) (step, bool) {
		s.Body = &changed
		return s, true
	}
	v := variation{place: place, why: b.Why, isTold: isTold(b), side: sideOf(b)}
	v.whole = func(s step) (step, bool) {
		return with(s, body(b.Value))
	}
	v.apply = func(s step) (step, bool) {
		if s.Body == nil || !isJSON(s.Media) {
			return s, false
		}
		changed := body(b.Value)
		if b.Pointer != "" && sameVariant(*s.Body, b.Value, b.Pointer) {
			var ok bool
			value, has := valueAt(b.Value, b.Pointer)
			switch {
			case !has:
				changed, ok = cut(*s.Body, b.Pointer)
			default:
				changed, ok = graft(*s.Body, b.Pointer, value)
			}
			if !ok {
				changed = withParent(*s.Body, b) // The base has no such place.
			}
		}
		return with(s, changed)
	}
	return v
}

// withParent puts what is around a boundary into a body that has no such place, as little of it as will do.
func withParent(base body, b schemagen.Boundary) body {
	for pointer := b.Pointer; ; {
		at := strings.LastIndexByte(pointer, '/')
		if at <= 0 {
			return body(b.Value)
		}
		pointer = pointer[:at]
		if value, has := valueAt(b.Value, pointer); has {
			if changed, ok := graft(base, pointer, value); ok {
				return changed
			}
		}
	}
}

// isAlone reports whether two bodies are the same but for the member of theirs that a place is in. A body that is
// another one altogether may be refused for any of its members.
func isAlone(base, changed *body, place string) bool {
	pointer, isInside := strings.CutPrefix(place, "body /")
	if !isInside || base == nil || changed == nil {
		return !strings.HasPrefix(place, "body")
	}
	name := unescaped("/" + pointer)[0]
	was, errWas := decodeNumbers(*base)
	is, errIs := decodeNumbers(*changed)
	before, isObject := was.(map[string]any)
	after, isObjectToo := is.(map[string]any)
	if errWas != nil || errIs != nil || !isObject || !isObjectToo {
		return false
	}
	delete(before, name)
	delete(after, name)
	_, differs := difference("", before, after)
	return !differs
}

// isTold reports whether a boundary is about what the contract tells of values, and not just any of their type.
func isTold(b schemagen.Boundary) bool {
	keyword, _, _ := strings.Cut(b.Constraint[strings.LastIndex(b.Constraint, "/")+1:], "=")
	if strings.Contains(b.Constraint, "/enum/") { // It is one of the values.
		return true
	}
	if keyword == "nullable" {
		value, _ := valueAt(b.Value, b.Pointer)
		return string(value) == "null"
	}
	return slices.Contains([]string{"enum", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum",
		"exclusiveMaximum", "multipleOf", "minItems", "maxItems", "pattern", "minProperties",
		"maxProperties"}, keyword)
}

// sameVariant reports whether two texts are of the same variants on the way to a place: a member that tells them has
// the same value in both.
func sameVariant(base, other []byte, pointer string) bool {
	at := ""
	for _, name := range append([]string{""}, unescaped(pointer)...) {
		if name != "" {
			at += "/" + escapePointer(name)
		}
		for discriminator := range discriminators() {
			x, hasX := valueAt(base, at+"/"+escapePointer(discriminator))
			y, hasY := valueAt(other, at+"/"+escapePointer(discriminator))
			if hasX && hasY && at+"/"+discriminator != pointer && !bytes.Equal(x, y) {
				return false
			}
		}
	}
	return true
}

// discriminators are the members that tell variants in the contract.
var discriminators = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for _, ref := range recipe.Document().Components.Schemas {
		if d := ref.Value.Discriminator; d != nil {
			names[d.PropertyName] = true
		}
	}
	return names
})

// omissions leave out each member of a body that succeeds, one by one.
func omissions(base body) []variation {
	value, err := decodeNumbers(base)
	if err != nil {
		return nil
	}
	var all []variation
	for _, path := range members(value, nil) {
		name, isMember := path[len(path)-1].(string)
		if !isMember {
			continue
		}
		pointer := pointerOf(path)
		all = append(all, variation{place: "body " + starred(pointer), why: "without " + name, isTold: true,
			apply: func(s step) (step, bool) {
				if s.Body == nil {
					return s, false
				}
				smaller, ok := drop(*s.Body, path)
				s.Body = &smaller
				return s, ok
			}})
	}
	return all
}

// plainIDs are the ids of a body without their hyphens: to whoever reads them so, they are of something that is there.
func plainIDs(base body) []variation {
	value, err := decodeNumbers(base)
	if err != nil {
		return nil
	}
	var all []variation
	for _, path := range members(value, nil) {
		pointer := pointerOf(path)
		raw, _ := valueAt(base, pointer)
		m := variable.FindStringSubmatch(string(raw))
		if m == nil || m[0] != string(raw) || !strings.HasSuffix(m[1], "_id") {
			continue
		}
		all = append(all, variation{place: "body " + starred(pointer), why: "without hyphens",
			apply: func(s step) (step, bool) {
				s, ok := grafting(pointer, json.RawMessage(`"${plain_id}"`))(s)
				if s.Make = maps.Clone(s.Make); s.Make == nil {
					s.Make = map[string]recipe.Made{}
				}
				s.Make["plain_id"] = recipe.Made(madePlain + m[1])
				return s, ok && s.Make[m[1]] == ""
			}})
	}
	return all
}

// daysTooLate are the days of a body, each the one behind the last of its month. Some take it for the first of the next
// one, which is as near to what succeeds as can be.
func daysTooLate(base body) []variation {
	value, err := decodeNumbers(base)
	if err != nil {
		return nil
	}
	var all []variation
	for _, path := range members(value, nil) {
		pointer := pointerOf(path)
		raw, _ := valueAt(base, pointer)
		day, err := time.Parse(strconv.Quote(time.DateOnly), string(raw))
		if err != nil {
			continue
		}
		last := time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
		late := json.RawMessage(strconv.Quote(day.Format("2006-01-") + strconv.Itoa(last+1)))
		all = append(all, variation{place: "body " + starred(pointer), why: "a day behind the last of its month",
			apply: grafting(pointer, late)})
	}
	return all
}

func withoutParameter(s step, p *openapi3.Parameter) step {
	of := func(q pair) bool { return strings.EqualFold(q.Name, p.Name) }
	s.Query, s.Header = slices.Clone(s.Query), slices.Clone(s.Header)
	switch p.In {
	case "query":
		s.Query = slices.DeleteFunc(s.Query, of)
	case "header":
		s.Header = slices.DeleteFunc(s.Header, of)
	}
	return s
}

// withParameter gives a request a parameter of a value. It reports false for one that cannot be put into words.
func withParameter(s step, p *openapi3.Parameter, value json.RawMessage) (step, bool) {
	texts, ok := wordsOf(value)
	if !ok || len(texts) != 1 && p.In != "query" {
		return s, false
	}
	s = withoutParameter(s, p)
	for _, text := range texts {
		switch p.In {
		case "query":
			s.Query = append(s.Query, pair{p.Name, text})
		case "header":
			if !isHeaderValue(text) {
				return s, false
			}
			s.Header = append(s.Header, pair{p.Name, text})
		case "path":
			path, ok := withPathParameter(s, p.Name, text)
			if !ok {
				return s, false
			}
			s.Path = path
		}
	}
	return s, true
}

// isHeaderValue reports whether a text arrives in a header as it was sent.
func isHeaderValue(text string) bool {
	return strings.TrimSpace(text) == text &&
		!strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c > '~' })
}

// withPathParameter puts a text into the path of a request.
func withPathParameter(s step, name, text string) (string, bool) {
	o := operationByID(s.Operation)
	if o == nil || text == "" || text == "." || text == ".." {
		return "", false
	}
	template, path := strings.Split(o.Path, "/"), strings.Split(s.Path, "/")
	for i := range template {
		if template[i] == "{"+name+"}" && len(path) == len(template) {
			path[i] = escapeSegment(text)
			return strings.Join(path, "/"), true
		}
	}
	return "", false
}

func escapeSegment(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		isPlain := c == '-' || c == '.' || c == '_' || c == '~' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' ||
			'a' <= c && c <= 'z'
		if isPlain {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// wordsOf are the texts of a parameter with a JSON value: one, or one for each element of an array.
func wordsOf(value json.RawMessage) ([]string, bool) {
	v, err := decodeNumbers(value)
	if err != nil {
		return nil, false
	}
	switch v := v.(type) {
	case string:
		return []string{v}, true
	case json.Number:
		return []string{v.String()}, true
	case bool:
		return []string{strconv.FormatBool(v)}, true
	case []any:
		var all []string
		for _, element := range v {
			encoded, err := json.Marshal(element)
			if err != nil {
				return nil, false
			}
			texts, ok := wordsOf(encoded)
			if !ok || len(texts) != 1 {
				return nil, false
			}
			all = append(all, texts...)
		}
		return all, len(all) > 0
	}
	return nil, false
}

// mostTexts bounds in how many texts of a body there are bytes that are none.
const mostTexts = 4

// textValue is a text that is the value of a member.
var textValue = regexp.MustCompile(`:\s*"(?:[^"\\]|\\.)*"`)

// spellings are bodies that are no JSON, or that two readers would read differently.
func spellings() []variation {
	raw := func(why string, change func([]byte) ([]byte, bool)) variation {
		return variation{place: "body", why: why, apply: func(s step) (step, bool) {
			if s.Body == nil || !isJSON(s.Media) {
				return s, false
			}
			changed, ok := change(*s.Body)
			s.Body = (*body)(&changed)
			return s, ok
		}}
	}
	behind := func(text string) func([]byte) ([]byte, bool) {
		return func(b []byte) ([]byte, bool) { return append(slices.Clone(b), text...), true }
	}
	// first has a function make another text of the first member of an object.
	first := func(of func(name, value string) string) func([]byte) ([]byte, bool) {
		return func(b []byte) ([]byte, bool) {
			v, err := decodeNumbers(b)
			object, isObject := v.(map[string]any)
			if err != nil || !isObject || len(object) == 0 {
				return nil, false
			}
			name := sortedKeys(object)[0]
			value, err := json.Marshal(object[name])
			if err != nil {
				return nil, false
			}
			delete(object, name)
			rest, err := json.Marshal(object)
			if err != nil {
				return nil, false
			}
			text := of(name, string(value))
			if len(object) > 0 {
				text += ","
			}
			return []byte("{" + text + string(rest[1:])), true
		}
	}
	all := []variation{
		raw("an object without its end", func(b []byte) ([]byte, bool) { return b[:max(len(b)-1, 0)], len(b) > 1 }),
		raw("a comma too many", func(b []byte) ([]byte, bool) {
			last := max(len(b)-1, 0)
			return slices.Concat(b[:last], []byte(","), b[last:]), len(b) > 2
		}),
		raw("another value behind it", behind("{}")),
		raw("a bracket behind it", behind("}")),
		raw("text behind it", behind(" x")),
		raw("nothing", func([]byte) ([]byte, bool) { return []byte{}, true }),
		raw("a byte order mark", func(b []byte) ([]byte, bool) { return append([]byte("\xef\xbb\xbf"), b...), true }),
		raw("text that is not UTF-8", first(func(name, _ string) string {
			return strconv.Quote(name) + ":\"\xff\xfe\""
		})),

		raw("names in single quotes", func(b []byte) ([]byte, bool) {
			return bytes.ReplaceAll(b, []byte(`"`), []byte(`'`)), true
		}),
		raw("a comment", func(b []byte) ([]byte, bool) { return append([]byte("/* */"), b...), true }),
		raw("NaN", first(func(name, _ string) string { return strconv.Quote(name) + ":NaN" })),
		raw("a member twice, the same", first(func(name, value string) string {
			return strconv.Quote(name) + ":" + value + "," + strconv.Quote(name) + ":" + value
		})),
		raw("a member twice, null first", first(func(name, value string) string {
			return strconv.Quote(name) + ":null," + strconv.Quote(name) + ":" + value
		})),
		raw("a member twice, once with an escape", first(func(name, value string) string {
			escaped := fmt.Sprintf(`"\u%04x%s"`, name[0], name[1:])
			return strconv.Quote(name) + ":" + value + "," + escaped + ":" + value
		})),
		raw("a member in capitals as well", first(func(name, value string) string {
			return strconv.Quote(name) + ":" + value + "," + strconv.Quote(strings.ToUpper(name)) + ":" + value
		})),
		raw("a member in capitals instead", first(func(name, value string) string {
			return strconv.Quote(strings.ToUpper(name)) + ":" + value
		})),
		raw("ten thousand brackets", first(func(name, _ string) string {
			return strconv.Quote(name) + ":" + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
		})),
	}
	for n := range mostTexts {
		all = append(all, raw("a text that ends in what is not UTF-8", func(b []byte) ([]byte, bool) {
			values := textValue.FindAllIndex(b, -1)
			if n >= len(values) {
				return nil, false
			}
			end := values[n][1] - 1
			return slices.Concat(b[:end], []byte("\xff"), b[end:]), true
		}))
	}
	return all
}
