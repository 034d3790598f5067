package bank

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
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
