package partner

import (
	"time"

	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"
	openapi_types "github.com/oapi-codegen/runtime/types"
)

// UUID identifies nearly everything in the API.
type UUID = uuid.UUID

// Date is a calendar day.
type Date = openapi_types.Date

// NewDate returns a calendar day. Like time.Date, it normalizes a day that the calendar does not have: the 31st of
// February is a day in March.
func NewDate(year int, month time.Month, day int) Date {
	return Date{Time: time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}

// Nullable is a member that has a value, is null, or is left out. Its zero value is left out. A member that may be null
// and not left out is a pointer.
type Nullable[T any] = nullable.Nullable[T]

// Value returns a Nullable that has a value.
func Value[T any](v T) Nullable[T] { return nullable.NewNullableWithValue(v) }

// Null returns a Nullable that is null.
func Null[T any]() Nullable[T] { return nullable.NewNullNullable[T]() }

// Ptr returns a pointer to a value, for an optional member.
func Ptr[T any](v T) *T { return &v }
