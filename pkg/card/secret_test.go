package card_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/card"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

func opened(t *testing.T) card.Details {
	t.Helper()
	key := sharedKey(t)
	public := key.PublicPEM()
	details, err := key.Decrypt(seal(public, "4929123456787893"), seal(public, "8642"), seal(public, "07/2031"))
	if err != nil {
		t.Fatal(err)
	}
	return details
}

func TestDetailsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	details := opened(t)
	type hidden struct {
		pan     card.PAN
		secret  signing.Secret
		details card.Details
		pointer *card.Details
	}
	values := map[string]any{
		"PAN": details.PAN, "CVV": details.CVV, "expiration": details.Expiration, "details": details,
		"pointer":          &details,
		"pointer to a PAN": &details.PAN, "pointer to a secret": &details.CVV,
		"slice": []card.Details{details}, "map": map[string]card.PAN{"a": details.PAN},
		"any":               []any{details.PAN, &details.CVV},
		"struct":            struct{ Details card.Details }{details},
		"embedded":          struct{ card.Details }{details},
		"unexported fields": hidden{details.PAN, details.CVV, details, &details},
		"their pointer":     &hidden{details.PAN, details.CVV, details, &details},
	}
	check := func(t *testing.T, how, text string) {
		t.Helper()
		// Not the CVV: addresses may have its digits by chance, and it is of the same type as the expiration date.
		for _, value := range []string{"4929123456787893", "07/2031"} {
			numbers := fmt.Sprintf("%d", []byte(value))
			for _, spelling := range []string{value, fmt.Sprintf("%x", value), fmt.Sprintf("%X", value),
				strings.Trim(numbers, "[]")} {
				if strings.Contains(text, spelling) {
					t.Errorf("%s prints a detail: %s", how, text)
				}
			}
		}
	}
	for name, value := range values {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%#q", "%x", "% x", "%#X", "%d", "%c", "%U",
				"%t", "%e", "%10.3s", "%p", "%z"} {
				check(t, verb, fmt.Sprintf(verb, value))
			}
			check(t, "Sprint", fmt.Sprint(value))
			check(t, "Errorf", fmt.Errorf("opening %v", value).Error())
			encoded, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			check(t, "json", string(encoded))
			var log bytes.Buffer
			slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "value", value, slog.Group("g", "value", value))
			slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", value, slog.Group("g", "value", value))
			check(t, "slog", log.String())
			// Not everything has an encoding in these; what has one is redacted.
			if encoded, err := xml.Marshal(value); err == nil {
				check(t, "xml", string(encoded))
			}
			var b bytes.Buffer
			_ = gob.NewEncoder(&b).Encode(value)
			check(t, "gob", b.String())
		})
	}
}

func TestDetailsPrintAsRedacted(t *testing.T) {
	t.Parallel()
	details := opened(t)
	encoded, err := json.Marshal(details)
	if err != nil {
		t.Fatal(err)
	}
	for got, want := range map[string]string{
		fmt.Sprintf("%+v", details):     "{PAN:[redacted] CVV:[redacted] Expiration:[redacted]}",
		string(encoded):                 `{"PAN":"[redacted]","CVV":"[redacted]","Expiration":"[redacted]"}`,
		details.PAN.GoString():          "[redacted]",
		details.CVV.String():            "[redacted]",
		details.CVV.LogValue().String(): "[redacted]",
		details.PAN.LastFour():          "7893",
		fmt.Sprint(card.Details{}):      "{  }",
		card.PAN{}.LastFour():           "",
		card.Details{}.CVV.Reveal():     "",
	} {
		if got != want {
			t.Errorf("got %s; want %s", got, want)
		}
	}
	var back card.Details
	if json.Unmarshal(encoded, &back) == nil {
		t.Error("details that were encoded can be decoded: somebody would take [redacted] for a number")
	}
}
