package project

import (
	"errors"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/jiko-partner/partner-go/internal/mistake"
)

// Problem is a mistake in a configuration, or in an overlay, with its place, as compilers name it.
type Problem = mistake.Problem

// problems collects mistakes, so that one run shows them all.
type problems struct {
	file string
	all  []*Problem
	// others are those of other files.
	others []error
}

func (p *problems) add(at *yaml.Node, text string, values ...any) {
	p.all = append(p.all, problemAt(p.file, at, fmt.Sprintf(text, values...)))
}

// problemAt is a mistake where a node stands, or, without one, in the file as a whole.
func problemAt(file string, at *yaml.Node, text string) *Problem {
	one := &Problem{File: file, Text: text}
	if at != nil {
		one.Line, one.Column = at.Line, at.Column
	}
	return one
}

// maxProblems is how many mistakes of a configuration are shown.
const maxProblems = 100

// err joins what was collected, in the order of the file.
func (p *problems) err() error {
	slices.SortStableFunc(p.all, func(a, b *Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	var all []error
	for i, one := range p.all {
		if i == maxProblems {
			all = append(all, &Problem{File: p.file, Text: fmt.Sprintf("and %d mistakes more", len(p.all)-i)})
			break
		}
		all = append(all, one)
	}
	return errors.Join(append(all, p.others...)...)
}

func (p *problems) any() bool { return len(p.all)+len(p.others) > 0 }

// hint names what was probably meant, if anything is near enough.
func hint(name string, known []string) string {
	if meant := mistake.Nearest(name, known); meant != "" {
		return fmt.Sprintf("; did you mean %s?", meant)
	}
	return ""
}
