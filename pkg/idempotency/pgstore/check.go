package pgstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
)

const checkSQL = `SELECT current_setting('fsync') = 'off', current_setting('full_page_writes') = 'off',
	current_setting('synchronous_commit') = 'off', pg_is_in_recovery(),
	(SELECT relpersistence::text FROM pg_class WHERE oid = to_regclass($1))`

// Check looks whether the database keeps what it has acknowledged. It fails with ErrVolatile, and says what is wrong,
// if fsync, full_page_writes or synchronous_commit is off, if the table is unlogged or temporary, or if the server is a
// replica that takes no claims; and otherwise if the table does not exist, or the database does not answer. Call it
// once when a program starts. What it cannot see is a disk that lies, and a failover to a replica that is behind.
func (s *Store) Check(ctx context.Context) error {
	if err := s.made(); err != nil {
		return err
	}
	var fsync, pages, commits, replica bool
	var persistence pgtype.Text
	err := s.db.QueryRow(ctx, checkSQL, s.table).Scan(&fsync, &pages, &commits, &replica, &persistence)
	if err != nil {
		return failed("checking the database", err)
	}
	var wrong []string
	for _, w := range []struct {
		is   bool
		text string
	}{
		{fsync, "fsync is off"}, {pages, "full_page_writes is off"}, {commits, "synchronous_commit is off"},
		{replica, "the server is a replica"}, {persistence.String == "u", "the table is unlogged"},
		{persistence.String == "t", "the table is temporary"},
	} {
		if w.is {
			wrong = append(wrong, w.text)
		}
	}
	switch {
	case len(wrong) > 0:
		return fmt.Errorf("%w: %s", ErrVolatile, strings.Join(wrong, ", "))
	case !persistence.Valid:
		return errors.New("pgstore: checking the database: the table does not exist: see Migrate")
	}
	return nil
}

// Check is that of a Store.
func (t *Transactional) Check(ctx context.Context) error { return t.store.Check(ctx) }
