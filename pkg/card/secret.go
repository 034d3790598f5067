package card

import (
	"fmt"
	"io"
	"log/slog"
)

// redacted is what a Secret looks like wherever it is printed.
const redacted = "[redacted]"

// Secret is one of the details of a card. It prints as [redacted] through fmt, slog and encoding/json, whatever the
// verb; Reveal gets at the value. Two secrets are not equal for having the same value: compare what Reveal returns.
type Secret struct {
	// A pointer, as fmt calls no methods on what it finds in an unexported field, and there prints a string but not
	// what a pointer points to.
	value *string
}

func newSecret(value []byte) Secret {
	s := string(value)
	return Secret{&s}
}

// Reveal returns the value. Show it to the cardholder; do not log it, store it or send it on.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// String returns [redacted], or nothing for an empty secret.
func (s Secret) String() string {
	if s.Reveal() == "" {
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

// PAN is the number of a card, a Secret whose last four digits may be shown.
type PAN struct{ Secret }

// LastFour returns the last four digits, or nothing for an empty PAN.
func (p PAN) LastFour() string {
	pan := p.Reveal()
	return pan[max(0, len(pan)-4):]
}

// Details is what is printed on a card. Each of its values prints as [redacted].
type Details struct {
	// PAN is the card number, 12 to 19 digits.
	PAN PAN
	// CVV is the card verification value, 3 or 4 digits.
	CVV Secret
	// Expiration is the expiration date as the provider writes it. How that is, is not documented.
	Expiration Secret
}
