package schemagen

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
)

// A value is nil, a bool, a string, a number as it is spelled, a list, or an object. It is a tree and not a text, so
// that one place of it can be replaced.
type (
	number string
	list   []any
	object []member
	member struct {
		name  string
		value any
	}
)

// encode spells a value without blanks, its members in the order that they have.
func encode(v any) []byte { return appendValue(nil, v) }

func appendValue(to []byte, v any) []byte {
	switch v := v.(type) {
	case bool:
		if v {
			return append(to, "true"...)
		}
		return append(to, "false"...)
	case string:
		return schema.AppendString(to, v)
	case number:
		return append(to, v...)
	case list:
		to = append(to, '[')
		for i, item := range v {
			if i > 0 {
				to = append(to, ',')
			}
			to = appendValue(to, item)
		}
		return append(to, ']')
	case object:
		to = append(to, '{')
		for i, m := range v {
			if i > 0 {
				to = append(to, ',')
			}
			to = appendValue(append(schema.AppendString(to, m.name), ':'), m.value)
		}
		return append(to, '}')
	}
	return append(to, "null"...)
}

// valueOf makes a value of one of the document: of an enum, an example or a default.
func valueOf(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, string:
		return v, nil
	case []any:
		items := make(list, len(v))
		for i := range v {
			item, err := valueOf(v[i])
			if err != nil {
				return nil, err
			}
			items[i] = item
		}
		return items, nil
	case map[string]any:
		members := make(object, 0, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			value, err := valueOf(v[name])
			if err != nil {
				return nil, err
			}
			members = append(members, member{name, value})
		}
		return members, nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("a value of the document: %w", err)
	}
	if len(text) > 0 && (text[0] == '-' || text[0] >= '0' && text[0] <= '9') {
		return number(text), nil
	}
	var again any
	if err := json.Unmarshal(text, &again); err != nil {
		return nil, fmt.Errorf("a value of the document: %w", err)
	}
	return valueOf(again)
}

// pointerTo appends a step to a JSON pointer.
func pointerTo(pointer, name string) string {
	return pointer + "/" + escaper.Replace(name)
}

var escaper = strings.NewReplacer("~", "~0", "/", "~1")

// pointerOf spells where a fault is.
func pointerOf(steps []any) string {
	pointer := ""
	for _, s := range steps {
		pointer = pointerTo(pointer, fmt.Sprint(s))
	}
	return pointer
}
