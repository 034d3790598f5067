// Command report measures pkg/partner, pkg/validation, pkg/idempotency and the sandbox beside their peers, prints one
// report, and draws a chart of its main figures. ../../README.md says how to read it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jiko-partner/partner-go/bench/loopback"
)

// errTarget reports a missed target. It only matters with -enforce.
var errTarget = errors.New("a target is missed")

type options struct {
	rounds, calls, builds, seconds int
	module                         string
	// only names the sections to report; if it is empty, all are.
	only []string
	// short has the sandbox keep a fiftieth of the transactions, and fewer pockets for a year, and nothing that takes
	// long warmed up: that is for tests.
	short bool
	// without names a peer of pkg/validation to leave out.
	without string
	// chart collects the main figures, if there is to be a chart of them.
	chart *chart
	// partner is a binary of ./cmd/partner; if it is empty, each section that needs one builds its own.
	partner string
}

// buildPartner returns a binary of ./cmd/partner, which it builds into a folder if there is none yet.
func (o options) buildPartner(ctx context.Context, folder string) (string, error) {
	if o.partner != "" {
		return o.partner, nil
	}
	binary := filepath.Join(folder, "partner")
	return binary, compile(ctx, filepath.Join(o.module, ".."), binary, "./cmd/partner")
}

// sections make up the report, in this order.
var sections = []struct {
	name   string
	report func(context.Context, io.Writer, options) error
}{
	{"calls", reportCalls},
	{"logins", reportLogins},
	{"signing", reportSigning},
	{"validation", reportValidation},
	{"paths", reportPaths},
	{"bodies", reportBodies},
	{"throughput", reportThroughput},
	{"start", reportStart},
	{"load", reportLoad},
	{"refusals", reportRefusals},
	{"memory", reportMemoryStore},
	{"stores", reportSharedStores},
	{"size", reportSize},
	{"generation", reportGeneration},
	{"sandbox", reportSandbox},
}

func main() {
	becomeChild()
	var o options
	flag.IntVar(&o.rounds, "rounds", 60, "how often each way has its turn")
	flag.IntVar(&o.calls, "calls", 500, "calls per turn")
	flag.IntVar(&o.builds, "builds", 1, "cold builds of each program; 0 leaves them out")
	flag.IntVar(&o.seconds, "seconds", 2, "seconds that wrk has per turn; 0 leaves it out")
	flag.StringVar(&o.module, "module", ".", "directory of the module bench")
	flag.Func("only",
		"sections to report, with commas between them: calls, logins, signing, validation, paths, bodies, "+
			"throughput, start, load, refusals, memory, stores, size, generation, sandbox", o.choose)
	flag.StringVar(&o.without, "without", "",
		"a peer of pkg/validation to leave out, such as libopenapi-validator, which takes seconds to start")
	picture := flag.String("chart", "", "a file for a chart of the main figures, as SVG")
	enforce := flag.Bool("enforce", false, "end with status 1 when a target is missed")
	flag.Parse()
	if o.rounds < 1 || o.calls < 1 || o.builds < 0 || o.seconds < 0 {
		fmt.Fprintln(os.Stderr, "report: -rounds and -calls must be at least 1, -builds and -seconds at least 0")
		os.Exit(2)
	}

	if *picture != "" {
		o.chart = &chart{}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := report(ctx, os.Stdout, o)
	stop()
	missed := errors.Is(err, errTarget)
	if *picture != "" && (err == nil || missed) {
		if err := o.chart.save(*picture); err != nil {
			fmt.Fprintln(os.Stderr, "report:", err)
			os.Exit(1)
		}
	}
	switch {
	case missed && !*enforce:
	case err != nil:
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

// choose sets the sections to report.
func (o *options) choose(names string) error {
	for name := range strings.SplitSeq(names, ",") {
		known := false
		for _, section := range sections {
			known = known || section.name == name
		}
		if !known {
			return fmt.Errorf("there is no section %q", name)
		}
		o.only = append(o.only, name)
	}
	return nil
}

// becomeChild does not return if this process was started as a child, and does its work instead.
func becomeChild() {
	loopback.ServeIfChild()
	startIfChild()
	loadIfChild()
	heldIfChild()
}

// report prints all sections, even after a missed target.
func report(ctx context.Context, w io.Writer, o options) error {
	about := fmt.Sprintf("%s %s/%s, %d CPUs (%s), %s", runtime.Version(), runtime.GOOS, runtime.GOARCH,
		runtime.NumCPU(), processor(), commit(ctx, o.module))
	fmt.Fprintln(w, about)
	if o.chart != nil {
		o.chart.title = about
	}
	var missed error
	for _, section := range sections {
		if len(o.only) > 0 && !slices.Contains(o.only, section.name) {
			continue
		}
		fmt.Fprintln(w)
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		err := section.report(ctx, table, o)
		if flushErr := table.Flush(); flushErr != nil {
			return flushErr
		}
		switch {
		case errors.Is(err, errTarget):
			missed = err
		case err != nil:
			return err
		}
	}
	return missed
}

// met renders whether a target was met.
func met(ok bool) string {
	if ok {
		return "ok"
	}
	return "OVER"
}

// processor names the CPU, if the system tells.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// commit names the commit that is measured, and the date.
func commit(ctx context.Context, module string) string {
	date := time.Now().UTC().Format(time.DateOnly)
	command := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty")
	command.Dir = module
	output, err := command.Output()
	if err != nil {
		return date
	}
	return "commit " + strings.TrimSpace(string(output)) + ", " + date
}
