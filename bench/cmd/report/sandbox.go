package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/bench"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// The targets of the sandbox.
const (
	// maxSandboxReady is how long it may take from the start of its process until it answers.
	maxSandboxReady = 50 * time.Millisecond
	// minReads is how many times as many reads as stripe-mock it must answer per second.
	minReads = 4.0
	// minTransfers and minKeptTransfers are how many transfers per second it must make in memory and in a file.
	minTransfers, minKeptTransfers = 8_000, 4_000
	// maxNewest is how much more the newest of manyTransactions may cost than those of fewTransactions.
	maxNewest                         = 1.3
	fewTransactions, manyTransactions = 1_000, 100_000
	// maxYear is how long the simulated year of its benchmark may take.
	maxYear = 10 * time.Second
)

const (
	// transferPairs is how many pairs of pockets transfers go there and back in.
	transferPairs = 20
	// transferConnections is how many wrk keeps busy with transfers: those that wait share a commit of a file.
	transferConnections = 32
	// preparedTransfers is how many transfers wrk gets for each second, which is more than it can send.
	preparedTransfers = 100_000
)

// transfersScript has wrk send prepared transfers.
//
//go:embed transfers.lua
var transfersScript string

// sandboxSetting has what the parts about the sandbox need: programs that are built, and a folder of its own.
type sandboxSetting struct {
	options
	folder                   string
	stripeMock, empty, prism service
	// noPrism says why there is no Prism, or is nil.
	noPrism error
}

