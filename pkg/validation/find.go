package validation

import "net/http"

// Match returns the operation that a request calls, as Find does, or nil when the contract has none.
func (v *Validator) Match(r *http.Request) *Match {
	m := new(Match)
	if !v.Find(m, r) {
		return nil
	}
	return m
}

// Find fills in the operation that a request calls, without allocating anything unless its path has escapes. It takes
// the one that a router has matched, as Middleware does, if r.Pattern says so. It reports false, and leaves m empty,
// when the contract has no such path, or not with that method, and when the path is spelled so that a router could
// take it for another one. A HEAD is the GET of its path, unless the contract has one of its own.
func (v *Validator) Find(m *Match, r *http.Request) bool {
	if v.usable() != nil || r == nil || r.URL == nil {
		*m = Match{}
		return false
	}
	_, ok := v.locate(m, r, r.Pattern)
	return ok
}

// Operation returns the operation of a method and an escaped path, as (*url.URL).EscapedPath returns it. A literal
// segment wins over a parameter, and a trailing slash counts. ok is false when the contract has no such path, or not
// with that method, and when the path is spelled so that a router could take it for another one.
func (v *Validator) Operation(method, escapedPath string) (op Operation, ok bool) {
	if v.usable() != nil {
		return Operation{}, false
	}
	read := reading{path: escapedPath, text: escapedPath}
	if meant := meaning(escapedPath); meant != escapedPath {
		read.path = meant
	}
	found, _, _ := v.router.find(&read, nil)
	if found == nil || found.operation(method) == nil {
		return Operation{}, false
	}
	return found.operation(method).Operation, true
}

// matched returns what Config.Matched knows of a request, if it can be relied on.
func (v *Validator) matched(r *http.Request) *Match {
	if v.config.Matched == nil {
		return nil
	}
	if m := v.config.Matched(r); m.isOf(v.router, r) {
		return m
	}
	return nil
}

// nowhere is why a request has no operation.
type nowhere struct {
	// end is where its path ends, without its method.
	end *end
	// oddity is why its path is not taken for one of the contract.
	oddity oddity
}

// locate fills in the operation of a request, by the pattern that a router has matched if there is one.
func (v *Validator) locate(m *Match, r *http.Request, routed string) (n nowhere, ok bool) {
	*m = Match{}
	read := readingOf(r.URL)
	var end *end
	var values []string
	if routed == "" {
		end, values, n.oddity = v.router.find(&read, m.few[:0])
	} else {
		p := patternOf(routed)
		var exact bool
		end, values, exact, n.oddity = v.router.chosen(&p, &read, r.Method, m.few[:0])
		switch {
		case exact:
			m.route = routeTaken
			m.misread = p.differing(r, end, &read, values) + 1
		case p.mount && read.stale:
			end, n.oddity = nil, unlike
		case p.mount:
			m.route = routeBegun
		}
	}
	if end == nil {
		return n, false
	}
	op := end.operation(r.Method)
	if op == nil {
		n.end = end
		return n, false
	}
	m.Operation, m.router, m.op, m.values, m.end = op.Operation, v.router, op, values, end
	m.method, m.path, m.rawPath, m.pattern = r.Method, r.URL.Path, r.URL.RawPath, routed
	return n, true
}
