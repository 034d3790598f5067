package schemagen

import (
	"strings"
	"unicode/utf8"
)

// texts is the strings that several schemas allow together.
type texts struct {
	min, max int // in characters; max is endless if there is no end
	patterns []*pattern
	formats  []string
	// seeds are texts of the document, from examples and defaults, that are right.
	seeds []string
	// tested says that a text is made with one rule in view, and that there are more.
	tested bool
}

// awkward are characters that readers, writers, databases and terminals have trouble with.
var awkward = []string{"é", "ß", "ﬁ", "漢", "ع", "\u200f", "e\u0301", "\U0001F600", "\U0001F468\u200d\U0001F469", `"`,
	`\`, "/", "'", "<", "&", "%", ";", "\t", "\n", "\r", " ", "\u00a0", "\u2028", "\ufeff", "\u007f", "\u0001",
	"\ufffd", "\U0010ffff"}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -.,_'"

// draw makes a text that is right for most of the rules, most of the time.
func (t *texts) draw(src Source, nul bool) (string, bool) {
	if len(t.seeds) > 0 && src.Intn(8) == 7 {
		return pick(src, t.seeds), true
	}
	if len(t.formats) > 0 && (len(t.patterns) == 0 || src.Intn(2) == 0) {
		return formats[pick(src, t.formats)].draw(src), true
	}
	if len(t.patterns) > 0 {
		return t.matching(src, pick(src, t.patterns), 256)
	}
	length := t.min
	switch src.Intn(8) {
	case 6:
		length += src.Intn(min(t.max-t.min, 200) + 1)
	case 7:
		if t.max <= 1024 {
			length = t.max
		}
	default:
		length += src.Intn(min(t.max-t.min, 12) + 1)
	}
	if length > maxText {
		return "", false
	}
	return ofLength(src, length, nul), true
}

// matching makes a text that has a pattern, with no more characters than needed and some.
func (t *texts) matching(src Source, p *pattern, some int) (string, bool) {
	return p.text(src, t.min, min(t.max, max(t.min, p.extents[p.tree].least)+some))
}

// ofLength makes a text of so many characters.
func ofLength(src Source, length int, nul bool) string {
	var b strings.Builder
	b.Grow(length)
	flavor := src.Intn(8)
	for i := 0; i < length; i++ {
		switch {
		case i > 512: // It says nothing new, and takes time.
			b.WriteByte('a')
		case flavor < 4:
			b.WriteByte(letters[src.Intn(26)])
		case flavor < 6:
			b.WriteByte(letters[src.Intn(len(letters))])
		case nul && src.Intn(64) == 63:
			b.WriteByte(0)
		case src.Intn(3) > 0:
			b.WriteByte(letters[src.Intn(len(letters))])
		default:
			text := pick(src, awkward)
			if n := utf8.RuneCountInString(text); i+n > length {
				text = " "
			} else {
				i += n - 1
			}
			b.WriteString(text)
		}
	}
	return b.String()
}
