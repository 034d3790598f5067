package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestALineMayHave120Columns(t *testing.T) {
	const url = "https://example.com/"
	for _, c := range []struct {
		name, line string
		wide       bool
	}{
		{"exactly 120", strings.Repeat("x", 120), false},
		{"one more", strings.Repeat("x", 121), true},
		{"characters, not bytes", strings.Repeat("ü", 120), false},
		{"a tab counts as four", "\t" + strings.Repeat("x", 116), false},
		{"a tab and one too many", "\t" + strings.Repeat("x", 117), true},
		{"a line ending of Windows is not counted", strings.Repeat("x", 120) + "\r", false},
		{"a URL that ends the line", "// See " + url + strings.Repeat("x", 200), false},
		{"a link that ends the line", "- [name](" + url + strings.Repeat("x", 200) + ").", false},
		{"prose behind a URL", url + strings.Repeat("x", 200) + " and more", true},
		{"prose before a URL that is too long itself", strings.Repeat("x ", 61) + url, true},
		{"a long word", strings.Repeat("x ", 40) + strings.Repeat("y", 100), true},
		{"a directive", "//go:generate " + strings.Repeat("x ", 100), false},
		{"a comment about a directive", "// go:generate " + strings.Repeat("x ", 100), true},
		{"a row of a table", "| " + strings.Repeat("x ", 100) + "|", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			wide := wideLines("short\n" + c.line + "\nshort")
			if (len(wide) > 0) != c.wide {
				t.Errorf("got %v", wide)
			}
			if c.wide && (len(wide) != 1 || wide[0].number != 2) {
				t.Errorf("got %v, want line 2 alone", wide)
			}
		})
	}
}

func TestFilesThatAreExempt(t *testing.T) {
	for name, want := range map[string]bool{
		"openapi.yaml": true, "gen/partnerapi/models.gen.go": true, "pkg/contract/testdata/a.json": true,
		"testdata/a.json": true, "go.sum": true, "bench/go.sum": true, "x/tools.sum": true,
		"internal/tools/package-lock.json": true, "LICENSE": true,
		"internal/generator/templates/client.tmpl": true, "docs/performance.svg": true,

		"README.md": false, "docs/openapi.yaml": false, "generate.go": false, "pkg/testdata.go": false,
		"mytestdata/a.json": false, "Makefile": false, "pkg/store/claim.lua": false, "overlay.yaml": false,
	} {
		if exempt(name) != want {
			t.Errorf("exempt(%q) is %t", name, !want)
		}
	}
}

func TestABreachIsNoticedWhetherGitKnowsTheFileOrNot(t *testing.T) {
	repository := t.TempDir()
	git := func(arguments ...string) {
		t.Helper()
		command := exec.Command("git", arguments...)
		command.Dir = repository
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v: %s", arguments, err, output)
		}
	}
	wide := strings.Repeat("x", 121) + "\n"
	git("init", "-q")
	for name, text := range map[string]string{
		"tracked.go": "package x\n\n// " + wide, "short.go": "package x\n", "deleted.go": wide,
		"a folder/näme.md": wide, "new.sh": wide, "ignored.out": wide, "code.gen.go": wide,
		"picture.png": "\x00" + wide, ".gitignore": "*.out\n",
	} {
		path := filepath.Join(repository, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git("add", "tracked.go", "short.go", "deleted.go", "a folder")
	if err := os.Remove(filepath.Join(repository, "deleted.go")); err != nil {
		t.Fatal(err)
	}
	var report strings.Builder
	n, err := run(t.Context(), &report, repository)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"tracked.go:3: 124 columns\n", "a folder/näme.md:1: 121 columns\n",
		"new.sh:1: 121 columns\n"} {
		if !strings.Contains(report.String(), want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if n != 3 || strings.Count(report.String(), "\n") != 3 {
		t.Errorf("%d lines in %q", n, report.String())
	}
}

func TestAFolderThatIsNoRepositoryIsAnError(t *testing.T) {
	if _, err := run(t.Context(), &strings.Builder{}, t.TempDir()); err == nil {
		t.Error("there is nothing to read, and nobody said so")
	}
}
