package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// The limits that NewHTTPServer sets. net/http alone has none but 1 MB of headers: a client that sends a byte a minute
// would hold a connection, and what goes with it, for ever.
const (
	// ReadHeaderTimeout gives the headers 5 s. They are one packet or two: whoever needs longer holds connections on
	// purpose.
	ReadHeaderTimeout = 5 * time.Second
	// ReadTimeout gives headers and body 30 s, which is 280 kbit/s for 1 MiB of JSON. A Server gives a file 10 minutes
	// instead, 700 kbit/s for 50 MiB, once its token has been accepted.
	ReadTimeout = 30 * time.Second
	// WriteTimeout gives 60 s from the headers to the end of the answer, so that 30 s remain for the operation even
	// after the slowest body. It starts anew after a file. The client does not learn what became of a call that is cut
	// off here, so give what an operation calls less time.
	WriteTimeout = 60 * time.Second
	// IdleTimeout allows 120 s between two requests of a connection. Clients usually give up earlier, at 90 s, so they
	// seldom send a request into a connection that is being closed.
	IdleTimeout = 120 * time.Second
	// MaxHeaderBytes allows 8 KiB: a token, a key and a signature among what proxies add. See MaxHeaderFields, too.
	MaxHeaderBytes = 8 << 10
	// ShutdownGrace gives the calls under way 30 s to finish. Let more time pass before the process is killed.
	ShutdownGrace = 30 * time.Second
)

// The limits of HTTP/2, which NewHTTPServer sets as well: what a client may send before somebody reads it, and what is
// kept for it. They are far below those of net/http, which has 1 MiB for a frame and for a connection. The price is
// that a file takes a round trip for every 64 KiB.
const (
	maxStreams       = 16
	frameBytes       = 16 << 10
	windowBytes      = 64 << 10
	headerTableBytes = 512
)

// ErrCutOff says that calls were still under way when the grace period was over. Their clients do not know what became
// of them.
var ErrCutOff = errors.New("server: calls under way were cut off")

// NewHTTPServer returns an http.Server whose limits are right for a Server. Change its fields before it serves; its
// ConnContext is needed to bound what the strangers of an HTTP/2 connection hold.
func NewHTTPServer(addr string, handler http.Handler) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           handler,
		ReadHeaderTimeout: ReadHeaderTimeout,
		ReadTimeout:       ReadTimeout,
		WriteTimeout:      WriteTimeout,
		IdleTimeout:       IdleTimeout,
		MaxHeaderBytes:    MaxHeaderBytes,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: maxStreams, MaxReadFrameSize: frameBytes,
			MaxReceiveBufferPerConnection: windowBytes, MaxReceiveBufferPerStream: windowBytes,
			MaxEncoderHeaderTableSize: headerTableBytes,
		},
		ConnContext: connContext,
		// net/http would answer OPTIONS * by itself, so that nobody logs it and nobody holds it up.
		DisableGeneralOptionsHandler: true,
	}
}

// ListenAndServe makes a Server and serves it on addr, host:port, until ctx ends. Then it lets the calls under way
// finish for up to ShutdownGrace. It fails like New, when it cannot listen, when it cannot go on, and with ErrCutOff.
// It speaks plain http: put a proxy with TLS in front, or use Serve with a listener of crypto/tls.
func ListenAndServe(ctx context.Context, addr string, config Config) error {
	handler, err := New(config)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	return Serve(ctx, NewHTTPServer(addr, handler), listener, ShutdownGrace)
}

// Serve serves on listener until ctx ends, and then lets the calls under way finish for up to grace. It closes the
// listener. The contexts of the requests do not end with ctx: what has begun may finish. On a TCP listener it also
// bounds the header fields that net/http collects before the headers have ended. It fails when it cannot go on, and
// with ErrCutOff.
func Serve(ctx context.Context, server *http.Server, listener net.Listener, grace time.Duration) error {
	served := make(chan error, 1)
	listener = boundHeads(server, listener)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		if ctx.Err() == nil || !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("server: serve: %w", err)
		}
		served <- err // It serves on another listener as well, where it was ended a moment ago.
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := server.Shutdown(ending)
	if errors.Is(err, context.DeadlineExceeded) {
		_ = server.Close()
		err = ErrCutOff
	}
	if served := <-served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, fmt.Errorf("server: serve: %w", served))
	}
	return err
}
