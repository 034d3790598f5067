// Package services has what generated services need of their package, as pkg/partner has it.
package services

import (
	"context"
	"errors"
	"iter"

	"github.com/oapi-codegen/nullable"

	"github.com/jiko-partner/partner-go/internal/generator/testdata/golden/api"
)

type core struct{}

// CallOption stands for an option of a call.
type CallOption func()

// New makes the services.
func New() Services { return newServices(new(core)) }

var errNothing = errors.New("nothing is sent")

func do[T any](context.Context, *core, api.Request, error, []CallOption) (*T, error) {
	return nil, errNothing
}

func doSlice[T any](context.Context, *core, api.Request, error, []CallOption) ([]T, error) {
	return nil, errNothing
}

func doEmpty(context.Context, *core, api.Request, error, []CallOption) error { return errNothing }

func paged(options []CallOption) []CallOption { return options }

func cursorPages[P, T any](*string, func(*string) (*P, error), func(*P) ([]T, string)) iter.Seq2[T, error] {
	return nil
}

func cursorOf[C nullable.Nullable[string] | *string](C) string { return "" }

func offsetPages[P, T any](*int, func(*int) (*P, error), func(*P) ([]T, int64)) iter.Seq2[T, error] {
	return nil
}
