package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jiko-partner/partner-go/internal/printable"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// WriteReplayed writes for a terminal what has become of findings, a line for each, and a last one that counts them.
// The findings may come out of a file of somebody else: nothing of them can move the cursor, or change the terminal
// otherwise. The error is that of w.
func WriteReplayed(w io.Writer, replayed []contracttest.Replayed) error {
	var b strings.Builder
	counts := map[contracttest.Outcome]int{}
	for _, r := range replayed {
		counts[r.Outcome]++
		line := fmt.Sprintf("%-6s %s %s %s", r.Outcome, r.Finding.Check, r.Finding.Operation, r.Finding.Place)
		if r.Err != nil {
			line += ": " + r.Err.Error()
		}
		b.WriteString(printable.Text(line) + "\n")
	}
	fmt.Fprintf(&b, "%d fixed, %d failed, %d could not be replayed\n", counts[contracttest.OutcomeFixed],
		counts[contracttest.OutcomeFailed], counts[contracttest.OutcomeError])
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}
