package document

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// oneLine makes a text fit for any format: valid UTF-8 on one line, without control characters, without formatting
// characters, which can turn around how digits read, and without what XML forbids. Spaces are single, none at the ends.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Cc, r):
			return ' '
		case unicode.Is(unicode.Cf, r), r == '\uFFFE', r == '\uFFFF':
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(s), " ")
}

// cut makes a text one line of at most so many characters.
func cut(s string, characters int) string {
	s = oneLine(s)
	if utf8.RuneCountInString(s) <= characters {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:characters]))
}

// latin makes a text one line in the code page of PDF's core fonts. Letters that the page lacks lose their marks, as
// Ř becomes R; what is still not in it becomes a question mark. No line of a PDF has room for more than the first 1,000
// characters.
func latin(s string) string {
	s = cut(s, 1000)
	if isASCII(s) {
		return s
	}
	var b strings.Builder
	for _, r := range norm.NFC.String(s) {
		if c, ok := charmap.Windows1252.EncodeRune(r); ok {
			b.WriteByte(c)
			continue
		}
		for _, part := range norm.NFKD.String(string(r)) {
			c, ok := charmap.Windows1252.EncodeRune(part)
			plain, known := similar[part]
			switch {
			case ok:
				b.WriteByte(c)
			case known:
				b.WriteByte(plain)
			case !unicode.Is(unicode.Mn, part):
				b.WriteByte('?')
			}
		}
	}
	return b.String()
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// similar are characters that Unicode takes for letters of their own, with no parts.
var similar = map[rune]byte{
	'Đ': 'D', 'đ': 'd', 'Ħ': 'H', 'ħ': 'h', 'ı': 'i', 'Ł': 'L', 'ł': 'l', 'Ŋ': 'N', 'ŋ': 'n', 'Ŧ': 'T', 'ŧ': 't',
	'‐': '-', '‒': '-', '―': '-', '−': '-', '⁄': '/',
}

// masked shows the last four characters of an account number, and nothing of one that has no more than these.
func masked(number string) string {
	number = oneLine(number)
	if utf8.RuneCountInString(number) <= 4 {
		return "****"
	}
	characters := []rune(number)
	return "****" + string(characters[len(characters)-4:])
}
