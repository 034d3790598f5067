package pgstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

const (
	// attempts is how often a claim is tried if the record changes between reading and writing it. Each time somebody
	// else has succeeded, so more than two are rare.
	attempts = 10
	// unseen is what a claim gets as the rest of a lease that it cannot see, because the holder's transaction is open.
	unseen = time.Second
)

// DB is what a Store needs of a database: a *pgxpool.Pool or, for a single goroutine, a *pgx.Conn. It must not be a
// transaction, since a claim holds only once it is committed; use ClaimTx and CompleteTx there.
type DB interface {
	Exec(ctx context.Context, sql string, arguments ...any) (pgconn.CommandTag, error)
	QueryRow(ctx context.Context, sql string, arguments ...any) pgx.Row
}

// Store is an idempotency.Store in a table of PostgreSQL. Each of its methods is one statement, by the database's
// clock. A claim needs more if its attempt has claimed before, or if another claim or an open transaction got in
// between. Errors that a method does not name come from the database, and wrap the driver's.
type Store struct {
	db    DB
	table string
	sql   statements
	// shift is added to the clock, by tests.
	shift atomic.Int64
}

var _ idempotency.Store = (*Store)(nil)

// New returns a Store. It fails if db is nil or the table's name is unusable. It does not check that the table exists:
// that is up to Migrate.
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

// made says why a store cannot work.
func (s *Store) made() error {
	if s == nil || s.db == nil {
		return errors.New("pgstore: a store that was not made by its constructor")
	}
	return nil
}

// Claim implements idempotency.Store. It fails with idempotency.ErrCorrupt if the record is damaged, and with
// ErrAsynchronous or ErrBusy; all of these change nothing. While a transaction that claimed the key with ClaimTx is
// open, Claim answers that the request is in progress for another second, whatever its fingerprint, as it cannot see
// the record yet.
func (s *Store) Claim(ctx context.Context, claim idempotency.Claim) (idempotency.Outcome, error) {
	if err := s.made(); err != nil {
		return idempotency.Outcome{}, err
	}
	return s.claim(ctx, s.db, &s.sql.claim, claim)
}

// ClaimTx claims in a transaction of the caller's. The claim exists for others once the transaction commits, and never
// existed if it is rolled back. Until then, claims of the same key do not wait but answer that the request is in
// progress. With CompleteTx in the same transaction, effect and record commit together.
//
// The transaction should be READ COMMITTED, PostgreSQL's default. At a higher level the answer can be as old as the
// transaction, and a claim that comes too late fails with a serialization error (SQLSTATE 40001): roll back and begin
// again.
func (s *Store) ClaimTx(ctx context.Context, tx pgx.Tx, claim idempotency.Claim) (idempotency.Outcome, error) {
	if err := s.made(); err != nil {
		return idempotency.Outcome{}, err
	}
	return s.claim(ctx, tx, &s.sql.claimTx, claim)
}

func (s *Store) claim(ctx context.Context, db DB, sql *claims, claim idempotency.Claim) (idempotency.Outcome, error) {
	if err := claim.Validate(); err != nil {
		return idempotency.Outcome{}, err
	}
	statement := sql.claim
	if claim.TakeOver {
		statement = sql.takeOver
	}
	var attempt []byte
	if claim.Attempt != (idempotency.Attempt{}) {
		attempt = claim.Attempt[:]
	}
	lease, window, lock := interval(claim.Lease), interval(claim.Window), lockOf(s.table, claim.Scope, claim.Key)
	for range attempts {
		var (
			asynchronous bool
			now          pgtype.Timestamptz
			token        pgtype.Int8
			tookOver     pgtype.Bool
			seen         record
		)
		row := db.QueryRow(ctx, statement, s.offset(), claim.Scope, claim.Key, claim.Fingerprint[:], lease, window,
			lock, attempt)
		err := row.Scan(&asynchronous, &now, &token, &tookOver, &seen.there, &seen.token, &seen.fingerprint,
			&seen.attempt, &seen.lease, &seen.expires, &seen.window, &seen.response)
		switch {
		case err != nil:
			return idempotency.Outcome{}, failed("claiming a key", err)
		case asynchronous:
			return idempotency.Outcome{}, ErrAsynchronous
		case token.Valid:
			return idempotency.Outcome{State: idempotency.StateMine, Token: idempotency.Token(token.Int64),
				TookOver: tookOver.Bool}, nil
		case seen.counts(now.Time):
			switch remaining := seen.lease.Time.Sub(now.Time); {
			case !seen.intact():
				return idempotency.Outcome{}, failed("claiming a key", idempotency.ErrCorrupt)
			case !bytes.Equal(seen.fingerprint, claim.Fingerprint[:]) || seen.contradicts(claim.Attempt):
				return idempotency.Outcome{State: idempotency.StateOtherFingerprint}, nil
			case seen.response != nil:
				return idempotency.Outcome{State: idempotency.StateDone, Response: seen.response}, nil
			case attempt != nil && bytes.Equal(seen.attempt, attempt):
				outcome := idempotency.Outcome{State: idempotency.StateMine, Token: idempotency.Token(seen.token.Int64)}
				err := db.QueryRow(ctx, s.sql.again, s.offset(), claim.Scope, claim.Key, seen.token, lease,
					window).Scan(&outcome.TookOver)
				if err == nil {
					return outcome, nil
				} else if !errors.Is(err, pgx.ErrNoRows) {
					return idempotency.Outcome{}, failed("claiming a key again", err)
				}
				continue // The hold ended after it was read.
			case remaining > 0 || !claim.TakeOver:
				return idempotency.Outcome{State: idempotency.StateInProgress, Remaining: max(0, remaining)}, nil
			}
		}
		// The key was free, but not claimed: somebody else claimed it after it was read, or a transaction has it.
		var free bool
		if err := db.QueryRow(ctx, sql.free, lock).Scan(&free); err != nil {
			return idempotency.Outcome{}, failed("claiming a key", err)
		}
		if !free {
			return idempotency.Outcome{State: idempotency.StateInProgress, Remaining: unseen}, nil
		}
	}
	return idempotency.Outcome{}, ErrBusy
}

