package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"time"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/bench"
)

// maxStart is how long a server may take to load and compile the contract at start.
const maxStart = 40 * time.Millisecond

// startChild is the environment variable that tells a child process what to start.
const startChild = "PARTNER_BENCH_START"

// start is what a child process measures.
type start struct {
	Took time.Duration
	// Held is how many bytes the heap has grown by.
	Held int64
}

// startIfChild starts what its parent names and does not return, in a process that reportStart started. Call it first
// thing in main.
func startIfChild() {
	name := os.Getenv(startChild)
	if name == "" {
		return
	}
	result, err := measureStart(name)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(result)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func measureStart(name string) (start, error) {
	starts := bench.Starts()
	i := slices.IndexFunc(starts, func(s bench.Start) bool { return s.Name == name })
	if i < 0 {
		return start{}, fmt.Errorf("there is no way to start %s", name)
	}
	before := heap()
	began := time.Now()
	middleware, err := starts[i].Load()
	took := time.Since(began)
	if err != nil {
		return start{}, err
	}
	held := heap() - before
	runtime.KeepAlive(middleware)
	return start{took, held}, nil
}

// heap collects garbage and returns what is left. It does so twice, since pools survive the first collection.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc) //nolint:gosec // a heap of 2^63 bytes is not to be had
}

// reportStart loads and compiles the contract in a fresh process each time, so that nothing is warm.
func reportStart(ctx context.Context, w io.Writer, o options) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	var names []string
	for _, s := range bench.Starts() {
		if s.Name != o.without {
			names = append(names, s.Name)
		}
	}
	took, held, failures := map[string][]float64{}, map[string][]float64{}, map[string]error{}
	rounds := max(1, (o.rounds+5)/6)
	for range rounds {
		for _, name := range names {
			command := exec.CommandContext(ctx, program)
			command.Env, command.Stderr = append(os.Environ(), startChild+"="+name), os.Stderr
			output, err := command.Output()
			if err != nil {
				failures[name] = err
				continue
			}
			var result start
			if err := json.Unmarshal(output, &result); err != nil {
				return fmt.Errorf("start %s: %w", name, err)
			}
			took[name], held[name] = append(took[name], float64(result.Took)), append(held[name], float64(result.Held))
		}
	}
	if err := failures[bench.PkgValidation]; err != nil {
		return fmt.Errorf("start %s: %w", bench.PkgValidation, err)
	}
	fmt.Fprintf(w, "Start: loading and compiling the contract of %d KB, medians of %d fresh processes each\n\n",
		len(partnergo.Spec())/1000, rounds)
	fmt.Fprintf(w, "way\ttime (quartiles)\t≤ %d ms\theld\n", maxStart.Milliseconds())
	missed := false
	drawn := panel{name: "Loading the contract at start", scale: "milliseconds in a fresh process",
		target: float64(maxStart.Milliseconds()), bound: fmt.Sprintf("at most %d ms", maxStart.Milliseconds())}
	for _, name := range names {
		if len(took[name]) == 0 {
			fmt.Fprintf(w, "%s\tfails: %v\t\t\n", name, failures[name])
			continue
		}
		timeMet := ""
		if name == bench.PkgValidation {
			missed = quantile(took[name], 0.5) > float64(maxStart)
			timeMet = met(!missed)
		}
		milliseconds := func(q float64) float64 { return quantile(took[name], q) / float64(time.Millisecond) }
		fmt.Fprintf(w, "%s\t%.1f ms (%.1f–%.1f)\t%s\t%.2f MB\n", name, milliseconds(0.5), milliseconds(0.25),
			milliseconds(0.75), timeMet, quantile(held[name], 0.5)/1e6)
		drawn.bars = append(drawn.bars, bar{name: name, ours: name == bench.PkgValidation, value: milliseconds(0.5),
			low: milliseconds(0.25), high: milliseconds(0.75), text: fmt.Sprintf("%.1f ms", milliseconds(0.5))})
	}
	o.chart.add(drawn)
	if missed {
		return errTarget
	}
	return nil
}
