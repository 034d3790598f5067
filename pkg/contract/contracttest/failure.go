package contracttest

import (
	"slices"
	"strings"

	"github.com/jiko-partner/partner-go/internal/printable"
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

// mostOfText bounds what a failure says: names of members are the server's, and may be as long as an answer.
const mostOfText = 1000

// fails notes what a step has shown.
func (t *trace) fails(at int, failures []failure) {
	for _, f := range failures {
		f.step, f.place = at, printable.Cut(f.place, mostOfText)
		f.expected, f.got = printable.Cut(f.expected, mostOfText), printable.Cut(f.got, mostOfText)
		t.failures = append(t.failures, f)
	}
}

// blame is a failure of each of some operations, which are one finding: any of them may be the one that is wrong.
func blame(f failure, operations ...string) []failure {
	var all []failure
	for _, id := range operations {
		if id != "" && !slices.ContainsFunc(all, func(known failure) bool { return known.operation == id }) {
			f.operation = id
			f.with = operations
			all = append(all, f)
		}
	}
	return all
}

// placeOf writes the location of a violation: "body /items/*/id", or "query limit", whichever of its values it is.
func placeOf(location []any) string {
	if len(location) > 2 && location[0] != "body" {
		location = location[:2]
	}
	return starred(pointerTo(location))
}

// splitPointer are the steps of a JSON pointer, as they are written.
func splitPointer(pointer string) []string {
	return strings.Split(strings.TrimPrefix(pointer, "/"), "/")
}
