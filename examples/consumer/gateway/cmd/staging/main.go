// Command staging serves the gateway in front of a sandbox, until it is told to stop: staging FILE. The file gets what
// partner contract needs in its environment, and POCKET_ID, that of a pocket of the team.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"example.com/payouts/gateway/staging"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "staging:", err)
		os.Exit(1) //nolint:gocritic // exitAfterDefer: the process ends, and its signals with it.
	}
}

func run(ctx context.Context, arguments []string) error {
	if len(arguments) != 1 {
		return errors.New("want FILE")
	}
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
	// Whoever waits for the file finds it whole.
	whole := fmt.Sprintf("JIKO_BASE_URL=http://%s\nJIKO_USERNAME=%s\nJIKO_PASSWORD=%s\nJIKO_SIGNING_SECRET=%s\n"+
		"POCKET_ID=%s\n", listener.Addr(), staging.Team, staging.Password, staging.SigningSecret, pocket)
	name := filepath.Clean(arguments[0])
	if err := os.WriteFile(name+".new", []byte(whole), 0o600); err != nil {
		return err
	}
	if err := os.Rename(name+".new", name); err != nil {
		return err
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
