package sandbox

import (
	"context"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// AddVerified adds a verified counterparty of a kind to a customer.
func (s *Sandbox) AddVerified(ctx context.Context, customer uuid.UUID, kind string) (id uuid.UUID, err error) {
	err = s.bank.Do(ctx, func(t *bank.Tx) error {
		id = t.AddVerified(customer, bank.CounterpartyKind(kind), "Jane Doe").ID
		return nil
	})
	return id, err
}
