package idempotency

import (
	"net/http"
	"strings"
)

// Header is the header that carries the key in the Partner API. Its value is a UUID.
const Header = "x-jiko-idempotency"

// HeaderStandard is the header of the IETF's draft. Its value is a string of structured fields, in quotes; a Guard also
// takes it without them, as many clients send it.
const HeaderStandard = "Idempotency-Key"

// HeaderReplayed marks a replayed response. Its value is "true".
const HeaderReplayed = "Idempotency-Replayed"

// readKey returns the key that a request has in a header, or why it has none.
func readKey(header http.Header, name string) (string, Reason) {
	values := header.Values(name)
	if len(values) != 1 {
		return "", ReasonKeyMissing
	}
	if strings.EqualFold(name, Header) {
		// Parsed, so that its spellings in upper and lower case are one key.
		key, err := ParseKey(values[0])
		if err != nil {
			return "", ReasonKeyMalformed
		}
		return key.String(), ""
	}
	key, ok := unquote(values[0])
	if !ok || !isVisible(key, MaxKey) {
		return "", ReasonKeyMalformed
	}
	return key, ""
}

// unquote reads a string of structured fields (RFC 9651), or a bare one.
func unquote(text string) (string, bool) {
	text = strings.Trim(text, " \t")
	inside, quoted := strings.CutPrefix(text, `"`)
	if !quoted {
		return text, !strings.ContainsAny(text, `"\,;`)
	}
	var b strings.Builder
	for i := 0; i < len(inside); i++ {
		switch inside[i] {
		case '"':
			return b.String(), i == len(inside)-1
		case '\\':
			if i++; i == len(inside) || inside[i] != '"' && inside[i] != '\\' {
				return "", false
			}
		}
		b.WriteByte(inside[i])
	}
	return "", false
}