// reportSandbox measures the sandbox, beside stripe-mock and Prism.
func reportSandbox(ctx context.Context, w io.Writer, o options) (err error) {
	folder, err := os.MkdirTemp("", "partner-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	s, err := newSandboxSetting(ctx, o, folder)
	if err != nil {
		return err
	}
	var missed error
	for i, part := range []func(context.Context, io.Writer, sandboxSetting) error{
		reportReady, reportReads, reportTransfers, reportNewest, reportResident, reportYear,
	} {
		if i > 0 {
			fmt.Fprintln(w)
		}
		switch err := part(ctx, w, s); {
		case errors.Is(err, errTarget):
			missed = err
		case err != nil:
			return err
		}
	}
	return missed
}

func newSandboxSetting(ctx context.Context, o options, folder string) (sandboxSetting, error) {
	stripeMock := filepath.Join(folder, "stripe-mock")
	s := sandboxSetting{options: o, folder: folder,
		stripeMock: service{name: "stripe-mock", probe: "/", command: func(host, port string) []string {
			// Without a path for its socket, it would listen for HTTPS on a port that may be taken.
			return []string{stripeMock, "-http-addr", host + ":" + port, "-https-unix",
				filepath.Join(folder, "stripe-mock-"+port)}
		}}}
	empty := filepath.Join(folder, "empty")
	s.empty = service{name: "net/http alone", probe: "/", command: func(host, port string) []string {
		return []string{empty, host + ":" + port}
	}}
	if err := compile(ctx, o.module, empty, "./cmd/empty"); err != nil {
		return s, err
	}
	var err error
	if s.partner, err = o.buildPartner(ctx, folder); err != nil {
		return s, err
	}
	if err := compile(ctx, o.module, stripeMock, "github.com/stripe/stripe-mock"); err != nil {
		return s, err
	}
	s.prism, s.noPrism = newPrism(ctx, o.module)
	if s.noPrism != nil && !errors.Is(s.noPrism, errNoPrism) {
		return s, s.noPrism
	}
	return s, nil
}

// many is how many transactions are many.
func (s sandboxSetting) many() int {
	if s.short {
		return manyTransactions / 50
	}
	return manyTransactions
}

// sandbox returns the sandbox as a service, with more arguments.
func (s sandboxSetting) sandbox(arguments ...string) service {
	return service{name: "partner sandbox", probe: "/health", command: func(host, port string) []string {
		return append([]string{s.partner, "sandbox", "--addr", host + ":" + port}, arguments...)
	}}
}

// services are the sandbox and those that it is compared with, stripe-mock first of them. net/http alone shows what is
// possible at all.
func (s sandboxSetting) services() []service {
	all := []service{s.sandbox(), s.stripeMock, s.empty}
	if s.noPrism == nil {
		all = append(all, s.prism)
	}
	return all
}

// lacks says in a row of a table what is left out of it.
func (s sandboxSetting) lacks(w io.Writer) {
	if s.noPrism != nil {
		fmt.Fprintf(w, "Prism\t%v\n", s.noPrism)
	}
}

// reportReady starts the processes in turn, and asks each until it answers.
func reportReady(ctx context.Context, w io.Writer, s sandboxSetting) error {
	services, rounds := s.services(), max(1, s.rounds/12)
	took := make([][]float64, len(services))
	for range rounds {
		for i, service := range services {
			p, err := service.start(ctx)
			if err != nil {
				return err
			}
			p.stop()
			took[i] = append(took[i], float64(p.ready))
		}
	}
	fmt.Fprintf(w, "Sandbox: from the start of a process to its first answer, medians of %d starts\n\n", rounds)
	fmt.Fprintf(w, "server\ttime (quartiles)\t≤ %d ms\n", maxSandboxReady.Milliseconds())
	inTime := quantile(took[0], 0.5) <= float64(maxSandboxReady)
	for i, service := range services {
		verdict := ""
		if i == 0 {
			verdict = met(inTime)
		}
		milliseconds := func(q float64) float64 { return quantile(took[i], q) / float64(time.Millisecond) }
		fmt.Fprintf(w, "%s\t%.1f ms (%.1f–%.1f)\t%s\n", service.name, milliseconds(0.5), milliseconds(0.25),
			milliseconds(0.75), verdict)
	}
	s.lacks(w)
	if !inTime {
		return errTarget
	}
	return nil
}

// wrk returns the program, or "" if there is none or it is not wanted, which it says.
func (s sandboxSetting) wrk(w io.Writer, part string) string {
	if s.seconds == 0 {
		fmt.Fprintf(w, "%s: left out, as -seconds is 0\n", part)
		return ""
	}
	program, err := exec.LookPath("wrk")
	if err != nil {
		fmt.Fprintf(w, "%s: left out, as there is no wrk (Debian and Homebrew call the package so)\n", part)
		return ""
	}
	return program
}

// reportReads has wrk read a pocket over and over, and what the others have in its place.
func reportReads(ctx context.Context, w io.Writer, s sandboxSetting) error {
	program := s.wrk(w, "Sandbox, reads")
	if program == "" {
		return nil
	}
	services, rounds := s.services(), max(1, s.rounds/20)
	running := make([]*process, len(services))
	for i, service := range services {
		p, err := service.start(ctx)
		if err != nil {
			return err
		}
		defer p.stop()
		running[i] = p
	}
	pocket, err := pocketRequest(ctx, running[0].url)
	if err != nil {
		return err
	}
	requests := []*bench.Request{pocket, customerRequest(), pocket, pocket}
	rates, busy := make([][]float64, len(services)), make([][]float64, len(services))
	script := filepath.Join(s.folder, "read.lua")
	for round := range rounds {
		for turn := range services {
			i := (turn + round) % len(services)
			if err := os.WriteFile(script, []byte(lua(requests[i])), 0o600); err != nil {
				return err
			}
			before := cpuTime(running[i].id)
			answered, rate, err := wrk(ctx, program, script, running[i].url+requests[i].Request.URL.Path, s.seconds)
			if err != nil {
				return fmt.Errorf("%s: %w", services[i].name, err)
			}
			rates[i] = append(rates[i], rate)
			busy[i] = append(busy[i], float64(cpuTime(running[i].id)-before)/answered)
		}
	}
	fmt.Fprintf(w, "Sandbox: reads by wrk with %d connections, medians of %d alternating rounds of %d s\n\n",
		loadConnections, rounds, s.seconds)
	fmt.Fprintf(w, "server\tread\trequests/s\tratio (quartiles)\t≥ %.1f\tCPU/request\n", minReads)
	enough := true
	for i, service := range services {
		ratios := make([]float64, rounds)
		for round := range ratios {
			ratios[round] = rates[i][round] / rates[1][round]
		}
		verdict := ""
		if i == 0 {
			enough = quantile(ratios, 0.5) >= minReads
			verdict = met(enough)
		}
		fmt.Fprintf(w, "%s\t%s\t%.0f\t%.2f (%.2f–%.2f)\t%s\t%s\n", service.name, requests[i].Name,
			quantile(rates[i], 0.5), quantile(ratios, 0.5), quantile(ratios, 0.25), quantile(ratios, 0.75), verdict,
			microseconds(time.Duration(quantile(busy[i], 0.5))))
	}
	s.lacks(w)
	if !enough {
		return errTarget
	}
	return nil
}

// pocketRequest opens a pocket that has money in T-bills, and returns a signed request that reads it.
func pocketRequest(ctx context.Context, baseURL string) (*bench.Request, error) {
	caller, err := bench.NewSandboxCaller(ctx, baseURL)
	if err != nil {
		return nil, err
	}
	defer caller.Close()
	pockets, err := caller.OpenPockets(ctx, 1)
	if err != nil {
		return nil, err
	}
	if err := caller.Fill(ctx, pockets[0], 1); err != nil {
		return nil, err
	}
	return caller.Get("GET pocket", bench.PocketPath(pockets[0]))
}

// customerRequest is a read of stripe-mock's, with all that it checks.
func customerRequest() *bench.Request {
	return &bench.Request{Name: "GET customer", Request: &http.Request{Method: http.MethodGet,
		URL:    &url.URL{Path: "/v1/customers/cus_123"},
		Header: http.Header{"Authorization": {"Bearer sk_test_123"}}}}
}

// reportTransfers has wrk make transfers, in memory and in a file. Each turn has a sandbox of its own.
func reportTransfers(ctx context.Context, w io.Writer, s sandboxSetting) error {
	program := s.wrk(w, "Sandbox, transfers")
	if program == "" {
		return nil
	}
	script := filepath.Join(s.folder, "transfers.lua")
	if err := os.WriteFile(script, []byte(transfersScript), 0o600); err != nil {
		return err
	}
	rounds := max(1, s.rounds/20)
	ways := []struct {
		name  string
		least float64
		kept  bool
	}{{"in memory", minTransfers, false}, {"with --data FILE", minKeptTransfers, true}}
	rates := make([][]float64, len(ways))
	for round := range rounds {
		for turn := range ways {
			i := (turn + round) % len(ways)
			var arguments []string
			if ways[i].kept {
				arguments = []string{"--data", filepath.Join(s.folder, fmt.Sprintf("round-%d.db", round))}
			}
			rate, err := s.transfers(ctx, program, script, s.sandbox(arguments...))
			if err != nil {
				return fmt.Errorf("transfers %s: %w", ways[i].name, err)
			}
			rates[i] = append(rates[i], rate)
		}
	}
	fmt.Fprintf(w, "Sandbox: on-us transfers by wrk with %d connections on the same processors,\n"+
		"medians of %d alternating rounds of %d s\n\n", transferConnections, rounds, s.seconds)
	fmt.Fprintln(w, "state\ttransfers/s (quartiles)\ttarget")
	missed := false
	for i, way := range ways {
		median := quantile(rates[i], 0.5)
		missed = missed || median < way.least
		fmt.Fprintf(w, "%s\t%.0f (%.0f–%.0f)\t≥ %.0f %s\n", way.name, median, quantile(rates[i], 0.25),
			quantile(rates[i], 0.75), way.least, met(median >= way.least))
	}
	if missed {
		return errTarget
	}
	return nil
}

// transfers returns how many transfers a sandbox makes per second.
func (s sandboxSetting) transfers(ctx context.Context, program, script string, service service) (rate float64,
	err error) {
	p, err := service.start(ctx)
	if err != nil {
		return 0, err
	}
	defer p.stop()
	caller, err := bench.NewSandboxCaller(ctx, p.url)
	if err != nil {
		return 0, err
	}
	defer caller.Close()
	name := filepath.Join(s.folder, "transfers.txt")
	file, err := os.Create(name)
	if err != nil {
		return 0, err
	}
	err = caller.WriteTransfers(ctx, file, transferPairs, preparedTransfers*s.seconds)
	if err := errors.Join(err, file.Close()); err != nil {
		return 0, err
	}
	output, err := runWrk(ctx, program, transferConnections, script, p.url+bench.TransfersPath, s.seconds, name)
	if err != nil {
		return 0, err
	}
	return parseTransfers(output)
}

var transfersText = regexp.MustCompile(`(?m)^Transfers made: ([0-9]+)$`)

// parseTransfers returns how many transfers wrk made per second. It is an error if anything else was answered.
func parseTransfers(output string) (rate float64, err error) {
	answered, rate, err := parseWrk(output)
	if err != nil {
		return 0, err
	}
	match := transfersText.FindStringSubmatch(output)
	if match == nil {
		return 0, fmt.Errorf("wrk does not say how many transfers were made: %s", output)
	}
	if made, err := strconv.ParseFloat(match[1], 64); err != nil || made != answered {
		return 0, fmt.Errorf("wrk made %s transfers by %.0f requests: too few were prepared, or some were refused",
			match[1], answered)
	}
	return rate, nil
}

// reportNewest compares the newest transactions of a pocket that has few with those of one that has many, in this
// process. Each is in a sandbox of its own, so that neither pays for the other's.
func reportNewest(ctx context.Context, w io.Writer, s sandboxSetting) error {
	sizes := []int{fewTransactions, s.many()}
	ways := make([]way, len(sizes))
	for i, transactions := range sizes {
		bank, err := sandbox.New(sandbox.Config{})
		if err != nil {
			return err
		}
		defer func() { _ = bank.Close() }()
		request, err := newestRequest(ctx, bank, transactions)
		if err != nil {
			return err
		}
		ways[i] = way{name: request.Name, do: func(context.Context) error { return request.Do(bank) }}
	}
	rounds := max(1, s.rounds/3)
	results, err := compare(ctx, rounds, s.calls, 0, ways)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Sandbox: the newest 30 transactions of a pocket, in process,\n"+
		"medians of %d alternating rounds of %d calls\n\n", rounds, s.calls)
	fmt.Fprintf(w, "transactions\ttime\tallocs\tratio (quartiles)\t≤ %.1f\n", maxNewest)
	flat := true
	for i, f := range results {
		verdict := ""
		if i > 0 {
			flat = f.timeRatio <= maxNewest
			verdict = met(flat)
		}
		fmt.Fprintf(w, "%d\t%s\t%.0f\t%.2f (%.2f–%.2f)\t%s\n", sizes[i], microseconds(f.time), f.allocations,
			f.timeRatio, f.low, f.high, verdict)
	}
	if !flat {
		return errTarget
	}
	return nil
}

