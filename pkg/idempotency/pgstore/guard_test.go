package pgstore_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
)

// service is a handler behind a guard, whose effects are rows in a bank.
type service struct {
	*bank
	handler http.Handler

	mu     sync.Mutex
	events []idempotency.Event
}

// serveWith makes a service with three connections. The handler gets the transaction.
func serveWith(t *testing.T, handle func(http.ResponseWriter, *http.Request, pgx.Tx)) *service {
	t.Helper()
	s := &service{bank: newBank(t, func(config *pgxpool.Config) { config.MaxConns = 3 })}
	guard, err := idempotency.New(idempotency.Config{Store: s.store, StoreTimeout: 20 * time.Second,
		Observe: func(_ context.Context, e idempotency.Event) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.events = append(s.events, e)
		}})
	if err != nil {
		t.Fatal(err)
	}
	s.handler = guard.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tx, ok := pgstore.TxFromContext(r.Context())
		if !ok {
			t.Error("there is no transaction")
			return
		}
		handle(w, r, tx)
	}))
	return s
}

const guardKey = "497f6eca-6276-4993-bfeb-53cbbbba6f08"

func request() *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/payments/", strings.NewReader("10 USD"))
	r.Header.Set(idempotency.Header, guardKey)
	return r
}

// send sends the request. A panic of the handler is nobody's here.
func (s *service) send() (w *httptest.ResponseRecorder) {
	w = httptest.NewRecorder()
	defer func() { _ = recover() }()
	s.handler.ServeHTTP(w, request())
	return w
}

// failures are the causes that the observer was told of.
func (s *service) failures() (all []error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.Kind == idempotency.EventFailed {
			all = append(all, e.Err)
		}
	}
	return all
}

func insert(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, "INSERT INTO effects VALUES ('', 'k')")
	return err
}

func TestAConstraintThatFailsAtTheCommitIsAFailure(t *testing.T) {
	t.Parallel()
	number := 1
	s := serveWith(t, func(w http.ResponseWriter, r *http.Request, tx pgx.Tx) {
		if err := insert(r.Context(), tx); err != nil {
			t.Error(err)
		}
		if _, err := tx.Exec(r.Context(), "INSERT INTO once VALUES ($1)", number); err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusCreated)
	})
	s.do(t, "CREATE TABLE once (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
	s.do(t, "INSERT INTO once VALUES (1)")
	for range 2 {
		if w := s.send(); w.Code != 500 || !strings.Contains(w.Body.String(), string(idempotency.ReasonNotCommitted)) ||
			w.Header().Get("Retry-After") != "" {
			t.Errorf("answered %d %s", w.Code, w.Body)
		}
	}
	causes := s.failures()
	if len(causes) != 2 {
		t.Fatalf("observed %v", causes)
	}
	for _, cause := range causes {
		if failure, ok := errors.AsType[*pgconn.PgError](cause); !ok || failure.Code != "23505" {
			t.Errorf("the observer was told %v", cause)
		}
	}
	if n := s.count(t, "effects"); n != 0 {
		t.Errorf("%d effects", n)
	}
	number = 2
	for _, replayed := range []string{"", "true"} {
		if w := s.send(); w.Code != 201 || w.Header().Get(idempotency.HeaderReplayed) != replayed {
			t.Errorf("answered %d %s", w.Code, w.Body)
		}
	}
	if n := s.count(t, "effects"); n != 1 {
		t.Errorf("%d effects", n)
	}
	s.idle(t)
}

