package validation

import "net/http"

// Match is the operation that a request calls, found once: whoever needs it before [Validator.Middleware] finds it by
// [Validator.Find], and has Config.Matched hand it on. The zero value is none, and may be a field of whatever is made
// for each request. A Match belongs to one request at a time, and must not be copied.
type Match struct {
	// Operation says which one it is.
	Operation Operation

	router *router
	op     *operation
	// values are the escaped values of the path's parameters, in few as long as they fit.
	values []string
	few    [4]string
	// method, path, rawPath and pattern are those of the request that it was found for.
	method, path, rawPath, pattern string
}

// isOf reports whether the match is of this contract and of this request.
func (m *Match) isOf(contract *router, r *http.Request) bool {
	return m != nil && m.router == contract && m.op != nil && m.method == r.Method && m.path == r.URL.Path &&
		m.rawPath == r.URL.RawPath && m.pattern == r.Pattern
}
