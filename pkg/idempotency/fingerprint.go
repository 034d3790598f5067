package idempotency

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// errTooLarge says that a body has more bytes than are read.
var errTooLarge = errors.New("idempotency: the body is too large")

// fingerprint hashes the method, the path with its query, and the body, so that no byte can change sides. It leaves the
// same body in r: one that can go back is read in place, any other is kept.
func fingerprint(r *http.Request, limit int64) (f Fingerprint, err error) {
	h := sha256.New()
	var buffer [256]byte
	h.Write(appendText(appendText(appendText(buffer[:0], r.Method), r.URL.EscapedPath()), r.URL.RawQuery))
	if err := hashBody(h, r, limit); err != nil {
		return f, err
	}
	h.Sum(f[:0])
	return f, nil
}

func hashBody(h io.Writer, r *http.Request, limit int64) error {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	if r.ContentLength > limit {
		return errTooLarge
	}
	if body, ok := r.Body.(io.ReadSeeker); ok {
		return hashInPlace(h, body, limit)
	}
	content, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	switch {
	case err != nil:
		return fmt.Errorf("idempotency: reading the body: %w", err)
	case int64(len(content)) > limit:
		return errTooLarge
	}
	r.Body = &rewound{Reader: bytes.NewReader(content), Closer: r.Body}
	r.ContentLength = int64(len(content))
	_, _ = h.Write(content) // A hash takes everything.
	return nil
}

// hashInPlace reads a body that something before has left in memory, and goes back to where it was.
func hashInPlace(h io.Writer, body io.ReadSeeker, limit int64) error {
	start, err := body.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	end, err := body.Seek(0, io.SeekEnd)
	switch {
	case err != nil:
		return err
	case end-start > limit:
		return errTooLarge
	}
	if _, err = body.Seek(start, io.SeekStart); err != nil {
		return err
	}
	if _, err = io.Copy(h, body); err != nil {
		return err
	}
	_, err = body.Seek(start, io.SeekStart)
	return err
}

// rewound yields bytes that were read before, and closes what they were read from.
type rewound struct {
	*bytes.Reader
	io.Closer
}