// A handler may commit or roll back by a statement, wherever that hides. It is noticed, nothing is acknowledged, and
// nothing happens twice.
func TestATransactionThatItsHandlerEndsIsNoticed(t *testing.T) {
	t.Parallel()
	exec := func(sql string) func(context.Context, pgx.Tx) error {
		return func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, sql)
			return err
		}
	}
	for name, end := range map[string]func(context.Context, pgx.Tx) error{
		"ROLLBACK":        exec("ROLLBACK"),
		"COMMIT":          exec("COMMIT"),
		"end in a rubric": exec("/* x */ end"),
		"ROLLBACK and an effect at once": exec(
			"ROLLBACK; INSERT INTO effects VALUES ('', 'k')"),
		"an effect and COMMIT at once": exec("INSERT INTO effects VALUES ('', 'k'); COMMIT"),
		"COMMIT and another one":       exec("COMMIT; BEGIN"),
		"ROLLBACK and another one":     exec("ROLLBACK; BEGIN"),
		"in a savepoint": func(ctx context.Context, tx pgx.Tx) error {
			savepoint, err := tx.Begin(ctx)
			if err != nil {
				return err
			}
			_, err = savepoint.Exec(ctx, "ROLLBACK")
			return err
		},
		"as a query": func(ctx context.Context, tx pgx.Tx) error {
			rows, err := tx.Query(ctx, "ROLLBACK")
			if err != nil {
				return err
			}
			rows.Close()
			return rows.Err()
		},
		"in a batch": func(ctx context.Context, tx pgx.Tx) error {
			batch := new(pgx.Batch)
			batch.Queue("INSERT INTO effects VALUES ('', 'k')")
			batch.Queue("ROLLBACK")
			return tx.SendBatch(ctx, batch).Close()
		},
		"on the connection": func(ctx context.Context, tx pgx.Tx) error {
			if _, err := tx.Conn().Exec(ctx, "ROLLBACK"); err != nil {
				return err
			}
			_, err := tx.Conn().Exec(ctx, "INSERT INTO effects VALUES ('', 'k')")
			return err
		},
		"before a large object": func(ctx context.Context, tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "ROLLBACK"); err != nil {
				return err
			}
			objects := tx.LargeObjects() // Nothing holds them up.
			_, err := objects.Create(ctx, 0)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			executed := 0
			again := strings.HasSuffix(name, "another one")
			s := serveWith(t, func(w http.ResponseWriter, r *http.Request, tx pgx.Tx) {
				executed++
				if err := end(r.Context(), tx); err != nil {
					t.Error(err)
				}
				// Most handlers would give up here.
				if err := insert(r.Context(), tx); !again && !errors.Is(err, pgstore.ErrEnded) || again && err != nil {
					t.Errorf("INSERT = %v", err)
				}
				w.WriteHeader(http.StatusCreated)
			})
			if w := s.send(); w.Code != 503 || !strings.Contains(w.Body.String(),
				string(idempotency.ReasonCommitUnknown)) {
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
			if causes := s.failures(); len(causes) != 1 || !errors.Is(causes[0], pgstore.ErrEnded) {
				t.Errorf("observed %v", causes)
			}
			for range 5 {
				time.Sleep(2 * idempotency.MinLease)
				if w := s.send(); w.Code != 409 || !strings.Contains(w.Body.String(),
					string(idempotency.ReasonOutcomeUnknown)) {
					t.Errorf("the repeat is answered %d %s", w.Code, w.Body)
				}
			}
			if n := s.count(t, "effects"); n > 1 || executed != 1 {
				t.Errorf("%d effects; executed %d times", n, executed)
			}
			s.idle(t)
		})
	}
}

