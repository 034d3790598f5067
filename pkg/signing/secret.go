package signing

import (
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"unicode"
	"unicode/utf8"
)

// redacted is what a Secret looks like wherever it is printed.
const redacted = "[redacted]"

// Secret is a shared secret or a password. fmt, slog and encoding/json print it as [redacted], whatever the verb. That
// holds even for an unexported field of a struct, on which fmt calls no methods: the text is behind a pointer.
//
// The zero Secret is empty, and refused wherever a secret is needed. Make a Secret once and keep it: its copies share
// the set-up of the HMAC.
type Secret struct {
	text *string
	// idle holds an HMAC that is set up and not in use.
	idle *atomic.Pointer[state]
}

// NewSecret makes a Secret of a text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text, new(atomic.Pointer[state])}
}

// Reveal returns the text.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.text == nil || *s.text == "" }

// Check refuses, with ErrInput, a secret that cannot be meant: an empty one, and one that begins or ends with white
// space or with a character that does not show, as the line break of a file that it was read from. Such a secret would
// only make signatures that never match. What takes a secret into its configuration calls it. The error does not have
// the text.
func (s Secret) Check() error {
	if s.IsZero() {
		return fmt.Errorf("%w: the secret is empty", ErrInput)
	}
	first, _ := utf8.DecodeRuneInString(*s.text)
	last, _ := utf8.DecodeLastRuneInString(*s.text)
	if !shows(first) || !shows(last) {
		return fmt.Errorf("%w: the secret begins or ends with white space or with a character that does not show: was "+
			"it read with the line break of its file?", ErrInput)
	}
	return nil
}

// shows reports whether a character is seen where it is printed. Half a character is: a secret is UTF-8 by its
// documentation alone.
func shows(r rune) bool { return unicode.IsPrint(r) && !unicode.IsSpace(r) }

// String returns [redacted], or nothing for an empty secret.
func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return redacted
}

// GoString returns what String returns.
func (s Secret) GoString() string { return s.String() }

// Format writes what String returns, for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue logs what String returns.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText encodes what String returns: a Secret does not survive encoding.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText sets the text, so that a Secret can be read from a configuration file.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}
