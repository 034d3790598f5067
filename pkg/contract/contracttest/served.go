package contracttest

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// serve serves a handler on the loopback interface, until stop is called. That waits for nobody: a handler may hang.
func serve(handler http.Handler) (url string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // It is closed by stop.
	if err != nil {
		return "", nil, fmt.Errorf("contracttest: serving the handler: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0),
		BaseContext: func(net.Listener) context.Context { return ctx }}
	go func() { _ = server.Serve(listener) }()
	return "http://" + listener.Addr().String(), func() {
		cancel()
		_ = server.Close()
	}, nil
}
