package sqlitestore

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What is wrong with a file. It was left as it is. The errors that wrap these name it, and say what to do.
var (
	// ErrInUse says that a process has the file open, be it another one or this.
	ErrInUse = errors.New("is in use by another process")
	// ErrNotSandbox says that what is there was never made by this package.
	ErrNotSandbox = errors.New("is not a file of the sandbox")
	// ErrDamaged says that the file was made by this package, and is no longer what it wrote.
	ErrDamaged = errors.New("is damaged")
	// ErrNewer says that the file has a format that this version of the package does not know.
	ErrNewer = errors.New("was made by a newer version of this program")
)

func inUse(path string) error {
	return fmt.Errorf("the file %s %w: end that one, or name another file", path, ErrInUse)
}

func notSandbox(path, what string) error {
	return fmt.Errorf("the file %s %w, but %s; it was left as it is: name another file", path, ErrNotSandbox, what)
}

func newer(path string, version uint32) error {
	return fmt.Errorf("the file %s %w: it has format %d, this program knows format %d; update the program", path,
		ErrNewer, version, formatVersion)
}

func damaged(path, what string) error {
	return fmt.Errorf("the file %s %w: %s; it was left as it is: put a copy in its place that is whole, "+
		"or name another file", path, ErrDamaged, what)
}

// unreadable is the error of a file of ours that SQLite cannot make sense of. The disk may be at fault, or the memory;
// otherwise it is the file.
func unreadable(path string, err error) error {
	switch code(err) {
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT, 0:
		return fmt.Errorf("the file %s cannot be read: %w", path, err)
	default:
		return damaged(path, err.Error())
	}
}

// code returns the primary result code of SQLite, or 0.
func code(err error) int {
	const primary = 0xff
	if failure, ok := errors.AsType[*sqlite.Error](err); ok {
		return failure.Code() & primary
	}
	return 0
}
