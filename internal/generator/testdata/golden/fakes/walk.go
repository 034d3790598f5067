// Package fakes has what generated fakes need of their package, as pkg/partner/partnertest has it.
package fakes

import (
	"iter"
	"testing"

	"github.com/oapi-codegen/nullable"

	"github.com/jiko-partner/partner-go/internal/generator/testdata/golden/services"
)

// New returns fakes as services.
func New(t testing.TB) services.Services { return new(Fakes).services(t) }

func unset(testing.TB, string) error { return nil }

func walk[At comparable, T any](*At, func(*At) ([]T, *At, error)) iter.Seq2[T, error] { return nil }

func nextCursor[C nullable.Nullable[string] | *string](C) *string { return nil }

func nextOffset(*int, int, int64) *int { return nil }