// record is a row as a claim sees it, if it is there.
type record struct {
	there                pgtype.Bool
	token                pgtype.Int8
	fingerprint, attempt []byte
	lease, expires       pgtype.Timestamptz
	window               pgtype.Interval
	response             []byte
}

// contradicts says that the record is of another request than the attempt.
func (r *record) contradicts(attempt idempotency.Attempt) bool {
	return len(r.attempt) == len(attempt) && idempotency.Attempt(r.attempt).Contradicts(attempt)
}

// counts says that the key is not forgotten. A record whose time cannot be read counts.
func (r *record) counts(now time.Time) bool {
	forgotten := r.expires.Valid && (r.expires.InfinityModifier == pgtype.NegativeInfinity ||
		r.expires.InfinityModifier == pgtype.Finite && !r.expires.Time.After(now))
	return r.there.Valid && !forgotten
}

// intact says that this package can have written the row.
func (r *record) intact() bool {
	finite := func(t pgtype.Timestamptz) bool { return t.Valid && t.InfinityModifier == pgtype.Finite }
	days := int64(r.window.Days) + 30*int64(r.window.Months) // as PostgreSQL compares
	window := r.window.Microseconds + days*(24*time.Hour).Microseconds()
	return r.token.Int64 > 0 && len(r.fingerprint) == len(idempotency.Fingerprint{}) && window > 0 &&
		finite(r.lease) && finite(r.expires)
}

// Complete implements idempotency.Store.
func (s *Store) Complete(ctx context.Context, hold idempotency.Hold, response []byte) error {
	if err := s.made(); err != nil {
		return err
	}
	return s.change(ctx, s.db, "storing a response", s.sql.complete, hold, present(response))
}

// CompleteTx completes in a transaction of the caller's, normally the one of ClaimTx. It can also complete a claim that
// was made by Claim; while the transaction is open, nobody can take that claim over. It fails with idempotency.ErrLost
// if the hold is over; roll the transaction back then. It succeeds even if the window has passed, since nobody can have
// claimed the key.
func (s *Store) CompleteTx(ctx context.Context, tx pgx.Tx, hold idempotency.Hold, response []byte) error {
	if err := s.made(); err != nil {
		return err
	}
	return s.change(ctx, tx, "storing a response", s.sql.completeTx, hold, present(response),
		lockOf(s.table, hold.Scope, hold.Key))
}

// Renew implements idempotency.Store.
func (s *Store) Renew(ctx context.Context, hold idempotency.Hold, lease time.Duration) error {
	if err := s.made(); err != nil {
		return err
	}
	return s.change(ctx, s.db, "renewing a lease", s.sql.renew, hold, interval(lease))
}

// Release implements idempotency.Store.
func (s *Store) Release(ctx context.Context, hold idempotency.Hold) error {
	if err := s.made(); err != nil {
		return err
	}
	return s.change(ctx, s.db, "releasing a key", s.sql.release, hold)
}

// change runs a statement on the row of a hold. If that changes no row, the hold is over.
func (s *Store) change(ctx context.Context, db DB, doing, sql string, hold idempotency.Hold, more ...any) error {
	arguments := append([]any{s.offset(), hold.Scope, hold.Key, int64(hold.Token)}, more...)
	tag, err := db.Exec(ctx, sql, arguments...)
	if err != nil {
		return failed(doing, err)
	}
	if tag.RowsAffected() == 0 {
		return idempotency.ErrLost
	}
	return nil
}

// present returns the response. It is never nil, which the database would take for no response.
func present(response []byte) []byte {
	if response == nil {
		return []byte{}
	}
	return response
}

// offset is what is added to the clock.
func (s *Store) offset() time.Duration { return time.Duration(s.shift.Load()) }

// interval rounds a duration up to whole microseconds, as PostgreSQL counts.
func interval(d time.Duration) time.Duration {
	if rest := d % time.Microsecond; rest > 0 && d <= math.MaxInt64-time.Microsecond {
		d += time.Microsecond - rest
	}
	return d
}

// lockOf is the number of the advisory lock of a key. It comes from a cryptographic hash, so that nobody can choose a
// key that shares its lock with somebody else's.
func lockOf(table, scope, key string) int64 {
	sum := sha256.Sum256([]byte(table + "\x00" + scope + "\x00" + key))
	return int64(binary.BigEndian.Uint64(sum[:])) //nolint:gosec // all 64 bits are wanted
}
