package partner

import (
	"time"

	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"
	openapi_types "github.com/oapi-codegen/runtime/types"
)

// UUID is the id of nearly everything.
type UUID = uuid.UUID

// Date is a calendar day.
type Date = openapi_types.Date

// NewDate returns a calendar day. A day that the calendar does not have counts on, as time.Date does: the 31st of
// February is a day of March.
func NewDate(year int, month time.Month, day int) Date {
	return Date{Time: time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}

// Nullable is a member that can have a value, be null, or be left out: its zero value is left out.
type Nullable[T any] = nullable.Nullable[T]

// Value returns a Nullable that has a value.
func Value[T any](v T) Nullable[T] { return nullable.NewNullableWithValue(v) }

// Null returns a Nullable that is null.
func Null[T any]() Nullable[T] { return nullable.NewNullNullable[T]() }

// Ptr returns a pointer to a value, for optional members.
func Ptr[T any](v T) *T { return &v }
