package webhook

import (
	"context"
	"errors"
	"strings"
	"unicode"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

// secrets returns those that are active now.
func (h *Handler) secrets(ctx context.Context) (secrets []signing.Secret, err error) {
	if err := guard(func() (err error) { secrets, err = h.config.SecretsFunc(ctx); return err }); err != nil {
		return nil, err
	}
	return secrets, checkSecrets(secrets)
}

// checkSecrets refuses secrets that no delivery can be verified with, and those that only look right.
func checkSecrets(secrets []signing.Secret) error {
	if len(secrets) == 0 {
		return errors.New("webhook: no secret is given")
	}
	for _, secret := range secrets {
		text := secret.Reveal()
		switch {
		case text == "":
			return errors.New("webhook: a secret is empty")
		case strings.TrimFunc(text, isInvisible) != text:
			return errors.New("webhook: a secret begins or ends with white space or with a character that does not " +
				"show: was it read with the line break of its file?")
		}
	}
	return nil
}

// isInvisible includes what editors put at the beginning of a file.
func isInvisible(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }
