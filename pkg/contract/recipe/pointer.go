package recipe

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// steps are those of a JSON pointer. The pointer of the whole is empty.
func steps(pointer string) ([]string, error) {
	if pointer == "" {
		return nil, nil
	}
	if !strings.HasPrefix(pointer, "/") {
		return nil, fmt.Errorf("%q is no JSON pointer: it begins with /", pointer)
	}
	all := strings.Split(pointer[1:], "/")
	for i, step := range all {
		all[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
	}
	return all, nil
}

// Find returns what is at a JSON pointer in a decoded value: of a pointer with a *, what is there in each element. It
// returns nothing if nothing is there, and fails if the pointer is none.
func Find(in any, pointer string) ([]any, error) { return find(in, pointer) }

// find returns what is at a pointer: of a pointer with a *, what is there in each element.
func find(in any, pointer string) ([]any, error) {
	path, err := steps(pointer)
	if err != nil {
		return nil, err
	}
	found := []any{in}
	for _, step := range path {
		var next []any
		for _, v := range found {
			next = append(next, under(v, step)...)
		}
		found = next
	}
	return found, nil
}

func under(v any, step string) []any {
	switch v := v.(type) {
	case map[string]any:
		if member, ok := v[step]; ok {
			return []any{member}
		}
	case []any:
		if step == "*" {
			return v
		}
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(v) {
			return v[i : i+1]
		}
	}
	return nil
}

// put puts a value into the place of a pointer, or makes a member there.
func put(in any, pointer string, value any) (any, error) {
	path, err := steps(pointer)
	if err != nil {
		return nil, err
	}
	return change(in, path, func() (any, bool) { return value, true })
}

// remove removes the member at a pointer.
func remove(in any, pointer string) (any, error) {
	path, err := steps(pointer)
	if err != nil {
		return nil, err
	}
	return change(in, path, func() (any, bool) { return nil, false })
}

// change has a function say what is at the end of a path, and whether anything is.
func change(in any, path []string, to func() (value any, is bool)) (any, error) {
	if len(path) == 0 {
		value, is := to()
		if !is {
			return nil, errors.New("only a member can be left out")
		}
		return value, nil
	}
	step, rest := path[0], path[1:]
	switch v := in.(type) {
	case map[string]any:
		if _, is := to(); len(rest) == 0 && !is {
			delete(v, step)
			return v, nil
		}
		if _, is := v[step]; len(rest) > 0 && !is {
			break
		}
		changed, err := change(v[step], rest, to)
		v[step] = changed
		return v, err
	case []any:
		i, err := strconv.Atoi(step)
		if err != nil || i < 0 || i >= len(v) {
			break
		}
		v[i], err = change(v[i], rest, to)
		return v, err
	}
	return nil, fmt.Errorf("there is no %s", step)
}
