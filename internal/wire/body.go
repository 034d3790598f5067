package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"runtime"
	"time"
)

// Why a body was not read.
var (
	// ErrTooLarge says that a body has more bytes than its reader takes.
	ErrTooLarge = errors.New("the body is too large")
	// ErrTooSlow says that a body did not arrive in time.
	ErrTooSlow = errors.New("the body did not arrive in time")
	// ErrUnreadable says that a body broke off, or that its chunks are malformed.
	ErrUnreadable = errors.New("the body cannot be read")
)

// Body is a body that was read and is held, in memory or in a file. Whoever reads it again goes back with Seek.
type Body struct {
	memory  bytes.Reader
	content []byte
	// stored is what is in the file, if there is one.
	stored *io.SectionReader
	file   *file
	source io.Closer
}

// Hold makes a Body of its content, which must not be changed afterwards. Closing it closes source, if that is not nil.
func Hold(content []byte, source io.Closer) *Body {
	b := &Body{content: content, source: source}
	b.memory.Reset(content)
	return b
}

// Read implements io.Reader.
func (b *Body) Read(p []byte) (int, error) {
	if b.stored != nil {
		return b.stored.Read(p)
	}
	return b.memory.Read(p)
}

// ReadAt implements io.ReaderAt.
func (b *Body) ReadAt(p []byte, at int64) (int, error) {
	if b.stored != nil {
		return b.stored.ReadAt(p, at)
	}
	return b.memory.ReadAt(p, at)
}

// Seek implements io.Seeker.
func (b *Body) Seek(offset int64, whence int) (int64, error) {
	if b.stored != nil {
		return b.stored.Seek(offset, whence)
	}
	return b.memory.Seek(offset, whence)
}

// Len returns how many bytes are left to read.
func (b *Body) Len() int {
	if b.stored != nil {
		return int(b.stored.Size() - b.place())
	}
	return b.memory.Len()
}

// place is how many bytes of the file were read.
func (b *Body) place() int64 {
	place, _ := b.stored.Seek(0, io.SeekCurrent) // Never fails.
	return place
}

// InFile reports whether the body is in a file.
func (b *Body) InFile() bool { return b.stored != nil }

// Bytes returns what is left to read, without a copy. It must not be changed. A body in a file is loaded first, and
// Bytes panics if that fails: call Load before it, or use CopyTo.
func (b *Body) Bytes() []byte {
	if err := b.Load(); err != nil {
		panic(err)
	}
	return b.content[len(b.content)-b.memory.Len():]
}

// Load takes a body out of its file into memory. What is in memory already stays there.
func (b *Body) Load() error {
	if b.stored == nil {
		return nil
	}
	content := make([]byte, b.stored.Size())
	if _, err := io.ReadFull(io.NewSectionReader(b.stored, 0, b.stored.Size()), content); err != nil {
		return fmt.Errorf("load the body: %w", err)
	}
	b.memory.Reset(content)
	_, _ = b.memory.Seek(b.place(), io.SeekStart)
	b.content, b.stored = content, nil
	b.file.discard()
	return nil
}

// CopyTo writes what is left to read to w, and leaves it to be read.
func (b *Body) CopyTo(w io.Writer) error {
	if b.stored == nil {
		_, err := w.Write(b.Bytes())
		return err
	}
	_, err := io.Copy(w, io.NewSectionReader(b.stored, b.place(), int64(b.Len())))
	return err
}

// Close closes what the body was read from. A body in a file is gone then.
func (b *Body) Close() error {
	b.Discard()
	if b.source == nil {
		return nil
	}
	return b.source.Close()
}

// Discard gives up the file of a body that is in one. Nothing can be read of it afterwards.
func (b *Body) Discard() {
	if b.file != nil {
		b.file.discard()
	}
}

// Bounds says how much of a body is read, and how long that may take.
type Bounds struct {
	// MaxBytes bounds the body.
	MaxBytes int64
	// Timeout is how long the body may take from now on, where the connection has deadlines. It replaces the
	// ReadTimeout of the http.Server. 0 leaves that as it is.
	Timeout time.Duration
	// RestartWrite lets the WriteTimeout of the http.Server begin anew once the body is there.
	RestartWrite bool

	// Spool has the room for a body of more than MaxMemoryBytes. Nil holds it in memory, whatever its length.
	Spool *Spool
	// Owner is whose share of the room it takes.
	Owner string
	// Tap is written every byte of a body that goes to a file, as it arrives. Nil is nobody.
	Tap io.Writer
}

