package torture

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
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

// mostListed is how many problems of a variant are listed; more would be more of the same.
const mostListed = 20

// Write writes a table with a column for each variant, and then what is not as it should be.
func (r Report) Write(w io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%d servers, %d clients, %d requests for each store, seed %d\n\n",
		r.Config.Servers, r.Config.Clients, r.Config.Requests, r.Config.Seed)
	line := func(name string, cell func(Result) string) {
		fmt.Fprintf(&text, "%-22s", name)
		for _, result := range r.Results {
			fmt.Fprintf(&text, " %13s", cell(result))
		}
		text.WriteString("\n")
	}
	number := func(name string, value func(Result) int) {
		line(name, func(r Result) string { return strconv.Itoa(value(r)) })
	}
	line("", func(r Result) string { return string(r.Variant) })
	number("requests", func(r Result) int { return r.Requests })
	number("sent", func(r Result) int { return r.Sent })
	for k := range kinds {
		number("  "+k.String(), func(r Result) int { return r.answers[k] })
	}
	number("servers killed", func(r Result) int { return r.Killed })
	number("databases stopped", func(r Result) int { return r.Stopped })
	number("effects", func(r Result) int { return r.Effects })
	number("acknowledged", func(r Result) int { return r.Acknowledged })
	number("in doubt, done", func(r Result) int { return r.InDoubtDone })
	number("in doubt, not done", func(r Result) int { return r.InDoubtNot })
	number("failed, done", func(r Result) int { return r.FailedDone })
	number("failed, not done", func(r Result) int { return r.FailedNot })
	number("twice", func(r Result) int { return r.Twice })
	number("missing", func(r Result) int { return r.Missing })
	line("time", func(r Result) string { return r.Took.Round(100 * time.Millisecond).String() })
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
	for i, p := range r.Problems {
		if i == mostListed {
			fmt.Fprintf(text, "  and %d more\n", len(r.Problems)-i)
			break
		}
		fmt.Fprintf(text, "  key %s\n", p.Key)
		for _, line := range slices.Concat(p.Wrong, p.Effects) {
			fmt.Fprintf(text, "    %s\n", line)
		}
	}
}
