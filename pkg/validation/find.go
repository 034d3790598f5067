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

// Find fills in the operation that a request calls, without allocating anything. It takes the one that a router has
// matched, as Middleware does, if r.Pattern says so. It reports false, and leaves m empty, when the contract has no
// such path, or not with that method.
func (v *Validator) Find(m *Match, r *http.Request) bool {
	_, ok := v.locate(m, r, r.Pattern)
	return ok
}

// Operation returns the operation of a method and an escaped path, as (*url.URL).EscapedPath returns it. A literal
// segment wins over a parameter, and a trailing slash counts. ok is false when the contract has no such path, or not
// with that method.
func (v *Validator) Operation(method, escapedPath string) (op Operation, ok bool) {
	end, _ := v.router.find("", escapedPath, nil)
	if end == nil || end.methods[method] == nil {
		return Operation{}, false
	}
	return end.methods[method].Operation, true
}

// matched returns what Config.Matched knows of a request, if it can be relied on.
func (v *Validator) matched(r *http.Request) *Match {
	if v.config.Matched == nil {
		return nil
	}
	if m := v.config.Matched(r); m.isOf(&v.router, r) {
		return m
	}
	return nil
}

// locate fills in the operation of a request, by the pattern that a router has matched if there is one. It returns
// where the path ends, or nil, and whether there is an operation.
func (v *Validator) locate(m *Match, r *http.Request, pattern string) (end *node, ok bool) {
	*m = Match{}
	end, values := v.router.find(pattern, r.URL.EscapedPath(), m.few[:0])
	if end == nil {
		return nil, false
	}
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	op := end.methods[method]
	if op == nil {
		return end, false
	}
	m.Operation, m.router, m.op, m.values = op.Operation, &v.router, op, values
	m.method, m.path, m.rawPath, m.pattern = r.Method, r.URL.Path, r.URL.RawPath, pattern
	return end, true
}

// nowhere refuses a request whose path ends nowhere, or somewhere without its method.
func nowhere(end *node) *Refusal {
	if end == nil {
		return &Refusal{Status: http.StatusNotFound, Direction: DirectionRequest}
	}
	return &Refusal{
		Status: http.StatusMethodNotAllowed, Direction: DirectionRequest, Operation: Operation{Path: end.template},
		Allow: end.allow(),
	}
}
