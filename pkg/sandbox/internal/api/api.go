package api

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/oapi-codegen/nullable"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// Server serves the contract. What the bank refuses is returned as the error that it is.
type Server struct {
	partnerserver.UnimplementedStrictServer

	// Knows reports whether a username and a password are right.
	Knows func(username, password string) bool
	// Link returns the address of a document for whoever calls now, who needs nothing else to get it. It ends soon.
	Link func(ctx context.Context, name bank.DocumentName) string
}

func from(ctx context.Context) *bank.Tx { return bank.FromContext(ctx) }

// usd is an amount of money, with the text that a person reads.
func usd(cents int64) partnerapi.Money {
	return partnerapi.Money{Value: cents, Currency: "USD", Formatted: ptr(dollars(cents))}
}

// dollars is an amount as a person reads it, such as $1,234.56.
func dollars(cents int64) string {
	text := make([]byte, 0, 24)
	rest := uint64(cents) //nolint:gosec // The sign is dealt with.
	if cents < 0 {
		text = append(text, '-')
		rest = -rest
	}
	text = append(text, '$')
	whole := strconv.FormatUint(rest/100, 10)
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			text = append(text, ',')
		}
		text = append(text, whole[i])
	}
	rest %= 100
	return string(append(text, '.', byte('0'+rest/10), byte('0'+rest%10)))
}

func date(d calendar.Date) openapi_types.Date { return openapi_types.Date{Time: d.Midnight()} }

func ptr[T any](v T) *T { return &v }

// value returns what a pointer points to, or the zero value.
func value[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}

// set replaces a value if another one is given.
func set[T any](current *T, given *T) {
	if given != nil {
		*current = *given
	}
}

// keep replaces a value if another one is given.
func keep[T any](current **T, given *T) {
	if given != nil {
		*current = given
	}
}

// query is a page of a list that goes by cursors.
func query(cursor *string, limit *int, order *partnerapi.Order) bank.Query {
	return bank.Query{Cursor: value(cursor), Limit: value(limit),
		Ascending: order != nil && *order == partnerapi.OrderAsc}
}

// pack keeps what the bank has no rule about.
func pack(v any) (json.RawMessage, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("keep a %T: %w", v, err)
	}
	return data, nil
}

// unpack is the reverse of pack.
func unpack(data json.RawMessage, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("read a %T again: %w", v, err)
	}
	return nil
}

// cursor is null if it is empty.
func cursor(text string) nullable.Nullable[string] {
	if text == "" {
		return nullable.NewNullNullable[string]()
	}
	return nullable.NewNullableWithValue(text)
}
