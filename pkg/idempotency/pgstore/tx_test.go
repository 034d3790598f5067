package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
)

// impatient makes statements fail that would otherwise wait for a transaction which the test has open, for ever.
func impatient(config *pgxpool.Config) { config.ConnConfig.RuntimeParams["lock_timeout"] = "20s" }

func TestAnEffectAndItsRecordCommitTogether(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		end     func(pgx.Tx, context.Context) error
		effects int
		then    idempotency.State
	}{
		{"committed", pgx.Tx.Commit, 1, idempotency.StateDone},
		{"rolled back", pgx.Tx.Rollback, 0, idempotency.StateMine},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDatabase(t, impatient)
			d.do(t, "CREATE TABLE effects (key text)")
			store, claim := d.store(t), claimOf("k")
			tx := d.begin(t)
			hold := within(store, tx).mine(t, claim)
			if _, err := tx.Exec(t.Context(), "INSERT INTO effects VALUES ('k')"); err != nil {
				t.Fatal(err)
			}
			if err := store.CompleteTx(t.Context(), tx, hold, []byte("answer")); err != nil {
				t.Fatal(err)
			}
			if err := store.CompleteTx(t.Context(), tx, hold, []byte("again")); err != nil {
				t.Errorf("completing again: %v", err)
			}
			if err := c.end(tx, t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := d.count(t, "effects"); n != c.effects {
				t.Errorf("%d effects, want %d", n, c.effects)
			}
			o := claimer(store.Claim).want(t, c.then, claim)
			if c.then == idempotency.StateDone && string(o.Response) != "answer" {
				t.Errorf("the response is %q", o.Response)
			}
		})
	}
}

func TestNobodyWaitsForAnOpenTransaction(t *testing.T) {
	t.Parallel()
	claim := claimOf("k")
	for _, c := range []struct {
		name string
		// before is what was committed before, and within what the open transaction has done.
		before func(*testing.T, *pgstore.Store)
		within func(*testing.T, *pgstore.Store, pgx.Tx)
		// rolledBack is what a claim finds after a rollback.
		rolledBack idempotency.State
		tookOver   bool
	}{
		{"that claims a new key", func(*testing.T, *pgstore.Store) {},
			func(t *testing.T, store *pgstore.Store, tx pgx.Tx) {
				within(store, tx).mine(t, claim)
			}, idempotency.StateMine, false},
		{"that has completed", func(*testing.T, *pgstore.Store) {},
			func(t *testing.T, store *pgstore.Store, tx pgx.Tx) {
				if err := store.CompleteTx(t.Context(), tx, within(store, tx).mine(t, claim), nil); err != nil {
					t.Fatal(err)
				}
			}, idempotency.StateMine, false},
		{"that claims a forgotten key", func(t *testing.T, store *pgstore.Store) {
			claimer(store.Claim).mine(t, claim)
			store.Advance(claim.Window)
		}, func(t *testing.T, store *pgstore.Store, tx pgx.Tx) {
			within(store, tx).mine(t, claim)
		}, idempotency.StateMine, false},
		{"that takes over", func(t *testing.T, store *pgstore.Store) {
			claimer(store.Claim).mine(t, claim)
			store.Advance(claim.Lease)
		}, func(t *testing.T, store *pgstore.Store, tx pgx.Tx) {
			claim := claim
			claim.TakeOver = true
			if o := within(store, tx).want(t, idempotency.StateMine, claim); !o.TookOver {
				t.Error("it does not say that it took over")
			}
		}, idempotency.StateMine, true},
		{"that completes a claim of before", func(t *testing.T, store *pgstore.Store) {
			claimer(store.Claim).mine(t, claim)
			store.Advance(claim.Lease)
		}, func(t *testing.T, store *pgstore.Store, tx pgx.Tx) {
			var token idempotency.Token
			if err := tx.QueryRow(t.Context(), "SELECT token FROM idempotency_records").Scan(&token); err != nil {
				t.Fatal(err)
			}
			if err := store.CompleteTx(t.Context(), tx,
				idempotency.Hold{Scope: claim.Scope, Key: claim.Key, Token: token}, nil); err != nil {
				t.Fatal(err)
			}
		}, idempotency.StateMine, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDatabase(t, impatient)
			store, transactional := d.store(t), d.transactional(t)
			c.before(t, store)
			tx := d.begin(t)
			c.within(t, store, tx)
			again := claim
			again.TakeOver = true
			other := d.begin(t)
			for name, claims := range map[string]claimer{
				"plain": store.Claim, "in a transaction": within(store, other), "transactional": transactional.Claim,
			} {
				if o := claims.want(t, idempotency.StateInProgress, again); o.Remaining <= 0 {
					t.Errorf("%s: nothing remains of the lease, as if the holder was dead", name)
				}
			}
			claimer(store.Claim).mine(t, claimOf("another"))
			if err := other.Rollback(t.Context()); err != nil {
				t.Error(err)
			}
			if err := tx.Rollback(t.Context()); err != nil {
				t.Error(err)
			}
			if o := claimer(store.Claim).want(t, c.rolledBack, again); o.TookOver != c.tookOver {
				t.Errorf("took over: %t", o.TookOver)
			}
		})
	}
}

