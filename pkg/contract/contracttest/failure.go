package contracttest

import (
	"strconv"
	"strings"
)

// A failure is what a judge has found in a trace.
type failure struct {
	code      string
	operation string
	// place is where in a message it is: "body /items/*/id", "query limit", "header allow", "status". Indexes are *.
	place string
	// rule says what was broken, for programs.
	rule string
	// expected and got are for people, without values of messages.
	expected, got string
	// source is the place in the contract, or the document, that says so.
	source string
	// step is the one that shows it.
	step int
	// shared says that it has one cause, whichever operations have it, and with are those that it has its cause with.
	shared bool
	with   []string
}

// key is what tells one cause from another.
func (f failure) key() string {
	return strings.Join([]string{f.code, f.operation, f.place, f.rule}, "|")
}

// placeOf writes the location of a violation: "body /items/*/id", or "query limit".
func placeOf(location []any) string {
	if len(location) == 0 {
		return ""
	}
	in, _ := location[0].(string)
	var rest strings.Builder
	for _, step := range location[1:] {
		switch step := step.(type) {
		case int:
			rest.WriteString("/*")
		case string:
			if in != "body" {
				return in + " " + step
			}
			rest.WriteString("/" + escapePointer(step))
		default:
			rest.WriteString("/" + strconv.Quote("?"))
		}
	}
	if rest.Len() == 0 {
		return in
	}
	return in + " " + rest.String()
}

// splitPointer are the steps of a JSON pointer, as they are written.
func splitPointer(pointer string) []string {
	return strings.Split(strings.TrimPrefix(pointer, "/"), "/")
}
