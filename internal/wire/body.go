package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
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

// Body is a body that was read and is held in memory. Whoever reads it again goes back with Seek.
type Body struct {
	bytes.Reader
	content []byte
	source  io.Closer
}

// Hold makes a Body of its content, which must not be changed afterwards. Closing it closes source, if that is not nil.
func Hold(content []byte, source io.Closer) *Body {
	b := &Body{content: content, source: source}
	b.Reset(content)
	return b
}

// Bytes returns what is left to read, without a copy. It must not be changed.
func (b *Body) Bytes() []byte { return b.content[len(b.content)-b.Len():] }

// Close closes what the body was read from.
func (b *Body) Close() error {
	if b.source == nil {
		return nil
	}
	return b.source.Close()
}

// Bounds says how much of a body is read, and how long that may take.
type Bounds struct {
	// MaxBytes bounds the body.
	MaxBytes int64
	// Trusted makes room at once for the length that is announced, up to DefaultMaxFileBytes. Set it for senders who
	// are known; for others, no more than 1 MiB is made room for on their word.
	Trusted bool
	// Timeout is how long the body may take from now on, where the connection has deadlines. It replaces the
	// ReadTimeout of the http.Server. 0 leaves that as it is.
	Timeout time.Duration
	// RestartWrite lets the WriteTimeout of the http.Server begin anew once the body is there.
	RestartWrite bool
}

// Read returns the body of a request that arrived, held. It fails with ErrTooLarge, ErrTooSlow or ErrUnreadable, the
// last two of which wrap their cause. A body that is held already is not read again, and one that is absent is empty.
//
// Read leaves r as it is. The caller puts the body in its place with Put, or in that of a copy of the request.
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
		source = http.MaxBytesReader(w, r.Body, bounds.MaxBytes)
	}
	trusted := maxTrusted
	if bounds.Trusted {
		trusted = DefaultMaxFileBytes
	}
	content, err := readAll(source, r.ContentLength, bounds.MaxBytes, trusted)
	if err != nil {
		return nil, reason(err)
	}
	return Hold(content, r.Body), nil
}

// reason says which of our errors that of a reader is.
func reason(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, ErrTooLarge) || errors.As(err, &tooLarge):
		return ErrTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%w: %w", ErrTooSlow, err)
	}
	return fmt.Errorf("%w: %w", ErrUnreadable, err)
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
// makes room for up to trusted bytes at once, if that many are announced. With ErrTooLarge, and with the reader's own
// error, it returns all that it has read: of a body that is too large, one byte more than limit.
func readAll(r io.Reader, length, limit, trusted int64) ([]byte, error) {
	limit = min(limit, math.MaxInt64-1) // Whoever has no limit says so by the largest one.
	// A reader says that it is at its end when there is room for more.
	room := min(length, limit, trusted) + 1
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
