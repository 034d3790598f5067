package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jiko-partner/partner-go/internal/printable"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// columns is how wide a text is at most.
const columns = 100

// Colors, as terminals know them.
const (
	plain  = "\x1b[0m"
	bold   = "\x1b[1m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
)

// page is a text that grows, within the columns.
type page struct {
	text      bytes.Buffer
	isColored bool
}

// WriteText writes a report for a terminal: the findings by their checks and numbered, what is excluded, the warnings,
// and as its last line what it comes to. Nothing of a report can move the cursor, or change the terminal otherwise.
func WriteText(w io.Writer, r *contracttest.Report, isColored bool) error {
	p := &page{isColored: isColored}
	n := 0
	for _, group := range grouped(r.Findings) {
		check := group[0].Check
		p.wrapped(check.String()+": ", red, "    ", check.Finds)
		for _, f := range group {
			n++
			p.finding(n, f)
		}
		p.text.WriteString("\n")
	}
	for _, f := range r.Excluded {
		p.wrapped("expected: ", bold, "          ",
			strings.Join(append(slices.Clone(about(f)), contextOf(f), f.Reason), ": "))
	}
	for _, text := range warnings(r) {
		p.wrapped("warning: ", yellow, "         ", strings.TrimPrefix(text, "warning: "))
	}
	verdict, said := judge(r)
	color := map[bool]string{true: red, false: green}[verdict == verdictFailed]
	if verdict == verdictDoubt {
		color = yellow
	}
	p.wrapped("", "", "", fmt.Sprintf("%s, seed %d", said, r.Seed), color)
	if _, err := w.Write(p.text.Bytes()); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// finding is one with its number, below its check.
func (p *page) finding(n int, f contracttest.Finding) {
	operations := strings.Join(about(f), ", ")
	if operations == "" {
		operations = "no operation in particular"
	}
	if many := about(f); len(many) > 8 {
		operations = fmt.Sprintf("%s and %d more", strings.Join(many[:8], ", "), len(many)-8)
	}
	p.wrapped(fmt.Sprintf("%4d  ", n), bold, "      ", operations, bold)
	for _, line := range []struct{ name, text string }{{"place", where(f)}, {"expected", f.Expected}, {"got", f.Got},
		{"source", f.Source}, {"evidence", f.Evidence}} {
		if line.text != "" {
			p.wrapped(fmt.Sprintf("      %-10s", line.name), "", strings.Repeat(" ", 16), line.text)
		}
	}
	if !f.Confirmed {
		p.wrapped("      note      ", "", strings.Repeat(" ", 16), "its steps have not shown it again")
	}
}

// grouped are findings by their checks, in the order in which those come first.
func grouped(found []contracttest.Finding) [][]contracttest.Finding {
	var groups [][]contracttest.Finding
	at := map[string]int{}
	for _, f := range found {
		i, ok := at[f.Check.Code]
		if !ok {
			i = len(groups)
			at[f.Check.Code] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], f)
	}
	return groups
}

// wrapped writes a text behind a head, and goes on below it where a line is full. The head has a color, and the text
// has one if there is another.
func (p *page) wrapped(head, color, indent, text string, colors ...string) {
	head = printable.Text(head)
	if utf8.RuneCountInString(head) > columns/2 { // Nothing of ours is as long.
		head, text = "", head+text
	}
	p.colored(head, color)
	at := utf8.RuneCountInString(head)
	textColor := strings.Join(colors, "")
	isFirst := true
	for _, word := range strings.Fields(printable.Text(text)) {
		for {
			room := columns - at
			if !isFirst {
				room--
			}
			length := utf8.RuneCountInString(word)
			if length <= room {
				break
			}
			if !isFirst {
				p.text.WriteString("\n" + indent)
				at, isFirst = len(indent), true
				continue
			}
			// It is longer than a line.
			runes := []rune(word)
			p.colored(string(runes[:room]), textColor)
			p.text.WriteString("\n" + indent)
			word, at = string(runes[room:]), len(indent)
		}
		if !isFirst {
			p.text.WriteByte(' ')
			at++
		}
		p.colored(word, textColor)
		at, isFirst = at+utf8.RuneCountInString(word), false
	}
	p.text.WriteString("\n")
}

func (p *page) colored(text, color string) {
	if p.isColored && color != "" && text != "" {
		text = color + text + plain
	}
	p.text.WriteString(text)
}
