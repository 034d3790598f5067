package contracttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// A step is one thing to do to a server: to send a request, to make a value, or to have time pass. Texts may have
// variables, as ${customer_id}: those that an earlier step has kept or made. Steps are written into reports, from which
// they are replayed, so they hold neither credentials nor anything that is good for one run alone.
type step struct {
	// By is who sends it: the caller, or the second one.
	By call.Who `json:"by,omitempty"`
	// Operation is the one of the contract that is called, or empty for a request that is none of it.
	Operation string `json:"operation,omitempty"`
	Method    string `json:"method,omitempty"`
	Path      string `json:"path,omitempty"`
	Query     []pair `json:"query,omitempty"`
	Header    []pair `json:"header,omitempty"`
	Media     string `json:"media,omitempty"`
	// Body is nil for none.
	Body *body `json:"body,omitempty"`
	// Key is the idempotency key, or a new one if it is empty.
	Key       string         `json:"key,omitempty"`
	Token     call.Token     `json:"token,omitempty"`
	Signature call.Signature `json:"signature,omitempty"`
	KeyForm   call.KeyForm   `json:"key_form,omitempty"`
	// Times is how often it is sent at the same time; 0 is once.
	Times int `json:"times,omitempty"`
	// OwnKeys has each of those that are sent at the same time have a key of its own.
	OwnKeys bool `json:"own_keys,omitempty"`
	// Beside are the bodies of those that are sent at the same time after the first one, where they are others: one for
	// each, and OwnKeys then.
	Beside []body `json:"beside,omitempty"`
	// Make and Keep name variables: with what is made for them before the request, and with the JSON pointers of what
	// they get of the answer. A pointer behind a ? need not be there: the variable is empty then.
	Make map[string]recipe.Made `json:"make,omitempty"`
	Keep map[string]string      `json:"keep,omitempty"`
	// Prepare has the run's hook prepare an operation, and Given names what it gives of it.
	Prepare string   `json:"prepare,omitempty"`
	Given   []string `json:"given,omitempty"`
	// Clock has time pass, where the server has a clock that can be moved.
	Clock *recipe.Clock `json:"clock,omitempty"`
	// Await waits for deliveries, until none come any more.
	Await bool `json:"await,omitempty"`
	// Expect are events that have to come before the wait is over, as long as a server may take: each with the path of
	// the receiver to which it comes, by its id or by that of what it is about.
	Expect []pair `json:"expect,omitempty"`
	// Want is what has to be true of the answers up to here.
	Want []want `json:"want,omitempty"`
}

// optional stands before a pointer of Keep that need not be there.
const optional = "?"

// want is something that a judge decides about the answers of the steps so far.
type want struct {
	Judge string            `json:"judge"`
	Args  map[string]string `json:"args,omitempty"`
}

// pair is a parameter or a header. Those of the same name may come several times.
type pair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// variable is how one stands in a text.
var variable = regexp.MustCompile(`"?\$\{([a-z][a-z0-9_]*)\}"?`)

// variables are the values that a run has so far.
type variables map[string]any

// fill has the values in the place of the variables, each escaped. What is no variable stays as it is.
func (vs variables) fill(text string, escape func(string) string) string {
	if !strings.Contains(text, "${") {
		return text
	}
	return variable.ReplaceAllStringFunc(text, func(found string) string {
		name := variable.FindStringSubmatch(found)[1]
		value, ok := vs[name]
		if !ok {
			return found
		}
		inner := "${" + name + "}"
		return strings.Replace(found, inner, escape(fmt.Sprint(value)), 1)
	})
}

// fillJSON fills a JSON text. A text that is nothing but a variable becomes the value itself.
func (vs variables) fillJSON(text []byte) []byte {
	if !bytes.Contains(text, []byte("${")) {
		return text
	}
	return variable.ReplaceAllFunc(text, func(found []byte) []byte {
		name := string(variable.FindSubmatch(found)[1])
		value, ok := vs[name]
		if !ok {
			return found
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			return found
		}
		isWhole := found[0] == '"' && found[len(found)-1] == '"'
		if isWhole {
			return encoded
		}
		plain, _ := json.Marshal(fmt.Sprint(value))
		return []byte(strings.Replace(string(found), "${"+name+"}", string(plain[1:len(plain)-1]), 1))
	})
}

