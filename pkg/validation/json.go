package validation

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// maxDepth bounds how deep objects and arrays nest. No contract comes near it.
	maxDepth = 64
	// maxNumber bounds how many characters a number has.
	maxNumber = 1_000
	// maxNodes is from where on only the first violation of a body is looked for: a body of small wrong items must not cost a
	// hundred times its size in errors.
	maxNodes = 5_000
)

// document is a JSON text that was read strictly.
type document struct {
	value any
	nodes int
	// faults are rules of the strict reading that were broken. When there are any, value is of no use.
	faults []fault
}

// fault is a broken rule at a place given by raw names and indices, which may come from the message.
type fault struct {
	pointer       []string
	rule, message string
}

// readJSON decodes exactly one JSON value. Numbers keep their digits. It refuses text that is not UTF-8, escapes of half a
// surrogate pair, repeated members at any depth, numbers of more than maxNumber characters, and more than
// maxDepth levels.
func readJSON(text []byte) document {
	if !utf8.Valid(text) {
		return document{faults: []fault{{nil, "json_invalid", "must be UTF-8"}}}
	}
	if !json.Valid(text) {
		return document{faults: []fault{{nil, "json_invalid", "must be exactly one well-formed JSON value"}}}
	}
	if hasLoneSurrogate(text) {
		return document{faults: []fault{{nil, "json_invalid", "must not escape half a surrogate pair"}}}
	}
	r := reader{decoder: json.NewDecoder(bytes.NewReader(text))}
	r.decoder.UseNumber()
	r.value = r.read(nil)
	return r.document
}

type reader struct {
	decoder *json.Decoder
	document
	deep bool
}

// read returns the next value. The text is known to be well-formed, so an error of the decoder means that it was given up.
func (r *reader) read(pointer []string) any {
	token, err := r.decoder.Token()
	if err != nil || r.deep {
		return nil
	}
	r.nodes++
	delim, ok := token.(json.Delim)
	if !ok {
		if number, ok := token.(json.Number); ok && len(number) > maxNumber {
			r.fault(pointer, "json_number", "must not have more than "+strconv.Itoa(maxNumber)+" characters")
		}
		return token
	}
	if len(pointer) >= maxDepth {
		r.deep = true
		r.fault(nil, "json_depth", "must not nest deeper than "+strconv.Itoa(maxDepth)+" levels")
		return nil
	}
	if delim == '[' {
		array := []any{}
		for r.decoder.More() && !r.deep {
			array = append(array, r.read(append(pointer, strconv.Itoa(len(array)))))
		}
		_, _ = r.decoder.Token()
		return array
	}
	object := map[string]any{}
	for r.decoder.More() && !r.deep {
		token, err := r.decoder.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil
		}
		_, repeated := object[name]
		object[name] = r.read(append(pointer, name))
		if repeated {
			r.fault(append(pointer, name), "duplicate_member", "must not be repeated")
		}
	}
	_, _ = r.decoder.Token()
	return object
}

// fault keeps the first faults; a body of nothing but faults would otherwise make as many as it has bytes.
func (r *reader) fault(pointer []string, rule, message string) {
	if len(r.faults) < 100 {
		r.faults = append(r.faults, fault{slices.Clone(pointer), rule, message})
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
		if i+6 >= len(text) || text[i+1] != '\\' || text[i+2] != 'u' || utf16.DecodeRune(first, escaped(text[i+3:])) == utf8.RuneError {
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