// Read returns the body of a request that arrived, held. It fails with ErrTooLarge, ErrTooSlow or ErrUnreadable, the
// last two of which wrap their cause, and with the errors of a Spool. A body that is held already is not read again,
// and one that is absent is empty.
//
// Read leaves r as it is. The caller puts the body in its place with Put, or in that of a copy of the request. Whoever
// gives a Spool discards the body in the end.
func Read(w http.ResponseWriter, r *http.Request, bounds Bounds) (*Body, error) {
	if held, ok := r.Body.(*Body); ok {
		if int64(held.Len()) > bounds.MaxBytes {
			return nil, ErrTooLarge
		}
		return held, nil
	}
	if r.Body == nil || r.Body == http.NoBody {
		return Hold(nil, nil), nil
	}
	if r.ContentLength > bounds.MaxBytes { // There is no need to read what will be refused.
		return nil, ErrTooLarge
	}
	if bounds.Timeout > 0 {
		// Not every ResponseWriter has deadlines. net/http lifts this one by itself when the body has been read.
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(time.Now().Add(bounds.Timeout))
		server, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
		if ok && bounds.RestartWrite && server.WriteTimeout > 0 {
			defer func() { _ = control.SetWriteDeadline(time.Now().Add(server.WriteTimeout)) }()
		}
	}
	source := r.Body
	if r.ContentLength < 0 {
		// It tells the server to close the connection rather than to read on. Announced lengths net/http holds itself.
		source = http.MaxBytesReader(innermost(w), r.Body, bounds.MaxBytes)
	}
	inMemory := bounds.MaxBytes
	if bounds.Spool != nil {
		inMemory = min(inMemory, MaxMemoryBytes)
	}
	if r.ContentLength > inMemory {
		return bounds.store(source, r, nil)
	}
	content, err := readAll(source, r.ContentLength, inMemory)
	switch {
	case err == nil:
		return Hold(content, r.Body), nil
	case int64(len(content)) > inMemory && inMemory < bounds.MaxBytes:
		return bounds.store(source, r, content)
	}
	return nil, reason(err)
}

// store reads a body into a file. begin is what was read of it.
func (bounds Bounds) store(source io.Reader, r *http.Request, begin []byte) (b *Body, err error) {
	f, err := bounds.Spool.open(bounds.Owner, max(r.ContentLength, int64(len(begin))))
	if err != nil {
		return nil, err
	}
	defer func() {
		if b == nil { // Also when source panics.
			f.discard()
		}
	}()
	size, err := f.fill(source, begin, bounds.MaxBytes, bounds.Tap)
	if err != nil {
		return nil, err
	}
	b = &Body{file: f, stored: io.NewSectionReader(f, 0, size), source: r.Body}
	// Whoever forgets to discard it must not take room for ever.
	runtime.AddCleanup(b, (*file).discard, f)
	return b, nil
}

// innermost is the ResponseWriter that others were put around.
func innermost(w http.ResponseWriter) http.ResponseWriter {
	for {
		around, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = around.Unwrap()
	}
}

// reason says which of our errors that of a reader is.
func reason(err error) error {
	switch {
	case isTooLarge(err):
		return ErrTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%w: %w", ErrTooSlow, err)
	}
	return fmt.Errorf("%w: %w", ErrUnreadable, err)
}

// isTooLarge reports whether a body was too large, for us or for something before us.
func isTooLarge(err error) bool {
	var before *http.MaxBytesError
	return errors.Is(err, ErrTooLarge) || errors.As(err, &before)
}

// Put makes a held body that of a request: its reader, its length, and no transfer encoding.
func Put(r *http.Request, body *Body) {
	r.Body = body
	r.ContentLength = int64(body.Len())
	r.TransferEncoding = nil
}

// firstRead is what is made room for when nothing is known of a length; maxTrusted is how much room a length is given
// on its word alone.
const firstRead, maxTrusted int64 = 512, 1 << 20

// readAll reads up to limit bytes. length is how many there should be, or anything below 1 when that is not known; it
// makes room for up to maxTrusted bytes at once, if that many are announced. With ErrTooLarge, and with the reader's
// own error, it returns all that it has read: of a body that is too large, one byte more than limit.
func readAll(r io.Reader, length, limit int64) ([]byte, error) {
	limit = min(limit, math.MaxInt64-1) // Whoever has no limit says so by the largest one.
	// A reader says that it is at its end when there is room for more.
	room := min(length, limit, maxTrusted) + 1
	if length < 1 {
		room = min(firstRead, limit+1)
	}
	content := make([]byte, 0, room)
	for {
		if len(content) == cap(content) {
			content = append(content, 0)[:len(content)]
		}
		n, err := r.Read(content[len(content):min(int64(cap(content)), limit+1)])
		content = content[:len(content)+n]
		switch {
		case int64(len(content)) > limit:
			return content, ErrTooLarge
		case errors.Is(err, io.EOF):
			return content, nil
		case err != nil:
			return content, err
		}
	}
}
