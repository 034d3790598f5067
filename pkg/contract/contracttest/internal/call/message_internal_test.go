package call

import (
	"bytes"
	"encoding/base64"
	"math/rand/v2"
	"testing"
)

// A reader that does not look at the bits which are left over takes two texts for the same bytes that differ in their
// last character. A spoilt token must not be one of those: nobody could refuse it.
func TestASpoiltTokenIsAnotherForEveryReader(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{32, 64, 256} {
		for range 2000 {
			signature := make([]byte, size)
			for i := range signature {
				signature[i] = byte(random.UintN(256))
			}
			for _, lenient := range []*base64.Encoding{base64.RawURLEncoding, base64.RawStdEncoding} {
				token := lenient.EncodeToString(signature)
				other := spoilt(token)
				if decoded, err := lenient.DecodeString(other); err != nil || bytes.Equal(decoded, signature) {
					t.Fatalf("%s is spoilt to %s, of the same bytes: %v", token, other, err)
				}
			}
		}
	}
}

func TestASpoiltTokenDiffersInItsLastCharacter(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]string{"": "", "a": "0", "0": "A", "A": "0", "abcw": "abcA", "abc=": "abc0",
		"abc_": "abcA"} {
		if got := spoilt(token); got != want {
			t.Errorf("%q becomes %q, want %q", token, got, want)
		}
	}
}
