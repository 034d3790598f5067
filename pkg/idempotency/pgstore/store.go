package pgstore

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

const (
	// attempts is how often a claim is asked when the record changes between looking and writing. Each time somebody else
	// succeeded, so more than two are rare.
	attempts = 10
	// unknown is what a claim is told that is left of a lease which it cannot see, because its transaction is open.
	unknown = time.Second
)

// DB is what a Store needs of a database: a *pgxpool.Pool or, for one goroutine, a *pgx.Conn. It must not be a transaction, for
// which there are ClaimTx and CompleteTx: a claim holds from its commit on.
type DB interface {
	Exec(ctx context.Context, sql string, arguments ...any) (pgconn.CommandTag, error)
	QueryRow(ctx context.Context, sql string, arguments ...any) pgx.Row
}

// Store is an idempotency.Store in a table of PostgreSQL. Each of its methods is one statement, with the database's clock; a
// claim is asked again when another one got in between. Errors that are not named are those of the database and wrap the
// driver's.
type Store struct {
	db    DB
	table string
	sql   statements
	// offset moves the clock of tests.
	offset atomic.Int64
}

var _ idempotency.Store = (*Store)(nil)

// New returns a Store. It fails when there is no database or the table's name is unusable; that the table is there, which is
// for Migrate to see to, it does not check.
func New(db DB, config Config) (*Store, error) {
	if db == nil {
		return nil, errors.New("pgstore: there is no database")
	}
	table, _, err := config.names()
	if err != nil {
		return nil, err
	}
	return &Store{db: db, table: table, sql: newStatements(table)}, nil
}

// Claim implements idempotency.Store. It fails with idempotency.ErrCorrupt when the record is damaged, and with ErrAsynchronous
// or ErrBusy, all of which change nothing. While a transaction that has claimed the key with ClaimTx is open, it answers that
// the request is in progress for another second, whatever its fingerprint: the record cannot be seen yet.
func (s *Store) Claim(ctx context.Context, claim idempotency.Claim) (idempotency.Outcome, error) {
	return s.claim(ctx, s.db, s.sql.claim, claim)
}

// ClaimTx claims as part of a transaction of the caller's: the claim is there for others when the transaction commits, and never
// was if it is rolled back. Until then, claims of the same key do not wait but answer that the request is in progress. With
// CompleteTx in the same transaction, effect and record commit together.
//
// The transaction should be READ COMMITTED, PostgreSQL's default. At a higher level the answer can be as old as the transaction,
// and a claim that comes too late fails with a serialization error (SQLSTATE 40001): roll back and begin again.
func (s *Store) ClaimTx(ctx context.Context, tx pgx.Tx, claim idempotency.Claim) (idempotency.Outcome, error) {
	return s.claim(ctx, tx, s.sql.claimTx, claim)
}

func (s *Store) claim(ctx context.Context, db DB, sql string, claim idempotency.Claim) (idempotency.Outcome, error) {
	if err := claim.Validate(); err != nil {
		return idempotency.Outcome{}, err
	}
	lock := lockOf(s.table, claim.Scope, claim.Key)
	for range attempts {
		var (
			asynchronous, again, intact, same, done bool
			taken, tookOver                         *bool
			token, remaining                        *int64
			response                                []byte
		)
		row := db.QueryRow(ctx, sql, s.offset.Load(), claim.Scope, claim.Key, claim.Fingerprint[:], milliseconds(claim.Lease),
			milliseconds(claim.Window), claim.TakeOver, lock, claim.Attempt[:])
		err := row.Scan(&asynchronous, &taken, &token, &tookOver, &again, &intact, &same, &done, &remaining, &response)
		switch {
		case err != nil:
			return idempotency.Outcome{}, failed("claiming a key", err)
		case asynchronous:
			return idempotency.Outcome{}, ErrAsynchronous
		case token != nil:
			return idempotency.Outcome{State: idempotency.Mine, Token: idempotency.Token(*token), TookOver: *tookOver}, nil
		case again, taken != nil && *taken:
			continue // Somebody else claimed the key since it was looked at.
		case taken != nil:
			return idempotency.Outcome{State: idempotency.InProgress, Remaining: unknown}, nil
		case !intact:
			return idempotency.Outcome{}, failed("claiming a key", idempotency.ErrCorrupt)
		case !same:
			return idempotency.Outcome{State: idempotency.OtherFingerprint}, nil
		case done:
			return idempotency.Outcome{State: idempotency.Done, Response: response}, nil
		}
		return idempotency.Outcome{State: idempotency.InProgress, Remaining: time.Duration(max(0, *remaining)) * time.Microsecond}, nil
	}
	return idempotency.Outcome{}, ErrBusy
}

