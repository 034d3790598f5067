package wire_test

import (
	"testing"

	"github.com/jiko-partner/partner-go/internal/wire"
)

func TestUTF8IsSpelledInSeveralWays(t *testing.T) {
	for charset, want := range map[string]bool{
		"utf-8": true, "UTF-8": true, "utf8": true, "Utf_8": true,
		"": false, "utf-16": false, "utf-80": false, "us-ascii": false, "utf 8": false,
	} {
		if got := wire.IsUTF8(charset); got != want {
			t.Errorf("%q: %v", charset, got)
		}
	}
}
