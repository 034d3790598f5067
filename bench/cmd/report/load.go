package main

import (
	"bufio"
	"bytes"
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
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/bench"
	"github.com/jiko-partner/partner-go/pkg/server"
)

// minRate is the least share of its requests per second that the generated server must keep when it checks signatures
// and validates, and that pkg/server must keep of them for a GET; minWholeRate is that for a POST in pkg/server.
const minRate, minWholeRate = 0.85, 0.80

// loadChild marks, in the environment, the process that serves.
const loadChild = "PARTNER_BENCH_LOAD"

// guardedServer is the server that strangers call.
const guardedServer = "guarded"

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
	guarded, err := bench.GuardedServer()
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	addresses[guardedServer] = "http://" + listener.Addr().String()
	go func() { _ = server.Serve(context.Background(), guarded, listener, 0) }()
	if err := json.NewEncoder(os.Stdout).Encode(addresses); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// loadNames are the servers in the chart.
var loadNames = map[string]string{
	bench.CheckedGenerated: "checked",
	bench.WholeServer:      "pkg/server",
}

// loadServers are the servers under load, all in one process.
type loadServers struct {
	addresses map[string]string
	process   int
}

// startLoad runs the servers in a separate process, which is this program once more.
func startLoad(ctx context.Context) (servers loadServers, stop func(), err error) {
	program, err := os.Executable()
	if err != nil {
		return loadServers{}, nil, err
	}
	command := exec.CommandContext(ctx, program)
	command.Env, command.Stderr = append(os.Environ(), loadChild+"=1"), os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		return loadServers{}, nil, err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return loadServers{}, nil, err
	}
	if err := command.Start(); err != nil {
		return loadServers{}, nil, err
	}
	stop = func() { _ = input.Close(); _ = command.Wait() }
	line, err := bufio.NewReader(output).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &servers.addresses)
	}
	if err != nil {
		stop()
		return loadServers{}, nil, fmt.Errorf("the servers did not start: %w", err)
	}
	servers.process = command.Process.Pid
	return servers, stop, nil
}

// busy returns the CPU time that the servers' process has used.
func (s loadServers) busy() time.Duration { return cpuTime(s.process) }

