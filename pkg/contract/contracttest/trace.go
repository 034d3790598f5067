package contracttest

import (
	"slices"
	"strings"
)

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

// lastWrite is the latest success of an operation before a step, or nil.
func (t *trace) lastWrite(at int, operation string) (*exchange, int) {
	for i := at - 1; i >= 0; i-- {
		if e := t.of(i); succeeded(e) && e.step.Operation == operation {
			return e, i
		}
	}
	return nil, -1
}

// isAbout reports whether an exchange has an id in its path, its body or its answer.
func (e *exchange) isAbout(id string) bool {
	return id != "" && !strings.Contains(id, "${") && (strings.Contains(e.sent.Target, id) ||
		strings.Contains(string(e.sent.Body), id) || strings.Contains(string(e.answer.Body), id))
}
