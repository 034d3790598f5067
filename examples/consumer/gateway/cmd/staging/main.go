// Command staging serves the gateway in front of a sandbox, until it is told to stop. It prints what partner contract
// needs in its environment, and POCKET_ID, that of a pocket of the team.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.com/payouts/gateway/staging"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "staging:", err)
		os.Exit(1) //nolint:gocritic // exitAfterDefer: the process ends, and its signals with it.
	}
}

func run(ctx context.Context, stdout io.Writer) error {
	gateway, err := staging.Open()
	if err != nil {
		return err
	}
	defer gateway.Close()
	pocket, _, err := gateway.Pockets(ctx)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: gateway, ReadHeaderTimeout: time.Minute}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	_, err = fmt.Fprintf(stdout, "JIKO_BASE_URL=http://%s\nJIKO_USERNAME=%s\nJIKO_PASSWORD=%s\n"+
		"JIKO_SIGNING_SECRET=%s\nPOCKET_ID=%s\n", listener.Addr(), staging.Team, staging.Password,
		staging.SigningSecret, pocket)
	if err != nil {
		return err
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
