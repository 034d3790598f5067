package schema

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// maxNumber bounds how many characters a number has.
const maxNumber = 1_000

// isPlain has the characters that JSON spells as they are.
var isPlain = func() (plain [256]bool) {
	for b := ' '; b < utf8.RuneSelf; b++ {
		plain[b] = b != '"' && b != '\\'
	}
	return plain
}()

// scanner reads a JSON text byte by byte, strictly: RFC 8259 and not a character more. Its methods take a position and
// return the one behind what they read, or -1. Positions are handed on, so that a value can be read twice.
type scanner struct {
	data []byte
	// flaw is why the text could not be read, and flawed where.
	flaw   flaw
	flawed int
}

// fail notes why the text cannot be read, unless something is known already. It returns -1.
func (s *scanner) fail(i int, f flaw) int {
	if s.flaw == noFlaw {
		s.flaw, s.flawed = f, i
	}
	return -1
}

// space returns the position of the next byte that is not white space.
func (s *scanner) space(i int) int {
	for i < len(s.data) {
		switch s.data[i] {
		case ' ', '\t', '\n', '\r':
			i++
		default:
			return i
		}
	}
	return i
}

// at returns the byte at a position, or 0, which is not JSON, behind the end.
func (s *scanner) at(i int) byte {
	if i < len(s.data) {
		return s.data[i]
	}
	return 0
}

// text reads a string whose opening quote is at i. It returns where the closing quote is, and whether the string has
// escapes.
func (s *scanner) text(i int) (end int, escaped bool) {
	data := s.data
	start, ascii := i+1, true
	for i = start; i < len(data); i++ {
		if isPlain[data[i]] {
			continue
		}
		switch b := data[i]; {
		case b == '"':
			if !ascii && !utf8.Valid(data[start:i]) {
				return s.fail(start, notUTF8), false
			}
			return i, escaped
		case b == '\\':
			escaped = true
			if i = s.escape(i); i < 0 {
				return -1, false
			}
		case b < ' ':
			return s.fail(i, controlCharacter), false
		case b >= utf8.RuneSelf:
			ascii = false
		}
	}
	return s.fail(len(data), openText), false
}

// escape reads an escape, or the two of a surrogate pair, and returns the position of its last byte. Half a pair is
// refused: decoders replace it, and so confuse texts that differ.
func (s *scanner) escape(i int) int {
	switch s.at(i + 1) {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		first := s.hex(i + 2)
		if first < 0 {
			return s.fail(i, badEscape)
		}
		if !utf16.IsSurrogate(first) {
			return i + 5
		}
		if s.at(i+6) != '\\' || s.at(i+7) != 'u' {
			return s.fail(i, halfPair)
		}
		if second := s.hex(i + 8); second < 0 || utf16.DecodeRune(first, second) == utf8.RuneError {
			return s.fail(i, halfPair)
		}
		return i + 11
	}
	return s.fail(i, badEscape)
}

// hex reads the four digits of an escape.
func (s *scanner) hex(i int) rune {
	if i+4 > len(s.data) {
		return -1
	}
	return hexadecimal(s.data[i : i+4])
}

func hexadecimal(digits []byte) rune {
	var r rune
	for _, b := range digits {
		switch {
		case b >= '0' && b <= '9':
			b -= '0'
		case b >= 'a' && b <= 'f':
			b -= 'a' - 10
		case b >= 'A' && b <= 'F':
			b -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(b)
	}
	return r
}

// appendUnescaped appends what the inside of a well-formed string means.
func appendUnescaped(to, raw []byte) []byte {
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			to = append(to, raw[i])
			continue
		}
		i++
		switch raw[i] {
		case 'b':
			to = append(to, '\b')
		case 'f':
			to = append(to, '\f')
		case 'n':
			to = append(to, '\n')
		case 'r':
			to = append(to, '\r')
		case 't':
			to = append(to, '\t')
		case 'u':
			r := hexadecimal(raw[i+1 : i+5])
			i += 4
			if utf16.IsSurrogate(r) {
				r = utf16.DecodeRune(r, hexadecimal(raw[i+3:i+7]))
				i += 6
			}
			to = utf8.AppendRune(to, r)
		default:
			to = append(to, raw[i])
		}
	}
	return to
}

// number reads a number. plain says that it has neither a fraction nor an exponent.
func (s *scanner) number(i int) (end int, plain bool) {
	start := i
	if s.at(i) == '-' {
		i++
	}
	switch b := s.at(i); {
	case b == '0':
		i++
	case b >= '1' && b <= '9':
		i = s.digits(i)
	case i == start:
		return s.fail(i, s.noNumber(i)), false
	default:
		return s.fail(i, badNumber), false
	}
	plain = true
	if s.at(i) == '.' {
		from := i + 1
		if i = s.digits(from); i == from {
			return s.fail(i, badNumber), false
		}
		plain = false
	}
	if b := s.at(i); b == 'e' || b == 'E' {
		i++
		if b := s.at(i); b == '+' || b == '-' {
			i++
		}
		from := i
		if i = s.digits(from); i == from {
			return s.fail(i, badNumber), false
		}
		plain = false
	}
	return i, plain
}

// noNumber says what stands where there is neither a number nor another value.
func (s *scanner) noNumber(i int) flaw {
	switch b := s.at(i); {
	case b == '+' || b == '.':
		return badNumber
	case b|0x20 >= 'a' && b|0x20 <= 'z':
		return badLiteral
	}
	return noValue
}

func (s *scanner) digits(i int) int {
	for i < len(s.data) && s.data[i] >= '0' && s.data[i] <= '9' {
		i++
	}
	return i
}

// literal reads true, false or null.
func (s *scanner) literal(i int, word string) int {
	if len(s.data)-i < len(word) || string(s.data[i:i+len(word)]) != word {
		return s.fail(i, badLiteral)
	}
	return i + len(word)
}

// past passes over a value that was read before, and is therefore well-formed.
func (s *scanner) past(i int) int {
	for depth := 0; i < len(s.data); i++ {
		switch s.data[i] {
		case '"':
			i = s.quote(i + 1)
		case '[', '{':
			depth++
		case ']', '}':
			if depth--; depth < 0 {
				return i
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return i
}

// quote returns where a string ends that was read before.
func (s *scanner) quote(i int) int {
	for {
		i += bytes.IndexByte(s.data[i:], '"')
		escapes := 0
		for s.data[i-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i
		}
		i++
	}
}

// skip passes over a value without looking into it. What it accepts need not be JSON: somebody else reads it again.
func (s *scanner) skip(i int) int {
	depth := 0
	for i < len(s.data) {
		switch s.data[i] {
		case '"':
			if i, _ = s.text(i); i < 0 {
				return -1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return i
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return i
}
