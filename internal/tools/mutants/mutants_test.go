package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAMutationIsShownInItsLine(t *testing.T) {
	for _, c := range []struct {
		name, line, kind string
		column           int
		want             string
	}{
		{"the first of two operators", "if a && b && c {", "INVERT_LOGICAL", 6, "if a || b && c {"},
		{"the second of two operators", "if a && b && c {", "INVERT_LOGICAL", 11, "if a && b || c {"},
		{"an operator that begins like a shorter one", "if a >= b {", "CONDITIONALS_BOUNDARY", 6, "if a > b {"},
		{"an operator that begins like a longer one", "if a > b {", "CONDITIONALS_NEGATION", 6, "if a <= b {"},
		{"and not", "a &^ b", "INVERT_BITWISE", 3, "a & b"},
		{"an assignment", "a <<= b", "REMOVE_SELF_ASSIGNMENTS", 3, "a = b"},
		{"a statement", "\tbreak", "INVERT_LOOPCTRL", 2, "\tcontinue"},
		{"the end of a line", "i++", "INCREMENT_DECREMENT", 2, "i--"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := mutated(c.line, c.kind, c.column); err != nil || got != c.want {
				t.Errorf("%q, %v; want %q", got, err, c.want)
			}
		})
	}
	for _, c := range []struct {
		name, line, kind string
		column           int
	}{
		{"a kind that is not known", "a + b", "REMOVE_STATEMENT", 3},
		{"a column beyond the line", "a + b", "ARITHMETIC_BASE", 6},
		{"a column before the line", "a + b", "ARITHMETIC_BASE", 0},
		{"something else at the column", "a + b", "ARITHMETIC_BASE", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := mutated(c.line, c.kind, c.column); err == nil {
				t.Errorf("it becomes %q", got)
			}
		})
	}
}

