package demo

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the page to testdata")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run returns the page of a whole journey.
func run(t *testing.T, style Style) string {
	t.Helper()
	var out bytes.Buffer
	if err := Run(t.Context(), &out, style); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return out.String()
}

var ids = regexp.MustCompile(`[0-9a-f]{8}…`)

// The page is the same each time but for ids. After a change, look at what -update makes of it.
func TestThePage(t *testing.T) {
	const golden = "testdata/page.txt"
	page := run(t, Plain)
	got := ids.ReplaceAllString(page, "xxxxxxxx…")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the page is not that of %s:\n%s", golden, got)
	}
	for line := range strings.Lines(page) {
		line = strings.TrimSuffix(line, "\n")
		if n := utf8.RuneCountInString(line); n > columns {
			t.Errorf("%d columns: %s", n, line)
		}
		if strings.TrimRight(line, " ") != line {
			t.Errorf("a line ends in space: %q", line)
		}
	}
	if regexp.MustCompile(`[\x00-\x09\x0b-\x1f\x7f]`).MatchString(page) {
		t.Errorf("there are control characters in plain text: %q", page)
	}
	if secret := regexp.MustCompile(`sandbox-signing-secret|not-the-signing-secret|Bearer|999999999|987654321|` +
		`[0-9a-f]{8}-[0-9a-f]{4}-`).FindString(page); secret != "" {
		t.Errorf("the page shows %q", secret)
	}
}

// What is colored on a terminal reads the same.
func TestColorsAddNothingButColors(t *testing.T) {
	plain, colored := run(t, Plain), run(t, Color)
	bare := regexp.MustCompile(`\x1b\[[0-9]+m`).ReplaceAllString(colored, "")
	if mask := func(s string) string { return ids.ReplaceAllString(s, "x") }; mask(bare) != mask(plain) {
		t.Errorf("without its colors it is\n%s", bare)
	}
	for _, want := range []string{"\x1b[32m200\x1b[0m", "\x1b[33m401\x1b[0m",
		"\x1b[1mreplayed, not paid twice\x1b[0m"} {
		if !strings.Contains(colored, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// The counts at the end are those of what stands above.
func TestThePageCountsItsStepsAndRequests(t *testing.T) {
	page := run(t, Plain)
	steps := regexp.MustCompile(`(?m)^ ?(\d+)  (\S.*)\n    (\S.*[.])`).FindAllStringSubmatch(page, -1)
	for i, s := range steps {
		if s[1] != strconv.Itoa(i+1) {
			t.Errorf("step %d has the number %s", i+1, s[1])
		}
	}
	requests := regexp.MustCompile(`(?m)^      \d{3}  [A-Z]+ +/`).FindAllString(page, -1)
	want := fmt.Sprintf("%d steps, %d requests, everything as it should be.", len(steps), len(requests))
	if len(steps) != len(new(journey).steps()) || len(steps) < 14 || !strings.Contains(page, want) {
		t.Errorf("%d steps and %d requests are shown; the page does not say %q", len(steps), len(requests), want)
	}
}

func TestEveryStepSaysWhatItIsFor(t *testing.T) {
	for _, s := range new(journey).steps() {
		if len(s.title) == 0 || len(s.title) > 60 || !strings.HasSuffix(s.sentence, ".") || len(s.sentence) > 200 ||
			s.do == nil {
			t.Errorf("%q: %q", s.title, s.sentence)
		}
	}
}

// Each time that the pockets are asked for, the page has both balances.
func TestBalancesAreShownWhereverPocketsAre(t *testing.T) {
	lines := regexp.MustCompile(`(?m)^ +200  GET +/api/v2/customers/\S+/pockets/.*$`).FindAllString(run(t, Plain), -1)
	if len(lines) < 7 {
		t.Errorf("the pockets are asked for %d times", len(lines))
	}
	balances := regexp.MustCompile(`Operating \$[0-9,]+\.\d\d, Reserve \$[0-9,]+\.\d\d$`)
	for _, line := range lines {
		if !balances.MatchString(line) {
			t.Errorf("no balances: %s", line)
		}
	}
}

func TestTheJourneyEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Run(ctx, &bytes.Buffer{}, Plain); !errors.Is(err, context.Canceled) {
		t.Fatalf("Run = %v; want context.Canceled", err)
	}
}

// The first step that is not as it should be ends the journey with an error that names it.
func TestTheJourneyFailsWhenAStepDoes(t *testing.T) {
	failure := errors.New("broken")
	var out bytes.Buffer
	j := &journey{page: &page{out: &out}}
	err := j.run([]step{
		{"one", "The first.", func() error { j.page.exchanged("GET", "/one/", 200); return nil }},
		{"two", "The second.", func() error {
			j.page.exchanged("GET", "/two/", 0)
			return check(false, "it is %d: %v", 2, failure)
		}},
		{"three", "The third.", func() error { t.Error("the journey went on"); return nil }},
	})
	if err == nil || !strings.Contains(err.Error(), `step "two": not as it should be: it is 2: broken`) {
		t.Fatalf("run = %v", err)
	}
	const want = "\n 1  one\n    The first.\n      200  GET    /one/\n" +
		"\n 2  two\n    The second.\n      -    GET    /two/\n"
	if out.String() != want {
		t.Errorf("the page is %q", out.String())
	}
}

// brokenWriter fails after some bytes.
type brokenWriter int

func (w *brokenWriter) Write(p []byte) (int, error) {
	if *w -= brokenWriter(len(p)); *w < 0 {
		return 0, errors.New("closed pipe")
	}
	return len(p), nil
}

func TestAPageThatCannotBeWrittenIsAFailure(t *testing.T) {
	w := brokenWriter(1000)
	if err := Run(t.Context(), &w, Plain); err == nil || !strings.Contains(err.Error(), "closed pipe") {
		t.Errorf("Run = %v", err)
	}
}

func TestDollars(t *testing.T) {
	for cents, want := range map[int64]string{0: "$0.00", 5: "$0.05", 100000: "$1,000.00", -100: "-$1.00", -7: "-$0.07",
		99999: "$999.99", 123456789: "$1,234,567.89", -1 << 63: "-$92,233,720,368,547,758.08"} {
		if got := dollars(cents); got != want {
			t.Errorf("dollars(%d) = %s; want %s", cents, got, want)
		}
	}
}

// Whatever a server says fits the page, and nothing of it is lost.
func TestEverythingFitsThePage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var out bytes.Buffer
		p := &page{out: &out, style: Plain}
		long := rapid.Map(rapid.SliceOfN(rapid.StringMatching(`[a-zé]{0,150}`), 0, 20),
			func(words []string) string { return strings.Join(words, " ") })
		path := "/" + long.Draw(t, "path")
		status := rapid.SampledFrom([]int{0, 200, 422}).Draw(t, "status")
		p.exchanged("DELETE", strings.ReplaceAll(path, " ", "/"), status)
		note, first, rest := long.Draw(t, "note"), long.Draw(t, "first"), long.Draw(t, "rest")
		p.note(note)
		p.tell(first, ": "+rest)
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > columns {
				t.Fatalf("%d columns: %s", n, line)
			}
		}
		bare := func(s string) string {
			return strings.Map(func(r rune) rune {
				if strings.ContainsRune(" \n→", r) {
					return -1
				}
				return r
			}, s)
		}
		if !strings.HasSuffix(bare(out.String()), bare(note+first+": "+rest)) {
			t.Fatalf("something is lost: %s", out.String())
		}
	})
}
