package schematest

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	maxDepth  = 64
	maxNumber = 1_000
)

// document is a JSON text that was read strictly.
type document struct {
	value any
	// faults are rules of the strict reading that were broken. When there are any, value is of no use.
	faults int
}

// readStrictly decodes exactly one JSON value. Numbers keep their digits. It refuses text that is not UTF-8, escapes of
// half a surrogate pair, repeated members at any depth, numbers of more than maxNumber characters, and more than
// maxDepth levels.
func readStrictly(text []byte) document {
	if !utf8.Valid(text) {
		return document{faults: 1}
	}
	if !json.Valid(text) {
		return document{faults: 1}
	}
	if loneSurrogate(text) {
		return document{faults: 1}
	}
	r := reader{decoder: json.NewDecoder(bytes.NewReader(text))}
	r.decoder.UseNumber()
	r.value = r.read(0)
	return r.document
}

type reader struct {
	decoder *json.Decoder
	document
	deep bool
}

// read returns the next value. The text is known to be well-formed, so an error of the decoder means that it was given
// up.
func (r *reader) read(depth int) any {
	token, err := r.decoder.Token()
	if err != nil || r.deep {
		return nil
	}
	delim, ok := token.(json.Delim)
	if !ok {
		if number, ok := token.(json.Number); ok && len(number) > maxNumber {
			r.faults++
		}
		return token
	}
	if depth >= maxDepth {
		r.deep = true
		r.faults++
		return nil
	}
	if delim == '[' {
		array := []any{}
		for r.decoder.More() && !r.deep {
			array = append(array, r.read(depth+1))
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
		object[name] = r.read(depth + 1)
		if repeated {
			r.faults++
		}
	}
	_, _ = r.decoder.Token()
	return object
}

// loneSurrogate finds escapes such as \ud800 without its other half, which decoders replace and so confuse with each
// other. The text is well-formed JSON.
func loneSurrogate(text []byte) bool {
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
