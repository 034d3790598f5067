package printable

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is a text in one line in which nothing is left that a terminal would obey, that would turn a line around or that
// nobody would see. Each such character is U+FFFD then.
func Text(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return utf8.RuneError
		}
		return r
	}, text)
}

// Short is a text in quotes, or as much of it as a message can have.
func Short(text string) string { return fmt.Sprintf("%q", Cut(text, 60)) }

// Cut is a text of so many characters at most.
func Cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
