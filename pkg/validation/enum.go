package validation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// enum is the values of an enumeration.
type enum struct {
	// texts are those that are strings, as they mean.
	texts map[string]bool
	// others are the canonical spellings of those that are not.
	others map[string]bool
}

func newEnum(values []any) (*enum, error) {
	e := &enum{texts: make(map[string]bool), others: make(map[string]bool)}
	for _, value := range values {
		if text, ok := value.(string); ok {
			e.texts[text] = true
			continue
		}
		spelled, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("a value of an enum cannot be checked: %w", err)
		}
		c := checker{data: spelled}
		canonical, _ := c.canonical(nil, 0)
		e.others[string(canonical)] = true
	}
	return e, nil
}

// canonical appends a spelling of the value at i that equal values share and others do not, and returns where the value
// ends. The text is known to be well-formed.
func (c *checker) canonical(to []byte, i int) ([]byte, int) {
	switch c.data[i] {
	case '"':
		end, _ := c.text(i)
		return appendCanonicalText(to, c.data[i+1:end]), end + 1
	case '[':
		to = append(to, '[')
		for i = c.space(i + 1); c.data[i] != ']'; {
			to, i = c.canonical(to, i)
			to = append(to, ',')
			if i = c.space(i); c.data[i] == ',' {
				i = c.space(i + 1)
			}
		}
		return append(to, ']'), i + 1
	case '{':
		var members [][]byte
		for i = c.space(i + 1); c.data[i] != '}'; {
			end, _ := c.text(i)
			member := append(appendCanonicalText(nil, c.data[i+1:end]), ':')
			member, i = c.canonical(member, c.space(c.space(end+1)+1))
			members = append(members, member)
			if i = c.space(i); c.data[i] == ',' {
				i = c.space(i + 1)
			}
		}
		slices.SortFunc(members, bytes.Compare)
		to = append(to, '{')
		for _, member := range members {
			to = append(append(to, member...), ',')
		}
		return append(to, '}'), i + 1
	case 't', 'n':
		return append(to, c.data[i:i+4]...), i + 4
	case 'f':
		return append(to, "false"...), i + 5
	}
	end, _ := c.number(i)
	return parseDecimal(string(c.data[i:end])).appendTo(to), end
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

// unique reports whether the items that begin at these positions are all different. What it makes is the largest thing
// that a check allocates, and only for arrays of more than a few items.
func (c *checker) unique(starts []int) bool {
	if len(starts) < 2 {
		return true
	}
	seen := make(map[string]struct{}, len(starts))
	for _, start := range starts {
		c.spelled, _ = c.canonical(c.spelled[:0], start)
		if _, repeated := seen[string(c.spelled)]; repeated {
			return false
		}
		seen[string(c.spelled)] = struct{}{}
	}
	return true
}
