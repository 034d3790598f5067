package torture

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"github.com/jiko-partner/partner-go/cmd/partner/internal/process"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
	"github.com/jiko-partner/partner-go/pkg/idempotency/redisstore"
)

const (
	// The guard's times are short, so that the keys of killed executors are in doubt within the run.
	handlerTimeout = time.Second
	lease          = 2 * time.Second
	storeTimeout   = time.Second

	// connections is how many a server may have to PostgreSQL.
	connections = 40
	// mostPause is how long a handler waits, at most, before its effect and after it, so that a kill can hit either
	// gap.
	mostPause = 40 * time.Millisecond
	// mishapEvery is the number of executions, on average, of which one has a mishap.
	mishapEvery = 40
)

// serverConfig is what a server process is told on its standard input.
type serverConfig struct {
	Variant  Variant `json:"variant"`
	Database string  `json:"database"`
	Redis    string  `json:"redis,omitempty"`
}

// Serve is a server process, as Run starts it. It reads its configuration from stdin and serves on the listener that it
// inherits. It ends with the context, or with stdin, which ends when the process that started it is gone.
func Serve(ctx context.Context, stdin io.Reader) error {
	decoder := json.NewDecoder(stdin)
	var config serverConfig
	if err := decoder.Decode(&config); err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	ctx, cancel := process.Attach(ctx, stdin)
	defer cancel()
	listener, err := process.InheritedListener()
	if err != nil {
		return err
	}
	handler, closeHandler, err := newHandler(ctx, config)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer closeHandler()
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// newHandler returns a handler behind a guard, and a function that closes what it uses.
func newHandler(ctx context.Context, config serverConfig) (http.Handler, func(), error) {
	settings, err := pgxpool.ParseConfig(config.Database)
	if err != nil {
		return nil, nil, errors.New("the URL of the database is not one")
	}
	settings.MaxConns = connections
	pool, err := pgxpool.NewWithConfig(ctx, settings) // It connects when it is used.
	if err != nil {
		return nil, nil, err
	}
	closeAll := pool.Close
	var store idempotency.Store
	switch config.Variant {
	case VariantRedis:
		client := redis.NewClient(&redis.Options{Addr: config.Redis, ContextTimeoutEnabled: true})
		closeAll = func() { _ = client.Close(); pool.Close() }
		store, err = redisstore.New(client, redisstore.Config{})
	case VariantPostgres:
		store, err = pgstore.New(pool, pgstore.Config{})
	case VariantTransactional:
		store, err = pgstore.NewTransactional(pool, pgstore.Config{})
	case VariantUnprotected:
		store = new(unprotected)
	default:
		err = fmt.Errorf("there is no variant %q", config.Variant)
	}
	if err != nil {
		closeAll()
		return nil, nil, err
	}
	guard, err := idempotency.New(idempotency.Config{Store: store, Timeout: handlerTimeout, Lease: lease,
		StoreTimeout: storeTimeout})
	if err != nil {
		closeAll()
		return nil, nil, err
	}
	return guard.Middleware(&effector{pool: pool, transactional: config.Variant == VariantTransactional}), closeAll, nil
}

// order is the body of a request.
type order struct {
	Reference string `json:"reference"`
}

// receipt is the body of the response to a request that was executed. Effect names the execution.
type receipt struct {
	Reference string            `json:"reference"`
	Effect    string            `json:"effect"`
	Process   int               `json:"process"`
	Token     idempotency.Token `json:"token"`
}

// mishap is what goes wrong in a handler, besides its process being killed.
type mishap int

const (
	failsBefore mishap = iota // before the effect
	failsAfter
	panics
	hangs // until its deadline
	none
)

// effector has the effect of a request: a row in the ledger.
type effector struct {
	pool          *pgxpool.Pool
	transactional bool
}

func (e *effector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	var o order
	if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
		answer(w, http.StatusBadRequest, "the body is no order")
		return
	}
	hold, _ := idempotency.HoldFromContext(ctx)
	done := receipt{Reference: o.Reference, Effect: rand.Text(), Process: os.Getpid(), Token: hold.Token}
	wrong := min(none, mathrand.N(none*mishapEvery)) //nolint:gosec // what fails is no secret
	pause(ctx, shortPause())
	if wrong == failsBefore {
		answer(w, http.StatusInternalServerError, "a failure before the effect")
		return
	}
	if err := e.insert(ctx, hold.Key, done); err != nil {
		answer(w, http.StatusInternalServerError, "the ledger does not answer")
		return
	}
	switch wrong {
	case failsAfter:
		answer(w, http.StatusInternalServerError, "a failure after the effect")
		return
	case panics:
		panic(http.ErrAbortHandler)
	case hangs:
		<-ctx.Done()
	default:
	}
	pause(ctx, shortPause())
	w.Header().Set("Location", "/effects/"+done.Effect)
	answer(w, http.StatusCreated, done)
}

// insert is the effect. It must not be tried again: the statement may have been executed even if its answer was lost.
func (e *effector) insert(ctx context.Context, key string, done receipt) error {
	arguments := []any{key, done.Reference, done.Effect, done.Process, int64(done.Token)}
	if e.transactional {
		tx, ok := pgstore.TxFromContext(ctx)
		if !ok {
			return errors.New("there is no transaction")
		}
		_, err := tx.Exec(ctx, insertSQL, arguments...)
		return err
	}
	// Waiting for a connection does no harm, since nothing was executed yet.
	connection, err := e.pool.Acquire(ctx)
	for err != nil && ctx.Err() == nil {
		pause(ctx, 20*time.Millisecond)
		connection, err = e.pool.Acquire(ctx)
	}
	if err != nil {
		return err
	}
	defer connection.Release()
	_, err = connection.Exec(ctx, insertSQL, arguments...)
	return err
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // The client is gone, or not.
}

// shortPause is how long a handler waits between two steps.
func shortPause() time.Duration {
	return mathrand.N(mostPause) //nolint:gosec // when something is killed is no secret
}

// pause waits, but not beyond the context's end.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
