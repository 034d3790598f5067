package project

import (
	"fmt"
	"slices"
	"strings"
)

// Failure is, for programs, why it cannot be told whether anything is fresh.
type Failure struct {
	// Error is the whole text, and Problems are the mistakes in files, as far as it is about any.
	Error    string     `json:"error"`
	Problems []*Problem `json:"problems"`
}

// Failed takes an error of this package apart.
func Failed(err error) Failure {
	f := Failure{err.Error(), []*Problem{}}
	var walk func(error)
	walk = func(err error) {
		switch err := err.(type) { //nolint:errorlint // It goes through all that are joined.
		case *Problem:
			f.Problems = append(f.Problems, err)
		case interface{ Unwrap() []error }:
			for _, one := range err.Unwrap() {
				walk(one)
			}
		case interface{ Unwrap() error }:
			walk(err.Unwrap())
		}
	}
	walk(err)
	return f
}

// maxLines is how many lines the text of a Report has at most.
const maxLines = 20

// Lines is a Report in words: why, then what, then the command that repairs it.
func (r Report) Lines() []string {
	if r.Fresh {
		return append([]string{"everything is as it would be generated"}, r.Notes...)
	}
	var head, files []string
	switch {
	case r.Interrupted:
		head = append(head, "interrupted: a run was killed while it wrote")
	case r.Lost:
		head = append(head, r.Manifest+" is missing: what was made of what is not known")
	case r.New:
		head = append(head, "nothing was generated yet")
	}
	for _, c := range r.Causes {
		head = append(head, c.String())
	}
	for _, f := range r.Findings {
		files = append(files, fmt.Sprintf("%s: %s", f.State, f.File))
	}
	tail := slices.Clone(r.Notes)
	if r.Repair != "" {
		tail = append(tail, "repair: "+r.Repair)
	}
	head = shorten(head, (maxLines-len(tail))/2, "causes")
	files = shorten(files, maxLines-len(tail)-len(head), "files")
	return append(append(head, files...), tail...)
}

// shorten keeps as many lines as there may be, the last of which says how many others there are.
func shorten(lines []string, most int, what string) []string {
	if len(lines) <= most {
		return lines
	}
	return append(lines[:most-1:most-1], fmt.Sprintf("and %d more %s", len(lines)-most+1, what))
}

// maxNames is how many names of a Cause are shown.
const maxNames = 8

// theOutput stands in a Cause for a whole output, which no key is called.
var theOutput = []string{"outputs"}

// String is a Cause in a line.
func (c Cause) String() string {
	switch {
	case slices.Equal(c.Added, theOutput):
		return fmt.Sprintf("the %s has a new output, package %s", c.What, c.Package)
	case slices.Equal(c.Removed, theOutput):
		return fmt.Sprintf("the %s has no output of package %s any more", c.What, c.Package)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "the %s has changed", c.What)
	if c.Package != "" {
		fmt.Fprintf(&b, " for package %s", c.Package)
	}
	if c.From != "" || c.To != "" {
		fmt.Fprintf(&b, ": from %s to %s", c.From, c.To)
	}
	separator := ": "
	for _, part := range []struct {
		verb  string
		names []string
	}{{"", c.Changed}, {"new ", c.Added}, {"gone ", c.Removed}} {
		if len(part.names) == 0 {
			continue
		}
		b.WriteString(separator + part.verb + strings.Join(part.names[:min(len(part.names), maxNames)], ", "))
		if more := len(part.names) - maxNames; more > 0 {
			fmt.Fprintf(&b, " and %d more", more)
		}
		separator = "; "
	}
	return b.String()
}
