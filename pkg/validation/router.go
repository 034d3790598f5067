package validation

import (
	"slices"
	"strings"
)

// router finds where paths end.
type router struct {
	// meant has the literals of paths by what they mean. spelled has them as the contract spells them, and is nil when
	// that is the same.
	meant, spelled *node
	ends           []*end
}

// newRouter makes a router of the paths of a contract. base stands before all of them. names are those of the
// parameters of each path.
func newRouter(base string, templates []string) (r *router, names [][]string, err error) {
	r = &router{meant: new(node)}
	escaped := false
	for _, template := range templates {
		e, of, err := parse(base, template)
		if err != nil {
			return nil, nil, err
		}
		if err := r.meant.insert(e, false); err != nil {
			return nil, nil, err
		}
		r.ends, names = append(r.ends, e), append(names, of)
		escaped = escaped || slices.ContainsFunc(e.segments, func(s segment) bool { return s.literal != s.spelled })
	}
	for i, e := range r.ends {
		for _, other := range r.ends[:i] {
			if e.rivals(other) {
				e.rival, other.rival = append(e.rival, other), append(other.rival, e)
			}
		}
	}
	if escaped {
		r.spelled = new(node)
		for _, e := range r.ends {
			if err := r.spelled.insert(e, true); err != nil {
				return nil, nil, err
			}
		}
	}
	return r, names, nil
}

// find returns where a path ends, or nil, and appends the values of its parameters, without escapes. It refuses a path
// that a router may read as another one of the contract, or that nobody sends by accident.
func (r *router) find(p *reading, to []string) (*end, []string, oddity) {
	found, values := r.meant.find(p.text, p.escaped(), to)
	if found == nil {
		return nil, nil, noOddity
	}
	if o := r.odd(p, found); o != noOddity {
		return nil, nil, o
	}
	return found, values, noOddity
}

func (r *router) odd(p *reading, found *end) oddity {
	if hasDots(p.path) {
		return dots
	}
	for _, rival := range found.rival {
		if _, fits := rival.fits(p, nil); fits {
			return several
		}
	}
	if !p.escaped() && r.spelled == nil {
		return noOddity
	}
	if p.escaped() {
		for i, text := range found.each(p.text) {
			s := found.segments[i]
			switch {
			case !s.parameter && text != s.spelled && isNeedless(text):
				return needless
			case meaning(text) == "/": // ServeMux takes it for the slash at the end of a path.
				return several
			}
		}
	}
	if r.mayBeOther(p, found) {
		return several
	}
	return noOddity
}

// mayBeOther reports whether a router that has the paths of the contract may find another one than this: by splitting
// the path with or without its escapes, by leaving them in, and by having literals as the contract spells them.
func (r *router) mayBeOther(p *reading, found *end) bool {
	for _, trie := range []*node{r.meant, r.spelled} {
		if trie == nil {
			continue
		}
		for _, read := range []struct {
			text    string
			escaped bool
		}{{p.text, true}, {p.text, false}, {p.path, false}} {
			if other, _ := trie.find(read.text, read.escaped && p.escaped(), nil); other != nil && other != found {
				return true
			}
		}
	}
	return false
}

// rivals reports whether a path may end here as well as there, and neither of the two is the more specific one: then
// routers differ, and OpenAPI leaves it to them. ServeMux does not take both.
func (e *end) rivals(other *end) bool {
	if len(e.segments) != len(other.segments) {
		return false
	}
	here, there := false, false
	for i, s := range e.segments {
		o := other.segments[i]
		switch {
		case s.parameter && !o.parameter && o.literal != "":
			there = true
		case !s.parameter && o.parameter && s.literal != "":
			here = true
		case s.parameter != o.parameter, s.literal != o.literal:
			return false
		}
	}
	return here && there
}

// each yields the segments of a path that ends here.
func (e *end) each(path string) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		rest := strings.TrimPrefix(path, "/")
		for i := range e.segments {
			var text string
			text, rest, _ = strings.Cut(rest, "/")
			if !yield(i, text) {
				return
			}
		}
	}
}

// fits reports whether a path may end here, and appends the values of its parameters, without escapes.
func (e *end) fits(p *reading, to []string) (values []string, ok bool) {
	if strings.Count(p.text, "/") != len(e.segments) || !strings.HasPrefix(p.text, "/") {
		return nil, false
	}
	for i, text := range e.each(p.text) {
		meant := text
		if p.escaped() {
			meant = meaning(text)
		}
		switch s := e.segments[i]; {
		case !s.parameter && meant != s.literal && text != s.spelled, s.parameter && meant == "":
			return nil, false
		case s.parameter:
			to = append(to, meant)
		}
	}
	return to, true
}
