package validation

import (
	"net/http"
	"slices"
	"strings"
)

// request is a request with its path and its query taken apart. Those of the query are unescaped when they are asked
// for, which most are not.
type request struct {
	*http.Request
	path  []string
	query []pair
}

// pair is a name in a query, unescaped, and its value as it stands there.
type pair struct{ name, value string }

// appendPairs takes a query apart. Pairs that cannot be read are passed over.
func appendPairs(to []pair, query string) []pair {
	if query != "" {
		to = slices.Grow(to, strings.Count(query, "&")+1)
	}
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
			if i+2 >= len(query) || !isEscape(query[i+1], query[i+2]) {
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
			if !isEscape(text[i+1], text[i+2]) {
				return "", false
			}
			b = digit(text[i+1])<<4 | digit(text[i+2])
			i += 2
		}
		to = append(to, b)
	}
	return string(to), true
}

// isEscape reports whether two characters are the digits of an escape.
func isEscape(high, low byte) bool { return digit(high) < 16 && digit(low) < 16 }

// digit is the value of a hexadecimal digit, or 16.
func digit(b byte) byte {
	switch {
	case b >= '0' && b <= '9':
		return b - '0'
	case b >= 'a' && b <= 'f':
		return b - 'a' + 10
	case b >= 'A' && b <= 'F':
		return b - 'A' + 10
	}
	return 16
}
