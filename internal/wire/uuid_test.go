package wire_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/wire"
)

func TestParseUUID(t *testing.T) {
	for text, want := range map[string]bool{
		"497f6eca-6276-4993-bfeb-53cbbbba6f08": true, "497F6ECA-6276-4993-BFEB-53CBBBBA6F08": true,
		"00000000-0000-0000-0000-000000000000": true, "ffffffff-ffff-ffff-ffff-ffffffffffff": true,
		"": false, "497f6eca62764993bfeb53cbbbba6f08": false, "{497f6eca-6276-4993-bfeb-53cbbbba6f08}": false,
		"urn:uuid:497f6eca-6276-4993-bfeb-53cbbbba6f08": false, "497f6eca-6276-4993-bfeb-53cbbbba6f0g": false,
		"497f6eca-6276-4993-bfeb_53cbbbba6f08": false, "497f6eca-6276-4993-bfeb-53cbbbba6f0": false,
		"497f6eca-6276-4993-bfeb-53cbbbba6f0é": false, "497f6eca--6276-4993-bfeb-53cbbbba6f8": false,
	} {
		if id, ok := wire.ParseUUID(text); ok != want || ok && uuid.UUID(id) != uuid.MustParse(text) {
			t.Errorf("%q: %v", text, ok)
		}
	}
}

// Every text that is read has the one spelling, and google/uuid reads the same of it.
func FuzzParseUUID(f *testing.F) {
	f.Add("497f6eca-6276-4993-bfeb-53cbbbba6f08")
	f.Fuzz(func(t *testing.T, text string) {
		id, ok := wire.ParseUUID([]byte(text))
		want, err := uuid.Parse(text)
		if ok != (err == nil && len(text) == 36) || ok && uuid.UUID(id) != want {
			t.Errorf("%q: %v; google/uuid: %v", text, ok, err)
		}
	})
}
