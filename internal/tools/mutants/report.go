package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// most is the percentage of the mutants that a test executes that may survive, in each part and in all of them. Of one
// with fewer than 34, a single survivor would be more.
const most = 3.0

// report writes the figures and the survivors as Markdown, and says what is wrong with them.
func report(all []figures, known []survivor) (text string, wrong []string) {
	left := explain(all, known)
	var b strings.Builder
	b.WriteString("| part | not tried | mutants that a test executes | killed | ended by a time limit | survived |\n" +
		"|---|---|---|---|---|---|\n")
	var total figures
	for _, f := range append(slices.Clip(all), figures{part: part{name: "all"}}) {
		if f.part.name == "all" {
			f.uncovered, f.covered, f.killed, f.timedOut = total.uncovered, total.covered, total.killed, total.timedOut
			f.lived = total.lived
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d (%.1f %%) |\n", f.part.name, f.uncovered, f.covered, f.killed,
			f.timedOut, len(f.lived), f.share())
		total.uncovered += f.uncovered
		total.covered += f.covered
		total.killed += f.killed
		total.timedOut += f.timedOut
		total.lived = append(total.lived, f.lived...)
		if f.share() > most && len(f.lived) > 1 {
			wrong = append(wrong, fmt.Sprintf("%s: %.1f %% survive, more than %g %%", f.part.name, f.share(), most))
		}
	}
	slices.SortFunc(total.lived, func(a, b survivor) int {
		return cmp.Or(strings.Compare(a.File, b.File), strings.Compare(a.Code, b.Code),
			strings.Compare(a.Becomes, b.Becomes))
	})
	file := ""
	for _, s := range slices.CompactFunc(total.lived, func(a, b survivor) bool { return a == b }) {
		if s.Reason == "" {
			wrong = append(wrong, fmt.Sprintf("no reason for\n  %s\n  %s\n  %s", s.File, s.Code, s.Becomes))
		}
		if s.File != file {
			file = s.File
			fmt.Fprintf(&b, "\n`%s`:\n\n", file)
		}
		fmt.Fprintf(&b, "- `%s`  \n  becomes `%s`:  \n  %s\n", s.Code, s.Becomes, s.Reason)
	}
	for _, s := range left {
		wrong = append(wrong, fmt.Sprintf("the reason is left over: it was killed, or is gone\n  %s\n  %s\n  %s",
			s.File, s.Code, s.Becomes))
	}
	return b.String(), wrong
}

func (f figures) share() float64 { return 100 * float64(len(f.lived)) / float64(max(1, f.covered)) }

// The report stands between two marks of its document.
const begin, end = "<!-- begin: make mutants -->\n", "<!-- end: make mutants -->\n"

func writeInto(document, text string) error {
	old, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(old, []byte(begin))
	_, after, ok2 := bytes.Cut(rest, []byte(end))
	if !ok || !ok2 {
		return errors.New(document + " lacks the marks of the report")
	}
	text = string(before) + begin + "\n" + text + "\n" + end + string(after)
	return os.WriteFile(document, []byte(text), 0o644) //nolint:gosec // It is a document.
}
