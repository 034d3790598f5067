package bank

import "regexp"

var (
	// achAccountPattern is what banks in the US give as account numbers; 17 digits are what an ACH entry has room for.
	// (Inferred: the provider says nothing of its own bounds.)
	achAccountPattern = regexp.MustCompile(`^[0-9]{4,17}$`)
	// identifierPattern is what a wire has room for. (Inferred, as above.)
	identifierPattern = regexp.MustCompile(`^[0-9A-Za-z]{4,34}$`)
	ibanPattern       = regexp.MustCompile(`^[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}$`)
	bicPattern        = regexp.MustCompile(`^[A-Z]{6}[0-9A-Z]{2}([0-9A-Z]{3})?$`)
	walletPattern     = regexp.MustCompile(`^[!-~]{1,128}$`)
)

// check refuses a counterparty whose numbers cannot be right.
func (c *Counterparty) check() error {
	var all Refusals
	refuse := func(ok bool, rule, message, member string) {
		if !ok {
			all = append(all, invalid(rule, message, "body", member))
		}
	}
	const noIdentifier = "must be an account number of 4 to 34 letters or digits, or a right IBAN"
	switch c.Kind {
	case CounterpartyACH:
		refuse(isRoutingNumber(c.RoutingNumber), "routing_number", noRoutingNumber, "routing_number")
		refuse(achAccountPattern.MatchString(c.AccountNumber), "account_number", "must have 4 to 17 digits",
			"account_number")
	case CounterpartyWire:
		refuse(isRoutingNumber(c.RoutingNumber), "routing_number", noRoutingNumber, "routing_number")
		refuse(isIdentifier(c.AccountNumber), "account_number", noIdentifier, "identifier")
	case CounterpartyInternationalWire:
		if c.IdentifierType == "IBAN" {
			refuse(isIBAN(c.AccountNumber), "iban", "must be an IBAN with the right check digits, without spaces",
				"identifier")
		} else {
			refuse(isIdentifier(c.AccountNumber), "account_number", noIdentifier, "identifier")
		}
		refuse(c.BIC == "" || bicPattern.MatchString(c.BIC), "bic", "must have the form of a BIC", "bic")
	case CounterpartyOnUs: // The pocket is there or not.
	case CounterpartyCrypto:
		refuse(walletPattern.MatchString(c.AccountNumber), "wallet_address", "must have 1 to 128 visible characters",
			"wallet_address")
	}
	if len(all) > 0 {
		return all
	}
	return nil
}

const noRoutingNumber = "must be nine digits with the right check digit"

// isRoutingNumber reports whether a text is a routing number with the right check digit. (Source: the American Bankers
// Association's rule: the digits, weighed 3, 7 and 1, make a multiple of ten.)
func isRoutingNumber(text string) bool {
	if len(text) != 9 {
		return false
	}
	sum := 0
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
		sum += int(text[i]-'0') * [...]int{3, 7, 1}[i%3]
	}
	return sum%10 == 0 && text != "000000000"
}

// isIdentifier reports whether a text is an account number or an IBAN. What looks like an IBAN must be a right one.
func isIdentifier(text string) bool {
	looksLikeIBAN := len(text) > 2 && isLetter(text[0]) && isLetter(text[1])
	return identifierPattern.MatchString(text) && (!looksLikeIBAN || isIBAN(text))
}

func isLetter(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }

// isIBAN reports whether a text is an IBAN with the right check digits. (Source: ISO 13616: with its first four
// characters at the end and letters as numbers from 10 on, it leaves 1 when divided by 97.)
func isIBAN(text string) bool {
	if !ibanPattern.MatchString(text) {
		return false
	}
	rest := 0
	for _, c := range text[4:] + text[:4] {
		if c <= '9' {
			rest = (rest*10 + int(c-'0')) % 97
		} else {
			rest = (rest*100 + int(c-'A') + 10) % 97
		}
	}
	return rest == 1
}
