package contracttest_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

const guide = "../../../docs/contract-tests.md"

// The guide has each check, with an example. UPDATE=1 writes it anew.
func TestTheGuideHasEachCheck(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	for _, c := range contracttest.Checks() {
		mark := ""
		if c.Published {
			mark = "\\*"
		}
		if c.Example == "" || c.Finds == "" || c.Name == "" {
			t.Errorf("%s is not described", c.Code)
		}
		fmt.Fprintf(&table, "- **%s** `%s`%s: %s\n  Such as: %s.\n", c.Code, c.Name, mark, c.Finds, c.Example)
	}
	between(t, "checks", table.String())
}

// between holds what the guide has between two marks against a text, or puts it there.
func between(t *testing.T, name, want string) {
	t.Helper()
	content, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	start, end := "<!-- "+name+": made by a test -->\n", "<!-- end of "+name+" -->\n"
	head, rest, ok := strings.Cut(string(content), start)
	got, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("the guide has no place for %s", name)
	}
	if got == want {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Fatalf("the guide is not up to date: run UPDATE=1 go test ./pkg/contract/contracttest -run Guide")
	}
	if err := os.WriteFile(guide, []byte(head+start+want+end+tail), 0o600); err != nil {
		t.Fatal(err)
	}
}
