package project

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/jiko-partner/partner-go/internal/generator"
)

// Problem is a mistake in a configuration, or in an overlay, with its place, as compilers name it.
type Problem = generator.Problem

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

// err joins what was collected, in the order of the file.
func (p *problems) err() error {
	slices.SortStableFunc(p.all, func(a, b *Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	var all []error
	for _, one := range p.all {
		all = append(all, one)
	}
	return errors.Join(append(all, p.others...)...)
}

func (p *problems) any() bool { return len(p.all)+len(p.others) > 0 }

// hint names what was probably meant, if anything is near enough.
func hint(name string, known []string) string {
	if meant := nearest(name, known); meant != "" {
		return fmt.Sprintf("; did you mean %s?", meant)
	}
	return ""
}

// nearest is what was probably meant by a name that is not known, or nothing.
func nearest(name string, known []string) string {
	best, distance := "", len(name)/2+1
	for _, candidate := range known {
		if d := edits(strings.ToLower(name), strings.ToLower(candidate)); d < distance {
			best, distance = candidate, d
		}
	}
	return best
}

// edits is how many letters have to be changed, put in, taken out, or exchanged with their neighbours.
func edits(a, b string) int {
	from, to := []rune(a), []rune(b)
	rows := [3][]int{}
	for i := range rows {
		rows[i] = make([]int, len(to)+1)
	}
	for j := range to {
		rows[1][j+1] = j + 1
	}
	for i := range from {
		before, last, next := rows[0], rows[1], rows[2]
		next[0] = i + 1
		for j := range to {
			cost := 1
			if from[i] == to[j] {
				cost = 0
			}
			next[j+1] = min(last[j+1]+1, next[j]+1, last[j]+cost)
			if i > 0 && j > 0 && from[i] == to[j-1] && from[i-1] == to[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		rows = [3][]int{last, next, before}
	}
	return rows[1][len(to)]
}
