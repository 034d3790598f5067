package contracttest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// A pool has ids of things that are there, by the name of the parameter that takes them: those that the user of a run
// knows, and those that answers have shown.
type pool struct {
	ids map[string][]string
	// known is how many of the ids the user has given, which are tried first.
	known map[string][]string
}

// mostIDs bounds what is kept of each kind.
const mostIDs = 64

func newPool(known map[string][]string) *pool {
	return &pool{ids: map[string][]string{}, known: known}
}

// of are the ids for a parameter.
func (p *pool) of(name string) []string { return slices.Concat(p.known[name], p.ids[name]) }

func (p *pool) add(name, id string) {
	if id == "" || len(p.ids[name]) >= mostIDs || slices.Contains(p.ids[name], id) {
		return
	}
	p.ids[name] = append(p.ids[name], id)
}

// learn takes ids from an answer: where the contract has a link, where a list stands before the path of one of its
// items, and where a member is called as a parameter is.
func (p *pool) learn(o *operation, e *exchange) {
	if response := o.declared.Responses.Status(e.status()); response != nil {
		for _, name := range sortedKeys(response.Value.Links) {
			link := response.Value.Links[name].Value
			for _, parameter := range sortedKeys(link.Parameters) {
				expression, _ := link.Parameters[parameter].(string)
				if pointer, ok := strings.CutPrefix(expression, "$response.body#"); ok {
					p.addAt(parameter, e.value, pointer)
				}
			}
		}
	}
	for _, other := range operations() {
		if rest, ok := strings.CutPrefix(other.Path, o.Path+"{"); ok && o.Method == http.MethodGet {
			name, _, _ := strings.Cut(rest, "}")
			for _, pointer := range []string{"/items/*/id", "/*/id", "/items/*/" + name, "/*/" + name} {
				p.addAt(name, e.value, pointer)
			}
		}
	}
	p.search(e.value)
}

func (p *pool) addAt(name string, value any, pointer string) {
	found, err := recipe.Find(value, pointer)
	if err != nil {
		return
	}
	for _, v := range found {
		if id, ok := v.(string); ok {
			p.add(name, id)
		}
	}
}

// search takes what members are called that are called as a parameter of a path.
func (p *pool) search(v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range sortedKeys(v) {
			if id, ok := v[name].(string); ok && strings.HasSuffix(name, "_id") {
				p.add(name, id)
			}
			p.search(v[name])
		}
	case []any:
		for _, element := range v {
			p.search(element)
		}
	}
}

// mostWays bounds how many combinations of ids are tried.
const mostWays = 8

// ways are calls of an operation with ids of the pool, and the bodies that the contract has as examples.
func (p *pool) ways(r *run, o *operation) [][]step {
	calls := []step{{Operation: o.ID, Method: o.Method, Path: o.Path}}
	for _, parameter := range o.in("path") {
		values := p.of(parameter.Name)
		if len(values) == 0 {
			if example := exampleOf(parameter); len(parameter.Schema.Value.Enum) > 0 {
				values = []string{example}
			}
		}
		var next []step
		for _, call := range calls {
			for _, value := range values {
				if len(next) < mostWays {
					call := call
					call.Path = strings.Replace(call.Path, "{"+parameter.Name+"}", value, 1)
					next = append(next, call)
				}
			}
		}
		calls = next
	}
	for i := range calls {
		for _, parameter := range o.in("query") {
			if parameter.Required {
				calls[i].Query = append(calls[i].Query, pair{parameter.Name, exampleOf(parameter)})
			}
		}
	}
	if o.isRead() {
		return alone(calls)
	}
	if !r.config.AllowWrites {
		return nil
	}
	bodies := o.exampleBodies()
	if len(bodies) == 0 {
		if o.declared.RequestBody != nil {
			return nil // It is a file, which recipes have.
		}
		return alone(calls)
	}
	var all []step
	for _, call := range calls {
		for _, b := range bodies {
			call.Media, call.Body = mediaJSON, &b.body
			all = append(all, call)
		}
	}
	return alone(all[:min(len(all), mostWays)])
}

// alone are ways that are a call and nothing before it.
func alone(calls []step) [][]step {
	ways := make([][]step, len(calls))
	for i, call := range calls {
		ways[i] = []step{call}
	}
	return ways
}