// Complete implements idempotency.Store.
func (s *Store) Complete(ctx context.Context, hold idempotency.Hold, response []byte) error {
	return s.change(ctx, s.db, "storing a response", s.sql.complete, hold, present(response))
}

// CompleteTx completes as part of a transaction of the caller's, normally the one of ClaimTx. A claim that was made without it
// can be completed with it too; while the transaction is open, nobody can take the claim over. It fails with
// idempotency.ErrLost when the hold is over, after which the transaction should be rolled back. A window that has passed is
// no reason to fail here, since nobody can have claimed the key.
func (s *Store) CompleteTx(ctx context.Context, tx pgx.Tx, hold idempotency.Hold, response []byte) error {
	return s.change(ctx, tx, "storing a response", s.sql.completeTx, hold, present(response), lockOf(s.table, hold.Scope, hold.Key))
}

// Renew implements idempotency.Store.
func (s *Store) Renew(ctx context.Context, hold idempotency.Hold, lease time.Duration) error {
	return s.change(ctx, s.db, "renewing a lease", s.sql.renew, hold, milliseconds(lease))
}

// Release implements idempotency.Store.
func (s *Store) Release(ctx context.Context, hold idempotency.Hold) error {
	return s.change(ctx, s.db, "releasing a key", s.sql.release, hold)
}

// change runs a statement that changes the row of a hold if there is one.
func (s *Store) change(ctx context.Context, db DB, doing, sql string, hold idempotency.Hold, more ...any) error {
	arguments := append([]any{s.offset.Load(), hold.Scope, hold.Key, int64(hold.Token)}, more...)
	tag, err := db.Exec(ctx, sql, arguments...)
	if err != nil {
		return failed(doing, err)
	}
	if tag.RowsAffected() == 0 {
		return idempotency.ErrLost
	}
	return nil
}

// DeleteExpired deletes records that expired, or were released, more than a minute ago, at most as many as the limit says, and
// returns how many they were. Call it from time to time, until it returns less than the limit: expired records do no harm but
// take room. Any number of processes may do so at once. It fails when the limit is not positive.
func (s *Store) DeleteExpired(ctx context.Context, limit int) (int64, error) {
	if limit < 1 {
		return 0, fmt.Errorf("pgstore: a limit of %d records", limit)
	}
	tag, err := s.db.Exec(ctx, s.sql.deleteExpired, s.offset.Load(), limit)
	return tag.RowsAffected(), failed("deleting expired records", err)
}

// present is the response, which is never null when there is one.
func present(response []byte) []byte {
	if response == nil {
		return []byte{}
	}
	return response
}

// milliseconds rounds up.
func milliseconds(d time.Duration) int64 {
	whole := d.Milliseconds()
	if d > time.Duration(whole)*time.Millisecond {
		whole++
	}
	return whole
}

// lockOf is the number of the advisory lock for a key. It is cut from a cryptographic hash, so that nobody can choose a key that
// shares its lock with another's.
func lockOf(table, scope, key string) int64 {
	sum := sha256.Sum256([]byte(table + "\x00" + scope + "\x00" + key))
	return int64(binary.BigEndian.Uint64(sum[:])) //nolint:gosec // all 64 bits are wanted
}
