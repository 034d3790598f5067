package partner

import (
	"errors"
	"iter"

	"github.com/oapi-codegen/nullable"
)

// ErrCursorRepeated means that a list leads back to an earlier page. Following it would never end.
var ErrCursorRepeated = errors.New("partner: the list repeats a cursor")

// cursorPages walks a cursor list, from the cursor that the caller gave, if any. It ends with the first error.
func cursorPages[P, T any](start *string, fetch func(cursor *string) (*P, error),
	parts func(*P) ([]T, nullable.Nullable[string])) iter.Seq2[T, error] {
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
			following, err := next.Get()
			if err != nil || following == "" {
				return
			}
			if seen[following] {
				yield(*new(T), ErrCursorRepeated)
				return
			}
			seen[following] = true
			cursor = &following
		}
	}
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
