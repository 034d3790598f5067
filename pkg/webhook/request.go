package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// NewRequest builds a signed delivery, as the provider sends it. An event is
//   - one of the types of Event.Data, whose event_type is set by its Go type;
//   - an Event or *Event, sent as its Raw;
//   - a []byte or a json.RawMessage, sent as it is, whatever it is;
//   - anything else that encodes to an event, such as a partnerapi.Event or a map.
//
// It fails with ErrBody if Parse would refuse the event, unless that is given as bytes, and with signing.ErrInput if
// the secret is empty.
func NewRequest(ctx context.Context, url string, secret signing.Secret, event any) (*http.Request, error) {
	body, err := encode(event)
	if err != nil {
		return nil, err
	}
	signature, err := signing.SignWebhook(secret, body)
	if err != nil {
		return nil, fmt.Errorf("webhook: sign a delivery: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("webhook: build a delivery: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(signing.HeaderSignature, signature)
	return r, nil
}

func encode(event any) ([]byte, error) {
	switch e := event.(type) {
	case []byte:
		return e, nil
	case json.RawMessage:
		return e, nil
	case Event:
		event = e.Raw
	case *Event:
		if e == nil {
			return nil, refuse("it is nil")
		}
		event = e.Raw
	case partnerapi.EventVariant:
		union, err := partnerapi.NewEvent(e)
		if err != nil {
			return nil, fmt.Errorf("webhook: encode an event: %w", err)
		}
		event = union
	}
	body, ok := event.(json.RawMessage)
	if !ok {
		var err error
		if body, err = json.Marshal(event); err != nil {
			return nil, fmt.Errorf("webhook: encode an event: %w", err)
		}
	}
	if _, err := Parse(body); err != nil {
		return nil, err
	}
	return body, nil
}
