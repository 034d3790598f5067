package torture

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// Variant is a store, and how the effect of a request comes about with it.
type Variant string

const (
	// Redis keeps the keys in Redis; the effect is a statement of its own in PostgreSQL.
	Redis Variant = "redis"
	// Postgres keeps the keys in PostgreSQL; the effect is a statement of its own.
	Postgres Variant = "postgres"
	// Transactional keeps the keys in PostgreSQL; the effect is part of the same transaction.
	Transactional Variant = "transactional"
	// Unprotected keeps nothing, so that everything happens as often as it is sent. It shows that the checks can fail.
	Unprotected Variant = "unprotected"
)

// Variants are those that must hold.
func Variants() []Variant { return []Variant{Redis, Postgres, Transactional} }

func (v Variant) known() bool {
	switch v {
	case Redis, Postgres, Transactional, Unprotected:
		return true
	}
	return false
}

// unprotected is a store that gives every claim what it asks for.
type unprotected struct{ last atomic.Int64 }

func (u *unprotected) Claim(context.Context, idempotency.Claim) (idempotency.Outcome, error) {
	return idempotency.Outcome{State: idempotency.Mine, Token: idempotency.Token(u.last.Add(1))}, nil
}

func (*unprotected) Renew(context.Context, idempotency.Hold, time.Duration) error { return nil }
func (*unprotected) Complete(context.Context, idempotency.Hold, []byte) error     { return nil }
func (*unprotected) Release(context.Context, idempotency.Hold) error              { return nil }
