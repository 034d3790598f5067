package pgstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jiko-partner/partner-go/internal/pgserver"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
)

// counter counts statements.
type counter struct {
	mu  sync.Mutex
	sql []string
}

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sql = append(c.sql, data.SQL)
	return ctx
}

func (*counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// of returns how many statements f takes.
func (c *counter) of(f func()) int {
	c.mu.Lock()
	before := len(c.sql)
	c.mu.Unlock()
	f()
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.sql) - before
}

func TestEveryStepIsOneStatement(t *testing.T) {
	t.Parallel()
	c := new(counter)
	d := newDatabase(t, func(config *pgxpool.Config) { config.ConnConfig.Tracer = c })
	store := d.store(t)
	claim, claims := claimOf("k"), claimer(store.Claim)
	expects := func(what string, want int, f func()) {
		t.Helper()
		if got := c.of(f); got != want {
			t.Errorf("%s takes %d statements, want %d", what, got, want)
		}
	}
	var hold idempotency.Hold
	succeeds := func(f func() error) func() {
		return func() {
			t.Helper()
			if err := f(); err != nil {
				t.Error(err)
			}
		}
	}
	expects("a claim", 1, func() { hold = claims.mine(t, claim) })
	expects("a claim in vain", 1, func() { claims.want(t, idempotency.StateInProgress, claim) })
	expects("a renewal", 1, succeeds(func() error { return store.Renew(t.Context(), hold, time.Minute) }))
	expects("a release", 1, succeeds(func() error { return store.Release(t.Context(), hold) }))
	expects("a claim of a released key", 1, func() { hold = claims.mine(t, claim) })
	expects("a completion", 1, succeeds(func() error { return store.Complete(t.Context(), hold, []byte("answer")) }))
	expects("a replay", 1, func() { claims.want(t, idempotency.StateDone, claim) })
	store.Advance(2 * claim.Window)
	expects("a claim of a forgotten key", 1, func() { claims.mine(t, claim) })
	claim.Key, claim.Attempt = "attempted", idempotency.Attempt{1}
	expects("a claim with a name", 1, func() { claims.mine(t, claim) })
	expects("the same claim once more", 2, func() { claims.mine(t, claim) })

	transactional := d.transactional(t)
	claim, claims = claimOf("transactional"), transactional.Claim
	expects("BEGIN and a claim", 2, func() { hold = claims.mine(t, claim) })
	expects("a renewal of a transaction", 0, succeeds(
		func() error { return transactional.Renew(t.Context(), hold, time.Minute) }))
	expects("a completion and COMMIT", 2, succeeds(
		func() error { return transactional.Complete(t.Context(), hold, nil) }))
	expects("BEGIN, a replay and ROLLBACK", 3, func() { claims.want(t, idempotency.StateDone, claim) })
}

// between does something once, before the statement of a claim that is made again by its attempt.
type between struct{ do func() }

func (b *between) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if do := b.do; do != nil && strings.HasPrefix(strings.TrimSpace(data.SQL), "UPDATE") &&
		strings.HasSuffix(data.SQL, "RETURNING took_over") {
		b.do = nil
		do()
	}
	return ctx
}

func (*between) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func TestAClaimThatIsMadeAgainTooLateGetsWhatThereIsThen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  func(context.Context, *pgstore.Store, idempotency.Hold) error
		want idempotency.State
	}{
		"completed": {func(ctx context.Context, s *pgstore.Store, hold idempotency.Hold) error {
			return s.Complete(ctx, hold, []byte("answer"))
		}, idempotency.StateDone},
		"released": {func(ctx context.Context, s *pgstore.Store,
			hold idempotency.Hold) error {
			return s.Release(ctx, hold)
		}, idempotency.StateMine},
		"taken over": {func(ctx context.Context, s *pgstore.Store, hold idempotency.Hold) error {
			other := claimOf(hold.Key)
			other.TakeOver, other.Lease = true, time.Hour
			s.Advance(time.Minute)
			outcome, err := s.Claim(ctx, other)
			if outcome.State != idempotency.StateMine {
				return fmt.Errorf("the outcome is %q, %w", outcome.State, err)
			}
			return err
		}, idempotency.StateInProgress},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := new(between)
			d := newDatabase(t, func(config *pgxpool.Config) { config.ConnConfig.Tracer = b })
			store := d.store(t)
			claim := claimOf("k")
			claim.Attempt = idempotency.Attempt{1}
			hold := claimer(store.Claim).mine(t, claim)
			asked := false
			b.do = func() {
				asked = true
				if err := c.end(t.Context(), store, hold); err != nil {
					t.Error(err)
				}
			}
			outcome := claimer(store.Claim).want(t, c.want, claim)
			if !asked {
				t.Error("nothing came in between: the test shows nothing")
			}
			if outcome.State == idempotency.StateMine && outcome.Token <= hold.Token {
				t.Errorf("token %d follows %d", outcome.Token, hold.Token)
			}
		})
	}
}

