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
	if wrong := part(guide, name, want, os.Getenv("UPDATE") != ""); wrong != "" {
		t.Fatalf("%s: run UPDATE=1 go test ./pkg/contract/contracttest -run '%s$'", wrong, t.Name())
	}
}

// part holds what a page has between two marks against a text, or puts it there. It says what is wrong.
func part(file, name, want string, isWritten bool) string {
	content, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	start, end := "<!-- "+name+": made by a test -->\n", "<!-- end of "+name+" -->\n"
	head, rest, ok := strings.Cut(string(content), start)
	got, tail, ok2 := strings.Cut(rest, end)
	switch {
	case !ok || !ok2:
		return file + " has no place for " + name
	case got == want:
		return ""
	case !isWritten:
		return file + " is not up to date about " + name
	}
	if err := os.WriteFile(file, []byte(head+start+want+end+tail), 0o600); err != nil {
		return err.Error()
	}
	return ""
}
