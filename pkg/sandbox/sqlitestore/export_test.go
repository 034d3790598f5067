package sqlitestore

import (
	"context"
	"fmt"
)

// How a file is made of bytes.
const (
	Schema     = schema
	PageSize   = pageSize
	Unfinished = unfinished
)

// FaultOf says what in a log is wrong.
var FaultOf = faultOf

// Checkpoint has SQLite put the log in the file. The next Commit writes it from its beginning, over what is left there.
func (s *Store) Checkpoint() error {
	_, err := s.writer.conn.ExecContext(context.Background(), "PRAGMA wal_checkpoint")
	return err
}

// LimitPages has the file of a store that was loaded grow to no more than a number of pages, or, if it is zero, as it
// likes. It returns how many there are.
func (s *Store) LimitPages(most int) (pages int, err error) {
	ctx := context.Background()
	const none = 1<<32 - 2
	if most == 0 {
		most = none
	}
	row := s.writer.conn.QueryRowContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", most))
	if err := row.Scan(new(int)); err != nil {
		return 0, err
	}
	err = s.writer.conn.QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages)
	return pages, err
}
