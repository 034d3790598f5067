package partner

import (
	"fmt"
	"io"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// ErrRequestTooLarge says that a file has 50 MiB or more.
var ErrRequestTooLarge = partnerapi.ErrRequestTooLarge

// sign computes the signature over the very bytes that the body's Open returns.
func sign(b partnerapi.Body, secret signing.Secret, key, path string) (string, error) {
	if b.File == nil {
		return signing.Sign(secret, key, path, b.Bytes)
	}
	signer, err := signing.NewSigner(secret, key, path)
	if err != nil {
		return "", err
	}
	if n, err := io.Copy(signer, b.Open()); err != nil {
		return "", fmt.Errorf("read the file: %w", err)
	} else if n != b.Size {
		return "", fmt.Errorf("read the file: it has %d bytes of %d", n, b.Size)
	}
	return signer.Signature(), nil
}
