package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// Store is a [sandbox.Store] that is a file. One goroutine uses it at a time.
type Store struct {
	file     *os.File
	readOnly bool
	// isNew says that there is no database in the file yet.
	isNew bool
	// writer and place are nil until all has been read.
	writer *writer
	place  *place
	// broken is the failure after which nobody knows what was written.
	broken error
}

var _ sandbox.Store = (*Store)(nil)

// Open opens a file, and makes it if it is not there. Its errors name the file and say what to do; they wrap
// [ErrInUse], [ErrNotSandbox], [ErrDamaged], [ErrNewer], or an error of package [io/fs].
func Open(path string) (*Store, error) { return open(path, false) }

// OpenReadOnly opens a file that is there, to look at its records: Load loads them, Commit fails, and not a byte
// changes, of the file and of what is beside it. What a process that was killed left in the log is loaded, too. Several
// processes may do this at the same time, but none while another has the file open to write.
func OpenReadOnly(path string) (*Store, error) { return open(path, true) }

func open(path string, readOnly bool) (*Store, error) {
	file, isNew, err := openFile(path, readOnly)
	if err != nil {
		return nil, err
	}
	return &Store{file: file, readOnly: readOnly, isNew: isNew}, nil
}

// Load implements [sandbox.Store]. It fails with [ErrDamaged] before it yields anything if a record may be missing, or
// there is more than this package writes; when it comes to a record that is not what was written; and with [ErrInUse]
// if a program has the file that knows SQLite's locks alone. Commit fails unless Load succeeded.
func (s *Store) Load(yield func(sandbox.Record) error) error {
	if !s.isNew {
		if err := read(s.file, yield); err != nil {
			return err
		}
	}
	if s.readOnly || s.writer != nil {
		return nil
	}
	if s.isNew {
		if err := create(s.file); err != nil {
			return fmt.Errorf("the file %s cannot be made: %w", s.file.Name(), err)
		}
		s.isNew = false
	}
	place, err := newPlace(s.file)
	if err != nil {
		return err
	}
	s.writer, err = openWriter(s.file.Name())
	s.place = place
	return err
}

// Commit implements [sandbox.Store]. Its error wraps [sandbox.ErrNotCommitted] if the disk is full, and if a record is
// not as [sandbox.Record] says or its Seq is more than [math.MaxInt64], and as long as the file or its log is not where
// it was opened. After any other error it writes nothing more: the file has to be opened again, which finds out what it
// has.
func (s *Store) Commit(records []sandbox.Record) error {
	if s.broken != nil {
		return s.broken
	}
	if err := s.acceptable(records); err != nil {
		return fmt.Errorf("%w: %w", sandbox.ErrNotCommitted, err)
	}
	if err := s.place.check(); err != nil {
		return fmt.Errorf("%w: %w", sandbox.ErrNotCommitted, err)
	}
	certain, err := s.writer.write(context.Background(), records)
	if err == nil {
		certain, err = false, s.place.check() // Otherwise it may be in a file that nobody finds.
	}
	switch {
	case err == nil:
		return nil
	case certain:
		return fmt.Errorf("%w to the file %s: %w", sandbox.ErrNotCommitted, s.file.Name(), err)
	default:
		s.broken = fmt.Errorf("the file %s may or may not have what was to be written, and has to be opened again: %w",
			s.file.Name(), err)
		return s.broken
	}
}

func (s *Store) acceptable(records []sandbox.Record) error {
	if s.readOnly {
		return fmt.Errorf("the file %s was opened to be read", s.file.Name())
	}
	if s.writer == nil {
		return fmt.Errorf("the file %s was not loaded yet", s.file.Name())
	}
	seqs := make([]uint64, 0, len(records))
	for _, r := range records {
		seqs = append(seqs, r.Seq)
		switch {
		case r.Seq == 0 || r.Seq > math.MaxInt64:
			return fmt.Errorf("the Seq of a record is %d, and has to be from 1 to %d", r.Seq, int64(math.MaxInt64))
		case len(r.Data) > 0 && !isKind(r.Kind):
			return fmt.Errorf("record %d has the kind %q: a kind is 1 to 32 of the characters a to z and _", r.Seq,
				r.Kind)
		}
	}
	slices.Sort(seqs) // Numbers alone: whoever goes back to what was brings tens of thousands.
	for i := 1; i < len(seqs); i++ {
		if seqs[i] == seqs[i-1] {
			return fmt.Errorf("record %d is there twice", seqs[i])
		}
	}
	return nil
}

func isKind(kind string) bool {
	const most = 32
	for _, c := range []byte(kind) {
		if (c < 'a' || c > 'z') && c != '_' {
			return false
		}
	}
	return kind != "" && len(kind) <= most
}

// Close implements [sandbox.Store]. It leaves a single file, unless the disk is full: then what was committed is in
// two. It fails when the file is not where it was opened: then part of what was committed may be in the log beside that
// place, and is found again when the file is put back there.
func (s *Store) Close() error {
	var err error
	if s.writer != nil {
		err = errors.Join(s.writer.close(), s.place.checkFile())
	}
	return errors.Join(err, closeFile(s.file))
}
