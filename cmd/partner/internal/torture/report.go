package torture

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/cmd/partner/internal/table"
)

// Result is what became of one variant.
type Result struct {
	Variant Variant
	// Requests is how many logical requests there were, and Sent how many HTTP requests.
	Requests, Sent int
	// answers counts the answers by kind; their sum is Sent.
	answers [kinds]int
	// Killed is how many server processes were killed, and Stopped how many times a database was stopped or crashed.
	Killed, Stopped int
	Verdict
	// Took is how long it took.
	Took time.Duration
}

// Report is what became of all variants.
type Report struct {
	Config  Config
	Results []Result
}

// FailedError says that checks failed.
type FailedError struct {
	// Keys is how many keys they are about.
	Keys int
}

func (e *FailedError) Error() string {
	return fmt.Sprintf("torture: checks failed for %d keys", e.Keys)
}

// Err returns a *FailedError unless everything held.
func (r Report) Err() error {
	problems := 0
	for _, result := range r.Results {
		problems += len(result.Problems)
	}
	if problems == 0 {
		return nil
	}
	return &FailedError{problems}
}

// Write writes a table with a column for each variant, and then what is not as it should be.
func (r Report) Write(w io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%d servers, %d clients, %d requests for each store, seed %d\n\n",
		r.Config.Servers, r.Config.Clients, r.Config.Requests, r.Config.Seed)
	t := table.New(&text, 22, 13, r.Results)
	t.Line("", func(r Result) string { return string(r.Variant) })
	t.Number("requests", func(r Result) int { return r.Requests })
	t.Number("sent", func(r Result) int { return r.Sent })
	for k := range kinds {
		t.Number("  "+k.String(), func(r Result) int { return r.answers[k] })
	}
	t.Number("servers killed", func(r Result) int { return r.Killed })
	t.Number("databases stopped", func(r Result) int { return r.Stopped })
	t.Number("effects", func(r Result) int { return r.Effects })
	t.Number("acknowledged", func(r Result) int { return r.Acknowledged })
	t.Number("in doubt, done", func(r Result) int { return r.InDoubtDone })
	t.Number("in doubt, not done", func(r Result) int { return r.InDoubtNot })
	t.Number("failed, done", func(r Result) int { return r.FailedDone })
	t.Number("failed, not done", func(r Result) int { return r.FailedNot })
	t.Number("twice", func(r Result) int { return r.Twice })
	t.Number("missing", func(r Result) int { return r.Missing })
	t.Line("time", func(r Result) string { return r.Took.Round(100 * time.Millisecond).String() })
	text.WriteString("\n")
	for _, result := range r.Results {
		result.conclude(&text)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func (r Result) conclude(text *strings.Builder) {
	if len(r.Problems) == 0 {
		promise := "nothing took effect twice, and every acknowledged effect is there"
		if r.Variant == VariantTransactional {
			promise = "every request took effect exactly once"
		}
		fmt.Fprintf(text, "%s: %s; replays were the same, byte for byte\n", r.Variant, promise)
		return
	}
	fmt.Fprintf(text, "%s: checks FAILED for %d keys\n", r.Variant, len(r.Problems))
	table.Mistakes(text, r.Problems, func(p Problem) (string, []string) {
		return "key " + p.Key, slices.Concat(p.Wrong, p.Effects)
	})
}
