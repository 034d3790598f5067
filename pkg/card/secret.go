package card

import (
	"errors"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

// PAN is the number of a card. It prints as [redacted], whatever prints it, but its last four digits may be shown.
type PAN struct{ signing.Secret }

// LastFour returns the last four digits, or nothing for an empty PAN.
func (p PAN) LastFour() string {
	pan := p.Reveal()
	return pan[max(0, len(pan)-4):]
}

// UnmarshalText refuses: a PAN that was encoded is [redacted], which must not be taken for a number.
func (*PAN) UnmarshalText([]byte) error {
	return errors.New("card: a PAN is not decoded, only decrypted")
}

// Details is what is printed on a card. Each of its values prints as [redacted]; Reveal gets at the text, for the
// cardholder to see: do not log it, store it or send it on.
type Details struct {
	// PAN is the card number, 12 to 19 digits.
	PAN PAN
	// CVV is the card verification value, 3 or 4 digits.
	CVV signing.Secret
	// Expiration is the expiration date as the provider writes it. The format is not documented.
	Expiration signing.Secret
}
