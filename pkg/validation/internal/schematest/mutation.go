package schematest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Mutate changes a value in one place.
func (w *Words) Mutate(d Dice, value any) any {
	switch v := value.(type) {
	case map[string]any:
		names := slices.Sorted(maps.Keys(v))
		v = maps.Clone(v)
		if len(names) > 0 && d(4) > 0 {
			name := Pick(d, names)
			switch d(8) {
			case 0:
				delete(v, name)
			case 1:
				v[strings.ToUpper(name)] = v[name]
			case 2:
				v[strings.ToUpper(name)] = v[name]
				delete(v, name)
			case 3:
				v[name] = v[Pick(d, names)]
			default:
				v[name] = w.Mutate(d, v[name])
			}
			return v
		}
		if d(3) > 0 {
			v[Pick(d, w.Names)] = w.Scalar(d)
			return v
		}
	case []any:
		v = slices.Clone(v)
		if len(v) > 0 && d(3) > 0 {
			i := d(len(v))
			switch d(6) {
			case 0:
				return slices.Delete(v, i, i+1)
			case 1:
				return append(v, v[i])
			default:
				v[i] = w.Mutate(d, v[i])
				return v
			}
		}
	case json.Number:
		switch d(5) {
		case 0:
			return v + "0"
		case 1:
			return v.String()
		case 2:
			if n, err := v.Int64(); err == nil {
				return json.Number(strconv.FormatInt(n+int64(d(5))-2, 10))
			}
		case 3:
			return json.Number("-" + strings.TrimPrefix(v.String(), "-"))
		}
	case string:
		if len(v) > 0 && d(3) == 0 {
			i := d(len(v))
			return strings.ToValidUTF8(v[:i]+Pick(d, []string{"", "é", "0", "-", " ", "\"", "\\", "\n", v})+v[i+1:], "")
		}
	}
	return w.Scalar(d)
}

// Deface changes the bytes of a text.
func Deface(d Dice, text []byte) []byte {
	if len(text) == 0 {
		return text
	}
	i := d(len(text))
	switch d(6) {
	case 0:
		return text[:i]
	case 1:
		return slices.Insert(slices.Clone(text), i, Pick(d, []byte("{}[]\",:\\ue0-+.\x00\xff\xc3 \t\n")))
	case 2:
		return slices.Delete(slices.Clone(text), i, i+1)
	case 3:
		return append(slices.Clone(text), Pick(d, []string{" ", "\n", "x", "{}", ","})...)
	case 4:
		// The same character, escaped, where it stands in a text.
		if b := text[i]; b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' {
			return slices.Replace(slices.Clone(text), i, i+1, fmt.Appendf(nil, `\u%04x`, b)...)
		}
	case 5:
		if j := bytes.IndexByte(text, '{'); j >= 0 {
			if k := bytes.IndexAny(text[j:], ",}"); k > 1 {
				return slices.Concat(text[:j+1], text[j+1:j+k], []byte(","), text[j+1:])
			}
		}
	}
	return text
}
