package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// What NewHTTPServer sets. net/http itself has no limits but 1 MB of headers: a client that sends a byte a minute would
// hold a connection, and what goes with it, for ever.
const (
	// ReadHeaderTimeout: 5 s for the headers, which are one packet or two. Whoever needs longer holds connections on
	// purpose.
	ReadHeaderTimeout = 5 * time.Second
	// ReadTimeout: 30 s for headers and body, which for the 1 MiB of a JSON body is 280 kbit/s. New gives a file 10
	// minutes instead, 700 kbit/s for 50 MiB, once its token was accepted.
	ReadTimeout = 30 * time.Second
	// WriteTimeout: 60 s from the headers to the end of the answer, so that 30 s remain for the operation even after
	// the slowest body. It starts anew after a file. The client does not learn what became of a call that is cut off
	// here: give what an operation calls less time.
	WriteTimeout = 60 * time.Second
	// IdleTimeout: 120 s between two requests of a connection. Clients usually give up before, at 90 s, so that they
	// seldom send a request into a connection that is being closed.
	IdleTimeout = 120 * time.Second
	// MaxHeaderBytes: 64 KiB, for a token, a key and a signature among what proxies add.
	MaxHeaderBytes = 64 << 10
	// ShutdownGrace: 30 s for the calls under way when the end comes. Give the process longer than that before it is
	// killed.
	ShutdownGrace = 30 * time.Second
)

// ErrCutOff says that calls were still under way when the grace was over. Their clients do not know what became of
// them.
var ErrCutOff = errors.New("server: calls under way were cut off")

// NewHTTPServer returns a server with limits that are right for a handler of New. Change its fields before it serves.
func NewHTTPServer(addr string, handler http.Handler) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           handler,
		ReadHeaderTimeout: ReadHeaderTimeout,
		ReadTimeout:       ReadTimeout,
		WriteTimeout:      WriteTimeout,
		IdleTimeout:       IdleTimeout,
		MaxHeaderBytes:    MaxHeaderBytes,
	}
}

// ListenAndServe makes a handler with New and serves it on addr, host:port, until ctx ends. Then it lets the calls
// under way finish for up to ShutdownGrace. It fails like New, when it cannot listen, when it cannot go on, and with
// ErrCutOff. It speaks plain http: put a proxy with TLS before it, or use Serve with a listener of crypto/tls.
func ListenAndServe(ctx context.Context, addr string, config Config) error {
	handler, err := New(config)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("server: listen: %w", err)
	}
	return Serve(ctx, NewHTTPServer(addr, handler), listener, ShutdownGrace)
}

// Serve serves until ctx ends, on a listener that it closes, and then lets the calls under way finish for up to grace.
// The contexts of the requests do not end with ctx: what has begun may finish. It fails when it cannot go on, and with
// ErrCutOff.
func Serve(ctx context.Context, server *http.Server, listener net.Listener, grace time.Duration) error {
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("server: serve: %w", err)
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
