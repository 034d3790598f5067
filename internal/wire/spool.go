package wire

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"
	"time"
)

// Why a body was not taken into a file.
var (
	// ErrNoRoom says that all the room is taken.
	ErrNoRoom = errors.New("there is no room to hold the body")
	// ErrDisk says that the disk has failed, or is full. It wraps the cause.
	ErrDisk = errors.New("the disk does not hold the body")
	// ErrNoShare says that the share of the body's owner is taken.
	ErrNoShare = errors.New("the owner's share of the room is taken")
)

// Spool holds bodies that are too large for memory, in files that nobody else can open: their mode is 0600, and their
// name is removed as soon as they are made. It bounds what they take up together, and of that the share of each owner,
// so that no owner can take all of it. It is safe for concurrent use.
//
// What is done to the bytes as they arrive, hashing and writing, takes a quarter of the processors at most: large
// bodies wait for each other, and nothing else waits for them.
type Spool struct {
	directory    string
	total, share int64
	pace         *Pace

	mu     sync.Mutex
	taken  int64
	shares map[string]int64
}

// NewSpool makes a Spool in a directory, or where the system has temporary files if that is empty. Its files have
// total bytes at most, and those of an owner share bytes.
func NewSpool(directory string, total, share int64) *Spool {
	return &Spool{directory: directory, total: total, share: share, pace: NewPace(), shares: map[string]int64{}}
}

// Taken returns how many bytes are taken.
func (s *Spool) Taken() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken
}

// take takes room for n bytes.
func (s *Spool) take(owner string, n int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case n > s.share-s.shares[owner]:
		return ErrNoShare
	case n > s.total-s.taken:
		return ErrNoRoom
	}
	s.taken += n
	s.shares[owner] += n
	return nil
}

// give gives room back.
func (s *Spool) give(owner string, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken -= n
	if s.shares[owner] -= n; s.shares[owner] == 0 {
		delete(s.shares, owner)
	}
}

// file is a file without a name. It is gone when it is discarded.
type file struct {
	spool *Spool
	owner string
	// room is what was taken for it, size what is written.
	room, size int64

	mu   sync.Mutex
	disk *os.File // nil when it is discarded
	name string   // empty once it is removed
}

// open takes room for n bytes and makes a file.
func (s *Spool) open(owner string, n int64) (*file, error) {
	if err := s.take(owner, n); err != nil {
		return nil, err
	}
	// It is made for its owner alone: mode 0600.
	disk, err := os.CreateTemp(s.directory, "partner-body-*")
	if err != nil {
		s.give(owner, n)
		return nil, fmt.Errorf("%w: %w", ErrDisk, err)
	}
	f := &file{spool: s, owner: owner, room: n, disk: disk, name: disk.Name()}
	if os.Remove(f.name) == nil {
		f.name = "" // Not so where open files cannot be removed.
	}
	return f, nil
}

// roomStep is how much room is taken at a time for a body whose length is not known.
const roomStep = 256 << 10

// fill writes begin and then what source yields, up to limit bytes. What goes to the file goes to tap, too.
func (f *file) fill(source io.Reader, begin []byte, limit int64, tap io.Writer) (size int64, err error) {
	if err := f.add(begin, limit, tap); err != nil {
		return 0, err
	}
	buffer := begin[:cap(begin)]
	if buffer == nil {
		buffer = make([]byte, MaxMemoryBytes)
	}
	for {
		n, err := source.Read(buffer)
		if err := f.add(buffer[:n], limit, tap); err != nil {
			return 0, err
		}
		switch {
		case errors.Is(err, io.EOF):
			return f.size, nil
		case err != nil:
			return 0, reason(err)
		}
	}
}

// timePerByte is about what it takes to hash a byte twice and to write it.
const timePerByte = 3 * time.Nanosecond

// add adds bytes to the file.
func (f *file) add(p []byte, limit int64, tap io.Writer) error {
	size := f.size + int64(len(p))
	switch {
	case len(p) == 0:
		return nil
	case size > limit:
		return ErrTooLarge
	case size > f.room:
		more := min(max(size-f.room, roomStep), limit-f.room)
		if err := f.spool.take(f.owner, more); err != nil {
			return err
		}
		f.room += more
	}
	cost := time.Duration(len(p)) * timePerByte
	f.spool.pace.Wait(cost, math.MaxInt64)
	start := time.Now()
	defer func() { f.spool.pace.Settle(cost, time.Since(start)) }()
	if tap != nil {
		_, _ = tap.Write(p) // Hashes never fail.
	}
	if _, err := f.disk.Write(p); err != nil {
		return fmt.Errorf("%w: %w", ErrDisk, err)
	}
	f.size = size
	return nil
}

// ReadAt implements io.ReaderAt. It fails with os.ErrClosed once the file is discarded.
func (f *file) ReadAt(p []byte, at int64) (int, error) {
	f.mu.Lock()
	disk := f.disk
	f.mu.Unlock()
	if disk == nil {
		return 0, os.ErrClosed
	}
	return disk.ReadAt(p, at)
}

// discard gives the file and its room back, once.
func (f *file) discard() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.disk == nil {
		return
	}
	_ = f.disk.Close()
	if f.name != "" {
		_ = os.Remove(f.name) //nolint:gosec // G703: the name is the one that os.CreateTemp gave.
	}
	f.disk = nil
	f.spool.give(f.owner, f.room)
}
