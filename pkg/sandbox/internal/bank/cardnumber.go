package bank

import (
	"fmt"
	"io"
	"strings"

	"github.com/jiko-partner/partner-go/internal/calendar"
)

// CardNumber is a number on a card that only its holder may see. It prints as [redacted], whatever prints it.
type CardNumber string

// Format writes a placeholder, whatever the verb.
func (CardNumber) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[redacted]") }

const (
	// issuer is what the sandbox's card numbers begin with. In ISO/IEC 7812, 9 leaves the number to a country, whose
	// code of ISO 3166 comes next; no country has 999.
	issuer    = "999999"
	panDigits = 16
	cvvDigits = 3
	// cardYears is how long a card is good. (Inferred.)
	cardYears = 4
)

// newPAN returns a card number that no other card has.
func (t *Tx) newPAN() CardNumber {
	payload := issuer + t.digits(t.tx.Draw(), panDigits-len(issuer)-1)
	return CardNumber(payload + string(luhn(payload)))
}

func (t *Tx) newCVV() CardNumber { return CardNumber(t.digits(t.tx.Draw(), cvvDigits)) }

// isPAN reports whether it is a number of a card of the sandbox.
func (n CardNumber) isPAN() bool {
	last := len(n) - 1
	return len(n) == panDigits && strings.HasPrefix(string(n), issuer) && n[last] == luhn(string(n[:last]))
}

// luhn returns the check digit that belongs behind some digits. (Source: ISO/IEC 7812-1, annex B.)
func luhn(digits string) byte {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return byte('0' + (10-sum%10)%10)
}

// expiry is the last day of a card that is made today: cards are good until the end of a month.
func expiry(today calendar.Date) calendar.Date {
	year, month, _ := today.YearMonthDay()
	return calendar.NewDate(year+cardYears, month, 1).LastOfMonth()
}

// expiration is how a card says until when it is good. (Inferred: how it is written is not documented.)
func (c *Card) expiration() string {
	year, month, _ := c.Expires.YearMonthDay()
	return fmt.Sprintf("%02d/%04d", month, year)
}
