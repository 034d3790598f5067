package sandbox

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// AddVerified adds a verified counterparty of a kind to a customer.
func (s *Sandbox) AddVerified(ctx context.Context, customer uuid.UUID, kind string) (id uuid.UUID, err error) {
	err = s.bank.Do(ctx, func(t *bank.Tx) error {
		id = t.AddVerified(customer, bank.CounterpartyKind(kind), "Jane Doe").ID
		return nil
	})
	return id, err
}

// ControlDocument is the document of the controls, and ControlContract holds messages to it.
func ControlDocument() ([]byte, *validation.Validator, error) {
	contract, err := controlContract()
	return controlDocument, contract, err
}

// Controls are the operations that there are.
func Controls() []string { return slices.Sorted(maps.Keys(controls)) }

// ParseDuration reads a duration.
var ParseDuration = parseDuration
