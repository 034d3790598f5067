package contracttest

import (
	"context"
	"errors"
)

// examples calls each operation once as the contract's examples and the recipes do it, and with each of its examples.
func examples(ctx context.Context, r *run) error {
	for _, o := range r.tested {
		if !r.config.AllowWrites && !o.isRead() {
			continue
		}
		g, err := r.ground(ctx, o)
		if errors.Is(err, errNoGround) || errors.Is(err, errStep) {
			continue
		}
		if err != nil {
			return err
		}
		_ = g
	}
	return nil
}
