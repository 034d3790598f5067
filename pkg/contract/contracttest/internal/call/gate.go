package call

import (
	"context"
	"io"
	"sync"
	"time"
)

// A Gate has several requests arrive at the same time: each stops before the last byte of its body until all have got
// there. A server that is fast would be done with the first one before the last one is on its way otherwise.
type Gate struct {
	mu      sync.Mutex
	missing int
	open    chan struct{}
}

// gatePatience is how long a request waits for others that may never come.
const gatePatience = time.Second

// NewGate returns a gate for so many requests.
func NewGate(requests int) *Gate { return &Gate{missing: requests, open: make(chan struct{})} }

// pass waits until all are there.
func (g *Gate) pass(ctx context.Context) {
	g.mu.Lock()
	g.missing--
	if g.missing == 0 {
		close(g.open)
	}
	g.mu.Unlock()
	patience := time.NewTimer(gatePatience)
	defer patience.Stop()
	select {
	case <-g.open:
	case <-ctx.Done():
	case <-patience.C:
	}
}

// gated is a body that stops before its last byte.
type gated struct {
	context context.Context //nolint:containedctx // It is that of the request whose body it is.
	gate    *Gate
	rest    []byte
}

// Read implements io.Reader.
func (b *gated) Read(p []byte) (int, error) {
	switch len(b.rest) {
	case 0:
		return 0, io.EOF
	case 1:
		b.gate.pass(b.context)
	}
	n := copy(p, b.rest[:max(len(b.rest)-1, 1)])
	b.rest = b.rest[n:]
	return n, nil
}
