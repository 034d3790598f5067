package pgstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/internal/pgserver"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
)

// bank is a database with effects, and a store whose holds have them in their transaction.
type bank struct {
	*database
	store *pgstore.Transactional
}

func newBank(t testing.TB, set ...func(*pgxpool.Config)) *bank {
	t.Helper()
	d := newDatabase(t, append([]func(*pgxpool.Config){impatient}, set...)...)
	return bankOn(t, d)
}

func bankOn(t testing.TB, d *database) *bank {
	t.Helper()
	d.do(t, "CREATE TABLE effects (scope text, key text)")
	return &bank{d, d.transactional(t)}
}

// effect does what a handler does.
func (b *bank) effect(ctx context.Context, hold idempotency.Hold) error {
	tx, ok := pgstore.TxFromContext(b.store.Join(ctx, hold))
	if !ok {
		return errors.New("there is no transaction to take part in")
	}
	_, err := tx.Exec(ctx, "INSERT INTO effects VALUES ($1, $2)", hold.Scope, hold.Key)
	return err
}

// mine claims and has an effect.
func (b *bank) mine(t testing.TB, claim idempotency.Claim) idempotency.Hold {
	t.Helper()
	hold := claimer(b.store.Claim).mine(t, claim)
	if err := b.effect(t.Context(), hold); err != nil {
		t.Fatal(err)
	}
	return hold
}

// idle demands that all connections are back in the pool and nothing is held.
func (b *bank) idle(t testing.TB) {
	t.Helper()
	if n := b.store.Open(); n != 0 {
		t.Errorf("%d transactions are open", n)
	}
	// The pool takes broken connections out in the background.
	for deadline := time.Now().Add(time.Minute); b.Stat().AcquiredConns() != 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections are not back in the pool", b.Stat().AcquiredConns())
		}
	}
}

// nothingHappened demands that there is no effect, and that the next claim executes.
func (b *bank) nothingHappened(t testing.TB, claim idempotency.Claim) {
	t.Helper()
	b.idle(t)
	if n := b.count(t, "effects WHERE key = $1", claim.Key); n != 0 {
		t.Errorf("%d effects of a request that failed", n)
	}
	// The server may have to notice yet that a connection is gone.
	for {
		outcome, err := b.store.Claim(t.Context(), claim)
		if err != nil {
			t.Fatal(err)
		}
		if outcome.State == idempotency.StateMine {
			if err := b.store.Release(t.Context(), holdOf(claim, outcome)); err != nil {
				t.Error(err)
			}
			return
		}
		if outcome.State != idempotency.StateInProgress {
			t.Fatalf("the outcome is %q, want %q", outcome.State, idempotency.StateMine)
		}
	}
}

// happened demands that there is one effect, and its response, which is "answer".
func (b *bank) happened(t testing.TB, claim idempotency.Claim) {
	t.Helper()
	b.idle(t)
	if n := b.count(t, "effects WHERE key = $1", claim.Key); n != 1 {
		t.Errorf("%d effects of a request that succeeded", n)
	}
	if o := claimer(b.store.Claim).want(t, idempotency.StateDone, claim); string(o.Response) != "answer" {
		t.Errorf("the response is %q", o.Response)
	}
	b.idle(t)
}

