package partnertest

import (
	"errors"
	"fmt"
	"iter"
	"testing"

	"github.com/oapi-codegen/nullable"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// ErrUnset is what a method returns whose function is not set, wrapped with the name of the method.
var ErrUnset = errors.New("partnertest: the function is not set")

// New returns a Client whose services are fakes, and the fakes. None of their functions is set; set those that the test
// needs before the Client is used by another goroutine. The Client connects to nothing.
func New(t testing.TB) (*partner.Client, *Fakes) {
	t.Helper()
	fakes := new(Fakes)
	return &partner.Client{Services: fakes.services(t)}, fakes
}

// unset fails the test by the name of the method and returns an error that has it too. It does not end the test at
// once, as t.Fatalf would: that may only be called from the goroutine of the test, and a client is called from any. In
// another one it would end that goroutine alone, and the test would hang waiting for it.
func unset(t testing.TB, method string) error {
	if t != nil {
		t.Helper()
		t.Errorf("partnertest: %s was called and is not set", method)
	}
	return fmt.Errorf("%w: %s", ErrUnset, method)
}

// walk is the iterator over a list that a test gave page by page. Like the client's, it ends with the first error, and
// does not go to the same page twice.
func walk[At comparable, T any](at *At, list func(at *At) (items []T, next *At, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		seen := map[At]bool{}
		for at := at; ; {
			if at != nil {
				seen[*at] = true
			}
			items, next, err := list(at)
			if err != nil {
				yield(*new(T), err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == nil {
				return
			}
			if seen[*next] {
				yield(*new(T), partner.ErrCursorRepeated)
				return
			}
			at = next
		}
	}
}

// nextCursor returns where the next page is, or nil after the last. The member is a Nullable where it may be left out,
// and a pointer where it may not.
func nextCursor[C nullable.Nullable[string] | *string](next C) *string {
	var cursor *string
	switch next := any(next).(type) {
	case nullable.Nullable[string]:
		if text, err := next.Get(); err == nil {
			cursor = &text
		}
	case *string:
		cursor = next
	}
	if cursor == nil || *cursor == "" {
		return nil
	}
	return cursor
}

// nextOffset returns where the page after n items is, or nil when there is none.
func nextOffset(at *int, n int, count int64) *int {
	next := n
	if at != nil {
		next += *at
	}
	if n == 0 || int64(next) >= count {
		return nil
	}
	return &next
}