// newestRequest pays into a new pocket that often, and returns a request for its newest transactions.
func newestRequest(ctx context.Context, bank *sandbox.Sandbox, transactions int) (*bench.Request, error) {
	server := httptest.NewServer(bank)
	defer server.Close()
	caller, pocket, err := filled(ctx, server.URL, transactions)
	if err != nil {
		return nil, err
	}
	defer caller.Close()
	return caller.Get(fmt.Sprintf("the newest of %d", transactions), bench.NewestPath(pocket))
}

// filled opens a pocket with that many transactions.
func filled(ctx context.Context, baseURL string, transactions int) (*bench.SandboxCaller, uuid.UUID, error) {
	caller, err := bench.NewSandboxCaller(ctx, baseURL)
	if err != nil {
		return nil, uuid.Nil, err
	}
	pockets, err := caller.OpenPockets(ctx, 1)
	if err == nil {
		err = caller.Fill(ctx, pockets[0], transactions)
	}
	if err != nil {
		caller.Close()
		return nil, uuid.Nil, err
	}
	return caller, pockets[0], nil
}

// reportResident says how much memory the process has with many transactions. There is no target.
func reportResident(ctx context.Context, w io.Writer, s sandboxSetting) error {
	p, err := s.sandbox().start(ctx)
	if err != nil {
		return err
	}
	defer p.stop()
	before, _, err := p.resident()
	if err != nil {
		fmt.Fprintf(w, "Sandbox, memory: left out, as the system does not tell: %v\n", err)
		return nil
	}
	caller, _, err := filled(ctx, p.url, s.many())
	if err != nil {
		return err
	}
	defer caller.Close()
	now, most, err := p.resident()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Sandbox: resident memory of its process, after the calls that made the transactions\n\n")
	fmt.Fprintln(w, "transactions\tMB\tat most")
	fmt.Fprintf(w, "0\t%.1f\t\n%d\t%.1f\t%.1f\n", float64(before)/1e6, s.many(), float64(now)/1e6,
		float64(most)/1e6)
	return nil
}

