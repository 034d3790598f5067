package validation

import (
	"net/http"
	"net/url"
	"strings"
)

// Match is the operation that a request calls, found once: whoever needs it before [Validator.Middleware] finds it by
// [Validator.Find], and has Config.Matched hand it on. The zero value is none, and may be a field of whatever is made
// for each request. A Match belongs to one request at a time, and must not be copied.
type Match struct {
	// Operation says which one it is.
	Operation Operation

	router *router
	op     *operation
	end    *end
	// values are the values of the path's parameters, without escapes, in few as long as they fit.
	values []string
	few    [4]string
	// route is what a router before the validator has made of the path, and misread the position, counted from 1, of
	// the first value that it has read otherwise.
	route   route
	misread int
	// method, path, rawPath and pattern are those of the request that it was found for.
	method, path, rawPath, pattern string
}

// isOf reports whether the match is of this contract and of this request.
func (m *Match) isOf(contract *router, r *http.Request) bool {
	return m != nil && m.router == contract && m.op != nil && m.method == r.Method && m.path == r.URL.Path &&
		m.rawPath == r.URL.RawPath && m.pattern == r.Pattern
}

// route is how far a router has come before the validator.
type route uint8

const (
	// routeBegun says that chi has read a part of the path and put down the rest. Without it nobody has read the path,
	// or whoever reads it next reads the URL.
	routeBegun route = iota + 1
	// routeTaken says that the path was read to its end.
	routeTaken
)

// ambiguous returns the position, counted from 1, of the first value of the path that the handler may read otherwise
// than it is checked, or 0. It also returns the request as the handler is to have it: with a path that is spelled so
// that all routers read it alike, if that can be.
func (m *Match) ambiguous(r *http.Request) (int, *http.Request) {
	if m.route == routeTaken || r.URL.RawPath == "" || r.URL.RawPath == r.URL.Path {
		return m.misread, r
	}
	read := readingOf(r.URL)
	if read.stale {
		return 0, plain(r)
	}
	value, slash, position, kept := 0, 0, 0, false
	for i, text := range m.end.each(read.text) {
		meant := meaning(text)
		if s := m.end.segments[i]; !s.parameter {
			// A router may know it as the contract spells it, and by nothing else.
			kept = kept || text == s.spelled && text != s.literal
			continue
		}
		if position++; meant != text && value == 0 {
			value = position
		}
		if slash == 0 && strings.IndexByte(meant, '/') >= 0 {
			slash = position
		}
	}
	switch {
	case slash > 0:
		return slash, r
	case kept || m.route == routeBegun:
		return value, r
	}
	return 0, plain(r)
}

// plain returns a request whose path has no second spelling.
func plain(r *http.Request) *http.Request {
	copied := *r
	copied.URL = new(url.URL)
	*copied.URL = *r.URL
	copied.URL.RawPath = ""
	return &copied
}
