package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

func TestDifferencesArePrinted(t *testing.T) {
	t.Parallel()
	out := execute(t, nil, "", "sandbox", "differences", "--json")
	var all []sandbox.Difference
	if err := json.Unmarshal([]byte(out.stdout), &all); err != nil || out.status != exitOK {
		t.Fatalf("%d %s: %v", out.status, out.stderr, err)
	}
	c, err := readCoverage(partnergo.Spec())
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(execute(t, nil, "", "sandbox", "differences").stdout, "\n"), "\n")
	if len(lines) != len(all) {
		t.Fatalf("%d rules are %d lines", len(all), len(lines))
	}
	for i, d := range all {
		for _, id := range d.Operations {
			if !slices.ContainsFunc(c.Operations, func(o operation) bool { return o.OperationID == id }) {
				t.Errorf("%q is about %s, which is no operation", d.Text, id)
			}
		}
		if d.Source == "" && d.Evidence == sandbox.EvidenceDocumented {
			t.Errorf("%q is %s, by %q", d.Text, d.Evidence, d.Source)
		}
		operations := strings.Join(d.Operations, ", ")
		if len(d.Operations) == 0 {
			operations = "all"
		}
		if want := fmt.Sprintf("%s\t%s\t%s", d.Evidence, operations, d.Text); !strings.HasPrefix(lines[i], want) ||
			!strings.Contains(lines[i], d.Source) {
			t.Errorf("a line is %q; want %q and %q", lines[i], want, d.Source)
		}
	}
}

// The guide has the same rules. UPDATE=1 puts them there.
func TestTheGuideHasTheRules(t *testing.T) {
	t.Parallel()
	const guide = "../../docs/sandbox.md"
	data, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	all, err := differences()
	if err != nil {
		t.Fatal(err)
	}
	head, _, ok := strings.Cut(string(data), "\n### ")
	if !ok {
		head = strings.TrimRight(string(data), "\n") + "\n"
	}
	want := head + rulesOfTheGuide(all)
	if want == string(data) {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Fatalf("docs/sandbox.md has other rules than the sandbox: UPDATE=1 go test ./cmd/partner -run %s", t.Name())
	}
	if err := os.WriteFile(guide, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// rulesOfTheGuide lists the rules by what they rest on.
func rulesOfTheGuide(all []sandbox.Difference) string {
	var b strings.Builder
	for _, evidence := range []struct {
		is            sandbox.Evidence
		title, prefix string
	}{
		{sandbox.EvidenceDocumented, "Documented", "by the provider"},
		{sandbox.EvidenceInferred, "Inferred", "the most sensible rule where nothing is public"},
		{sandbox.EvidenceUnknown, "Unknown", "left out, since nobody outside knows"},
	} {
		fmt.Fprintf(&b, "\n### %s: %s\n\n", evidence.title, evidence.prefix)
		for _, d := range all {
			if d.Evidence != evidence.is {
				continue
			}
			var names []string
			for _, id := range d.Operations {
				names = append(names, "`"+id+"`")
			}
			text := d.Text
			if len(names) > 0 {
				text = strings.Join(names, ", ") + ": " + text
			}
			if d.Source != "" {
				text += " (" + d.Source + ")"
			}
			b.WriteString(wrapped(text))
		}
	}
	return b.String()
}

// wrapped is an item of a list, in lines of at most 120 columns.
func wrapped(text string) string {
	const most = 120
	var b strings.Builder
	line := "-"
	for word := range strings.FieldsSeq(text) {
		if len([]rune(line))+1+len([]rune(word)) > most {
			b.WriteString(line + "\n")
			line = " "
		}
		line += " " + word
	}
	return b.String() + line + "\n"
}
