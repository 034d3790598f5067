package signing

import (
	"fmt"
	"io"
	"log/slog"
)

// redacted is what a Secret looks like wherever it is printed.
const redacted = "[redacted]"

// Secret is a shared secret or a password. It prints as [redacted] through fmt, slog and encoding/json, whatever the verb;
// convert it to a string to get at the value.
type Secret string

// String returns [redacted], or nothing for an empty secret.
func (s Secret) String() string {
	if s == "" {
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

// MarshalText encodes what String returns. There is no way back: a Secret does not survive encoding.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
