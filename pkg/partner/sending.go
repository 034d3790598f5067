package partner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

var (
	// errBodyChanged says that a body is longer or shorter when it is opened again.
	errBodyChanged = errors.New("the body has another length each time it is opened")
	// errSent is what reading a body returns once its attempt is over.
	errSent = errors.New("the attempt is over")
)

// unknownSize is the size of a body that was never read to its end.
const unknownSize = -1

// tooLargeError is an ErrRequestTooLarge that knows the limit.
type tooLargeError struct{ limit int64 }

func (e tooLargeError) Error() string {
	return fmt.Sprintf("the body has %d bytes or more, which is not sent", e.limit)
}

func (e tooLargeError) Is(target error) bool { return target == ErrRequestTooLarge }

// open returns the body of the call from its beginning.
func (r *call) open() (io.ReadCloser, error) {
	if r.own == nil || r.own.reopen == nil {
		return r.Body.Open(), nil
	}
	body, err := r.own.reopen()
	if err != nil {
		return nil, fmt.Errorf("open the body: %w", err)
	}
	if body == nil {
		return nil, errors.New("open the body: GetBody returned nil")
	}
	return body, nil
}

// copyBody writes the body to w. The first time it learns how long the body is; after that the body must stay so.
func (r *call) copyBody(ctx context.Context, w io.Writer) error {
	if r.held() {
		_, err := w.Write(r.Body.Bytes)
		return err
	}
	body, err := r.open()
	if err != nil {
		return err
	}
	n, err := copyUntil(ctx, w, io.LimitReader(body, r.core.maxUploadBytes), body)
	switch {
	case err != nil:
		return fmt.Errorf("read the body: %w", err)
	case n >= r.core.maxUploadBytes:
		return tooLargeError{r.core.maxUploadBytes}
	case r.size == unknownSize:
		r.size = n
	case n != r.size:
		return fmt.Errorf("%w: %d bytes of %d", errBodyChanged, n, r.size)
	}
	return nil
}

// copyUntil copies from, which reads closer, until the context ends, and closes closer.
func copyUntil(ctx context.Context, to io.Writer, from io.Reader, closer io.Closer) (int64, error) {
	// Close wakes whoever waits for bytes. A source that does not heed it may still be one that brings some at times.
	defer closer.Close() //nolint:errcheck // It was only read.
	release := context.AfterFunc(ctx, func() { _ = closer.Close() })
	defer release()
	n, err := io.Copy(to, untilDone{ctx, from})
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return n, err
}

// untilDone reads until its context ends.
type untilDone struct {
	ctx    context.Context //nolint:containedctx // It lives as long as one copy.
	source io.Reader
}

// Read implements io.Reader.
func (u untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.source.Read(p)
}

// sign computes the signature over the very bytes that the attempt will send.
func (r *call) sign(ctx context.Context, secret signing.Secret, key, path string) (string, error) {
	if r.held() {
		return signing.Sign(secret, key, path, r.Body.Bytes)
	}
	signer, err := signing.NewSigner(secret, key, path)
	if err != nil {
		return "", err
	}
	if r.identity != nil {
		if err := r.copyBody(ctx, signer); err != nil {
			return "", err
		}
		return signer.Signature(), nil
	}
	hash := r.fingerprinting() // Should the call end in doubt, the body may be gone.
	if err := r.copyBody(ctx, io.MultiWriter(signer, hash)); err != nil {
		return "", err
	}
	r.identity = fingerprinted(hash)
	return signer.Signature(), nil
}

// signStrictly computes the strict signature of an attempt, over the method, the query and the time as well.
func (r *call) signStrictly(ctx context.Context, secret signing.Secret, key string, request *http.Request) (string,
	error) {
	s := signing.Strict{Time: r.core.now(), Method: request.Method, Key: key,
		Target: r.core.signedPath(request.URL.EscapedPath())}
	if request.URL.RawQuery != "" {
		s.Target += "?" + request.URL.RawQuery
	}
	signer, err := s.Signer(secret)
	if err != nil {
		return "", err
	}
	if r.held() {
		_, _ = signer.Write(r.Body.Bytes)
	} else if err := r.copyBody(ctx, signer); err != nil {
		return "", err
	}
	return s.Header(signer.Signature()), nil
}

// held reports whether the body is in memory and our own, so that it can neither change nor be read too late.
func (r *call) held() bool { return r.Body.File == nil && (r.own == nil || r.own.reopen == nil) }

// sending is the body of one attempt, which net/http may open more than once. It stands between net/http and what the
// caller gave us: once stop has returned, net/http cannot read that any more, though it may still try to.
type sending struct {
	call *call

	mu      sync.Mutex
	stopped bool
	opened  []*sentBody
}

// open is the GetBody of an attempt.
func (s *sending) open() (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return nil, errSent
	}
	source, err := s.call.open()
	if err != nil {
		return nil, err
	}
	body := &sentBody{source: source, left: s.call.size}
	s.opened = append(s.opened, body)
	return body, nil
}

// interrupt ends all reading, but waits for none that is under way. net/http itself waits for a Read of a body even
// when the context has ended, unless something closes the body.
func (s *sending) interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	for _, body := range s.opened {
		_ = body.Close()
	}
}

// stop ends all reading. It says why the body could not be sent, where that is so and no opening of it was sent whole:
// then nobody has the request.
func (s *sending) stop() error {
	if s == nil {
		return nil
	}
	s.interrupt()
	s.mu.Lock()
	defer s.mu.Unlock()
	var failure error
	whole := false
	for _, body := range s.opened {
		complete, err := body.stop()
		whole = whole || complete
		if err != nil {
			failure = err
		}
	}
	if whole {
		return nil
	}
	return failure
}

// sentBody is one opening of a body. It has exactly as many bytes as were signed: of one that has more, the last are
// withheld, so that what arrives is never a whole request.
type sentBody struct {
	source  io.ReadCloser
	stopped atomic.Bool
	closing sync.Once

	mu    sync.Mutex
	left  int64
	whole bool
	err   error
}

// Read implements io.Reader.
func (b *sentBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.stopped.Load():
		return 0, errSent
	case b.err != nil:
		return 0, b.err
	case b.left == 0:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	n, err := b.source.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if b.left == 0 {
		err = b.ended(err)
	} else if errors.Is(err, io.EOF) {
		err = errBodyChanged
	}
	if err != nil {
		if !b.stopped.Load() { // Otherwise it was Close that ended it, not the body's owner.
			b.err = err
		}
		return 0, err
	}
	b.whole = b.left == 0
	return n, nil
}

// ended checks that nothing follows the last byte.
func (b *sentBody) ended(err error) error {
	var more [1]byte
	for range 100 {
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		var n int
		if n, err = b.source.Read(more[:]); n > 0 {
			return errBodyChanged
		}
	}
	return io.ErrNoProgress
}

// Close implements io.Closer. net/http calls it while a Read is under way, to end it.
func (b *sentBody) Close() error {
	b.stopped.Store(true)
	var err error
	b.closing.Do(func() { err = b.source.Close() })
	return err
}

// stop waits for a Read that is under way.
func (b *sentBody) stop() (whole bool, err error) {
	_ = b.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.whole, b.err
}
