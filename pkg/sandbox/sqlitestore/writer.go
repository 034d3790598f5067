package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// writer is SQLite with a file open for writing.
type writer struct {
	db   *sql.DB
	conn *sql.Conn
	// putRow and putRows write one record and rowsAtOnce, remove and removeRows remove one and removedAtOnce. More rows
	// at once are hardly faster.
	begin, commit, rollback, putRow, putRows, remove, removeRows *sql.Stmt
}

const (
	rowsAtOnce    = 16
	removedAtOnce = 256
	columns       = 4
)

// openWriter opens a file whose lock this process holds. It writes nothing yet.
func openWriter(path string) (*writer, error) {
	name := filepath.ToSlash(path)
	if !strings.HasPrefix(name, "/") {
		name = "/" + name // C:/...
	}
	db, conn, err := connect(context.Background(), (&url.URL{Scheme: "file", Path: name, RawQuery: "mode=rw"}).String())
	if err != nil {
		return nil, unwritable(path, err)
	}
	w := &writer{db: db, conn: conn}
	if err := w.prepare(context.Background()); err != nil {
		return nil, errors.Join(unwritable(path, err), w.close())
	}
	return w, nil
}

// prepare makes the connection what commits need, and takes SQLite's lock.
func (w *writer) prepare(ctx context.Context) error {
	for _, statement := range []string{
		"PRAGMA locking_mode = EXCLUSIVE", // Nobody else gets in, and no memory is shared: there is no file -shm.
		"PRAGMA busy_timeout = 0",
		"PRAGMA synchronous = FULL",
		// Of what is in memory, nothing goes to the log before COMMIT.
		"PRAGMA cache_spill = OFF",
	} {
		if _, err := w.conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	var mode string
	if err := w.conn.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("its journal_mode is %s and cannot be WAL", mode)
	}
	const row = "(?, ?, ?, ?)"
	const put = "INSERT OR REPLACE INTO record (seq, kind, data, sum) VALUES "
	for _, s := range []struct {
		statement **sql.Stmt
		text      string
	}{
		{&w.begin, "BEGIN IMMEDIATE"},
		{&w.commit, "COMMIT"},
		{&w.rollback, "ROLLBACK"},
		{&w.putRow, put + row},
		{&w.putRows, put + row + strings.Repeat(", "+row, rowsAtOnce-1)},
		{&w.remove, "DELETE FROM record WHERE seq = ?"},
		{&w.removeRows, "DELETE FROM record WHERE seq IN (?" + strings.Repeat(", ?", removedAtOnce-1) + ")"},
	} {
		statement, err := w.conn.PrepareContext(ctx, s.text)
		if err != nil {
			return err
		}
		*s.statement = statement
	}
	// This takes the lock, and in this mode it stays.
	if _, err := w.begin.ExecContext(ctx); err != nil {
		return err
	}
	_, err := w.rollback.ExecContext(ctx)
	return err
}

// unwritable is the error of a file that could be read, and cannot be written.
func unwritable(path string, err error) error {
	switch code(err) {
	case sqlite3.SQLITE_BUSY:
		return inUse(path) // by a program that knows SQLite's locks alone
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
		return fmt.Errorf("the file %s cannot be written, and perhaps nothing can be made in its folder: %w", path, err)
	default:
		return fmt.Errorf("the file %s cannot be written: %w", path, err)
	}
}

// write writes all of the records or none. If certain is true and it fails, it has certainly written none.
//
// SQLite writes what changed to its log and syncs it, when told to COMMIT; the last page in the log has a mark, without
// which nothing of it counts. Of a transaction that failed before COMMIT, and was rolled back, nothing lasts. Neither
// does it if the disk was full at COMMIT: the log ends before the mark. If anything else failed at COMMIT, such as the
// sync, the mark may be there.
func (w *writer) write(ctx context.Context, records []sandbox.Record) (certain bool, err error) {
	if _, err := w.begin.ExecContext(ctx); err != nil {
		return isCertain(err), err
	}
	err = w.fill(ctx, records)
	if err == nil {
		_, err = w.commit.ExecContext(ctx)
	}
	if err == nil {
		return true, nil
	}
	certain = isCertain(err)
	// SQLite may have rolled back by itself, and then it says that there is nothing to roll back.
	_, failed := w.rollback.ExecContext(ctx)
	if _, begun := w.begin.ExecContext(ctx); begun != nil {
		return false, errors.Join(err, failed, begun)
	}
	if _, ended := w.rollback.ExecContext(ctx); ended != nil {
		return false, errors.Join(err, ended)
	}
	return certain, err
}

// isCertain says whether a transaction that failed has certainly not taken effect, and the next one may well.
func isCertain(err error) bool {
	switch code(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_TOOBIG:
		return true
	default:
		return false
	}
}

func (w *writer) fill(ctx context.Context, records []sandbox.Record) error {
	put := rows{one: w.putRow, many: w.putRows, columns: columns, atOnce: rowsAtOnce}
	var removed []int64
	for _, r := range records {
		seq := int64(r.Seq) //nolint:gosec // Commit has refused those that are more.
		if len(r.Data) == 0 {
			removed = append(removed, seq)
			continue
		}
		if err := put.add(ctx, seq, r.Kind, r.Data, checksum(r)); err != nil {
			return err
		}
	}
	// Nothing comes after a failure: when the disk is full SQLite ends the transaction, and what comes is by itself.
	if err := put.end(ctx); err != nil {
		return err
	}
	slices.Sort(removed) // So that each page of the file is gone to once.
	remove := rows{one: w.remove, many: w.removeRows, columns: 1, atOnce: removedAtOnce}
	for _, seq := range removed {
		if err := remove.add(ctx, seq); err != nil {
			return err
		}
	}
	return remove.end(ctx)
}

// rows are collected until there are as many as a statement takes at once.
type rows struct {
	one, many       *sql.Stmt
	columns, atOnce int
	values          []any
}

func (r *rows) add(ctx context.Context, row ...any) error {
	if r.values = append(r.values, row...); len(r.values) < r.columns*r.atOnce {
		return nil
	}
	_, err := r.many.ExecContext(ctx, r.values...)
	r.values = r.values[:0]
	return err
}

// end does the rest, one after the other.
func (r *rows) end(ctx context.Context) error {
	for ; len(r.values) > 0; r.values = r.values[r.columns:] {
		if _, err := r.one.ExecContext(ctx, r.values[:r.columns]...); err != nil {
			return err
		}
	}
	return nil
}

// close has SQLite write the log into the file and remove it. If that fails, the log stays, and belongs to the file.
func (w *writer) close() error {
	// While it has statements, a connection that is closed keeps its file.
	var all []error
	for _, statement := range []*sql.Stmt{w.begin, w.commit, w.rollback, w.putRow, w.putRows, w.remove,
		w.removeRows} {
		if statement != nil {
			all = append(all, statement.Close())
		}
	}
	return errors.Join(append(all, w.conn.Close(), w.db.Close())...)
}
