package authentication

import (
	"net/http"
	"strings"

	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// The names as net/http keeps them, so that a look-up does not spell them anew.
var (
	keyHeader       = http.CanonicalHeaderKey(idempotency.Header)
	signatureHeader = http.CanonicalHeaderKey(signing.HeaderSignature)
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
	keys, signatures := header[keyHeader], header[signatureHeader]
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
	id, ok := wire.ParseUUID(text)
	return ok && id != [16]byte{}
}