func TestALockInTheWayCanOnlyMakeAClaimWait(t *testing.T) {
	t.Parallel()
	d := newDatabase(t, impatient)
	store := d.store(t)
	claims := claimer(store.Claim)
	done, held, expired, fresh := claimOf("done"), claimOf("held"), claimOf("expired"), claimOf("fresh")
	expired.Lease = time.Second
	if err := store.Complete(t.Context(), claims.mine(t, done), []byte("answer")); err != nil {
		t.Fatal(err)
	}
	hold := claims.mine(t, held)
	claims.mine(t, expired)
	store.Advance(expired.Lease)
	// Somebody has all the locks, as if their keys were all the same.
	tx := d.begin(t)
	for _, claim := range []idempotency.Claim{done, held, expired, fresh} {
		lock := pgstore.LockOf(pgx.Identifier{d.schema, pgstore.DefaultTable}.Sanitize(), claim.Scope, claim.Key)
		if _, err := tx.Exec(t.Context(), "SELECT pg_advisory_xact_lock($1)", lock); err != nil {
			t.Fatal(err)
		}
	}
	if o := claims.want(t, idempotency.StateDone, done); string(o.Response) != "answer" {
		t.Errorf("the response is %q", o.Response)
	}
	claims.want(t, idempotency.StateInProgress, held)
	expired.TakeOver = true
	for _, claim := range []idempotency.Claim{fresh, expired} {
		if o := claims.want(t, idempotency.StateInProgress, claim); o.Remaining <= 0 {
			t.Error("nothing remains of the lease, as if the holder was dead")
		}
	}
	if err := store.Complete(t.Context(), hold, nil); err != nil {
		t.Errorf("completing: %v", err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Error(err)
	}
	claims.mine(t, fresh)
	claims.want(t, idempotency.StateMine, expired)
}

func TestATransactionThatReadsThePastClaimsNothingTwice(t *testing.T) {
	t.Parallel()
	for _, level := range []pgx.TxIsoLevel{pgx.ReadCommitted, pgx.RepeatableRead, pgx.Serializable} {
		t.Run(string(level), func(t *testing.T) {
			t.Parallel()
			d := newDatabase(t, impatient)
			store, claim := d.store(t), claimOf("k")
			tx := d.begin(t, pgx.TxOptions{IsoLevel: level})
			if _, err := tx.Exec(t.Context(), "SELECT count(*) FROM idempotency_records"); err != nil {
				t.Fatal(err)
			}
			if err := store.Complete(t.Context(), claimer(store.Claim).mine(t, claim), nil); err != nil {
				t.Fatal(err)
			}
			outcome, err := store.ClaimTx(t.Context(), tx, claim)
			if level == pgx.ReadCommitted {
				if err != nil || outcome.State != idempotency.StateDone {
					t.Errorf("the outcome is %q, %v", outcome.State, err)
				}
				return
			}
			if failure, ok := errors.AsType[*pgconn.PgError](err); !ok || failure.Code != "40001" {
				t.Errorf("the outcome is %q, %v; want a serialization failure", outcome.State, err)
			}
		})
	}
}

func TestARollbackToASavepointTakesTheClaimBack(t *testing.T) {
	t.Parallel()
	d := newDatabase(t, impatient)
	store, claim := d.store(t), claimOf("k")
	tx := d.begin(t)
	savepoint, err := tx.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hold := within(store, savepoint).mine(t, claim)
	if err := savepoint.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := store.CompleteTx(t.Context(), tx, hold, nil); !errors.Is(err, idempotency.ErrLost) {
		t.Errorf("completing what was rolled back: %v", err)
	}
	claimer(store.Claim).mine(t, claim)
}

func TestInATransactionAHoldIsOverAsOutsideExceptForTheWindow(t *testing.T) {
	t.Parallel()
	d := newDatabase(t, impatient)
	store := d.store(t)
	claims := claimer(store.Claim)
	complete := func(hold idempotency.Hold) error {
		tx := d.begin(t)
		defer func() { _ = tx.Rollback(t.Context()) }()
		return store.CompleteTx(t.Context(), tx, hold, nil)
	}
	released := claims.mine(t, claimOf("released"))
	if err := store.Release(t.Context(), released); err != nil {
		t.Fatal(err)
	}
	if err := complete(released); !errors.Is(err, idempotency.ErrLost) {
		t.Errorf("completing what was released: %v", err)
	}
	unheard := released
	unheard.Key = "unheard-of"
	if err := complete(unheard); !errors.Is(err, idempotency.ErrLost) {
		t.Errorf("completing what was never claimed: %v", err)
	}
	claim := claimOf("long")
	tx := d.begin(t)
	long := within(store, tx).mine(t, claim)
	store.Advance(2 * claim.Window)
	if err := store.CompleteTx(t.Context(), tx, long, nil); err != nil {
		t.Errorf("completing after the window: %v", err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	claimer(store.Claim).want(t, idempotency.StateDone, claim)
	other := claimOf("claimed-again")
	old := claimer(store.Claim).mine(t, other)
	store.Advance(other.Window)
	claimer(store.Claim).mine(t, other)
	if err := complete(old); !errors.Is(err, idempotency.ErrLost) {
		t.Errorf("completing what is another's: %v", err)
	}
}

func TestALeaseBeginsWithTheClaimNotWithTheTransaction(t *testing.T) {
	t.Parallel()
	d := newDatabase(t, impatient)
	store, claim := d.store(t), claimOf("k")
	tx := d.begin(t)
	var until time.Duration
	if _, err := tx.Exec(t.Context(), "SELECT pg_sleep(0.05)"); err != nil {
		t.Fatal(err)
	}
	within(store, tx).mine(t, claim)
	// now() is when the transaction began.
	if err := tx.QueryRow(t.Context(), "SELECT lease_until - now() FROM idempotency_records").Scan(&until); err != nil {
		t.Fatal(err)
	}
	if until < claim.Lease+50*time.Millisecond {
		t.Errorf("the lease of %s ends %s after the transaction began, which was 50ms before the claim", claim.Lease,
			until)
	}
}

func TestWorkersTakeEveryJobOnce(t *testing.T) {
	t.Parallel()
	const jobs, workers = 30, 8
	d := newDatabase(t, impatient)
	d.do(t, "CREATE TABLE effects (job text)")
	store := d.store(t)
	var done [jobs]atomic.Bool
	work := func(ctx context.Context, job int, fail bool) error {
		claim := claimOf(fmt.Sprint(job))
		return pgx.BeginFunc(ctx, d.Pool, func(tx pgx.Tx) error {
			outcome, err := store.ClaimTx(ctx, tx, claim)
			switch {
			case err != nil:
				return err
			case outcome.State == idempotency.StateDone:
				done[job].Store(true)
				return nil
			case outcome.State != idempotency.StateMine:
				return nil
			}
			if _, err := tx.Exec(ctx, "INSERT INTO effects VALUES ($1)", claim.Key); err != nil {
				return err
			}
			if fail {
				return errFailed
			}
			return store.CompleteTx(ctx, tx, holdOf(claim, outcome), nil)
		})
	}
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for _, job := range rand.Perm(jobs) {
				for !done[job].Load() {
					if err := work(t.Context(), job, rand.IntN(3) == 0); err != nil && !errors.Is(err, errFailed) {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	all.Wait()
	if n := d.count(t, "effects"); n != jobs {
		t.Errorf("%d effects of %d jobs", n, jobs)
	}
	if n := d.count(t, "(SELECT FROM effects GROUP BY job) AS g"); n != jobs {
		t.Errorf("%d jobs of %d have an effect", n, jobs)
	}
}

var errFailed = errors.New("the work failed")
