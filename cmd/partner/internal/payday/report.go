package payday

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/cmd/partner/internal/table"
	"github.com/jiko-partner/partner-go/pkg/partner"
)

// Result is what became of a day.
type Result struct {
	Protocol Protocol
	// Faults counts what went wrong with requests, by kind.
	Faults map[string]int
	// BanksKilled and PayersKilled are how many processes were killed.
	BanksKilled, PayersKilled int
	Verdict
	// Wrong is what does not add up in the bank's file, or nil.
	Wrong error
	// Took is how long it took.
	Took time.Duration
}

// Report is what became of all days.
type Report struct {
	Config  Config
	Results []Result
}

// FailedError says that checks failed.
type FailedError struct {
	// References is how many payments they are about.
	References int
	// Books is how many banks do not add up.
	Books int
}

// Error says how many.
func (e *FailedError) Error() string {
	return fmt.Sprintf("payday: checks failed for %d payments, and %d banks do not add up", e.References, e.Books)
}

// Err returns a *FailedError unless everything held.
func (r Report) Err() error {
	var failed FailedError
	for _, result := range r.Results {
		failed.References += len(result.Problems)
		if result.Wrong != nil {
			failed.Books++
		}
	}
	if failed == (FailedError{}) {
		return nil
	}
	return &failed
}

// Write writes a table with a column for each protocol, and then what is not as it should be.
func (r Report) Write(w io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%d payments with each protocol, %d payers with %d clients, seed %d\n\n", r.Config.Payments,
		r.Config.Payers, r.Config.Clients, r.Config.Seed)
	t := table.New(&text, 34, 10, r.Results)
	t.Line("", func(r Result) string { return string(r.Protocol) })
	t.Number("payments", func(r Result) int { return r.Payments })
	t.Number("calls", func(r Result) int { return r.Calls })
	for o := range r.outcomes() {
		t.Number("  "+o.String(), func(r Result) int { return r.Outcomes[o] })
	}
	t.Number("  cut short by a kill", func(r Result) int { return r.Unfinished })
	t.Number("faults", func(r Result) (sum int) {
		for _, n := range r.Faults {
			sum += n
		}
		return sum
	})
	for _, kind := range r.faults() {
		t.Number("  "+kind, func(r Result) int { return r.Faults[kind] })
	}
	t.Number("banks killed", func(r Result) int { return r.BanksKilled })
	t.Number("payers killed", func(r Result) int { return r.PayersKilled })
	t.Number("paid", func(r Result) int { return r.Effects })
	t.Number("the call succeeded, and paid once", func(r Result) int { return r.Succeeded })
	t.Number("in doubt, and paid", func(r Result) int { return r.DoubtDone })
	t.Number("in doubt, and not paid", func(r Result) int { return r.DoubtNot })
	t.Number("said not to be paid, and not paid", func(r Result) int { return r.Not })
	t.Number("paid twice", func(r Result) int { return r.Twice })
	t.Number("succeeded, and missing", func(r Result) int { return r.Missing })
	t.Line("time", func(r Result) string { return r.Took.Round(100 * time.Millisecond).String() })
	text.WriteString("\n")
	for _, result := range r.Results {
		result.conclude(&text)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// outcomes are those that there were, in their order.
func (r Report) outcomes() func(func(partner.Outcome) bool) {
	all := map[partner.Outcome]int{}
	for _, result := range r.Results {
		maps.Copy(all, result.Outcomes)
	}
	return slices.Values(slices.Sorted(maps.Keys(all)))
}

// faults are the kinds that there were, by name.
func (r Report) faults() []string {
	all := map[string]int{}
	for _, result := range r.Results {
		maps.Copy(all, result.Faults)
	}
	return slices.Sorted(maps.Keys(all))
}

func (r Result) conclude(text *strings.Builder) {
	if r.Wrong != nil {
		fmt.Fprintf(text, "%s: the bank does NOT add up: %v\n", r.Protocol, r.Wrong)
	}
	if len(r.Problems) == 0 {
		fmt.Fprintf(text, "%s: nothing was paid twice, what succeeded was paid once, and what the client said agrees "+
			"with the books\n", r.Protocol)
		return
	}
	fmt.Fprintf(text, "%s: checks FAILED for %d payments\n", r.Protocol, len(r.Problems))
	table.Mistakes(text, r.Problems, func(p Problem) (string, []string) {
		return p.Reference, slices.Concat(p.Wrong, p.Told, p.Effects)
	})
}