func TestDurationsAreRoundedUp(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	claim := claimOf("k")
	claim.Window = time.Hour + time.Nanosecond
	claimer(d.store(t).Claim).mine(t, claim)
	if n := d.count(t, "idempotency_records WHERE time_window = interval '1 hour' + interval '1 microsecond'"); n != 1 {
		t.Error("a window was cut short")
	}
}

func TestOneOfAThousandClaimsGetsTheKey(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	store, transactional := d.store(t), d.transactional(t)
	inTransaction := func(ctx context.Context, claim idempotency.Claim) (idempotency.Outcome, error) {
		return transactional.Claim(ctx, claim)
	}
	for i, c := range []struct {
		name    string
		before  func(idempotency.Claim)
		claimer []claimer
	}{
		{"a new key", func(idempotency.Claim) {}, []claimer{store.Claim}},
		{"a forgotten key", func(claim idempotency.Claim) {
			claimer(store.Claim).mine(t, claim)
			store.Advance(claim.Window)
		}, []claimer{store.Claim}},
		{"an expired lease", func(claim idempotency.Claim) {
			claimer(store.Claim).mine(t, claim)
			store.Advance(claim.Lease)
		}, []claimer{store.Claim}},
		{"a released key", func(claim idempotency.Claim) {
			if err := store.Release(t.Context(), claimer(store.Claim).mine(t, claim)); err != nil {
				t.Error(err)
			}
		}, []claimer{store.Claim}},
		{"a new key, for a transaction", func(idempotency.Claim) {}, []claimer{inTransaction}},
		{"a new key, for a transaction or not", func(idempotency.Claim) {}, []claimer{store.Claim, inTransaction}},
	} {
		claim := claimOf(fmt.Sprint(i))
		c.before(claim)
		claim.TakeOver = true
		var mine, inProgress, ready atomic.Int64
		start := make(chan struct{})
		var all sync.WaitGroup
		for n := range 1000 {
			all.Go(func() {
				ready.Add(1)
				<-start
				switch outcome, err := c.claimer[n%len(c.claimer)](t.Context(), claim); {
				case err != nil:
					t.Errorf("%s: %v", c.name, err)
				case outcome.State == idempotency.StateMine:
					mine.Add(1)
				case outcome.State == idempotency.StateInProgress && outcome.Remaining > 0:
					inProgress.Add(1)
				}
			})
		}
		close(start)
		all.Wait()
		if mine.Load() != 1 || inProgress.Load() != 999 {
			t.Errorf("%s: %d have it and %d were told that it is in progress, of 1000", c.name, mine.Load(),
				inProgress.Load())
		}
	}
}

func TestAClaimThatWaitedForAnotherTellsWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		end  func(pgx.Tx, context.Context) error
		want idempotency.State
	}{
		{"committed", pgx.Tx.Commit, idempotency.StateInProgress},
		{"rolled back", pgx.Tx.Rollback, idempotency.StateMine},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDatabase(t)
			store := d.store(t)
			// This is what a claim looks like to another that began after it and before its end.
			tx := d.begin(t)
			_, err := tx.Exec(t.Context(), `INSERT INTO idempotency_records
				(scope, key, fingerprint, lease_until, expires_at, time_window, delete_after)
				VALUES ('acme', 'k', $1, now() + interval '1 minute', now() + interval '1 hour', '1 hour',
					now() + interval '1 hour')`, make([]byte, 32))
			if err != nil {
				t.Fatal(err)
			}
			claim := claimOf("k")
			claim.Fingerprint = idempotency.Fingerprint{}
			answers := make(chan idempotency.Outcome)
			go func() {
				outcome, err := store.Claim(t.Context(), claim)
				if err != nil {
					t.Error(err)
				}
				answers <- outcome
			}()
			d.waitUntil(t, "EXISTS (SELECT FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid)))",
				tx.Conn().PgConn().PID())
			if err := c.end(tx, t.Context()); err != nil {
				t.Fatal(err)
			}
			if outcome := <-answers; outcome.State != c.want {
				t.Errorf("the outcome is %q, want %q", outcome.State, c.want)
			}
		})
	}
}

