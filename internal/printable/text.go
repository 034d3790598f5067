package printable

import (
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
