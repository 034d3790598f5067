package printable_test

import (
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/internal/printable"
)

func TestNothingIsLeftThatATerminalObeys(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                              "",
		"body /items/*/id, 1 größer":    "body /items/*/id, 1 größer",
		"two\nlines\r\nand\ta tab":      "two lines  and a tab",
		"\x1b]0;title\x07\x1b[2J":       "\ufffd]0;title\ufffd\ufffd[2J",
		"\u202egnp.exe\u2066":           "\ufffdgnp.exe\ufffd",
		"\u009b31m\x7f\u200b\ufeff\xff": "\ufffd31m\ufffd\ufffd\ufffd\ufffd",
	} {
		if got := printable.Text(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestALongTextIsCut(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		strings.Repeat("é", 60): `"` + strings.Repeat("é", 60) + `"`,
		strings.Repeat("é", 61): `"` + strings.Repeat("é", 60) + `…"`,
		"\x1b":                  `"\x1b"`,
	} {
		if got := printable.Short(text); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}