// waitUntil returns when a condition holds. It gives up after so long that it never will.
func (d *database) waitUntil(t testing.TB, condition string, arguments ...any) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for holds := false; !holds; {
		if time.Now().After(deadline) {
			t.Fatalf("it never came to this: %s", condition)
		}
		if err := d.QueryRow(t.Context(), "SELECT "+condition, arguments...).Scan(&holds); err != nil {
			t.Fatalf("%s: %v", condition, err)
		}
	}
}

func TestTokensGrowWhoeverClaims(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	store, transactional := d.store(t), d.transactional(t)
	var (
		mu     sync.Mutex
		tokens []idempotency.Token
		all    sync.WaitGroup
	)
	for n := range 8 {
		all.Go(func() {
			for range 50 {
				var store idempotency.Store = store
				if n%4 == 0 {
					store = transactional
				}
				outcome, err := store.Claim(t.Context(), claimOf("k"))
				if err != nil {
					t.Error(err)
					return
				}
				if outcome.State != idempotency.StateMine {
					continue
				}
				// Whoever has the key is alone here.
				mu.Lock()
				tokens = append(tokens, outcome.Token)
				mu.Unlock()
				if err := store.Release(t.Context(), holdOf(claimOf("k"), outcome)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if len(tokens) < 8 {
		t.Errorf("only %d claims had the key: the test shows nothing", len(tokens))
	}
	if !slices.IsSorted(tokens) || len(slices.Compact(slices.Clone(tokens))) != len(tokens) {
		t.Errorf("tokens that do not grow: %d", tokens)
	}
}

func TestADamagedRecordIsAnErrorAndStaysAsItIs(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.do(t, `ALTER TABLE idempotency_records
		ALTER token DROP IDENTITY, ALTER token DROP NOT NULL, ALTER fingerprint DROP NOT NULL,
		ALTER lease_until DROP NOT NULL,
		ALTER expires_at DROP NOT NULL, ALTER time_window DROP NOT NULL`)
	store := d.store(t)
	for i, damage := range []string{
		"fingerprint = ''", `fingerprint = '\x01'`, "fingerprint = fingerprint || fingerprint", "fingerprint = NULL",
		"token = 0", "token = -1", "token = NULL",
		"time_window = '0'", "time_window = '-1 hour'", "time_window = NULL",
		"lease_until = 'infinity'", "lease_until = '-infinity'", "lease_until = NULL",
		"expires_at = 'infinity'", "expires_at = NULL",
	} {
		for _, response := range []any{nil, []byte("answer")} {
			key := fmt.Sprintf("%d-%t", i, response == nil)
			d.do(t, `INSERT INTO idempotency_records VALUES ('acme', $1, $2, 1, NULL, false,
				now() - interval '1 minute', now() + interval '1 hour', '1 hour',
				now() + interval '1 hour', $3)`, key, append([]byte{1}, make([]byte, 31)...), response)
			d.do(t, "UPDATE idempotency_records SET "+damage+" WHERE key = $1", key)
			before := d.row(t, key)
			claim := claimOf(key)
			for _, claim.TakeOver = range []bool{false, true} {
				if outcome, err := store.Claim(t.Context(), claim); !errors.Is(err, idempotency.ErrCorrupt) ||
					outcome.State != 0 {
					t.Errorf("%s: %q, %v", damage, outcome.State, err)
				} else {
					noSecrets(t, err, key, "acme", "answer")
				}
			}
			if after := d.row(t, key); after != before {
				t.Errorf("%s: the record was %s and is %s", damage, before, after)
			}
		}
	}
}

// row is a record as text.
func (d *database) row(t *testing.T, key string) (row string) {
	t.Helper()
	if err := d.QueryRow(t.Context(), "SELECT r::text FROM idempotency_records r WHERE key = $1",
		key).Scan(&row); err != nil {
		t.Fatal(err)
	}
	return row
}

func TestAStoreWorksInEveryModeOfTheDriver(t *testing.T) {
	t.Parallel()
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe,
		pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol} {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			d := newDatabase(t, func(config *pgxpool.Config) { config.ConnConfig.DefaultQueryExecMode = mode })
			store := d.store(t)
			claims := claimer(store.Claim)
			claim := claimOf(`k'"\`)
			claim.Scope, claim.Fingerprint = `'é\`, idempotency.Fingerprint{0, 0xff, '\'', '\\'}
			if err := store.Release(t.Context(), claims.mine(t, claim)); err != nil {
				t.Error(err)
			}
			hold := claims.mine(t, claim)
			store.Advance(claim.Lease)
			if o := claims.want(t, idempotency.StateInProgress, claim); o.Remaining != 0 {
				t.Errorf("%s remain", o.Remaining)
			}
			if err := store.Renew(t.Context(), hold, time.Hour); err != nil {
				t.Error(err)
			}
			if o := claims.want(t, idempotency.StateInProgress, claim); o.Remaining <= claim.Lease ||
				o.Remaining > time.Hour {
				t.Errorf("%s remain", o.Remaining)
			}
			response := []byte("\x00\xff'\\x00\\")
			tx := d.begin(t)
			if err := store.CompleteTx(t.Context(), tx, hold, response); err != nil {
				t.Error(err)
			}
			if err := tx.Commit(t.Context()); err != nil {
				t.Error(err)
			}
			if o := claims.want(t, idempotency.StateDone, claim); !bytes.Equal(o.Response, response) {
				t.Errorf("the response is %q", o.Response)
			}
			store.Advance(2 * claim.Window)
			if n, err := store.DeleteExpired(t.Context(), 10); n != 1 || err != nil {
				t.Errorf("deleted %d, %v", n, err)
			}
		})
	}
}

func TestExpiredRecordsAreDeleted(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	store := d.store(t)
	claims := claimer(store.Claim)
	deletes := func(limit int, want int64) {
		t.Helper()
		if n, err := store.DeleteExpired(t.Context(), limit); n != want || err != nil {
			t.Errorf("deleted %d, %v; want %d", n, err, want)
		}
	}
	for i := range 5 {
		claims.mine(t, claimOf(fmt.Sprint(i)))
	}
	released := claimOf("released")
	if err := store.Release(t.Context(), claims.mine(t, released)); err != nil {
		t.Error(err)
	}
	deletes(100, 0)
	store.Advance(2 * time.Minute)
	deletes(100, 1) // the one that was released
	store.Advance(time.Hour - 2*time.Minute)
	deletes(100, 0) // They have just expired, and a claim may be under way.
	store.Advance(2 * time.Minute)
	living := claimOf("living")
	claims.mine(t, living)
	// One is being claimed right now.
	tx := d.begin(t)
	within(store, tx).mine(t, claimOf("0"))
	deletes(3, 3)
	deletes(3, 1)
	if err := tx.Rollback(t.Context()); err != nil {
		t.Error(err)
	}
	deletes(3, 1)
	deletes(3, 0)
	claims.want(t, idempotency.StateInProgress, living)
	// Two that went on after their claim, of which one is done.
	renewed, done := claimOf("renewed"), claimOf("done")
	hold, other := claims.mine(t, renewed), claims.mine(t, done)
	store.Advance(50 * time.Minute)
	for _, err := range []error{store.Renew(t.Context(), hold, time.Minute), store.Complete(t.Context(), other, nil)} {
		if err != nil {
			t.Error(err)
		}
	}
	store.Advance(50 * time.Minute)
	deletes(3, 1) // the living one, that nobody heard of again
	claims.want(t, idempotency.StateInProgress, renewed)
	claims.want(t, idempotency.StateDone, done)
	store.Advance(50 * time.Minute)
	deletes(3, 2)
	for _, limit := range []int{0, -1} {
		if _, err := store.DeleteExpired(t.Context(), limit); err == nil {
			t.Errorf("a limit of %d is accepted", limit)
		}
	}
}

func TestWhatFollowsAClaimLeavesTheIndexesAlone(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	store := d.store(t)
	claim := claimOf("k")
	hold := claimer(store.Claim).mine(t, claim)
	tx := d.begin(t)
	if err := store.CompleteTx(t.Context(), tx, hold, []byte("answer")); err != nil {
		t.Fatal(err)
	}
	var updated, hot int
	if err := tx.QueryRow(t.Context(), `SELECT pg_stat_get_xact_tuples_updated(r),
		pg_stat_get_xact_tuples_hot_updated(r)
		FROM CAST('idempotency_records' AS regclass) r`).Scan(&updated, &hot); err != nil {
		t.Fatal(err)
	}
	if updated != 1 || hot != 1 {
		t.Errorf("%d rows were updated, and %d with the indexes as they were", updated, hot)
	}
}

func TestNothingIsClaimedThatACrashCouldForget(t *testing.T) {
	t.Parallel()
	for setting, safe := range map[string]bool{"off": false, "local": true, "on": true} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			d := newDatabase(t, func(config *pgxpool.Config) {
				config.ConnConfig.RuntimeParams["synchronous_commit"] = setting
			})
			store, transactional := d.store(t), d.transactional(t)
			for name, claim := range map[string]claimer{"plain": store.Claim, "transactional": transactional.Claim} {
				outcome, err := claim(t.Context(), claimOf(name))
				if safe && (err != nil || outcome.State != idempotency.StateMine) ||
					!safe && !errors.Is(err, pgstore.ErrAsynchronous) {
					t.Errorf("%s: %q, %v", name, outcome.State, err)
				}
			}
			if n := d.count(t, "idempotency_records"); !safe && n != 0 {
				t.Errorf("%d records", n)
			}
		})
	}
}

