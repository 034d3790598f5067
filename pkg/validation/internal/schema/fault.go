package schema

import "fmt"

// Direction says which way a text goes: members can be read-only or write-only.
type Direction uint8

const (
	// DirectionRequest is for what a client sends.
	DirectionRequest Direction = iota
	// DirectionResponse is for what a server answers.
	DirectionResponse
)

// Fault is a broken rule. It holds nothing of the text but names that the contract has as well, unless Config.Reveal
// says otherwise.
type Fault struct {
	// Pointer leads from the whole text to the value: names, as the contract spells them, and ints. A name that the
	// contract does not have is "*".
	Pointer []any
	// Rule is a stable name for programs, and Message completes a sentence about the value: "must be a string".
	Rule, Message string
}

// faults collects what is found, each place and rule once, up to a limit.
type faults struct {
	limit int
	found []Fault
	seen  map[string]bool
}

func (l *faults) isFull() bool { return len(l.found) >= l.limit }

func (l *faults) add(f Fault) {
	key := fmt.Sprintf("%q %s", f.Pointer, f.Rule)
	if f.Rule == "unknown_member" {
		key += f.Message // Several names are spelled *.
	}
	if l.isFull() || l.seen[key] {
		return
	}
	if l.seen == nil {
		l.seen = make(map[string]bool)
	}
	l.seen[key] = true
	l.found = append(l.found, f)
}
