package authentication

import (
	"strings"
	"testing"
)

// By RFC 6750, section 2.1; spelled out, as the code has ranges.
func TestTheCharactersOfAToken(t *testing.T) {
	const all = "-._~+/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	for c := range rune(256) {
		for _, text := range []string{string(c), "x" + string(c) + "y"} {
			if got := isToken(text); got != strings.ContainsRune(all, c) {
				t.Errorf("%q: %v", text, got)
			}
		}
	}
}
