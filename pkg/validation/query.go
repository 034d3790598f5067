package validation

import (
	"net/http"
	"strings"
)

// request is a request with its path and its query taken apart. Values are unescaped when they are asked for: most need
// it not.
type request struct {
	*http.Request
	path  []string
	query []pair
}

// pair is a name in a query, unescaped, and its value as it stands there.
type pair struct{ name, value string }

// appendPairs takes a query apart. Pairs that cannot be read are passed over.
func appendPairs(to []pair, query string) []pair {
	for query != "" {
		var text string
		text, query, _ = strings.Cut(query, "&")
		if text == "" || strings.IndexByte(text, ';') >= 0 {
			continue
		}
		name, value, _ := strings.Cut(text, "=")
		if name, ok := unescaped(name); ok {
			to = append(to, pair{name, value})
		}
	}
	return to
}

// wellFormed reports whether a query can be read as a whole, by the rules of url.ParseQuery.
func wellFormed(query string) bool {
	if strings.IndexByte(query, '%') < 0 {
		return strings.IndexByte(query, ';') < 0
	}
	for i := 0; i < len(query); i++ {
		switch query[i] {
		case ';':
			return false
		case '%':
			if i+2 >= len(query) || hexadecimal([]byte{query[i+1], query[i+2]}) < 0 {
				return false
			}
			i += 2
		}
	}
	return true
}

// appendQuery appends the values that a query parameter has.
func (r *request) appendQuery(to []string, name string) []string {
	for i := range r.query {
		if r.query[i].name != name {
			continue
		}
		if value, ok := unescaped(r.query[i].value); ok {
			to = append(to, value)
		}
	}
	return to
}

// unescaped returns what a part of a query means; ok is false for one that means nothing.
func unescaped(text string) (meaning string, ok bool) {
	if strings.IndexByte(text, '%') < 0 && strings.IndexByte(text, '+') < 0 {
		return text, true
	}
	var few [64]byte
	to := few[:0]
	for i := 0; i < len(text); i++ {
		b := text[i]
		switch b {
		case '+':
			b = ' '
		case '%':
			if i+2 >= len(text) {
				return "", false
			}
			r := hexadecimal([]byte{text[i+1], text[i+2]})
			if r < 0 {
				return "", false
			}
			b = byte(r) //nolint:gosec // two digits are a byte
			i += 2
		}
		to = append(to, b)
	}
	return string(to), true
}