// cpuTime returns the CPU time that a process has used, which Linux tells in steps of 10 ms; elsewhere it is 0.
func cpuTime(process int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
	if err != nil {
		return 0
	}
	// The program's name is in parentheses and may contain anything. Field 3 is the first behind it.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	var ticks int64
	for _, field := range fields[11:13] { // user and system
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// reportLoad puts the generated server, which decodes and encodes, under load with and without the checks of signature
// and contract. A handler that does nothing, and all of pkg/server, are shown for information.
func reportLoad(ctx context.Context, w io.Writer, o options) error {
	return underLoad(ctx, w, o, "Load", func(servers *loadSetting, requests []*bench.Request) error {
		return compareLoad(ctx, w, o, servers, requests)
	})
}

// loadSetting has servers in another process, and wrk.
type loadSetting struct {
	loadServers

	program, directory string
}

// rate has wrk send one request over and over to a server.
func (l *loadSetting) rate(ctx context.Context, server string, request *bench.Request, seconds int) (answered,
	rate float64,
	err error) {
	script := filepath.Join(l.directory, "request.lua")
	if err := os.WriteFile(script, []byte(lua(request)), 0o600); err != nil {
		return 0, 0, err
	}
	return wrk(ctx, l.program, script, l.addresses[server]+request.Request.URL.RequestURI(), seconds)
}

// underLoad calls measure with what a part of the report needs that has servers under load, or says why it is left out.
func underLoad(ctx context.Context, w io.Writer, o options, part string,
	measure func(*loadSetting, []*bench.Request) error) (err error) {
	if o.seconds == 0 {
		fmt.Fprintf(w, "%s: left out, as -seconds is 0\n", part)
		return nil
	}
	program, err := exec.LookPath("wrk")
	if err != nil {
		fmt.Fprintf(w, "%s: left out, as there is no wrk (Debian and Homebrew call the package so)\n", part)
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
	servers, stop, err := startLoad(ctx)
	if err != nil {
		return err
	}
	defer stop()
	return measure(&loadSetting{servers, program, directory}, requests)
}

func compareLoad(ctx context.Context, w io.Writer, o options, servers *loadSetting, requests []*bench.Request) error {
	rounds := max(1, o.rounds/10)
	fmt.Fprintf(w,
		"Load: wrk with %d connections on servers in another process, medians of %d alternating rounds of %d s\n\n",
		loadConnections, rounds, o.seconds)
	fmt.Fprintf(w, "request\tserver\trequests/s\tratio (quartiles)\ttarget\tCPU/request\n")
	compared, err := bench.Servers()
	if err != nil {
		return err
	}
	names, without := make([]string, len(compared)), make([]int, len(compared))
	for i, s := range compared {
		names[i], without[i] = s.Name, i
		if s.Without != "" {
			without[i] = slices.Index(names, s.Without)
		}
	}
	missed := false
	drawn := panel{name: "Requests per second of a server",
		scale:  "by those of the generated server without checks",
		target: minRate, bound: fmt.Sprintf("at least %.2f", minRate), reference: "no checks"}
	for _, request := range []*bench.Request{requests[0], requests[2]} {
		rates, busy := make([][]float64, len(names)), make([][]float64, len(names))
		for round := range rounds {
			for turn := range names {
				i := (turn + round) % len(names)
				before := servers.busy()
				answered, rate, err := servers.rate(ctx, names[i], request, o.seconds)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", request.Name, names[i], err)
				}
				rates[i], busy[i] = append(rates[i], rate), append(busy[i], float64(servers.busy()-before)/answered)
			}
		}
		for i, name := range names {
			ratios := make([]float64, rounds)
			for round := range ratios {
				ratios[round] = rates[i][round] / rates[without[i]][round]
			}
			rateMet := ""
			if least := leastRate(name, request); least > 0 {
				enough := quantile(ratios, 0.5) >= least
				rateMet = fmt.Sprintf("≥ %.2f %s", least, met(enough))
				missed = missed || !enough
			}
			median, low, high := quantile(ratios, 0.5), quantile(ratios, 0.25), quantile(ratios, 0.75)
			fmt.Fprintf(w, "%s\t%s\t%.0f\t%.2f (%.2f–%.2f)\t%s\t%s\n", request.Name, name, quantile(rates[i], 0.5),
				median, low, high, rateMet, microseconds(time.Duration(quantile(busy[i], 0.5))))
			if short := loadNames[name]; short != "" {
				drawn.bars = append(drawn.bars, bar{name: request.Name + ": " + short, ours: true,
					value: median, low: low, high: high,
					text: fmt.Sprintf("%.2f · %.0f/s", median, quantile(rates[i], 0.5))})
			}
		}
	}
	o.chart.add(drawn)
	if missed {
		return errTarget
	}
	return nil
}

// leastRate is the share that a server must keep, or 0 where there is no target.
func leastRate(server string, request *bench.Request) float64 {
	switch {
	case server == bench.WholeServer && request.Body != nil:
		return minWholeRate
	case server == bench.WholeServer, server == bench.CheckedGenerated:
		return minRate
	}
	return 0
}

// lua makes wrk send the same signed request over and over: none of these servers minds a repeat.
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

// wrk returns how many requests were answered, in all and per second, or an error if any failed.
func wrk(ctx context.Context, program, script, url string, seconds int) (answered, rate float64, err error) {
	output, err := runWrk(ctx, program, loadConnections, script, url, seconds)
	if err != nil {
		return 0, 0, err
	}
	return parseWrk(output)
}

// runWrk returns what wrk prints. Its script gets the arguments.
func runWrk(ctx context.Context, program string, connections int, script, url string, seconds int,
	arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, program, append([]string{"-t1", "-c" + strconv.Itoa(connections),
		"-d" + strconv.Itoa(seconds) + "s",
		// A busy machine may hold up a request for longer than the two seconds that wrk grants.
		"--timeout", "30s", "-s", script, url, "--"}, arguments...)...)
	output, err := command.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("wrk: %w: %s", err, output)
	}
	return string(output), nil
}

var (
	answeredText = regexp.MustCompile(`(?m)^\s*([0-9]+) requests in `)
	rateText     = regexp.MustCompile(`(?m)^Requests/sec:\s+([0-9.]+)$`)
)

func parseWrk(output string) (answered, rate float64, err error) {
	for _, complaint := range []string{"Non-2xx", "Socket errors"} {
		if strings.Contains(output, complaint) {
			return 0, 0, fmt.Errorf("wrk: some requests failed: %s", output)
		}
	}
	for _, figure := range []struct {
		text  *regexp.Regexp
		value *float64
	}{{answeredText, &answered}, {rateText, &rate}} {
		match := figure.text.FindStringSubmatch(output)
		if match == nil {
			return 0, 0, fmt.Errorf("wrk does not say how much was answered: %s", output)
		}
		if *figure.value, err = strconv.ParseFloat(match[1], 64); err != nil || *figure.value == 0 {
			return 0, 0, fmt.Errorf("wrk: nothing was answered: %s", output)
		}
	}
	return answered, rate, nil
}
