package schema

import (
	"bytes"
	"slices"
)

// canonical appends a spelling of the value at i that equal values share and others do not, and returns where the value
// ends. The text is known to be well-formed.
func canonical(s *scanner, to []byte, i int) ([]byte, int) {
	switch s.data[i] {
	case '"':
		end, _ := s.text(i)
		return appendCanonicalText(to, s.data[i+1:end]), end + 1
	case '[':
		to = append(to, '[')
		for i = s.space(i + 1); s.data[i] != ']'; {
			to, i = canonical(s, to, i)
			to = append(to, ',')
			if i = s.space(i); s.data[i] == ',' {
				i = s.space(i + 1)
			}
		}
		return append(to, ']'), i + 1
	case '{':
		var members [][]byte
		for i = s.space(i + 1); s.data[i] != '}'; {
			end, _ := s.text(i)
			member := append(appendCanonicalText(nil, s.data[i+1:end]), ':')
			member, i = canonical(s, member, s.space(s.space(end+1)+1))
			members = append(members, member)
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