func asIs(s string) string { return s }

// message is the request of a step, filled in.
func (s step) message(vs variables, key string, isBare bool) call.Message {
	m := call.Message{By: s.By, Method: s.Method, Target: vs.fill(s.Path, url.PathEscape), Bare: isBare, Key: key,
		Token: s.Token, Signature: s.Signature, KeyForm: s.KeyForm, Header: map[string][]string{}}
	if len(s.Query) > 0 {
		parts := make([]string, len(s.Query))
		for i, p := range s.Query {
			parts[i] = url.QueryEscape(p.Name) + "=" + url.QueryEscape(vs.fill(p.Value, asIs))
		}
		m.Target += "?" + strings.Join(parts, "&")
	}
	for _, h := range s.Header {
		m.Header[h.Name] = append(m.Header[h.Name], vs.fill(h.Value, asIs))
	}
	if s.Media != "" {
		m.Header["Content-Type"] = append(m.Header["Content-Type"], s.Media)
	}
	if s.Body != nil {
		m.Body = *s.Body
		if isJSON(s.Media) {
			m.Body = vs.fillJSON(m.Body)
		}
	}
	return m
}

// one is the i-th of the requests of a step that are sent at the same time, by itself.
func (s step) one(i int) step {
	if i > 0 && i <= len(s.Beside) {
		s.Body = &s.Beside[i-1]
	}
	s.Beside = nil
	return s
}

// isJSON reports whether a media type is one of JSON.
func isJSON(media string) bool {
	media, _, _ = strings.Cut(strings.ToLower(media), ";")
	media = strings.TrimSpace(media)
	return media == mediaJSON || strings.HasSuffix(media, "+json")
}

const mediaJSON = "application/json"

// fromRecipe is a step of a recipe.
func fromRecipe(r recipe.Step) (step, error) {
	s := step{Operation: r.Operation, Method: r.Method, Path: r.Path, Make: r.Make, Keep: r.Keep, Clock: r.Clock}
	for _, name := range sortedKeys(r.Query) {
		s.Query = append(s.Query, pair{name, r.Query[name]})
	}
	for _, name := range sortedKeys(r.Header) {
		s.Header = append(s.Header, pair{name, r.Header[name]})
	}
	switch {
	case r.File != nil:
		content, err := r.File.Content()
		if err != nil {
			return step{}, err
		}
		s.Media, s.Body = r.File.Media, (*body)(&content)
	case r.Body != nil:
		encoded, err := json.Marshal(r.Body)
		if err != nil {
			return step{}, err
		}
		s.Media, s.Body = mediaJSON, (*body)(&encoded)
	}
	return s, nil
}

// uses are the variables that a step needs.
func (s step) uses() []string {
	var names []string
	add := func(text string) {
		if !strings.Contains(text, "${") {
			return
		}
		for _, m := range variable.FindAllStringSubmatch(text, -1) {
			names = append(names, m[1])
		}
	}
	add(s.Path)
	add(s.Key)
	for _, p := range slices.Concat(s.Query, s.Header) {
		add(p.Value)
	}
	for _, p := range s.Expect {
		add(p.Name)
		add(p.Value)
	}
	if s.Body != nil && bytes.Contains(*s.Body, []byte("${")) {
		add(string(*s.Body))
	}
	for _, b := range s.Beside {
		add(string(b))
	}
	for _, made := range s.Make {
		if name, _, ok := shifted(made); ok {
			names = append(names, name)
		}
		if made == recipe.MadeEncryptedPIN {
			names = append(names, "set_pin")
		}
		for _, prefix := range []string{madeLocal, madePlain} {
			if name, ok := strings.CutPrefix(string(made), prefix); ok {
				names = append(names, name)
			}
		}
	}
	for _, w := range s.Want {
		for _, arg := range w.Args {
			add(arg)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// gives are the variables that a step sets.
func (s step) gives() []string {
	names := append(sortedKeys(s.Keep), sortedKeys(s.Make)...)
	for _, name := range s.Given {
		names = append(names, variableOf(name))
	}
	slices.Sort(names)
	return names
}

func sortedKeys[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