// reportYear runs the bank's own benchmark of a year, in a process of its own.
func reportYear(ctx context.Context, w io.Writer, s sandboxSetting) error {
	rounds, pockets := max(1, s.rounds/20), "10,000"
	arguments := []string{"test", "-run", "^$", "-bench", "^BenchmarkYear$", "-benchtime", "1x",
		"-count", strconv.Itoa(rounds), "./pkg/sandbox/internal/bank"}
	if s.short {
		arguments, pockets = append(arguments, "-short"), "100"
	}
	command := exec.CommandContext(ctx, "go", arguments...)
	command.Dir = filepath.Join(s.module, "..")
	output, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("the benchmark of a year: %w\n%s", err, output)
	}
	years, err := parseYears(string(output))
	if err != nil {
		return err
	}
	inTime := quantile(years, 0.5) <= maxYear.Seconds()
	fmt.Fprintf(w, "Sandbox: a year of %s pockets, median of %d: %.1f s (%.1f–%.1f)\t≤ %.0f s %s\n", pockets,
		rounds, quantile(years, 0.5), quantile(years, 0.25), quantile(years, 0.75), maxYear.Seconds(), met(inTime))
	if !inTime {
		return errTarget
	}
	return nil
}

// parseYears returns the seconds that the benchmark took, in each of its runs.
func parseYears(output string) (seconds []float64, err error) {
	for line := range strings.Lines(output) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "BenchmarkYear") || fields[3] != "ns/op" {
			continue
		}
		nanoseconds, err := strconv.ParseFloat(fields[2], 64)
		if err != nil {
			return nil, fmt.Errorf("the benchmark of a year: %w", err)
		}
		seconds = append(seconds, nanoseconds/1e9)
	}
	if len(seconds) == 0 {
		return nil, fmt.Errorf("the benchmark of a year does not say what it took: %s", output)
	}
	return seconds, nil
}
