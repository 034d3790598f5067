package validation

import (
	"net/http"
	"net/url"
	"strings"
)

// request is a request with its path and its query taken apart.
type request struct {
	*http.Request
	path []string
	// raw is the query if it can be read as it stands; otherwise it is in values.
	raw    string
	values url.Values
}

// newRequest returns an error when the query is not well-formed; what could be read of it is there all the same.
func newRequest(r *http.Request, path []string) (request, error) {
	in := request{Request: r, path: path}
	if !strings.ContainsAny(r.URL.RawQuery, "%+;") {
		in.raw = r.URL.RawQuery
		return in, nil
	}
	var err error
	in.values, err = url.ParseQuery(r.URL.RawQuery)
	return in, err
}

// appendQuery appends the values that a query parameter has.
func (r *request) appendQuery(to []string, name string) []string {
	if r.values != nil {
		return append(to, r.values[name]...)
	}
	for rest := r.raw; rest != ""; {
		var pair string
		pair, rest, _ = strings.Cut(rest, "&")
		if key, value, _ := strings.Cut(pair, "="); key == name && pair != "" {
			to = append(to, value)
		}
	}
	return to
}
