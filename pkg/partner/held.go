package partner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
)

// errSpent says that a body of unknown length has no bytes. It is most likely one that was read before, and sent so it
// would say something else than it was meant to.
var errSpent = errors.New("the body is empty, as one that was sent before and can be read only once; " +
	"set GetBody to send it again, or http.NoBody to send none")

// hold takes in the body of a request. One with a GetBody is opened anew whenever it is needed; of any other, the one
// copy is made that is needed to sign it before it is sent, in spool, which the caller discards when the call is over.
func (r *call) hold(ctx context.Context, request *http.Request, body io.ReadCloser, spool *spool) error {
	limit, declared := r.core.maxUploadBytes, request.ContentLength
	switch {
	case body == nil && declared > 0:
		return errors.New("the request has a length and no body")
	case body == nil, request.Body == http.NoBody:
		return nil
	case declared >= limit:
		return tooLargeError{limit}
	case request.GetBody != nil:
		r.own.reopen, r.size = request.GetBody, unknownSize
		if declared > 0 {
			r.size = declared
		}
		return nil
	}
	spool.limit = r.core.heldBytes
	switch {
	case declared > spool.limit:
		spool.limit = 0
	case declared > 0:
		spool.memory = make([]byte, 0, declared)
	}
	size, err := copyUntil(ctx, spool, io.LimitReader(body, limit), body)
	switch {
	case err != nil:
		return fmt.Errorf("read the body: %w", err)
	case size >= limit:
		return tooLargeError{limit}
	case size == 0:
		return errSpent
	case declared > 0 && size != declared:
		return fmt.Errorf("the body has %d bytes, its Content-Length says %d", size, declared)
	}
	r.size = size
	if spool.file != nil {
		r.Body.File, r.Body.Size = spool.file, size
	} else {
		r.Body.Bytes = spool.memory
	}
	return nil
}

// spool keeps what is written to it, in memory up to a limit and beyond it in a temporary file.
type spool struct {
	limit  int64
	memory []byte
	file   *temporaryFile
}

// Write implements io.Writer.
func (s *spool) Write(p []byte) (int, error) {
	if s.file == nil {
		if int64(len(s.memory)+len(p)) <= s.limit {
			s.memory = append(s.memory, p...)
			return len(p), nil
		}
		file, err := newTemporaryFile()
		if err != nil {
			return 0, fmt.Errorf("hold it in a file: %w", err)
		}
		s.file = file
		if _, err := file.Write(s.memory); err != nil {
			return 0, fmt.Errorf("hold it in a file: %w", err)
		}
		s.memory = nil
	}
	n, err := s.file.Write(p)
	if err != nil {
		err = fmt.Errorf("hold it in a file: %w", err)
	}
	return n, err
}

// discard gives the file back. Nothing may read it any longer.
func (s *spool) discard() {
	if s.file != nil {
		s.file.discard()
	}
}

// temporaryFile is a file that is gone when it is closed, and that nobody else finds meanwhile.
type temporaryFile struct {
	*os.File
	name string
}

func newTemporaryFile() (*temporaryFile, error) {
	// It is made for its owner alone: mode 0600.
	file, err := os.CreateTemp("", "partner-body-*")
	if err != nil {
		return nil, err
	}
	t := &temporaryFile{File: file, name: file.Name()}
	if os.Remove(t.name) == nil {
		t.name = "" // Not so where open files cannot be removed.
	}
	return t, nil
}

func (t *temporaryFile) discard() {
	_ = t.Close()
	if t.name != "" {
		_ = os.Remove(t.name)
	}
}
