package recipe

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// variable is how one stands in a text.
var variable = regexp.MustCompile(`\$\{([a-z][a-z0-9_]*)\}`)

// given are the variables that are there from the beginning.
var given = []string{"nobody", "username", "password"}

// used adds the names of the variables that are in a value.
func used(v any, names map[string]bool) {
	switch v := v.(type) {
	case string:
		for _, m := range variable.FindAllStringSubmatch(v, -1) {
			names[m[1]] = true
		}
	case map[string]any:
		for _, member := range v {
			used(member, names)
		}
	case []any:
		for _, element := range v {
			used(element, names)
		}
	}
}

// uses returns the variables that a step has to be given, sorted.
func (s Step) uses() []string {
	names := map[string]bool{}
	used(s.Path, names)
	for _, texts := range []map[string]string{s.Query, s.Header} {
		for _, text := range texts {
			used(text, names)
		}
	}
	used(s.Body, names)
	used(s.Want, names)
	if s.Undo != nil {
		used(s.Undo.Path, names)
	}
	for _, made := range s.Make {
		if made == MadeEncryptedPIN {
			names["set_pin"] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// gives returns the variables that a step sets, sorted.
func (s Step) gives() []string {
	return slices.Sorted(func(yield func(string) bool) {
		for name := range s.Keep {
			if !yield(name) {
				return
			}
		}
		for name := range s.Make {
			if !yield(name) {
				return
			}
		}
	})
}

// variables are the values that a run has so far.
type variables map[string]any

// fill has the values in the place of the variables. A text that is nothing but a variable becomes the value itself.
func (vs variables) fill(v any) any {
	switch v := v.(type) {
	case string:
		if m := variable.FindStringSubmatch(v); m != nil && m[0] == v {
			return vs[m[1]]
		}
		return vs.text(v, func(s string) string { return s })
	case map[string]any:
		filled := make(map[string]any, len(v))
		for name, member := range v {
			filled[name] = vs.fill(member)
		}
		return filled
	case []any:
		filled := make([]any, len(v))
		for i, element := range v {
			filled[i] = vs.fill(element)
		}
		return filled
	}
	return v
}

// text fills a text, with each value escaped.
func (vs variables) text(text string, escape func(string) string) string {
	return variable.ReplaceAllStringFunc(text, func(name string) string {
		return escape(fmt.Sprint(vs[name[2:len(name)-1]]))
	})
}
