package signing_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

func TestASecretThatCannotBeMeantIsRefused(t *testing.T) {
	for _, c := range []struct {
		name, text string
		ok         bool
	}{
		{"nothing", "", false},
		{"a line break after it", "marker\n", false},
		{"a line break of Windows after it", "marker\r\n", false},
		{"a line break before it", "\nmarker", false},
		{"a space after it", "marker ", false},
		{"a space before it", " marker", false},
		{"a tab", "\t", false},
		{"a space that does not break", "marker\u00a0", false},
		{"a byte order mark", "\ufeffmarker", false},
		{"a space without width", "marker\u200b", false},
		{"a null byte", "marker\x00", false},
		{"a control character of C1", "marker\u0085", false},
		{"a mark of direction", "\u202emarker", false},
		{"spaces within", "a marker\tand\nanother", true},
		{"one character", "x", true},
		{"letters of any script", "ключ", true},
		{"bytes that are no UTF-8", "\xffmarker\xfe", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := signing.NewSecret(c.text).Check()
			if (err == nil) != c.ok || err != nil && !errors.Is(err, signing.ErrInput) {
				t.Fatalf("Check = %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "marker") {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
	if err := (signing.Secret{}).Check(); !errors.Is(err, signing.ErrInput) {
		t.Errorf("the zero secret: %v", err)
	}
}
