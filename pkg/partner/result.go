package partner

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"reflect"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// do sends what a builder returned and decodes the answer.
func do[T any](ctx context.Context, c *core, request partnerapi.Request, invalid error,
	options []CallOption) (*T, error) {
	r := newCall(c, request, invalid, options)
	if r.paged && r.ownKey {
		r.reject(ErrKeyedWalk)
	}
	a, err := r.run(ctx)
	if err != nil {
		return nil, err
	}
	result := new(T)
	if err := decode(a, result); err != nil {
		return nil, r.unreadable(a, err)
	}
	return result, nil
}

// doSlice is do for an answer that is itself a list.
func doSlice[T any](ctx context.Context, c *core, request partnerapi.Request, invalid error,
	options []CallOption) ([]T, error) {
	result, err := do[[]T](ctx, c, request, invalid, options)
	if err != nil {
		return nil, err
	}
	return *result, nil
}

// doEmpty is do for an answer without a body.
func doEmpty(ctx context.Context, c *core, request partnerapi.Request, invalid error, options []CallOption) error {
	_, err := newCall(c, request, invalid, options).run(ctx)
	return err
}

func decode(a *answer, into any) error {
	contentType := a.header.Get("Content-Type")
	if contentType != "application/json" {
		if mediaType, _, err := mime.ParseMediaType(contentType); err != nil || mediaType != "application/json" {
			return errors.New("the answer is not application/json")
		}
	}
	switch text := bytes.TrimSpace(a.body); {
	case len(text) == 0:
		return errors.New("the answer is empty")
	case string(text) == "null" && reflect.TypeOf(into).Elem().Kind() != reflect.Slice: // Some call an empty list null.
		return errors.New("the answer is empty")
	}
	if err := json.Unmarshal(a.body, into); err != nil {
		// The cause may quote the answer, which may hold personal data.
		return fmt.Errorf("the answer does not fit the contract: %s", decodeReason(err))
	}
	return nil
}

// decodeReason says why a text did not decode, without any of it.
func decodeReason(err error) string {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Sprintf("member %s is no %s", kind.Field, kind.Type)
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf("it is not JSON at byte %d", syntax.Offset)
	}
	return "a value is malformed"
}
