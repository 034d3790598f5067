package schema

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxNodes is how many values a text may have so that all that is wrong with it is looked for, and not the first thing
// alone: a text of small wrong items must not cost a hundred times its size in faults.
const maxNodes = 5_000

// document is what a second look at a JSON text found, which the first did not accept. The pointers of its faults have
// names as the text spells them.
type document struct {
	nodes int
	// faults are rules of the strict reading that were broken.
	faults []Fault
}

// readStrictly finds out what is wrong with a text as JSON, whatever the schema. It refuses text that is not UTF-8,
// escapes of half a surrogate pair, repeated members at any depth, numbers of more than maxNumber characters, and more
// than maxDepth levels. The scanner refuses the same, without a reason.
func readStrictly(text []byte) document {
	if !utf8.Valid(text) {
		return document{faults: []Fault{{nil, "json_invalid", "must be UTF-8"}}}
	}
	if !json.Valid(text) {
		return document{faults: []Fault{{nil, "json_invalid", "must be exactly one well-formed JSON value"}}}
	}
	if hasLoneSurrogate(text) {
		return document{faults: []Fault{{nil, "json_invalid", "must not escape half a surrogate pair"}}}
	}
	r := reader{decoder: json.NewDecoder(bytes.NewReader(text))}
	r.decoder.UseNumber()
	r.read(nil)
	return r.document
}

type reader struct {
	decoder *json.Decoder
	document
	deep bool
}

// read passes over the next value. The text is known to be well-formed, so an error of the decoder means that it was
// given up.
func (r *reader) read(pointer []any) {
	token, err := r.decoder.Token()
	if err != nil || r.deep {
		return
	}
	r.nodes++
	delim, ok := token.(json.Delim)
	if !ok {
		if number, ok := token.(json.Number); ok && len(number) > maxNumber {
			r.fault(pointer, "json_number", "must not have more than "+strconv.Itoa(maxNumber)+" characters")
		}
		return
	}
	if len(pointer) >= maxDepth {
		r.deep = true
		r.fault(nil, "json_depth", "must not nest deeper than "+strconv.Itoa(maxDepth)+" levels")
		return
	}
	if delim == '[' {
		for i := 0; r.decoder.More() && !r.deep; i++ {
			r.read(append(pointer, i))
		}
		_, _ = r.decoder.Token()
		return
	}
	names := map[string]bool{}
	for r.decoder.More() && !r.deep {
		token, err := r.decoder.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return
		}
		r.read(append(pointer, name))
		if names[name] {
			r.fault(append(pointer, name), "duplicate_member", "must not be repeated")
		}
		names[name] = true
	}
	_, _ = r.decoder.Token()
}

// fault keeps the first faults; a body of nothing but faults would otherwise make as many as it has bytes.
func (r *reader) fault(pointer []any, rule, message string) {
	if len(r.faults) < 100 {
		r.faults = append(r.faults, Fault{slices.Clone(pointer), rule, message})
	}
}

// hasLoneSurrogate finds escapes such as \ud800 without its other half, which decoders replace and so confuse with each
// other. The text is well-formed JSON.
func hasLoneSurrogate(text []byte) bool {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		i++
		if text[i] != 'u' {
			continue
		}
		first := escaped(text[i+1:])
		i += 4
		if !utf16.IsSurrogate(first) {
			continue
		}
		if i+6 >= len(text) || text[i+1] != '\\' || text[i+2] != 'u' ||
			utf16.DecodeRune(first, escaped(text[i+3:])) == utf8.RuneError {
			return true
		}
		i += 6
	}
	return false
}

func escaped(digits []byte) rune {
	n, err := strconv.ParseUint(string(digits[:4]), 16, 16)
	if err != nil {
		return 0
	}
	return rune(n)
}
