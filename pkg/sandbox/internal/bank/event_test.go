package bank

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/uuid"
)

func TestTheSecretOfASubscriptionIsStoredAndNotPrinted(t *testing.T) {
	const text = "MARKER-0123456789"
	s := &Subscription{Secret: text}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", s.Secret)
	for _, printed := range []string{
		log.String(), fmt.Sprintf("%v %+v %#v %s %q %x", s.Secret, s, *s, s.Secret, s.Secret, s.Secret),
	} {
		if strings.Contains(printed, "MARKER") || !strings.Contains(printed, "[redacted]") {
			t.Errorf("printed as %s", printed)
		}
	}
}

// Deliveries are to come: what they note is shown with the event, oldest first, and found by the subscription.
func TestAttemptsBelongToAnEventAndToASubscription(t *testing.T) {
	b, err := Open(Config{})
	if err != nil {
		t.Fatal(err)
	}
	err = b.Do(t.Context(), func(x *Tx) error {
		s, err := x.CreateSubscription(Subscription{URL: "http://localhost/", Events: []string{"application.approved"}})
		if err != nil {
			return err
		}
		event := Event{ID: uuid.New(), Type: "application.approved", Time: x.Now(), Payload: []byte(`{}`)}
		if err := x.TriggerEvent(event); err != nil {
			return err
		}
		for _, code := range []int32{503, 202} {
			if _, err := x.AddAttempt(Attempt{EventID: event.ID, SubscriptionID: s.ID, Code: code}); err != nil {
				return err
			}
		}
		if err := x.DeleteSubscription(s.ID); err != nil {
			return err
		}
		for name, rows := range map[string]interface{ Len() int }{
			"of the event": x.Attempts(event.ID), "to the subscription": x.AttemptsTo(s.ID),
		} {
			if rows.Len() != 2 {
				t.Errorf("there are %d attempts %s", rows.Len(), name)
			}
		}
		if first, _ := x.Attempts(event.ID).At(0); first.Code != 503 || first.ID == uuid.Nil {
			t.Errorf("the first attempt is %+v", first)
		}
		for name, a := range map[string]Attempt{
			"of no event":                   {EventID: uuid.New(), SubscriptionID: s.ID},
			"to who has not subscribed":     {EventID: event.ID, SubscriptionID: uuid.New()},
			"of no event and no subscriber": {},
		} {
			refused := (*Refusal)(nil)
			if _, err := x.AddAttempt(a); !errors.As(err, &refused) || refused.Kind != NotFound {
				t.Errorf("an attempt %s is noted", name)
			}
		}
		return nil
	})
	if err := errors.Join(err, b.Check()); err != nil {
		t.Error(err)
	}
}
