package webhook

import (
	"context"
	"errors"
	"fmt"

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
		if err := secret.Check(); err != nil {
			return fmt.Errorf("webhook: %w", err)
		}
	}
	return nil
}
