package partnerapi_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// Whatever a server sends as a union, it decodes without a panic and encodes as it came, so that nothing is lost on the
// way.
func FuzzUnion(f *testing.F) {
	f.Add([]byte(`{"type":"REQUESTED_AMOUNT","amount_usdc":100}`))
	f.Add([]byte(`{"type":"FULL_WITHDRAWAL"}`))
	f.Add([]byte(`{"type":"A_KIND_OF_TOMORROW","x":[1,2]}`))
	f.Add([]byte(`{"type":7}`))
	f.Add([]byte(`null`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var amount partnerapi.TransferAmount
		if json.Unmarshal(body, &amount) != nil {
			return
		}
		value, err := amount.Value()
		again, encodeErr := json.Marshal(amount)
		if string(bytes.TrimSpace(body)) == "null" {
			if err == nil || encodeErr == nil {
				t.Fatal("a null passes for an amount")
			}
			return
		}
		if encodeErr != nil {
			t.Fatalf("what was decoded does not encode: %v", encodeErr)
		}
		var want bytes.Buffer
		if json.Compact(&want, body) != nil || !bytes.Equal(canonical(t, again), canonical(t, want.Bytes())) {
			t.Fatalf("%s became %s", body, again)
		}
		if unknown, ok := value.(partnerapi.UnknownVariant); ok && err == nil {
			if _, known := map[string]bool{"REQUESTED_AMOUNT": true,
				"FULL_WITHDRAWAL": true}[unknown.Discriminator]; known {
				t.Fatalf("%s is known", unknown.Discriminator)
			}
		}
	})
}

// canonical undoes what encoding/json escapes.
func canonical(t *testing.T, text []byte) []byte {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}