// Nor is a refusal acknowledged, or a panic forgotten, after the transaction was ended.
func TestARefusalAfterTheEndOfTheTransactionIsNotBelieved(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(http.ResponseWriter){
		"a refusal": func(w http.ResponseWriter) { w.WriteHeader(http.StatusUnprocessableEntity) },
		"a panic":   func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"too much":  func(w http.ResponseWriter) { _, _ = w.Write(make([]byte, 2<<20)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			executed := 0
			s := serveWith(t, func(w http.ResponseWriter, r *http.Request, tx pgx.Tx) {
				executed++
				if _, err := tx.Exec(r.Context(), "INSERT INTO effects VALUES ('', 'k'); COMMIT"); err != nil {
					t.Error(err)
				}
				leave(w)
			})
			if w := s.send(); name != "a panic" && w.Code != 503 {
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
			time.Sleep(2 * idempotency.MinLease)
			if w := s.send(); w.Code != 409 || executed != 1 {
				t.Errorf("the repeat is answered %d %s; executed %d times", w.Code, w.Body, executed)
			}
			if n := s.count(t, "effects"); n != 1 {
				t.Errorf("%d effects", n)
			}
			s.idle(t)
		})
	}
}

// After the transaction was ended, nothing that a pgx.Tx has executes anything.
func TestATransactionThatWasEndedExecutesNothing(t *testing.T) {
	t.Parallel()
	b := newBank(t)
	hold := claimer(b.store.Claim).mine(t, claimOf("k"))
	ctx := t.Context()
	tx, _ := pgstore.TxFromContext(b.store.Join(ctx, hold))
	savepoint, err := tx.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	steps := map[string]func(pgx.Tx) error{
		"Exec":     func(tx pgx.Tx) error { return insert(ctx, tx) },
		"Query":    func(tx pgx.Tx) error { return second(tx.Query(ctx, "SELECT 1")) },
		"QueryRow": func(tx pgx.Tx) error { return tx.QueryRow(ctx, "SELECT 1").Scan(new(int)) },
		"Begin":    func(tx pgx.Tx) error { return second(tx.Begin(ctx)) },
		"Prepare":  func(tx pgx.Tx) error { return second(tx.Prepare(ctx, "s", "SELECT 1")) },
		"CopyFrom": func(tx pgx.Tx) error {
			return second(tx.CopyFrom(ctx, pgx.Identifier{"effects"}, []string{"key"},
				pgx.CopyFromRows([][]any{{"k"}})))
		},
		"SendBatch": func(tx pgx.Tx) error { return tx.SendBatch(ctx, new(pgx.Batch)).Close() },
		"a batch's Exec": func(tx pgx.Tx) error {
			return second(tx.SendBatch(ctx, new(pgx.Batch)).Exec())
		},
		"a batch's Query": func(tx pgx.Tx) error {
			return second(tx.SendBatch(ctx, new(pgx.Batch)).Query())
		},
		"a batch's QueryRow": func(tx pgx.Tx) error {
			return tx.SendBatch(ctx, new(pgx.Batch)).QueryRow().Scan()
		},
	}
	demand := func(want error, ends map[string]func(pgx.Tx) error) {
		t.Helper()
		for name, step := range steps {
			for _, tx := range []pgx.Tx{tx, savepoint} {
				if err := step(tx); !errors.Is(err, want) {
					t.Errorf("%s = %v, want %v", name, err, want)
				}
			}
		}
		for name, end := range ends {
			if err := end(savepoint); !errors.Is(err, want) {
				t.Errorf("%s of the savepoint = %v, want %v", name, err, want)
			}
		}
	}
	ends := map[string]func(pgx.Tx) error{
		"Commit":   func(tx pgx.Tx) error { return tx.Commit(ctx) },
		"Rollback": func(tx pgx.Tx) error { return tx.Rollback(ctx) },
	}
	if _, err := tx.Exec(ctx, "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	demand(pgstore.ErrEnded, ends)
	if err := b.store.Release(ctx, hold); !errors.Is(err, pgstore.ErrEnded) || !errors.Is(err, idempotency.ErrInDoubt) {
		t.Errorf("Release = %v", err)
	}
	demand(pgx.ErrTxClosed, ends)
	b.idle(t)
	if n := b.count(t, "effects"); n != 0 {
		t.Errorf("%d effects", n)
	}
	const inDoubt = "idempotency_records WHERE response IS NULL AND lease_until <= now() + interval '1 ms'"
	if n := b.count(t, inDoubt); n != 1 {
		t.Errorf("%d keys are in doubt at once", n)
	}
}

// A handler that leaves its transaction in whatever way leaves the connection too.
func TestNoWayOutOfAHandlerKeepsAConnection(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(http.ResponseWriter, pgx.Tx){
		"WriteHeader(99)": func(w http.ResponseWriter, _ pgx.Tx) { w.WriteHeader(99) },
		"WriteHeader(0)":  func(w http.ResponseWriter, _ pgx.Tx) { w.WriteHeader(0) },
		"WriteHeader(150)": func(w http.ResponseWriter, _ pgx.Tx) {
			w.WriteHeader(150)
		},
		"a panic":      func(http.ResponseWriter, pgx.Tx) { panic("broken") },
		"a 429":        func(w http.ResponseWriter, _ pgx.Tx) { w.WriteHeader(http.StatusTooManyRequests) },
		"a 409":        func(w http.ResponseWriter, _ pgx.Tx) { w.WriteHeader(http.StatusConflict) },
		"a 503":        func(w http.ResponseWriter, _ pgx.Tx) { w.WriteHeader(http.StatusServiceUnavailable) },
		"a broken one": func(_ http.ResponseWriter, tx pgx.Tx) { _, _ = tx.Exec(context.Background(), "SELECT 1/0") },
		"a dead one":   func(_ http.ResponseWriter, tx pgx.Tx) { _ = tx.Conn().Close(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			broken := true
			s := serveWith(t, func(w http.ResponseWriter, r *http.Request, tx pgx.Tx) {
				if err := insert(r.Context(), tx); err != nil {
					t.Error(err)
				}
				if broken {
					leave(w, tx)
					return
				}
				w.WriteHeader(http.StatusCreated)
			})
			for range 5 {
				if w := s.send(); w.Code == 201 || w.Header().Get(idempotency.HeaderReplayed) != "" {
					t.Errorf("answered %d %s", w.Code, w.Body)
				}
				s.idle(t)
			}
			if n := s.count(t, "effects"); n != 0 {
				t.Errorf("%d effects of what failed", n)
			}
			broken = false
			// The server may have to notice yet that a connection is gone.
			for s.send().Code == http.StatusConflict && t.Context().Err() == nil {
			}
			if w := s.send(); w.Code != 201 || w.Header().Get(idempotency.HeaderReplayed) != "true" {
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
			if n := s.count(t, "effects"); n != 1 {
				t.Errorf("%d effects", n)
			}
		})
	}
}

// A handler cannot make a commit one that a crash may lose.
func TestACommitIsOnDiskWhateverTheHandlerHasSet(t *testing.T) {
	t.Parallel()
	s := serveWith(t, func(w http.ResponseWriter, r *http.Request, tx pgx.Tx) {
		if _, err := tx.Exec(r.Context(), "SET LOCAL synchronous_commit = off"); err != nil {
			t.Error(err)
		}
		if err := insert(r.Context(), tx); err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusCreated)
	})
	// A deferred trigger runs at the commit, and says how that is.
	s.do(t, `CREATE TABLE commits (setting text);
		CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
			'BEGIN INSERT INTO commits VALUES (current_setting(''synchronous_commit'')); RETURN NULL; END';
		CREATE CONSTRAINT TRIGGER note AFTER INSERT ON effects DEFERRABLE INITIALLY DEFERRED
			FOR EACH ROW EXECUTE FUNCTION note()`)
	if w := s.send(); w.Code != 201 {
		t.Fatalf("answered %d %s", w.Code, w.Body)
	}
	if n := s.count(t, "commits WHERE setting = 'on'"); n != 1 {
		t.Error("the commit was asynchronous")
	}
}

// firstRule is version 1 of the fingerprint, as servers computed it that know no other.
func firstRule(r *http.Request, body string) []byte {
	var text []byte
	for _, part := range []string{r.Method, r.URL.EscapedPath(), r.URL.RawQuery} {
		text = append(binary.AppendUvarint(text, uint64(len(part))), part...)
	}
	sum := sha256.Sum256(append(text, body...))
	return sum[:]
}

// While servers are replaced by a later version, the rows of old ones are understood by new ones.
func TestARowOfAnOldServerIsOfTheSameRequest(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"", "application/json", "text/plain"} {
		d := newDatabase(t)
		record, err := idempotency.Response{Status: 202, Body: []byte("old")}.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		d.do(t, `INSERT INTO idempotency_records
			(scope, key, fingerprint, attempt, lease_until, expires_at, time_window, delete_after, response)
			VALUES ('', $1, $2, $3, now() + interval '1 minute', now() + interval '1 hour', '1 hour',
				now() + interval '1 hour', $4)`, guardKey, firstRule(request(), "10 USD"),
			[]byte("0123456789abcdef"), record)
		guard, err := idempotency.New(idempotency.Config{Store: d.store(t)})
		if err != nil {
			t.Fatal(err)
		}
		handler := guard.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("executed") }))
		w, r := httptest.NewRecorder(), request()
		r.Header.Set("Content-Type", contentType)
		handler.ServeHTTP(w, r)
		if w.Code != 202 || w.Body.String() != "old" {
			t.Errorf("%s: answered %d %s", contentType, w.Code, w.Body)
		}
	}
}
