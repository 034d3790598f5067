// Package loopback is the server that contenders call: it gives fixed answers from a separate process, so that all
// allocations measured are the caller's.
package loopback

import (
	"bufio"
	"context"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"
)

// What the server answers: examples of the contract.
var (
	//go:embed testdata/pocket.json
	Pocket []byte
	//go:embed testdata/transfer.json
	Transfer []byte
)

// Handler answers a login, any other POST with a transfer, and any GET with a pocket.
type Handler struct{ logins atomic.Int64 }

// Logins returns how many there were.
func (h *Handler) Logins() int64 { return h.logins.Load() }

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/json")
	switch {
	case strings.HasSuffix(r.URL.Path, "/login/"):
		h.logins.Add(1)
		fmt.Fprintf(w, `{"token":"a-token-of-the-loopback-server","expires":%q}`,
			time.Now().Add(time.Hour).Format(time.RFC3339))
	case r.Method == http.MethodPost:
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(Transfer)
	default:
		_, _ = w.Write(Pocket)
	}
}

// child marks the process that serves.
const child = "PARTNER_BENCH_SERVE"

// ServeIfChild serves, and does not return, in a process that Start started. Call it first thing in main.
func ServeIfChild() {
	if os.Getenv(child) == "" {
		return
	}
	server := httptest.NewServer(&Handler{})
	fmt.Fprintln(os.Stdout, server.URL)
	_, _ = io.Copy(io.Discard, os.Stdin) // It ends with the parent.
	os.Exit(0)
}

// Start runs the server in a process of its own, which is this program once more.
func Start(ctx context.Context) (baseURL string, stop func(), err error) {
	program, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	command := exec.CommandContext(ctx, program)
	command.Env = append(os.Environ(), child+"=1")
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := command.Start(); err != nil {
		return "", nil, err
	}
	stop = func() { _ = input.Close(); _ = command.Wait() }
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("the server did not start: %w", err)
	}
	return strings.TrimSpace(line), stop, nil
}