// TestCrashes is of what a server's end does. They share one, since each takes seconds to make.
func TestCrashes(t *testing.T) {
	t.Parallel()
	server := pgserver.ForTest(t, pgserver.Options{})
	for _, c := range []struct {
		name string
		run  func(*testing.T, *pgserver.Server)
	}{
		{"a claim fails without a server and holds when it is back", aClaimFailsWithoutAServerAndHoldsWhenItIsBack},
		{"what the server ends in mid-transaction never happened", whatTheServerEndsInMidTransactionNeverHappened},
		{"every request takes effect once whatever fails", everyRequestTakesEffectOnceWhateverFails},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, server) })
	}
}

func aClaimFailsWithoutAServerAndHoldsWhenItIsBack(t *testing.T, server *pgserver.Server) {
	d := on(t, server, func(config *pgxpool.Config) { config.ConnConfig.Password = "hunter2" })
	store := d.store(t)
	claims := claimer(store.Claim)
	held, done, never := claimOf("held"), claimOf("done"), claimOf("never")
	hold := claims.mine(t, held)
	if err := store.Complete(t.Context(), claims.mine(t, done), []byte("answer")); err != nil {
		t.Fatal(err)
	}
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	for range 3 { // with connections that are broken, and without
		for what, err := range map[string]error{
			"claim":          second(store.Claim(t.Context(), never)),
			"renew":          store.Renew(t.Context(), hold, time.Minute),
			"complete":       store.Complete(t.Context(), hold, []byte("payload")),
			"release":        store.Release(t.Context(), hold),
			"delete expired": second(store.DeleteExpired(t.Context(), 1)),
			"migrate":        pgstore.Migrate(t.Context(), d.Pool, d.config),
			"transactional":  second(d.transactional(t).Claim(t.Context(), never)),
		} {
			noSecrets(t, err, "hunter2", "user=", "acme", "never", "payload", "postgres://")
			if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
				t.Errorf("%s: the error holds the configuration, and the password with it", what)
			}
			if errors.Is(err, idempotency.ErrLost) {
				t.Errorf("%s: nobody said that the hold is over: %v", what, err)
			}
		}
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.untilItAnswers(t)
	claims.want(t, idempotency.StateInProgress, held)
	if o := claims.want(t, idempotency.StateDone, done); string(o.Response) != "answer" {
		t.Errorf("the response is %q", o.Response)
	}
	claims.mine(t, never)
	if err := store.Complete(t.Context(), hold, nil); err != nil {
		t.Errorf("the hold did not survive: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestAClaimIsGivenUpWithTheContext(t *testing.T) {
	t.Parallel()
	// It takes connections and says nothing.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	pool, err := pgxpool.New(t.Context(), "postgres://u:hunter2@"+listener.Addr().String()+"/db?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	store, err := pgstore.New(pool, pgstore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err = store.Claim(ctx, claimOf("k"))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	noSecrets(t, err, "hunter2", "acme")
}
