package idempotency_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

func TestParseKey(t *testing.T) {
	const id = "497f6eca-6276-4993-bfeb-53cbbbba6f08"
	for _, c := range []struct {
		name, text string
		ok         bool
	}{
		{"a UUID", id, true},
		{"a UUID in upper case", strings.ToUpper(id), true},
		{"nothing", "", false},
		{"the Nil UUID", "00000000-0000-0000-0000-000000000000", false},
		{"braces", "{" + id + "}", false},
		{"the urn prefix", "urn:uuid:" + id, false},
		{"no hyphens", strings.ReplaceAll(id, "-", ""), false},
		{"a trailing space", id + " ", false},
		{"36 other characters", strings.Repeat("x", 36), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, err := idempotency.ParseKey(c.text)
			if c.ok {
				if err != nil || k.String() != id {
					t.Fatalf("ParseKey = %s, %v", k, err)
				}
				return
			}
			if !errors.Is(err, idempotency.ErrKey) || !k.IsZero() {
				t.Fatalf("ParseKey = %s, %v; want ErrKey", k, err)
			}
		})
	}
}

func TestNewKeyIsNeverUsedTwice(t *testing.T) {
	seen := map[idempotency.Key]bool{}
	for range 1000 {
		k := idempotency.NewKey()
		if seen[k] || k.IsZero() {
			t.Fatalf("NewKey returned %s twice", k)
		}
		seen[k] = true
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add("497f6eca-6276-4993-bfeb-53cbbbba6f08")
	f.Add("00000000-0000-0000-0000-000000000000")
	f.Add("497f6eca62764993bfeb53cbbbba6f0800000")
	f.Fuzz(func(t *testing.T, text string) {
		k, err := idempotency.ParseKey(text)
		if err == nil && !strings.EqualFold(k.String(), text) {
			t.Fatalf("%q became %s", text, k)
		}
	})
}

func ExampleParseKey() {
	key, err := idempotency.ParseKey("497f6eca-6276-4993-bfeb-53cbbbba6f08")
	fmt.Println(key, err)
	_, err = idempotency.ParseKey("00000000-0000-0000-0000-000000000000")
	fmt.Println(err)
	// Output:
	// 497f6eca-6276-4993-bfeb-53cbbbba6f08 <nil>
	// idempotency: not a key: the Nil UUID names nothing
}
