package authentication

import (
	"net/http"
	"strings"
)

// The names as net/http keeps them. Looking them up so costs nothing.
const (
	canonicalIdempotency = "X-Jiko-Idempotency"
	canonicalSignature   = "X-Jiko-Signature"
)

// bearerToken returns the token, or why there is none. The scheme's case does not matter.
func bearerToken(header http.Header) (string, Reason) {
	values := header["Authorization"]
	switch len(values) {
	case 0:
		return "", ReasonTokenMissing
	case 1:
	default:
		return "", ReasonTokenRepeated
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	token = strings.TrimLeft(token, " ")
	if !strings.EqualFold(scheme, "Bearer") || !isToken(token) {
		return "", ReasonTokenMalformed
	}
	return token, ""
}

// isToken reports whether a text is a b64token of RFC 6750: letters, digits and -._~+/, then any number of equals
// signs.
func isToken(text string) bool {
	text = strings.TrimRight(text, "=")
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') &&
			!strings.ContainsRune("-._~+/", r)
	})
}

// signatureHeaders reports whether there is a signature to verify, or why there cannot be.
func signatureHeaders(header http.Header, needs Requirement) (signed bool, reason Reason) {
	keys, signatures := header[canonicalIdempotency], header[canonicalSignature]
	if needs.SignatureOptional && len(signatures) == 0 {
		return false, ""
	}
	switch {
	case len(keys) == 0:
		return false, ReasonKeyMissing
	case len(keys) > 1:
		return false, ReasonKeyRepeated
	case !isKey(keys[0]):
		return false, ReasonKeyMalformed
	case len(signatures) == 0:
		return false, ReasonSignatureMissing
	case len(signatures) > 1:
		return false, ReasonSignatureRepeated
	}
	return true, ""
}

// isKey reports whether a text is a UUID in its canonical spelling, in lower or upper case, other than the Nil UUID.
func isKey(text string) bool {
	if len(text) != 36 {
		return false
	}
	zero := true
	for i := range len(text) {
		c := text[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
			zero = zero && c == '0'
		default:
			return false
		}
	}
	return !zero
}
