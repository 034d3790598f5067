package contracttest

import (
	"mime"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// headerForms are headers that HTTP gives a form, whatever the contract says. They are those that clients act on, and
// that nobody writes otherwise on purpose: Expires is not among them, which has to be read leniently.
var headerForms = []struct {
	name     string
	is       func(string) bool
	expected string
	source   string
}{
	{"Retry-After", func(s string) bool { _, err := strconv.ParseUint(s, 10, 31); return err == nil || isHTTPDate(s) },
		"a number of seconds, or a date of HTTP", "RFC 9110, 10.2.3"},
	{"Date", isHTTPDate, "a date of HTTP", "RFC 9110, 6.6.1"},
	{"Last-Modified", isHTTPDate, "a date of HTTP", "RFC 9110, 8.8.2"},
	{"Etag", entityTag.MatchString, "a text in quotes", "RFC 9110, 8.8.3"},
	{"Location", func(s string) bool { _, err := url.Parse(s); return err == nil && !strings.Contains(s, " ") },
		"a reference to a URI", "RFC 9110, 10.2.2"},
	{"Content-Type", isReadable, "a media type, and no charset for JSON but that of UTF-8", "RFC 8259, 8.1"},
}

var entityTag = regexp.MustCompile(`^(W/)?"[^"\x00-\x20\x7f]*"$`)

func isHTTPDate(text string) bool {
	_, err := http.ParseTime(text)
	return err == nil
}

// isReadable reports whether a media type says nothing by which JSON would be read otherwise than it is written.
func isReadable(text string) bool {
	media, parameters, err := mime.ParseMediaType(text)
	charset := strings.ToLower(parameters["charset"])
	return err != nil || !isJSON(media) || charset == "" || charset == "utf-8" || charset == "utf8" ||
		charset == "us-ascii"
}

// judgeHeaders looks at headers of an answer that have a form, and that come once.
func judgeHeaders(e *exchange, fail func(code, place, rule, expected, got, source string) failure) []failure {
	var found []failure
	for _, h := range headerForms {
		values := e.answer.Header[textproto.CanonicalMIMEHeaderKey(h.name)]
		place := "header " + strings.ToLower(h.name)
		switch {
		case len(values) > 1:
			found = append(found, fail(codeHeaders, place, "twice", "the header once", "it twice", "RFC 9110, 5.3"))
		case len(values) == 1 && !h.is(values[0]):
			found = append(found, fail(codeHeaders, place, "form", h.expected, "something else", h.source))
		}
	}
	return found
}
