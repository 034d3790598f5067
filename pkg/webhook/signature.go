package webhook

import (
	"errors"
	"fmt"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

// Verify checks the signature of a delivery, in constant time. The body must be the raw bytes that arrived. If there
// are several secrets, any of them may have made the signature; all are tried, so that the time does not tell which one
// did.
//
// It fails with signing.ErrMalformed or signing.ErrMismatch, which must be answered alike, and with signing.ErrInput if
// there is no secret or one of them is empty.
func Verify(body []byte, signature string, secrets ...signing.Secret) error {
	if len(secrets) == 0 {
		return fmt.Errorf("%w: no secret is given", signing.ErrInput)
	}
	var verified bool
	var unusable, refused error
	for _, secret := range secrets {
		switch err := signing.VerifyWebhook(secret, body, signature); {
		case err == nil:
			verified = true
		case errors.Is(err, signing.ErrInput):
			unusable = err
		default:
			refused = err
		}
	}
	if unusable != nil {
		return unusable
	}
	if verified {
		return nil
	}
	return refused
}
