package table_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/cmd/partner/internal/table"
)

func ExampleNew() {
	type run struct {
		name string
		sent int
	}
	var text strings.Builder
	t := table.New(&text, 8, 5, []run{{"one", 1}, {"two", 2000}})
	t.Line("", func(r run) string { return r.name })
	t.Number("sent", func(r run) int { return r.sent })
	fmt.Print(text.String())
	// Output:
	//            one   two
	// sent         1  2000
}

// A run in which everything goes wrong does not fill the screen.
func TestMoreThanAFewMistakesAreCounted(t *testing.T) {
	var text strings.Builder
	table.Mistakes(&text, make([]int, 25), func(n int) (string, []string) {
		return strconv.Itoa(n), []string{"wrong"}
	})
	got := text.String()
	if strings.Count(got, "  0\n    wrong\n") != 20 || !strings.HasSuffix(got, "  and 5 more\n") {
		t.Error(got)
	}
}