func TestAHandlersEffectHappensWithItsRecordOrNotAtAll(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	t.Run("completed", func(t *testing.T) {
		claim := claimOf("completed")
		hold := b.mine(t, claim)
		claimer(b.store.Claim).want(t, idempotency.StateInProgress, claim)
		if err := b.store.Renew(t.Context(), hold, time.Hour); err != nil {
			t.Error(err)
		}
		if n := b.count(t, "effects WHERE key = 'completed'"); n != 0 {
			t.Error("others see the effect before it is complete")
		}
		if err := b.store.Complete(t.Context(), hold, []byte("answer")); err != nil {
			t.Fatal(err)
		}
		b.happened(t, claim)
		if err := b.store.Complete(t.Context(), hold, []byte("again")); err != nil {
			t.Errorf("completing again: %v", err)
		}
		b.happened(t, claim)
		for what, err := range map[string]error{
			"Renew":   b.store.Renew(t.Context(), hold, time.Hour),
			"Release": b.store.Release(t.Context(), hold),
		} {
			if !errors.Is(err, idempotency.ErrLost) {
				t.Errorf("%s after completion: %v", what, err)
			}
		}
		other := claim
		other.Fingerprint[0]++
		claimer(b.store.Claim).want(t, idempotency.StateOtherFingerprint, other)
		b.idle(t)
	})
	t.Run("released", func(t *testing.T) {
		claim := claimOf("released")
		hold := b.mine(t, claim)
		if err := b.store.Release(t.Context(), hold); err != nil {
			t.Fatal(err)
		}
		for what, err := range map[string]error{
			"Renew":    b.store.Renew(t.Context(), hold, time.Hour),
			"Release":  b.store.Release(t.Context(), hold),
			"Complete": b.store.Complete(t.Context(), hold, nil),
		} {
			if !errors.Is(err, idempotency.ErrLost) {
				t.Errorf("%s after release: %v", what, err)
			}
		}
		if _, ok := pgstore.TxFromContext(b.store.Join(t.Context(), hold)); ok {
			t.Error("there is a transaction to take part in after release")
		}
		b.nothingHappened(t, claim)
	})
	t.Run("released with a context that is over", func(t *testing.T) {
		claim := claimOf("over")
		hold := b.mine(t, claim)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := b.store.Release(ctx, hold); err != nil {
			t.Error(err)
		}
		b.nothingHappened(t, claim)
	})
	t.Run("completed with a context that is over", func(t *testing.T) {
		claim := claimOf("late")
		hold := b.mine(t, claim)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := b.store.Complete(ctx, hold, nil); !errors.Is(err, context.Canceled) ||
			errors.Is(err, pgstore.ErrCommitUnknown) {
			t.Errorf("got %v", err)
		}
		b.nothingHappened(t, claim)
	})
	t.Run("a context that ends while the handler uses the transaction", func(t *testing.T) {
		claim := claimOf("interrupted")
		hold := b.mine(t, claim)
		ctx, cancel := context.WithCancel(b.store.Join(t.Context(), hold))
		tx, _ := pgstore.TxFromContext(ctx)
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := tx.Exec(ctx, "SELECT pg_sleep(3600)"); err == nil {
				t.Error("it slept an hour")
			}
		})
		b.waitUntil(t,
			"EXISTS (SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(3600)' AND state = 'active')")
		cancel()
		all.Wait()
		if err := b.store.Complete(t.Context(), hold, nil); err == nil {
			t.Error("a broken connection has completed")
		}
		b.nothingHappened(t, claim)
	})
	t.Run("broken by the handler", func(t *testing.T) {
		claim := claimOf("broken")
		hold := b.mine(t, claim)
		tx, _ := pgstore.TxFromContext(b.store.Join(t.Context(), hold))
		if _, err := tx.Exec(t.Context(), "SELECT 1/0"); err == nil {
			t.Fatal("one can divide by zero")
		}
		err := b.store.Complete(t.Context(), hold, nil)
		if err == nil || errors.Is(err, pgstore.ErrCommitUnknown) || errors.Is(err, idempotency.ErrLost) {
			t.Errorf("got %v", err)
		}
		b.nothingHappened(t, claim)
	})
	t.Run("a statement that failed in a savepoint", func(t *testing.T) {
		claim := claimOf("savepoint")
		hold := b.mine(t, claim)
		tx, _ := pgstore.TxFromContext(b.store.Join(t.Context(), hold))
		savepoint, err := tx.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := savepoint.Exec(t.Context(), "SELECT 1/0"); err == nil {
			t.Fatal("one can divide by zero")
		}
		if err := savepoint.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		if err := b.store.Complete(t.Context(), hold, []byte("answer")); err != nil {
			t.Fatal(err)
		}
		b.happened(t, claim)
	})
	t.Run("ended by the handler", func(t *testing.T) {
		claim := claimOf("ended")
		hold := b.mine(t, claim)
		tx, _ := pgstore.TxFromContext(b.store.Join(t.Context(), hold))
		if err := tx.Rollback(t.Context()); !errors.Is(err, pgstore.ErrJoined) {
			t.Errorf("rolling back: %v", err)
		}
		if err := tx.Commit(t.Context()); !errors.Is(err, pgstore.ErrJoined) {
			t.Errorf("committing: %v", err)
		}
		if err := b.store.Release(t.Context(), hold); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), "SELECT 1"); !errors.Is(err, pgx.ErrTxClosed) {
			t.Errorf("using it afterwards: %v", err)
		}
		b.nothingHappened(t, claim)
	})
	t.Run("refused at the commit", func(t *testing.T) {
		b.do(t, "CREATE TABLE once (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
		claim := claimOf("refused")
		hold := b.mine(t, claim)
		tx, _ := pgstore.TxFromContext(b.store.Join(t.Context(), hold))
		if _, err := tx.Exec(t.Context(), "INSERT INTO once VALUES (1), (1)"); err != nil {
			t.Fatal(err)
		}
		err := b.store.Complete(t.Context(), hold, nil)
		if failure, ok := errors.AsType[*pgconn.PgError](err); !ok || failure.Code != "23505" ||
			errors.Is(err, pgstore.ErrCommitUnknown) {
			t.Errorf("got %v", err)
		}
		b.nothingHappened(t, claim)
	})
	t.Run("disconnected", func(t *testing.T) {
		for _, end := range []string{"complete", "release"} {
			claim := claimOf("disconnected-" + end)
			hold := b.mine(t, claim)
			tx, _ := pgstore.TxFromContext(b.store.Join(t.Context(), hold))
			pid := tx.Conn().PgConn().PID()
			b.do(t, "SELECT pg_terminate_backend($1)", pid)
			b.waitUntil(t, "NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)", pid)
			if end == "complete" {
				if err := b.store.Complete(t.Context(), hold, nil); err == nil || errors.Is(err, idempotency.ErrLost) {
					t.Errorf("completing: %v", err)
				}
			} else if err := b.store.Release(t.Context(), hold); err == nil || errors.Is(err, idempotency.ErrLost) {
				t.Errorf("releasing: %v", err)
			}
			b.nothingHappened(t, claim)
		}
	})
	t.Run("a claim that fails", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := b.store.Claim(ctx, claimOf("cancelled")); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if _, err := b.store.Claim(t.Context(), idempotency.Claim{}); !errors.Is(err, idempotency.ErrClaim) {
			t.Errorf("got %v", err)
		}
		b.do(t, "ALTER TABLE idempotency_records RENAME TO elsewhere")
		if _, err := b.store.Claim(t.Context(), claimOf("no-table")); err == nil {
			t.Error("there is no table")
		}
		b.do(t, "ALTER TABLE elsewhere RENAME TO idempotency_records")
		b.nothingHappened(t, claimOf("no-table"))
	})
	t.Run("without a transaction", func(t *testing.T) {
		if _, ok := pgstore.TxFromContext(t.Context()); ok {
			t.Error("there is a transaction out of nowhere")
		}
	})
}

