package sandbox

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

var (
	// ErrNotFound is wrapped by the errors of what asks for something that is not there.
	ErrNotFound = errors.New("sandbox: there is no such thing")
	// ErrRefused is wrapped by the errors of what the bank refuses to do, which then has not happened: a decision about
	// what is over, a wire of nothing, a clock that would go back.
	ErrRefused = errors.New("sandbox: refused")
)

// outward is an error of the bank as a program can know it.
func outward(err error) error {
	one := (*bank.Refusal)(nil)
	switch {
	case !errors.As(err, &one):
		return err
	case one.Kind == bank.NotFound:
		return ErrNotFound
	case len(one.Location) == 0:
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return fmt.Errorf("%w: %s: %w", ErrRefused, strings.Join(one.Location, "."), err)
}
