package contracttest_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// bank is a sandbox with a clock that stands still, so that the same requests get the same answers.
func bank(t *testing.T) contracttest.Config {
	t.Helper()
	return bankAt(t, time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC))
}

// bankAt is one with another clock: a zero one is that of the machine.
func bankAt(t *testing.T, clock time.Time) contracttest.Config {
	t.Helper()
	b, err := sandbox.New(sandbox.Config{Clock: clock, CustomerUpdates: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = b.Close()
		b = nil // A parallel test stays with its cleanups until all are through, and a bank with it.
	})
	return contracttest.Config{Handler: b, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
		SigningSecret: sandbox.DefaultSigningSecret, AllowWrites: true}
}

// Nothing is found on a server that is right, and all that the contract says of requests was tried. The guide has the
// figures: make contract-coverage writes them.
func TestTheSandboxIsRight(t *testing.T) {
	start := time.Now()
	config := bank(t)
	config.MaxTime = 10 * time.Minute // Whatever else the machine does, the run has to get through.
	report, err := contracttest.Run(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		t.Error(f)
	}
	t.Log(report.Requests, time.Since(start), strings.Join(report.Warnings, "\n"), report.Unfinished)
	between(t, "coverage", coverageOf(t, report))
}

// Whoever writes a slash at the end of the URL means the same server.
func TestASlashAfterTheURLMeansNothing(t *testing.T) {
	t.Parallel()
	config := bank(t)
	server := httptest.NewServer(config.Handler)
	t.Cleanup(server.Close)
	config.Handler, config.URL = nil, server.URL+"/"
	config.Operations, config.Phases = []string{"listPockets", "createPocket"}, []string{"boundaries", "generated"}
	report, err := contracttest.Run(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		t.Error(f)
	}
}

// coverageOf is the table of what a run has tried of the contract. It fails the test for what it has not tried.
func coverageOf(t *testing.T, report *contracttest.Report) string {
	t.Helper()
	succeeded, alone := 0, map[recipe.Pair]bool{}
	for _, o := range report.Operations {
		if o.Succeeded() {
			succeeded++
		}
		for status := range o.Statuses {
			alone[recipe.Pair{Operation: o.ID, Status: status}] = true
		}
	}
	known := map[recipe.Pair]bool{}
	for _, r := range recipe.All() {
		known[recipe.Pair{Operation: r.Operation, Status: r.Status}] = true
	}
	pairs, itself, together := recipe.Pairs(), 0, 0
	for _, p := range pairs {
		if alone[p] {
			itself++
		}
		if alone[p] || known[p] {
			together++
		} else {
			t.Errorf("neither the run nor a recipe has %s answer %d", p.Operation, p.Status)
		}
	}
	counts, all := map[string]int{}, map[string]int{}
	for _, s := range report.Sides() {
		kind := "what is wrong"
		switch {
		case s.IsValid && s.Keyword == "enum":
			kind = "values of enums"
		case s.IsValid:
			kind = "what is right"
		}
		all[kind]++
		if s.Tried {
			counts[kind]++
		} else {
			t.Errorf("not tried: %s", s.Name)
		}
	}
	var b strings.Builder
	b.WriteString("| what the contract has | tried |\n|---|---|\n")
	row := func(what string, n, of int) { fmt.Fprintf(&b, "| %s | %d of %d |\n", what, n, of) }
	row("operations that succeed", succeeded, len(report.Operations))
	row("each status that it names for an operation, in the run itself", itself, len(pairs))
	row("the same, with recipes", together, len(pairs))
	row("the right side of each constraint", counts["what is right"], all["what is right"])
	row("its wrong side", counts["what is wrong"], all["what is wrong"])
	row("values of enums, in requests", counts["values of enums"], all["values of enums"])
	return b.String()
}
