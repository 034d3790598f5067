package idempotency

import (
	"bytes"
	"errors"
	"maps"
	"net/http"
	"strconv"
)

// ErrResponseTooLarge is what a handler gets if it writes more than Config.MaxResponseBytes in a transaction.
var ErrResponseTooLarge = errors.New("idempotency: the response is too large to store")

// recorder keeps a response until it is stored. A response that grows beyond the limit is sent as the handler writes
// it, unless it must be held back.
type recorder struct {
	out    http.ResponseWriter
	limit  int64
	header http.Header
	status int
	body   bytes.Buffer
	// holdBack says that nothing may be sent before the commit; full says that the limit was reached.
	holdBack, full bool
}

// Header implements http.ResponseWriter.
func (r *recorder) Header() http.Header { return r.header }

// Flush implements http.Flusher. It does nothing, since what is not stored must not be sent.
func (r *recorder) Flush() {}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	switch {
	case status >= 100 && status < 200:
		if status != http.StatusSwitchingProtocols {
			maps.Copy(r.out.Header(), r.header)
			r.out.WriteHeader(status)
		}
	case r.status == 0:
		r.status = status
	}
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	if !r.full && int64(r.body.Len()+len(p)) <= r.limit {
		return r.body.Write(p)
	}
	if r.holdBack {
		r.full = true
		return 0, ErrResponseTooLarge
	}
	if !r.full {
		r.full = true
		if err := r.send(); err != nil {
			return 0, err
		}
		r.body = bytes.Buffer{}
	}
	return r.out.Write(p)
}

// send sends what was kept.
func (r *recorder) send() error {
	maps.Copy(r.out.Header(), r.header)
	if !r.full && r.body.Len() > 0 && r.header.Get("Content-Length") == "" {
		r.out.Header().Set("Content-Length", strconv.Itoa(r.body.Len()))
	}
	r.out.WriteHeader(r.status)
	if r.body.Len() == 0 {
		return nil
	}
	_, err := r.out.Write(r.body.Bytes())
	return err
}
