package torture

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// Variant is a store, and how a request takes effect with it.
type Variant string

// The variants.
const (
	// VariantRedis keeps the keys in Redis; the effect is a statement of its own in PostgreSQL.
	VariantRedis Variant = "redis"
	// VariantPostgres keeps the keys in PostgreSQL; the effect is a statement of its own.
	VariantPostgres Variant = "postgres"
	// VariantTransactional keeps the keys in PostgreSQL; the effect is part of the same transaction.
	VariantTransactional Variant = "transactional"
	// VariantUnprotected keeps nothing, so that everything happens as often as it is sent. It shows that the checks can
	// fail.
	VariantUnprotected Variant = "unprotected"
)

// Variants returns the variants that must hold.
func Variants() []Variant { return []Variant{VariantRedis, VariantPostgres, VariantTransactional} }

func (v Variant) known() bool {
	switch v {
	case VariantRedis, VariantPostgres, VariantTransactional, VariantUnprotected:
		return true
	}
	return false
}

// unprotected is a store that gives every claim what it asks for.
type unprotected struct{ last atomic.Int64 }

func (u *unprotected) Claim(context.Context, idempotency.Claim) (idempotency.Outcome, error) {
	return idempotency.Outcome{State: idempotency.StateMine, Token: idempotency.Token(u.last.Add(1))}, nil
}

func (*unprotected) Renew(context.Context, idempotency.Hold, time.Duration) error { return nil }
func (*unprotected) Complete(context.Context, idempotency.Hold, []byte) error     { return nil }
func (*unprotected) Release(context.Context, idempotency.Hold) error              { return nil }
