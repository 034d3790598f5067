package otherbank

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// strictJSON reads one JSON value, of which no two readers can have different views: with no member twice, in whatever
// case, and nothing behind it. Numbers stay as they are.
func strictJSON(text []byte) (any, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	v, err := strictValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something behind it")
	}
	return v, nil
}

const mostDepth = 40

func strictValue(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	if err != nil || depth > mostDepth {
		return nil, errors.New("no JSON, or too deep")
	}
	switch token {
	case json.Delim('{'):
		members, seen := map[string]any{}, map[string]bool{}
		for d.More() {
			token, err := d.Token()
			name, isText := token.(string)
			if err != nil || !isText || seen[strings.ToLower(name)] {
				return nil, errors.New("no name of a member, or one that is there already")
			}
			seen[strings.ToLower(name)] = true
			if members[name], err = strictValue(d, depth+1); err != nil {
				return nil, err
			}
		}
		_, err := d.Token()
		return members, err
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := strictValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	}
	if _, isDelimiter := token.(json.Delim); isDelimiter {
		return nil, errors.New("a bracket too many")
	}
	return token, nil
}

// A form says what a value has to be: what is wrong with it, or "", and where in it.
type form func(v any) (wrong string, where []any)

// A member of an object.
type member struct {
	presence presence
	form     form
}

type presence int

const (
	optional presence = iota
	required
)

// An object is a form of its own.
type object map[string]member

func (o object) check(v any) (string, []any) {
	members, ok := v.(map[string]any)
	if !ok {
		return "an object is wanted", nil
	}
	for name := range members {
		for known := range o {
			if strings.EqualFold(name, known) && name != known {
				return "a member is spelled otherwise", []any{known}
			}
		}
	}
	for name, m := range o {
		v, has := members[name]
		if !has && m.presence == required {
			return "this member is missing", []any{name}
		}
		if has {
			if wrong, where := m.form(v); wrong != "" {
				return wrong, append([]any{name}, where...)
			}
		}
	}
	return "", nil
}

func texts(least, most int) form {
	return func(v any) (string, []any) {
		s, ok := v.(string)
		if n := utf8.RuneCountInString(s); !ok || n < least || n > most {
			return fmt.Sprintf("a text of %d to %d characters is wanted", least, most), nil
		}
		return "", nil
	}
}

var anyText = texts(0, 100_000)

func like(is func(string) bool, wrong string) form {
	return func(v any) (string, []any) {
		if s, ok := v.(string); !ok || !is(s) {
			return wrong, nil
		}
		return "", nil
	}
}

func oneOf(allowed ...string) form {
	return like(func(s string) bool { return slices.Contains(allowed, s) }, "one of a few words is wanted")
}

func whole(least, most int64) form {
	return func(v any) (string, []any) {
		n, ok := v.(json.Number)
		i, err := strconv.ParseInt(string(n), 10, 64)
		if !ok || err != nil || i < least || i > most {
			return "a whole number within bounds is wanted", nil
		}
		return "", nil
	}
}

func listOf(least int, element form) form {
	return func(v any) (string, []any) {
		list, ok := v.([]any)
		if !ok || len(list) < least {
			return "a list is wanted, and not an empty one", nil
		}
		for i := range list {
			if wrong, where := element(list[i]); wrong != "" {
				return wrong, append([]any{i}, where...)
			}
		}
		return "", nil
	}
}

func orNull(f form) form {
	return func(v any) (string, []any) {
		if v == nil {
			return "", nil
		}
		return f(v)
	}
}

var (
	uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	isUUID   = uuidForm.MatchString
	anID     = like(isUUID, "a UUID is wanted")
	aMoment  = like(isMoment, "a time is wanted")
)

func isMoment(s string) bool {
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	isOdd := strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune("\"<>\\^`{|}", r)
	})
	if err != nil || isOdd || !u.IsAbs() || len(s) <= len(u.Scheme)+1 {
		return false
	}
	// A URL of HTTP has a host (RFC 9110, 4.2.1).
	return u.Host != "" || u.Path == "" && u.Opaque != "" || !strings.HasPrefix(u.Scheme, "http") && u.Path != ""
}

// read is the body of a call, which has to have a form.
func (b *Bank) read(c *call, o object) (map[string]any, *refusal) {
	v, err := strictJSON(c.body)
	if err != nil {
		return nil, unfit("json", "The body is no JSON, or not plain", "body")
	}
	if wrong, where := o.check(v); wrong != "" {
		return nil, unfit("form", "Not like this: "+wrong, append([]any{"body"}, where...)...)
	}
	given := v.(map[string]any) //nolint:forcetypeassert // The form says so.
	for name := range given {
		if _, known := o[name]; !known && b.mood.Strict {
			return nil, unfit("unknown", "There is no such member", "body")
		}
	}
	return given, nil
}

// A query is what a call asks for. Lists have brackets, or may be there several times.
type query map[string]form

// asked are the parameters of a call, each as often as it is there.
func (b *Bank) asked(c *call, q query) (map[string][]string, *refusal) {
	values, err := url.ParseQuery(c.URL.RawQuery)
	if err != nil {
		return nil, unfit("query", "The query cannot be read", "query")
	}
	for name, all := range values {
		f, known := q[name]
		if !known && b.mood.Strict {
			return nil, unfit("unknown", "There is no such parameter", "query")
		}
		if !known {
			continue
		}
		if len(all) > 1 && !strings.Contains(name, "[") {
			return nil, unfit("twice", "Once is enough", "query", name)
		}
		for _, value := range all {
			if wrong, _ := f(value); wrong != "" {
				return nil, unfit("form", "Not like this: "+wrong, "query", name)
			}
		}
	}
	return values, nil
}