// mutable has one file with two lines to mutate.
func mutable(t *testing.T) (folder string, p part) {
	t.Helper()
	folder, p = t.TempDir(), part{name: "x", folder: "pkg/x"}
	if err := os.MkdirAll(filepath.Join(folder, p.folder), 0o750); err != nil {
		t.Fatal(err)
	}
	code := "package x\n\tif a && b {\n\tc--\n"
	if err := os.WriteFile(filepath.Join(folder, p.folder, "x.go"), []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder, p
}

func counted(t *testing.T, statuses ...string) []figures {
	t.Helper()
	folder, p := mutable(t)
	var b strings.Builder
	b.WriteString(`{"files": [{"file_name": "x.go", "mutations": [`)
	for i, status := range statuses {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString(`{"type": "INVERT_LOGICAL", "status": "` + status + `", "line": 2, "column": 7}`)
	}
	b.WriteString("]}]}")
	path := filepath.Join(folder, "x.json")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := readResult(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := count(folder, p, r)
	if err != nil {
		t.Fatal(err)
	}
	return []figures{f}
}

var lived = survivor{File: "pkg/x/x.go", Code: "if a && b {", Becomes: "if a || b {"}

// excused is a survivor with a reason.
func excused(s survivor) survivor {
	s.Reason = "as ever"
	return s
}

func TestWhatTheReportRefuses(t *testing.T) {
	killed := func(n int) (statuses []string) {
		for range n {
			statuses = append(statuses, "KILLED")
		}
		return statuses
	}
	gone := excused(lived)
	gone.Code = "if b && a {"
	elsewhere := excused(gone)
	elsewhere.File = "pkg/xy/x.go"
	for _, c := range []struct {
		name     string
		statuses []string
		known    []survivor
		wrong    []string
	}{
		{"nothing survives", killed(3), nil, nil},
		{"few survive, with a reason", append(killed(99), "LIVED"), []survivor{excused(lived)}, nil},
		{"few survive, without a reason", append(killed(99), "LIVED"), nil, []string{"no reason"}},
		{"few survive, with the reason of another", append(killed(99), "LIVED"), []survivor{gone},
			[]string{"no reason", "left over"}},
		{"three in a hundred survive", append(killed(97), "LIVED", "LIVED", "LIVED"),
			[]survivor{excused(lived)}, nil},
		{"more survive", append(killed(96), "LIVED", "LIVED", "LIVED", "LIVED"),
			[]survivor{excused(lived)}, []string{"x: 4.0 %", "all: 4.0 %"}},
		{"few would survive, if what nothing executes counted", append(killed(60), "LIVED", "LIVED", "NOT COVERED",
			"NOT VIABLE", "NOT COVERED", "NOT COVERED", "NOT COVERED", "NOT COVERED"), []survivor{excused(lived)},
			[]string{"x: 3.2 %", "all: 3.2 %"}},
		{"one of few survives", append(killed(10), "LIVED"), []survivor{excused(lived)}, nil},
		{"a time limit ends what is noticed", append(killed(98), "TIMED OUT", "LIVED"),
			[]survivor{excused(lived)}, nil},
		{"a reason is left over", killed(3), []survivor{excused(lived)}, []string{"left over"}},
		{"a reason belongs to what was not tried", killed(3), []survivor{elsewhere}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, wrong := report(counted(t, c.statuses...), c.known)
			if len(wrong) != len(c.wrong) {
				t.Fatalf("got %q, want %q", wrong, c.wrong)
			}
			for i := range wrong {
				if !strings.Contains(strings.Join(wrong, "\n"), c.wrong[i]) {
					t.Errorf("got %q, want %q", wrong, c.wrong)
				}
			}
			if len(wrong) == 0 && len(c.known) == 1 && c.known[0].File == lived.File &&
				(!strings.Contains(text, "becomes `if a || b {`") || !strings.Contains(text, "as ever")) {
				t.Error(text)
			}
		})
	}
}

func TestOnlyFilesWithMutantsAreTriedAnew(t *testing.T) {
	r := result{Files: []mutatedFile{{Name: "a.go"}, {Name: "below/b.go"}}}
	if err := r.has([]string{"below/b.go", "a.go"}); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"c.go", " a.go", "b.go", ""} {
		if err := r.has([]string{"a.go", name}); err == nil || !strings.Contains(err.Error(), `"`+name+`"`) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestAStatusThatIsNotKnownIsAnError(t *testing.T) {
	folder, p := mutable(t)
	var r result
	path := filepath.Join(folder, "x.json")
	text := `{"files": [{"file_name": "x.go", "mutations": [{"status": "ILL", "line": 2, "column": 7}]}]}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := readResult(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := count(folder, p, r); err == nil {
		t.Error("it is counted")
	}
}

func TestTheReportReplacesTheOneBefore(t *testing.T) {
	document := filepath.Join(t.TempDir(), "testing.md")
	if err := os.WriteFile(document, []byte("before\n"+begin+"old\n"+end+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := writeInto(document, "new\n"); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(document)
		if want := "before\n" + begin + "\nnew\n\n" + end + "after\n"; err != nil || string(got) != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
	if err := os.WriteFile(document, []byte("before\n"+end+begin), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeInto(document, "new\n"); err == nil {
		t.Error("a document without its marks is written to")
	}
}

// What survivors.yaml says is about code that is there.
func TestEveryReasonIsAboutALineThatIsThere(t *testing.T) {
	known, err := reasons("survivors.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range known {
		lines, err := linesOf("../../..", s.File)
		if err != nil {
			t.Error(err)
			continue
		}
		found := false
		for _, line := range lines {
			found = found || strings.TrimSpace(line) == s.Code
		}
		if !found {
			t.Errorf("%s has no line %q", s.File, s.Code)
		}
	}
}

func TestAFileThatIsTriedAnewTakesThePlaceOfItsOldResults(t *testing.T) {
	file := func(name, status string) mutatedFile {
		f := mutatedFile{Name: name}
		f.Mutations = append(f.Mutations, struct {
			Type   string `json:"type"`
			Status string `json:"status"`
			Line   int    `json:"line"`
			Column int    `json:"column"`
		}{Status: status})
		return f
	}
	before := result{Files: []mutatedFile{file("a.go", "LIVED"), file("b.go", "LIVED")}}
	after := before.renew([]mutatedFile{file("a.go", "KILLED")})
	if len(after.Files) != 2 || after.Files[0].Name != "b.go" ||
		after.Files[1].Mutations[0].Status != "KILLED" || before.Files[0].Mutations[0].Status != "LIVED" {
		t.Errorf("%+v, before %+v", after, before)
	}
}
