package sqlitestore

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

const (
	applicationID = 0x6a73626b
	formatVersion = 1
	schema        = "CREATE TABLE record (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, data BLOB NOT NULL, " +
		"sum INTEGER NOT NULL) STRICT"

	// magic is how each SQLite database begins.
	magic = "SQLite format 3\x00"
	// unfinished is how a file begins that is being made. It has no records yet.
	unfinished = "sandbox unmade\r\n"
	pageSize   = 4096

	// Places in the header of a database, see https://www.sqlite.org/fileformat.html#the_database_header.
	headerSize      = 100
	writeVersionAt  = 18
	readVersionAt   = 19
	userVersionAt   = 60
	applicationIDAt = 68
	// withLog is the version, for writing and for reading, of a database with a write-ahead log.
	withLog = 2
)

// examine says whether a file is new, and fails if it is not one that this package can read. It looks at the bytes
// alone: SQLite, if it opens a database that is not ours, may finish or undo what its owner was doing.
func examine(file *os.File) (isNew bool, err error) {
	page := make([]byte, pageSize)
	n, err := file.ReadAt(page, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	page = page[:n]
	if n == 0 || bytes.HasPrefix(page, []byte(unfinished)) {
		return true, nil
	}
	isDatabase := bytes.HasPrefix(page, []byte(magic))
	switch {
	case n >= headerSize && isDatabase && binary.BigEndian.Uint32(page[applicationIDAt:]) == applicationID:
	case n < headerSize && isDatabase:
		return false, damaged(file.Name(), fmt.Sprintf("it ends after %d bytes", n))
	case n >= headerSize && binary.BigEndian.Uint32(page[applicationIDAt:]) == applicationID,
		bytes.Contains(page, []byte(schema)):
		return false, damaged(file.Name(), "its header is not what was written")
	case isDatabase:
		return false, notSandbox(file.Name(), "an SQLite database of another program")
	default:
		return false, notSandbox(file.Name(), "of another kind")
	}
	switch version := binary.BigEndian.Uint32(page[userVersionAt:]); {
	case version > formatVersion:
		return false, newer(file.Name(), version)
	case version < formatVersion:
		return false, damaged(file.Name(), fmt.Sprintf("its format is %d, which never was one", version))
	}
	return false, nil
}

// create makes a file that is new, or unfinished, an empty database. Whenever the process or the machine dies, the file
// is one or the other, or finished.
func create(file *os.File) error {
	image, err := emptyDatabase()
	if err != nil {
		return err
	}
	if err := file.Truncate(0); err != nil {
		return err
	}
	for _, part := range []struct {
		text []byte
		at   int64
	}{{[]byte(unfinished), 0}, {image[len(unfinished):], int64(len(unfinished))}, {image[:len(unfinished)], 0}} {
		if _, err := file.WriteAt(part.text, part.at); err != nil {
			return err
		}
		if err := file.Sync(); err != nil {
			return err
		}
	}
	return nil
}

// emptyDatabase returns the bytes of a database without records.
func emptyDatabase() (image []byte, err error) {
	ctx := context.Background()
	db, conn, err := connect(ctx, ":memory:")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close(), db.Close()) }()
	for _, statement := range []string{
		fmt.Sprintf("PRAGMA page_size = %d", pageSize),
		fmt.Sprintf("PRAGMA application_id = %d", applicationID),
		fmt.Sprintf("PRAGMA user_version = %d", formatVersion),
		schema,
	} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return nil, err
		}
	}
	if err := conn.Raw(func(driver any) error {
		image, err = driver.(interface{ Serialize() ([]byte, error) }).Serialize()
		return err
	}); err != nil {
		return nil, err
	}
	// A database in memory has no log.
	image[writeVersionAt], image[readVersionAt] = withLog, withLog
	return image, nil
}

// connect returns the one connection to a database.
func connect(ctx context.Context, name string) (*sql.DB, *sql.Conn, error) {
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, conn, nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is what the column sum has for a record.
func checksum(r sandbox.Record) int64 {
	head := make([]byte, 0, 64)
	head = binary.BigEndian.AppendUint64(head, r.Seq)
	head = append(head, r.Kind...)
	head = append(head, 0)
	return int64(crc32.Update(crc32.Checksum(head, castagnoli), castagnoli, r.Data))
}
