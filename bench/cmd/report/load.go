package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/bench"
)

// minRate is how many requests per second a server must answer with a check of the signature and validation, by those of the
// same server without.
const minRate = 0.85

// loadChild marks, in the environment, the process that serves.
const loadChild = "PARTNER_BENCH_LOAD"

// loadConnections is how many connections wrk keeps busy.
const loadConnections = 16

// loadIfChild serves and does not return, in a process that reportLoad started. Call it first thing in main.
func loadIfChild() {
	if os.Getenv(loadChild) == "" {
		return
	}
	if err := serveLoad(); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serveLoad gives each server a port of its own, prints their addresses and ends with its standard input.
func serveLoad() error {
	servers, err := bench.Servers()
	if err != nil {
		return err
	}
	addresses := map[string]string{}
	for _, s := range servers {
		listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		addresses[s.Name] = "http://" + listener.Addr().String()
		listening := &http.Server{Handler: s.Handler, ReadHeaderTimeout: 10 * time.Second}
		go func() { _ = listening.Serve(listener) }()
	}
	if err := json.NewEncoder(os.Stdout).Encode(addresses); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// startLoad runs the servers in a process of its own, which is this program once more.
func startLoad(ctx context.Context) (addresses map[string]string, stop func(), err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	command := exec.CommandContext(ctx, program)
	command.Env, command.Stderr = append(os.Environ(), loadChild+"=1"), os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := command.Start(); err != nil {
		return nil, nil, err
	}
	stop = func() { _ = input.Close(); _ = command.Wait() }
	line, err := bufio.NewReader(output).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &addresses)
	}
	if err != nil {
		stop()
		return nil, nil, fmt.Errorf("the servers did not start: %w", err)
	}
	return addresses, stop, nil
}

// reportLoad puts a load on the same server with and without its checks, and on the generated handler within pkg/server and
// on its own, the latter for information.
func reportLoad(ctx context.Context, w io.Writer, o options) (err error) {
	if o.seconds == 0 {
		fmt.Fprintln(w, "Load: left out, as -seconds is 0")
		return nil
	}
	program, err := exec.LookPath("wrk")
	if err != nil {
		fmt.Fprintln(w, "Load: left out, as there is no wrk (Debian and Homebrew call the package so)")
		return nil
	}
	requests, err := bench.Requests()
	if err != nil {
		return err
	}
	directory, err := os.MkdirTemp("", "partner-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(directory)) }()
	addresses, stop, err := startLoad(ctx)
	if err != nil {
		return err
	}
	defer stop()

	rounds := max(1, o.rounds/10)
	fmt.Fprintf(w, "Load: wrk with %d connections on servers in another process, medians of %d alternating rounds of %d s\n\n", loadConnections, rounds, o.seconds)
	fmt.Fprintf(w, "request\tserver\trequests/s\tratio (quartiles)\t≥ %.2f\n", minRate)
	names := []string{bench.PlainServer, bench.CheckedServer, bench.GeneratedServer, bench.WholeServer}
	missed := false
	for _, request := range []*bench.Request{requests[0], requests[2]} {
		script := filepath.Join(directory, "request.lua")
		if err := os.WriteFile(script, []byte(lua(request)), 0o600); err != nil {
			return err
		}
		rates := make([][]float64, len(names))
		for round := range rounds {
			for turn := range names {
				i := (turn + round) % len(names)
				rate, err := wrk(ctx, program, script, addresses[names[i]]+request.Request.URL.RequestURI(), o.seconds)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", request.Name, names[i], err)
				}
				rates[i] = append(rates[i], rate)
			}
		}
		for i, name := range names {
			ratios := make([]float64, rounds)
			for round := range ratios {
				ratios[round] = rates[i][round] / rates[i&^1][round] // The one without checks stands before the one with.
			}
			rateMet := ""
			if name == bench.CheckedServer {
				enough := quantile(ratios, 0.5) >= minRate
				rateMet = met(enough)
				missed = missed || !enough
			}
			fmt.Fprintf(w, "%s\t%s\t%.0f\t%.2f (%.2f–%.2f)\t%s\n", request.Name, name, quantile(rates[i], 0.5), quantile(ratios, 0.5),
				quantile(ratios, 0.25), quantile(ratios, 0.75), rateMet)
		}
	}
	if missed {
		return errTarget
	}
	return nil
}

// lua makes wrk send a request, signature included, again and again: nothing in these servers minds a repeat.
func lua(r *bench.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "wrk.method = %q\n", r.Request.Method)
	for name := range r.Request.Header {
		fmt.Fprintf(&b, "wrk.headers[%q] = %q\n", name, r.Request.Header.Get(name))
	}
	if r.Body != nil {
		fmt.Fprintf(&b, "wrk.body = [==[%s]==]\n", r.Body) // JSON that encoding/json wrote has no ]==].
	}
	return b.String()
}

// wrk returns the requests per second, and an error when any of them failed.
func wrk(ctx context.Context, program, script, url string, seconds int) (float64, error) {
	command := exec.CommandContext(ctx, program, "-t1", "-c"+strconv.Itoa(loadConnections), "-d"+strconv.Itoa(seconds)+"s", "-s", script, url)
	output, err := command.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("wrk: %w: %s", err, output)
	}
	return parseWrk(string(output))
}

var rateLine = regexp.MustCompile(`(?m)^Requests/sec:\s+([0-9.]+)$`)

func parseWrk(output string) (float64, error) {
	for _, complaint := range []string{"Non-2xx", "Socket errors"} {
		if strings.Contains(output, complaint) {
			return 0, fmt.Errorf("wrk: some requests failed: %s", output)
		}
	}
	match := rateLine.FindStringSubmatch(output)
	if match == nil {
		return 0, fmt.Errorf("wrk says no rate: %s", output)
	}
	rate, err := strconv.ParseFloat(match[1], 64)
	if err == nil && rate == 0 {
		err = errors.New("wrk: nothing was answered")
	}
	return rate, err
}
