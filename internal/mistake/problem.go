package mistake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

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

var (
	// yamlLine is how the library says where an error is, and yamlAlias how it says which alias stands for nothing.
	yamlLine  = regexp.MustCompile(`^(?:yaml: )?(?:unmarshal errors:\n +)?line (\d+): (.*)`)
	yamlAlias = regexp.MustCompile(`unknown anchor '([^']+)'`)
	// yamlParser are the errors of its parser, whose lines begin with 0.
	yamlParser = regexp.MustCompile(`^did not find expected (node content|'-' indicator|',' or|key$|<)`)
)

// Syntax makes a Problem of an error of the library for YAML, which names a line at most. Where it names none, the
// place is looked for.
func Syntax(name string, text []byte, err error) *Problem {
	if found := yamlLine.FindStringSubmatch(err.Error()); found != nil {
		line, _ := strconv.Atoi(found[1])
		if yamlParser.MatchString(found[2]) {
			line = min(line+1, bytes.Count(bytes.TrimRight(text, " \r\n"), []byte("\n"))+1)
		}
		return &Problem{File: name, Line: line, Column: 1, Text: found[2]}
	}
	if errors.Is(err, io.EOF) {
		return &Problem{File: name, Line: 1, Column: 1, Text: ErrEmpty.Error()}
	}
	message, _, _ := strings.Cut(err.Error(), "\n  line ")
	before := text[:0]
	if found := yamlAlias.FindStringSubmatch(err.Error()); found != nil {
		if i := bytes.Index(text, []byte("*"+found[1])); i >= 0 {
			before = text[:i]
		}
	} else if i := unreadable(text); i >= 0 {
		before = text[:i]
	}
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return &Problem{name, line, column, strings.TrimPrefix(message, "yaml: ")}
}

// unreadable is where a text has the first character that YAML cannot have, or -1.
func unreadable(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 || r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f {
			return i
		}
		i += size
	}
	return -1
}
