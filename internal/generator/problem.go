package generator

import "fmt"

// Problem is a mistake in a file, with its place, as compilers name it.
type Problem struct {
	// File is the name of the file, as it was given.
	File string `json:"file"`
	// Line and Column begin with 1. They are 0 where they are not known.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Text says what is wrong.
	Text string `json:"text"`
}

// Error is file:line:column: what is wrong.
func (p *Problem) Error() string {
	switch {
	case p.Line == 0:
		return p.File + ": " + p.Text
	case p.Column == 0:
		return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Text)
}
