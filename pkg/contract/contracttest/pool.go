package contracttest

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A pool has ids of things that are there, by the name of the parameter that takes them: those that the user of a run
// knows, and those that answers have shown.
type pool struct {
	ids map[string][]string
	// known are those that the user has given, which are tried first, as they stand in a path.
	known map[string][]string
	// from says where those of answers come from, by parameter and id, and used are those that requests have, by the
	// variables that stand for them there.
	from map[[2]string]*pooled
	used map[string]*pooled
}

// A pooled id is one of an answer. It stands in no step: a variable does, which the steps that led to the answer keep.
type pooled struct {
	id       string
	variable string
	// source is where it was seen, and pointer where in its answer.
	source  *source
	pointer string
}

// A source is a request with what led to it. Many ids may have come of it.
type source struct{ steps []step }

// mostIDs bounds what is kept of each kind.
const mostIDs = 64

// newPool makes a pool with ids of the user, as they stand in a path.
func newPool(known map[string][]string) *pool {
	escaped := map[string][]string{}
	for name, ids := range known {
		for _, id := range ids {
			escaped[name] = append(escaped[name], url.PathEscape(id))
		}
	}
	return &pool{ids: map[string][]string{}, known: escaped, from: map[[2]string]*pooled{}, used: map[string]*pooled{}}
}

// texts are what stands for the ids of a parameter: those of the user as they are, and variables for those of answers.
func (p *pool) texts(name string) []string {
	texts := slices.Clone(p.known[name])
	for _, id := range p.ids[name] {
		one := p.from[[2]string{name, id}]
		if one.variable == "" {
			one.variable = pooledPrefix + strconv.Itoa(len(p.used)+1)
			p.used[one.variable] = one
		}
		texts = append(texts, "${"+one.variable+"}")
	}
	return texts
}

// pooledPrefix begins the names of variables for ids of the pool.
const pooledPrefix = "pooled_"

// into sets the variables of the pool.
func (p *pool) into(vs variables) {
	for name, one := range p.used {
		vs[name] = one.id
	}
}

// whole are steps behind those that give them the ids of the pool, so that they begin with a server that knows nothing.
func (p *pool) whole(steps []step) []step {
	pointers := map[*source]map[string]string{}
	var sources []*source
	for _, s := range steps {
		for _, name := range s.uses() {
			one := p.used[name]
			if one == nil {
				continue
			}
			if pointers[one.source] == nil {
				pointers[one.source] = map[string]string{}
				sources = append(sources, one.source)
			}
			pointers[one.source][name] = one.pointer
		}
	}
	var before []step
	for _, from := range sources {
		led := slices.Clone(from.steps)
		last := &led[len(led)-1]
		last.Keep = maps.Clone(last.Keep)
		if last.Keep == nil {
			last.Keep = map[string]string{}
		}
		maps.Copy(last.Keep, pointers[from])
		before = append(before, p.whole(led)...)
	}
	return append(before, steps...)
}

func (p *pool) add(name, id string, from *source, pointer string) {
	if id == "" || len(p.ids[name]) >= mostIDs || slices.Contains(p.ids[name], id) {
		return
	}
	p.ids[name] = append(p.ids[name], id)
	p.from[[2]string{name, id}] = &pooled{id: id, source: from, pointer: pointer}
}

// learn takes ids from the answer of a ground: where the contract has a link, where a list stands before the path of
// one of its items, and where a member is called as a parameter is.
func (p *pool) learn(g *ground) {
	o, e := g.operation, g.answer
	request := g.base
	request.Want = nil
	from := &source{append(slices.Clone(g.setup), request)}
	if response := o.declared.Responses.Status(e.status()); response != nil {
		for _, name := range sortedKeys(response.Value.Links) {
			link := response.Value.Links[name].Value
			for _, parameter := range sortedKeys(link.Parameters) {
				expression, _ := link.Parameters[parameter].(string)
				if pointer, ok := strings.CutPrefix(expression, "$response.body#"); ok {
					p.addAt(parameter, e.value, from, pointer)
				}
			}
		}
	}
	for _, other := range operations() {
		if rest, ok := strings.CutPrefix(other.Path, o.Path+"{"); ok && o.Method == http.MethodGet {
			name, _, _ := strings.Cut(rest, "}")
			for _, pointer := range []string{"/items/*/id", "/*/id", "/items/*/" + name, "/*/" + name} {
				p.addAt(name, e.value, from, pointer)
			}
		}
	}
	p.search(e.value, from, "")
}

func (p *pool) addAt(name string, value any, from *source, pointer string) {
	for _, one := range spelledOut(value, pointer) {
		if v, ok := at(value, one); ok {
			if id, ok := v.(string); ok {
				p.add(name, id, from, one)
			}
		}
	}
}

// spelledOut are the pointers that one with * stands for in a value.
func spelledOut(value any, pointer string) []string {
	before, after, has := strings.Cut(pointer, "/*")
	if !has {
		return []string{pointer}
	}
	list, _ := value.([]any)
	if before != "" {
		v, _ := at(value, before)
		list, _ = v.([]any)
	}
	var all []string
	for i := range list[:min(len(list), mostIDs)] {
		all = append(all, spelledOut(value, fmt.Sprintf("%s/%d%s", before, i, after))...)
	}
	return all
}

// search takes the ids that members have which are called as a parameter of a path is.
func (p *pool) search(v any, from *source, at string) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range sortedKeys(v) {
			pointer := at + "/" + escapePointer(name)
			if id, ok := v[name].(string); ok && strings.HasSuffix(name, "_id") && pathParameters()[name] {
				p.add(name, id, from, pointer)
			}
			p.search(v[name], from, pointer)
		}
	case []any:
		for i, element := range v {
			p.search(element, from, at+"/"+strconv.Itoa(i))
		}
	}
}

// mostWays bounds how many combinations of ids are tried.
const mostWays = 8

// ways are calls of an operation with ids of the pool, and the bodies that the contract has as examples.
func (p *pool) ways(r *run, o *operation) [][]step {
	calls := []step{{Operation: o.ID, Method: o.Method, Path: o.Path}}
	for _, parameter := range o.in("path") {
		values := p.texts(parameter.Name)
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
