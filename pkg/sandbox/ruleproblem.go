package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/jiko-partner/partner-go/internal/mistake"
)

// RuleProblem is a mistake in a rule, with its place.
type RuleProblem struct {
	// File is the name of the file, as it was given. Rules that come from no file have none.
	File string `json:"file,omitempty"`
	// Line and Column begin with 1, and are 0 where they are not known. A column is a character.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Path is the member: rules[0].match.operation.
	Path string `json:"path,omitempty"`
	// Text says what is wrong.
	Text string `json:"text"`
	// Nearest is what was probably meant, if anything is near enough.
	Nearest string `json:"nearest,omitempty"`

	// name is what is not among the known ones. To find the nearest of them takes long, so only what is shown has it.
	name  string
	known []string
}

// Error is file:line:column: path: what is wrong; did you mean that?
func (p *RuleProblem) Error() string {
	place := mistake.Problem{File: p.File, Line: p.Line, Column: p.Column, Text: p.Text}
	if p.Path != "" {
		place.Text = p.Path + ": " + place.Text
	}
	if p.Nearest != "" {
		place.Text += "; did you mean " + p.Nearest + "?"
	}
	if p.File == "" {
		return place.Text
	}
	return place.Error()
}

// RulesError is all that is wrong with some rules, in the order in which they stand there.
type RulesError struct {
	Problems []*RuleProblem
}

// Error has a line for each problem.
func (e *RulesError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems.
func (e *RulesError) Unwrap() []error {
	all := make([]error, len(e.Problems))
	for i, p := range e.Problems {
		all[i] = p
	}
	return all
}

// maxRuleProblems is how many mistakes are told.
const maxRuleProblems = 100

// ruleProblems collects mistakes, so that one attempt shows them all.
type ruleProblems []*RuleProblem

// add notes what is wrong with a member.
func (p *ruleProblems) add(path, text string, values ...any) {
	*p = append(*p, &RuleProblem{Path: path, Text: fmt.Sprintf(text, values...)})
}

// last is what was noted last.
func (p ruleProblems) last() *RuleProblem { return p[len(p)-1] }

// unknown notes that a name is not known.
func (p *ruleProblems) unknown(path, what, name string, known []string) {
	p.add(path, "there is no %s %s", what, quoted(name))
	one := p.last()
	one.name, one.known = name, known
}

// quoted is a name that somebody gave, as an error shows it.
func quoted(name string) string {
	const most = 60
	if runes := []rune(name); len(runes) > most {
		name = string(runes[:most]) + "…"
	}
	return fmt.Sprintf("%q", name)
}

// err returns what was collected as a *RulesError, in the order of the places, or nil.
func (p ruleProblems) err() error {
	if len(p) == 0 {
		return nil
	}
	slices.SortStableFunc(p, func(a, b *RuleProblem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if more := len(p) - maxRuleProblems; more > 0 {
		p = append(p[:maxRuleProblems:maxRuleProblems],
			&RuleProblem{File: p[0].File, Text: fmt.Sprintf("and %d mistakes more", more)})
	}
	for _, one := range p {
		if one.known != nil {
			one.Nearest = mistake.Nearest(one.name, one.known)
		}
	}
	return &RulesError{p}
}
