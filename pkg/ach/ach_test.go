package ach_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/ach"
)

func ExampleReturn() {
	code, ok := ach.Return("R01")
	fmt.Println(ok, code.Title, code.Class, code.Entries)
	// Output: true Insufficient funds retry debits
}

func ExampleChange() {
	code, ok := ach.Change("C01")
	fmt.Println(ok, code.Title, code.Refused)
	// Output: true Wrong account number false
}

// There are 71 codes of returns and 20 of changes, each once, in order, and each says something of its own.
func TestEveryCodeIsThereOnce(t *testing.T) {
	t.Parallel()
	said := map[string]string{}
	check := func(last, pattern, code string, texts ...string) {
		if code <= last || !regexp.MustCompile(pattern).MatchString(code) {
			t.Errorf("%s comes after %s", code, last)
		}
		for i, text := range texts {
			if text == "" || i > 0 && !strings.HasSuffix(text, ".") || i == 0 && strings.HasSuffix(text, ".") {
				t.Errorf("%s says %q", code, text)
			}
		}
		if other := said[texts[1]]; other != "" {
			t.Errorf("%s means what %s does", code, other)
		}
		said[texts[1]] = code
	}
	if n := len(ach.Returns()); n != 71 {
		t.Errorf("%d codes of returns", n)
	}
	if n := len(ach.Changes()); n != 20 {
		t.Errorf("%d codes of changes", n)
	}
	last := ""
	entries := []ach.Entries{ach.EntriesDebits, ach.EntriesCredits, ach.EntriesBoth, ach.EntriesAdministrative}
	for _, r := range ach.Returns() {
		check(last, `^R\d\d$`, r.Code, r.Title, r.Meaning, r.Action)
		if got, ok := ach.Return(r.Code); !ok || got != r {
			t.Errorf("%s is %+v", r.Code, got)
		}
		if !slices.Contains([]ach.Class{ach.ClassRetry, ach.ClassFinal, ach.ClassAsk, ach.ClassBank}, r.Class) ||
			!slices.Contains(entries, r.Entries) {
			t.Errorf("%s is %s, for %s", r.Code, r.Class, r.Entries)
		}
		last = r.Code
	}
	last = ""
	for _, c := range ach.Changes() {
		check(last, `^C\d\d$`, c.Code, c.Title, c.Meaning, c.Action)
		if got, ok := ach.Change(c.Code); !ok || got != c || c.Refused != (c.Code > "C60") {
			t.Errorf("%s is %+v", c.Code, got)
		}
		last = c.Code
	}
	for _, code := range []string{"", "R00", "R48", "R1", "r01", "C10", "C70"} {
		if _, ok := ach.Return(code); ok {
			t.Errorf("%q is a return", code)
		}
		if _, ok := ach.Change(code); ok {
			t.Errorf("%q is a change", code)
		}
	}
}

// Whoever changes what is returned changes it for nobody else.
func TestTheListsAreCopies(t *testing.T) {
	t.Parallel()
	ach.Returns()[0].Title, ach.Changes()[0].Title = "", ""
	if ach.Returns()[0].Title == "" || ach.Changes()[0].Title == "" {
		t.Error("the lists are not copies")
	}
}

// The guide has the same codes. UPDATE=1 puts them there.
func TestTheGuideHasTheCodes(t *testing.T) {
	t.Parallel()
	const guide = "../../docs/ach.md"
	data, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(data), "\n## Returns\n")
	want := strings.TrimRight(head, "\n") + "\n" + tables()
	if want == string(data) {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Fatalf("docs/ach.md has other codes than the package: UPDATE=1 go test ./pkg/ach -run %s", t.Name())
	}
	if err := os.WriteFile(guide, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// tables writes the codes as a guide has them.
func tables() string {
	var b strings.Builder
	b.WriteString("\n## Returns\n\n")
	for _, r := range ach.Returns() {
		wrap(&b, fmt.Sprintf("- **%s %s** (%s, `%s`): %s %s", r.Code, r.Title, r.Entries, r.Class, r.Meaning, r.Action))
	}
	b.WriteString("\n## Changes\n\nC61 to C69 refuse a notification.\n\n")
	for _, c := range ach.Changes() {
		wrap(&b, fmt.Sprintf("- **%s %s**: %s %s", c.Code, c.Title, c.Meaning, c.Action))
	}
	return b.String()
}

// wrap writes an item of a list in lines of at most 120 columns.
func wrap(b *strings.Builder, item string) {
	line := ""
	for word := range strings.FieldsSeq(item) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) > 120:
			b.WriteString(line + "\n")
			line = "  " + word
		default:
			line += " " + word
		}
	}
	b.WriteString(line + "\n")
}
