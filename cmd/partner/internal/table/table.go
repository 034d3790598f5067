package table

import (
	"fmt"
	"strconv"
	"strings"
)

// Table writes lines about results. Make it with New.
type Table[Result any] struct {
	to            *strings.Builder
	results       []Result
	names, column int
}

// New begins a table. Names and columns are so wide, in characters; what is longer pushes the rest of its line.
func New[Result any](to *strings.Builder, names, column int, results []Result) *Table[Result] {
	return &Table[Result]{to: to, results: results, names: names, column: column}
}

// Line has a text of each result.
func (t *Table[Result]) Line(name string, cell func(Result) string) {
	fmt.Fprintf(t.to, "%-*s", t.names, name)
	for _, result := range t.results {
		fmt.Fprintf(t.to, " %*s", t.column, cell(result))
	}
	t.to.WriteString("\n")
}

// Number has a number of each result.
func (t *Table[Result]) Number(name string, value func(Result) int) {
	t.Line(name, func(r Result) string { return strconv.Itoa(value(r)) })
}

// mostListed is how many mistakes of a run are listed; more would be more of the same.
const mostListed = 20

// Mistakes lists what is wrong, each with a title and lines below it.
func Mistakes[T any](to *strings.Builder, all []T, of func(T) (title string, lines []string)) {
	for i, one := range all {
		if i == mostListed {
			fmt.Fprintf(to, "  and %d more\n", len(all)-i)
			return
		}
		title, lines := of(one)
		fmt.Fprintf(to, "  %s\n", title)
		for _, line := range lines {
			fmt.Fprintf(to, "    %s\n", line)
		}
	}
}
