package partner

import (
	"errors"
	"iter"
	"slices"

	"github.com/oapi-codegen/nullable"
)

// ErrCursorRepeated means that a list leads back to an earlier page. Following it would never end.
var ErrCursorRepeated = errors.New("partner: the list repeats a cursor")

// ErrKeyedWalk means that an iterator was given an idempotency key. Nothing was sent: a key names one request, and each
// page is another. Fetch the pages one by one with List to choose their keys.
var ErrKeyedWalk = errors.New("partner: an iterator takes no idempotency key, as each page is a request of its own")

// paged marks the calls of an iterator by their options.
func paged(options []CallOption) []CallOption {
	return append(slices.Clip(options), func(c *callConfig) { c.paged = true })
}

// cursorPages walks a cursor list, from the cursor that the caller gave, if any. It ends with the first error.
func cursorPages[P, T any](start *string, fetch func(cursor *string) (*P, error),
	parts func(*P) (items []T, next string)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		seen := map[string]bool{}
		if start != nil {
			seen[*start] = true
		}
		for cursor := start; ; {
			page, err := fetch(cursor)
			if err != nil {
				yield(*new(T), err)
				return
			}
			items, next := parts(page)
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			if seen[next] {
				yield(*new(T), ErrCursorRepeated)
				return
			}
			seen[next] = true
			cursor = &next
		}
	}
}

// cursorOf is the cursor of the next page, or empty when there is none. The member is a Nullable where it may be left
// out, and a pointer where it may not.
func cursorOf[C nullable.Nullable[string] | *string](next C) string {
	switch next := any(next).(type) {
	case nullable.Nullable[string]:
		cursor, _ := next.Get()
		return cursor
	case *string:
		if next != nil {
			return *next
		}
	}
	return ""
}

// offsetPages walks an offset list, from the offset that the caller gave, if any. It ends with the first error, with a
// page without items, or when count is reached.
func offsetPages[P, T any](start *int, fetch func(offset *int) (*P, error),
	parts func(*P) (items []T, count int64)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		offset := 0
		if start != nil {
			offset = *start
		}
		for at := start; ; {
			page, err := fetch(at)
			if err != nil {
				yield(*new(T), err)
				return
			}
			items, count := parts(page)
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			offset += len(items)
			if len(items) == 0 || int64(offset) >= count {
				return
			}
			next := offset
			at = &next
		}
	}
}