func TestAClaimWaitsForAConnectionAsLongAsItsContextAllows(t *testing.T) {
	t.Parallel()
	b := newBank(t, func(config *pgxpool.Config) { config.MaxConns = 1 })
	claim := claimOf("k")
	hold := b.mine(t, claim)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := b.store.Claim(ctx, claimOf("another")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	// The handler and the completion do without a second one.
	if err := b.store.Complete(t.Context(), hold, []byte("answer")); err != nil {
		t.Fatal(err)
	}
	b.happened(t, claim)
}

func TestCloseRollsBackWhatNobodyEnded(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	var holds []idempotency.Hold
	for i := range 5 {
		holds = append(holds, b.mine(t, claimOf(fmt.Sprint(i))))
	}
	if err := b.store.Close(); err != nil {
		t.Errorf("closing: %v", err)
	}
	b.idle(t)
	if n := b.count(t, "effects"); n != 0 {
		t.Errorf("%d effects", n)
	}
	if _, err := b.store.Claim(t.Context(), claimOf("k")); !errors.Is(err, pgstore.ErrClosed) {
		t.Errorf("claiming: %v", err)
	}
	for _, hold := range holds {
		if err := b.store.Complete(t.Context(), hold, nil); !errors.Is(err, idempotency.ErrLost) {
			t.Errorf("completing: %v", err)
		}
	}
	claimer(b.database.store(t).Claim).mine(t, claimOf("0"))
}

// wire is a connection that breaks at a commit.
type wire struct {
	net.Conn
	// before and after say whether the commit is lost, or the answer to it.
	before, after bool
	broken        bool
}

func (w *wire) Write(p []byte) (int, error) {
	// A message of 11 bytes with a text. Other statements have the word in them.
	if bytes.Contains(p, []byte("Q\x00\x00\x00\x0bcommit\x00")) {
		w.broken = true
		if w.before {
			_ = w.Close()
			return len(p), nil
		}
	}
	return w.Conn.Write(p)
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if w.broken && w.after && err == nil {
		_ = w.Close()
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

func TestALostCommitIsUnknownAndTheNextClaimTells(t *testing.T) {
	t.Parallel()
	for _, before := range []bool{true, false} {
		t.Run(fmt.Sprintf("the commit arrived %t", !before), func(t *testing.T) {
			t.Parallel()
			d := newDatabase(t, impatient)
			config := d.Config()
			config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
				connection, err := new(net.Dialer).DialContext(ctx, network, address)
				return &wire{Conn: connection, before: before, after: !before}, err
			}
			pool, err := pgxpool.NewWithConfig(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			defer pool.Close()
			fragile := bankOn(t, &database{pool, d.config, d.schema})
			sound := &bank{d, d.transactional(t)}
			claim := claimOf("k")
			hold := fragile.mine(t, claim)
			if err := fragile.store.Complete(t.Context(), hold, []byte("answer")); !errors.Is(err,
				pgstore.ErrCommitUnknown) {
				t.Errorf("got %v", err)
			}
			fragile.idle(t)
			if before {
				sound.nothingHappened(t, claim)
				return
			}
			sound.happened(t, claim)
			// A middleware that completes again gets the truth too.
			if err := sound.store.Complete(t.Context(), hold, []byte("again")); err != nil {
				t.Errorf("completing again: %v", err)
			}
			sound.happened(t, claim)
		})
	}
}

func whatTheServerEndsInMidTransactionNeverHappened(t *testing.T, server *pgserver.Server) {
	b := bankOn(t, on(t, server, impatient))
	for name, end := range map[string]func() error{"stopped": server.Stop, "killed": server.Kill} {
		claim, before := claimOf(name), claimOf("before-"+name)
		hold := b.mine(t, before)
		if err := b.store.Complete(t.Context(), hold, []byte("answer")); err != nil {
			t.Fatal(err)
		}
		hold = b.mine(t, claim)
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if err := b.store.Complete(t.Context(), hold, nil); err == nil || errors.Is(err, idempotency.ErrLost) {
			t.Errorf("%s: completing: %v", name, err)
		}
		if err := server.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.untilItAnswers(t)
		b.nothingHappened(t, claim)
		b.happened(t, before)
	}
}

// untilItAnswers uses up connections of before the server was started again.
func (d *database) untilItAnswers(t testing.TB) {
	t.Helper()
	for d.Ping(t.Context()) != nil {
		if t.Context().Err() != nil {
			t.Fatal("the server never answered")
		}
	}
}

func everyRequestTakesEffectOnceWhateverFails(t *testing.T, server *pgserver.Server) {
	const requests, senders = 40, 6
	b := bankOn(t, on(t, server, impatient))
	// send sends a request until it is answered.
	send := func(ctx context.Context, request, attempt int) (acknowledged bool) {
		claim := claimOf(fmt.Sprint(request))
		outcome, err := b.store.Claim(ctx, claim)
		if err != nil || outcome.State == idempotency.StateInProgress {
			return false
		}
		if outcome.State == idempotency.StateDone {
			if string(outcome.Response) != "answer to "+claim.Key {
				t.Errorf("the response is %q", outcome.Response)
			}
			return true
		}
		hold := holdOf(claim, outcome)
		if err := b.effect(ctx, hold); err != nil || (request+attempt)%3 == 0 {
			_ = b.store.Release(ctx, hold) // It fails when the server is away.
			return false
		}
		return b.store.Complete(ctx, hold, []byte("answer to "+claim.Key)) == nil
	}
	progress := make(chan struct{}, requests*senders)
	var all sync.WaitGroup
	for n := range senders {
		all.Go(func() {
			for i := range requests {
				request := (i + n*requests/senders/2) % requests
				for attempt := 1; !send(t.Context(), request, attempt); attempt++ {
					if t.Context().Err() != nil {
						return
					}
				}
				progress <- struct{}{}
			}
		})
	}
	for _, end := range []func() error{server.Kill, server.Stop, server.Kill} {
		for range requests * senders / 5 {
			<-progress
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if err := server.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	all.Wait()
	b.untilItAnswers(t)
	b.idle(t)
	if n := b.count(t, "effects"); n != requests {
		t.Errorf("%d effects of %d requests", n, requests)
	}
	if n := b.count(t, "(SELECT FROM effects GROUP BY key) AS g"); n != requests {
		t.Errorf("%d requests of %d have an effect", n, requests)
	}
}

// remembered is what the model knows of a key. What is held is all that others can know of it.
type remembered struct {
	held, done  bool
	hold        idempotency.Hold
	fingerprint idempotency.Fingerprint
	response    []byte
	expires     time.Duration
	effects     int
}

func TestATransactionalAnswersAsItsModelDoes(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		scope := fmt.Sprint("run ", run)
		var now time.Duration // whole hours; the server's own clock goes on by less than the odd half hour
		model := map[string]*remembered{"a": {}, "b": {}}
		draw := func(t *rapid.T) (string, *remembered) {
			key := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "key")
			return key, model[key]
		}
		claim := func(t *rapid.T) {
			key, r := draw(t)
			claim := idempotency.Claim{
				Scope: scope, Key: key,
				Fingerprint: idempotency.Fingerprint{rapid.SampledFrom([]byte{1, 1, 2}).Draw(t, "fingerprint")},
				Lease:       time.Minute,
				Window:      time.Duration(rapid.IntRange(1, 3).Draw(t, "window"))*time.Hour - 30*time.Minute,
				TakeOver:    rapid.Bool().Draw(t, "take over"),
			}
			outcome, err := b.store.Claim(context.Background(), claim)
			if err != nil {
				t.Fatal(err)
			}
			want := idempotency.StateMine
			switch {
			case r.held:
				want = idempotency.StateInProgress
			case r.done && now < r.expires && r.fingerprint != claim.Fingerprint:
				want = idempotency.StateOtherFingerprint
			case r.done && now < r.expires:
				want = idempotency.StateDone
			}
			if outcome.State != want || outcome.TookOver ||
				want == idempotency.StateInProgress && outcome.Remaining <= 0 {
				t.Fatalf("the outcome is %+v, want %s", outcome, want)
			}
			switch want {
			case idempotency.StateDone:
				if !bytes.Equal(outcome.Response, r.response) {
					t.Fatalf("the response is %q, want %q", outcome.Response, r.response)
				}
			case idempotency.StateMine:
				if outcome.Token <= r.hold.Token {
					t.Fatalf("the token is %d after %d", outcome.Token, r.hold.Token)
				}
				r.held, r.hold, r.fingerprint = true, holdOf(claim, outcome), claim.Fingerprint
				r.expires = claim.Window // a length, until it is done
				r.done = false
				if err := b.effect(context.Background(), r.hold); err != nil {
					t.Fatal(err)
				}
			default:
			}
		}
		demand := func(t *rapid.T, what string, err, want error) {
			if !errors.Is(err, want) {
				t.Fatalf("%s: %v, want %v", what, err, want)
			}
		}
		lostUnless := func(ok bool) error {
			if ok {
				return nil
			}
			return idempotency.ErrLost
		}
		defer func() {
			for _, r := range model {
				if r.held {
					_ = b.store.Release(context.Background(), r.hold)
				}
			}
		}()
		t.Repeat(map[string]func(*rapid.T){
			"claim":       claim,
			"claim again": claim,
			"renew": func(t *rapid.T) {
				_, r := draw(t)
				demand(t, "renewing", b.store.Renew(context.Background(), r.hold, time.Minute), lostUnless(r.held))
			},
			"complete": func(t *rapid.T) {
				_, r := draw(t)
				response := rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "response")
				demand(t, "completing", b.store.Complete(context.Background(), r.hold, response),
					lostUnless(r.held || r.done && now < r.expires))
				if r.held {
					r.held, r.done, r.response, r.expires = false, true, response, now+r.expires
					r.effects++
				}
			},
			"release": func(t *rapid.T) {
				_, r := draw(t)
				demand(t, "releasing", b.store.Release(context.Background(), r.hold), lostUnless(r.held))
				r.held = false
			},
			"let time pass": func(*rapid.T) {
				now += time.Hour
				b.store.Advance(time.Hour)
			},
			"": func(t *rapid.T) {
				held := 0
				for _, r := range model {
					if r.held {
						held++
					}
				}
				if b.store.Open() != held {
					t.Fatalf("%d transactions are open, want %d", b.store.Open(), held)
				}
			},
		})
		for key, r := range model {
			var effects int
			row := b.QueryRow(context.Background(), "SELECT count(*) FROM effects WHERE scope = $1 AND key = $2", scope,
				key)
			if err := row.Scan(&effects); err != nil || effects != r.effects {
				t.Fatalf("%d effects of %s, %v; want %d", effects, key, err, r.effects)
			}
		}
	})
	b.idle(t)
}
