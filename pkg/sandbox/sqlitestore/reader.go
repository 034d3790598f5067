package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"

	"modernc.org/sqlite/vfs"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// read calls yield with every record of a file, in the order of Seq, after it has made sure that none is missing. It
// gives SQLite no way to write: left to itself, it would write the log of a process that was killed into the file when
// it closes it, though the file be damaged.
func read(file *os.File, yield func(sandbox.Record) error) (err error) {
	name, system, err := vfs.New(readOnlyFiles{file})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, system.Close()) }()
	ctx := context.Background()
	db, conn, err := connect(ctx, "file:"+mainName+"?mode=ro&vfs="+name)
	if err != nil {
		return unreadable(file.Name(), err)
	}
	defer func() { err = errors.Join(err, conn.Close(), db.Close()) }()
	for _, statement := range []string{
		"PRAGMA locking_mode = EXCLUSIVE", // which has no memory that is shared with other processes
		"PRAGMA cell_size_check = ON",
	} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return unreadable(file.Name(), err)
		}
	}
	if err := checkStructure(ctx, conn, file.Name()); err != nil {
		return err
	}
	rows, err := conn.QueryContext(ctx, "SELECT seq, kind, data, sum FROM record ORDER BY seq")
	if err != nil {
		return unreadable(file.Name(), err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r sandbox.Record
		var sum int64
		// A Seq that is not positive cannot be scanned.
		if err := rows.Scan(&r.Seq, &r.Kind, &r.Data, &sum); err != nil {
			return damaged(file.Name(), err.Error())
		}
		if sum != checksum(r) {
			return damaged(file.Name(), fmt.Sprintf("record %d is not what was written", r.Seq))
		}
		if err := yield(r); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return unreadable(file.Name(), err)
	}
	return nil
}

// checkStructure fails unless a database has our table and nothing else, all of its pages belong somewhere, and all
// bytes of them. Checksums of records do not show that a record is missing.
func checkStructure(ctx context.Context, conn *sql.Conn, path string) error {
	for _, check := range []struct{ query, want string }{
		{"SELECT ifnull(group_concat(sql, '; '), 'no table') FROM sqlite_schema", schema},
		{"PRAGMA quick_check(1)", "ok"},
	} {
		var got string
		if err := conn.QueryRowContext(ctx, check.query).Scan(&got); err != nil {
			return unreadable(path, err)
		}
		if got != check.want {
			return damaged(path, fmt.Sprintf("%q instead of %q", got, check.want))
		}
	}
	return nil
}

// mainName is what SQLite calls the database in readOnlyFiles. It calls the log mainName-wal.
const mainName = "main"

// readOnlyFiles are a file and its log, as files that cannot be written.
type readOnlyFiles struct{ main *os.File }

// Open implements [fs.FS].
func (f readOnlyFiles) Open(name string) (fs.File, error) {
	switch name {
	case mainName:
		return readOnlyFile{io.NewSectionReader(f.main, 0, math.MaxInt64), f.main}, nil
	case mainName + "-wal":
		log, err := os.Open(f.main.Name() + "-wal")
		if errors.Is(err, fs.ErrNotExist) {
			// SQLite wants one, and would make it.
			return os.Open(os.DevNull)
		}
		return log, err
	default:
		return nil, fs.ErrNotExist
	}
}

// readOnlyFile is a file that stays open when SQLite closes it: it is locked until then.
type readOnlyFile struct {
	*io.SectionReader
	file *os.File
}

// Stat implements [fs.File].
func (f readOnlyFile) Stat() (fs.FileInfo, error) { return f.file.Stat() }

// Close implements [fs.File].
func (readOnlyFile) Close() error { return nil }
