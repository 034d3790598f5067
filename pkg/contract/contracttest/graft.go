package contracttest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// graft puts a value into the place of a JSON pointer of a text. It reports false if there is no such place: if what
// would have it is not there, or is no object and no array.
func graft(content []byte, pointer string, value json.RawMessage) (body, bool) {
	whole, err := decodeNumbers(content)
	if err != nil {
		return nil, false
	}
	put, ok := grafted(whole, unescaped(pointer), value)
	if !ok {
		return nil, false
	}
	encoded, err := json.Marshal(put)
	return encoded, err == nil
}

func grafted(v any, path []string, value json.RawMessage) (any, bool) {
	if len(path) == 0 {
		return value, true
	}
	switch v := v.(type) {
	case map[string]any:
		member, has := v[path[0]]
		if !has && len(path) > 1 {
			return nil, false
		}
		put, ok := grafted(member, path[1:], value)
		v[path[0]] = put
		return v, ok
	case []any:
		i, err := strconv.Atoi(path[0])
		switch {
		case err != nil || i < 0 || i > len(v) || i == len(v) && len(path) > 1:
			return nil, false
		case i == len(v):
			return append(v, value), true
		}
		put, ok := grafted(v[i], path[1:], value)
		v[i] = put
		return v, ok
	}
	return nil, false
}

// cut takes away what is at a JSON pointer of a text. It reports false if there is nothing.
func cut(content []byte, pointer string) (body, bool) {
	value, err := decodeNumbers(content)
	if err != nil {
		return nil, false
	}
	var path []any
	for _, name := range unescaped(pointer) {
		array, isArray := value.([]any)
		if !isArray { // A member may be called 0.
			path, value = append(path, name), member(value, name)
			continue
		}
		i, err := strconv.Atoi(name)
		if err != nil || i < 0 || i >= len(array) {
			return nil, false
		}
		path, value = append(path, i), array[i]
	}
	if len(path) == 0 {
		return nil, false
	}
	return drop(content, path)
}

// valueAt is what a text has at a JSON pointer.
func valueAt(content []byte, pointer string) (json.RawMessage, bool) {
	whole, err := decodeNumbers(content)
	if err != nil {
		return nil, false
	}
	for _, name := range unescaped(pointer) {
		switch v := whole.(type) {
		case map[string]any:
			member, has := v[name]
			if !has {
				return nil, false
			}
			whole = member
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			whole = v[i]
		default:
			return nil, false
		}
	}
	encoded, err := json.Marshal(whole)
	return encoded, err == nil
}

// unescaped are the names of a JSON pointer.
func unescaped(pointer string) []string {
	if pointer == "" {
		return nil
	}
	names := splitPointer(pointer)
	for i, name := range names {
		if strings.Contains(name, "~") {
			names[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
		}
	}
	return names
}

// pointerOf is the JSON pointer of a path.
func pointerOf(path []any) string {
	pointer := ""
	for _, part := range path {
		pointer += "/" + escapePointer(fmt.Sprint(part))
	}
	return pointer
}

func hasPrefixFold(text, prefix string) bool {
	return len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix)
}

// propertiesOf are the names of all members that a schema has, in any of its forms.
func propertiesOf(s *openapi3.Schema) []string {
	names := sortedKeys(s.Properties)
	for _, list := range []openapi3.SchemaRefs{s.AllOf, s.OneOf, s.AnyOf} {
		for _, form := range list {
			names = append(names, propertiesOf(form.Value)...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// grafting puts a value into the body of a request.
func grafting(pointer string, raw json.RawMessage) func(step) (step, bool) {
	return func(s step) (step, bool) {
		if s.Body == nil {
			return s, false
		}
		changed, ok := graft(*s.Body, pointer, raw)
		s.Body = &changed
		return s, ok
	}
}
