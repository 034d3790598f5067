package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/bench"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

func TestOnlyTransfersThatWereMadeCount(t *testing.T) {
	t.Parallel()
	const answers = "  20000 requests in 2.00s, 80.00MB read\nRequests/sec:   9999.50\nTransfer/sec:     40.00MB\n"
	if rate, err := parseTransfers(answers + "Transfers made: 20000\n"); err != nil || rate != 9999.5 {
		t.Errorf("%v %v", rate, err)
	}
	for name, output := range map[string]string{
		"nothing":                "",
		"no count":               answers,
		"fewer than were sent":   answers + "Transfers made: 19999\n",
		"answers that refuse":    "  Non-2xx or 3xx responses: 1\n" + answers + "Transfers made: 20000\n",
		"a count that is no one": answers + "Transfers made: nil\n",
	} {
		if rate, err := parseTransfers(output); err == nil {
			t.Errorf("%s: %v", name, rate)
		}
	}
}

func TestWhatTheBenchmarkOfAYearSays(t *testing.T) {
	t.Parallel()
	const good = "goos: linux\npkg: example.com/bank\nBenchmarkYear-2   \t       1\t5200000000 ns/op\n" +
		"--- BENCH: BenchmarkYear-2\n    bank_bench_test.go:86: {\"pockets\":10000}\n" +
		"BenchmarkYear-2   \t       1\t4800000000 ns/op\nPASS\n"
	if years, err := parseYears(good); err != nil || !slices.Equal(years, []float64{5.2, 4.8}) {
		t.Errorf("%v %v", years, err)
	}
	for _, output := range []string{"", "PASS\n", "BenchmarkYear-2 1 x ns/op\n", "BenchmarkWeek-2 1 3 ns/op\n"} {
		if years, err := parseYears(output); err == nil {
			t.Errorf("%q: %v", output, years)
		}
	}
}

// wrk, with the script and the file that the report gives it, makes each transfer once, and it is noticed when there
// are no more to make.
func TestWrkMakesEachTransferOnce(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("wrk")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal(err)
	} else if err != nil {
		t.Skip("there is no wrk: install the package of that name")
	}
	bank := sandbox.Start(t)
	caller, err := bench.NewSandboxCaller(t.Context(), bank.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer caller.Close()
	script, prepared := filepath.Join(t.TempDir(), "transfers.lua"), filepath.Join(t.TempDir(), "transfers.txt")
	if err := os.WriteFile(script, []byte(transfersScript), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(prepared)
	if err != nil {
		t.Fatal(err)
	}
	err = caller.WriteTransfers(t.Context(), file, 1, 101)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	output, err := runWrk(t.Context(), program, 4, script, bank.URL+bench.TransfersPath, 1, prepared)
	if err != nil {
		t.Fatal(err)
	}
	// wrk makes the first request to look at it, and does not send it.
	if !strings.Contains(output, "\nTransfers made: 100\n") {
		t.Errorf("of a hundred transfers: %s", output)
	}
	if rate, err := parseTransfers(output); err == nil {
		t.Errorf("that there were too few is reported as %v per second", rate)
	}
}

func TestAServiceIsReadyWhenItAnswersAndEndsWhenItIsStopped(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// This program once more, which serves in its main when it is told to.
	s := service{name: "a server", probe: "/any", command: func(host, port string) []string {
		return []string{"env", serviceChild + "=" + net.JoinHostPort(host, port), program}
	}}
	p, err := s.start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if p.ready <= 0 {
		t.Errorf("it was ready after %v", p.ready)
	}
	if now, most, err := p.resident(); err == nil && (now < 1<<20 || most < now) {
		t.Errorf("it has %d bytes, and had %d at most", now, most)
	}
	p.stop()
	if _, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.url, "http://")); err == nil {
		t.Error("it still listens")
	}

	broken := service{name: "a program", command: func(string, string) []string {
		return []string{"sh", "-c", "echo no such flag >&2; exit 3"}
	}}
	if _, err := broken.start(t.Context()); err == nil || !strings.Contains(err.Error(), "no such flag") {
		t.Errorf("a program that ends at once is reported as %v", err)
	}
}

// serviceChild has the address at which the process of a test serves.
const serviceChild = "PARTNER_BENCH_TEST_SERVICE"

func serveIfService() {
	address := os.Getenv(serviceChild)
	if address == "" {
		return
	}
	server := &http.Server{Addr: address, ReadHeaderTimeout: time.Second, Handler: http.NotFoundHandler()}
	if err := server.ListenAndServe(); err != nil {
		os.Exit(1)
	}
}

func TestPrismIsLeftOutWithoutNpm(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "package-lock.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder)
	if err := installPrism(context.Background(), folder); !errors.Is(err, errNoPrism) {
		t.Errorf("without npm: %v", err)
	}
	// What was installed after the lock was written needs no npm.
	installed := filepath.Join(folder, "node_modules", ".package-lock.json")
	if err := os.Mkdir(filepath.Dir(installed), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(installed, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := installPrism(context.Background(), folder); err != nil {
		t.Errorf("with what is installed: %v", err)
	}
	if err := os.Chtimes(installed, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := installPrism(context.Background(), folder); !errors.Is(err, errNoPrism) {
		t.Errorf("with what an older lock said: %v", err)
	}
}
