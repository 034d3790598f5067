package pgstore_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
)

// A store for requests whose effects are somewhere else.
func Example() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, "postgres://app@db.internal/payments")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	config := pgstore.Config{Table: "payments.idempotency_records"}
	if err := pgstore.Migrate(ctx, pool, config); err != nil {
		fmt.Println(err)
		return
	}
	store, err := pgstore.New(pool, config)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := store.Check(ctx); err != nil {
		fmt.Println(err) // such as ErrVolatile: the database may forget what it has acknowledged
		return
	}
	go func() {
		_ = store.Sweep(ctx, 10*time.Minute, nil) // It ends with the context.
	}()
	outcome, err := store.Claim(ctx, idempotency.Claim{Scope: "acme", Key: "497f6eca-6276-4993-bfeb-53cbbbba6f08",
		Fingerprint: sha256.Sum256([]byte("the request")), Lease: time.Minute, Window: time.Hour})
	fmt.Println(outcome.State, err)
}

// A handler whose effect happens exactly if the request is recorded as done. The middleware claims before it and joins
// its context to the transaction, and completes or releases after it.
func ExampleTxFromContext() {
	transfer := func(w http.ResponseWriter, r *http.Request) {
		tx, ok := pgstore.TxFromContext(r.Context())
		if !ok {
			http.Error(w, "not set up", http.StatusInternalServerError)
			return
		}
		_, err := tx.Exec(r.Context(), "UPDATE pockets SET cents = cents - $1 WHERE id = $2", 12_34, "p-1")
		if err != nil {
			http.Error(w, "not transferred", http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusCreated)
	}
	http.HandleFunc("POST /transfers/", transfer)
}

// What a middleware does with a transactional store, in short.
func ExampleNewTransactional() {
	type handler func(context.Context) ([]byte, error)
	protect := func(ctx context.Context, store idempotency.Transactional, claim idempotency.Claim,
		handle handler) ([]byte, error) {
		outcome, err := store.Claim(ctx, claim)
		if err != nil {
			return nil, err
		}
		switch outcome.State {
		case idempotency.StateDone:
			return outcome.Response, nil
		case idempotency.StateMine:
		default:
			return nil, fmt.Errorf("the request is %s", outcome.State)
		}
		hold := idempotency.Hold{Scope: claim.Scope, Key: claim.Key, Token: outcome.Token}
		response, err := handle(store.Join(ctx, hold))
		if err != nil {
			return nil, errors.Join(err, store.Release(ctx, hold))
		}
		return response, store.Complete(ctx, hold, response)
	}
	_ = func(ctx context.Context, pool *pgxpool.Pool, claim idempotency.Claim) error {
		store, err := pgstore.NewTransactional(pool, pgstore.Config{})
		if err != nil {
			return err
		}
		defer func() { _ = store.Close() }()
		_, err = protect(ctx, store, claim, func(ctx context.Context) ([]byte, error) {
			tx, _ := pgstore.TxFromContext(ctx)
			_, err := tx.Exec(ctx, "INSERT INTO transfers (cents) VALUES ($1)", 12_34)
			return []byte("created"), err
		})
		return err
	}
}

// A worker that takes every job once, with a transaction of its own. A job that fails is rolled back and can be taken
// again.
func ExampleStore_ClaimTx() {
	_ = func(ctx context.Context, pool *pgxpool.Pool, store *pgstore.Store, job string) error {
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			claim := idempotency.Claim{Scope: "payouts", Key: job, Lease: time.Minute, Window: 30 * 24 * time.Hour}
			outcome, err := store.ClaimTx(ctx, tx, claim)
			if err != nil || outcome.State != idempotency.StateMine {
				return err // Another worker has it or had it.
			}
			if _, err := tx.Exec(ctx, "UPDATE payouts SET sent = true WHERE id = $1", job); err != nil {
				return err
			}
			hold := idempotency.Hold{Scope: claim.Scope, Key: claim.Key, Token: outcome.Token}
			return store.CompleteTx(ctx, tx, hold, nil)
		})
	}
}

// Expired records are deleted by whoever has the time, here once a minute.
func ExampleStore_DeleteExpired() {
	_ = func(ctx context.Context, store *pgstore.Store) error {
		ticker := time.NewTicker(time.Minute)
		defer ticker.Stop()
		for {
			const batch = 1000
			for deleted := int64(batch); deleted == batch; {
				var err error
				if deleted, err = store.DeleteExpired(ctx, batch); err != nil {
					return err
				}
			}
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return nil
			}
		}
	}
}

// The SQL for a migration tool of one's own.
func ExampleSchema() {
	schema, err := pgstore.Schema(pgstore.Config{Table: "payments.keys"})
	fmt.Println(len(schema) > 0, err)
	// Output: true <nil>
}
