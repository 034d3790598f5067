package schema

import (
	"bytes"
	"math"
	"slices"
)

// unlimited is more bytes than a spelling can have.
const unlimited = math.MaxInt / 8

// canonical appends a spelling of the value at i that equal values share and others do not, and returns where the value
// ends. It gives up, with -1, when the spelling has more than so many bytes. The text is known to be well-formed.
func canonical(s *scanner, to []byte, i, most int) ([]byte, int) {
	if most -= len(to); most < 0 {
		return to, -1
	}
	switch s.data[i] {
	case '"':
		end := s.quote(i + 1)
		if end-i > 6*(most+1) {
			return to, -1 // No character has more than six bytes in the text.
		}
		return appendCanonicalText(to, s.data[i+1:end]), end + 1
	case '[':
		from := len(to)
		to = append(to, '[')
		for i = s.space(i + 1); s.data[i] != ']'; {
			if to, i = canonical(s, to, i, from+most); i < 0 {
				return to, -1
			}
			to = append(to, ',')
			if i = s.space(i); s.data[i] == ',' {
				i = s.space(i + 1)
			}
		}
		return append(to, ']'), i + 1
	case '{':
		var members [][]byte
		for i = s.space(i + 1); s.data[i] != '}'; {
			end := s.quote(i + 1)
			member := append(appendCanonicalText(nil, s.data[i+1:end]), ':')
			if member, i = canonical(s, member, s.space(s.space(end+1)+1), most); i < 0 {
				return to, -1
			}
			if members = append(members, member); len(members) > most {
				return to, -1
			}
			if i = s.space(i); s.data[i] == ',' {
				i = s.space(i + 1)
			}
		}
		slices.SortFunc(members, bytes.Compare)
		to = append(to, '{')
		for _, member := range members {
			to = append(append(to, member...), ',')
		}
		return append(to, '}'), i + 1
	case 't', 'n':
		return append(to, s.data[i:i+4]...), i + 4
	case 'f':
		return append(to, "false"...), i + 5
	}
	end, _ := s.number(i)
	return parseDecimal(string(s.data[i:end])).appendTo(to), end
}

// appendCanonicalText appends a text with nothing escaped but what delimits it.
func appendCanonicalText(to, raw []byte) []byte {
	to = append(to, '"')
	from := len(to)
	if bytes.IndexByte(raw, '\\') < 0 {
		return append(append(to, raw...), '"')
	}
	to = appendUnescaped(to, raw)
	text := slices.Clone(to[from:])
	to = to[:from]
	for _, b := range text {
		if b == '"' || b == '\\' {
			to = append(to, '\\')
		}
		to = append(to, b)
	}
	return append(to, '"')
}
