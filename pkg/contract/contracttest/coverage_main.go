package contracttest

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxLines is how many lines the list of what was never seen has.
const maxLines = 20

// Main runs the tests of a package and then says, in one line and a list of what is missing, what they have seen of the
// contract; the list is of the operations that the minima name, or of those that were called. It returns the status to
// exit with: that of the tests, or 1 if they passed but saw less than a minimum, or if something was found when its
// test had ended.
//
//	func TestMain(m *testing.M) {
//		os.Exit(contracttest.Main(m, contracttest.Minimum{Only: []string{"createWire", "getWire"}, Operations: 1}))
//	}
//
// Minima are not demanded of a part of the tests (-run, -skip, -short, -list), or of a benchmark alone. Note that "go
// test" shows the output of packages that pass with -v only, and in the folder of a package.
func Main(m interface{ Run() int }, minima ...Minimum) int {
	return runTests(m, minima, collected, os.Stdout)
}

func runTests(m interface{ Run() int }, minima []Minimum, seen *collector, out io.Writer) int {
	status := m.Run()
	if flagGiven("test.list") || flagGiven("test.fuzzworker") {
		return status // These are not tests.
	}
	fail := func(text any) {
		_, _ = fmt.Fprintf(out, "contract: %v\n", text)
		if status == 0 {
			status = 1
		}
	}
	if err := seen.write(); err != nil {
		fail(err)
	}
	if n := late.Load(); n > 0 {
		fail(fmt.Sprintf("%d findings came when their test had ended", n))
	}
	c, calls := seen.coverage()
	demanding := false
	for _, minimum := range minima {
		demanding = demanding || minimum.demands()
	}
	if calls == 0 && !demanding {
		return status
	}
	scope := scoped(c, minima)
	_, _ = fmt.Fprintf(out, "contract: seen in %d calls: %s\n%s", calls, scope.Totals(), scope.unseen())
	if name := partial(); name != "" {
		if demanding {
			_, _ = fmt.Fprintf(out, "contract: no minimum is demanded with %s\n", name)
		}
		return status
	}
	for _, minimum := range minima {
		if err := c.Check(minimum); err != nil {
			fail(err)
		}
	}
	return status
}

// scoped is what minima are about: the operations that they name, or all.
func scoped(c Coverage, minima []Minimum) Coverage {
	var operations, tags []string
	for _, m := range minima {
		if len(m.Only)+len(m.Tags) == 0 {
			return c
		}
		operations, tags = append(operations, m.Only...), append(tags, m.Tags...)
	}
	only, err := c.Only(operations, tags)
	if err != nil {
		return c // Check says it.
	}
	return only
}

// unseen lists what was never seen: the operations, and what is missing of those that were called.
func (c Coverage) unseen() string {
	var never, refused, lines []string
	for _, o := range c.Operations {
		switch {
		case !o.Called:
			never = append(never, o.ID)
			continue
		case !o.Exercised:
			refused = append(refused, o.ID)
		}
		var missing []string
		for _, s := range []Seen{o.Statuses, o.Parameters, o.Values} {
			missing = append(missing, s.Missing...)
		}
		if len(missing) > 0 {
			lines = append(lines, wrapped("  "+o.ID+": never "+listed(missing, 8)))
		}
	}
	var b strings.Builder
	if len(refused) > 0 {
		b.WriteString(wrapped("  only refused: " + listed(refused, maxListed)))
	}
	if len(never) > 0 {
		b.WriteString(wrapped("  never called: " + listed(never, maxListed)))
	}
	for i, line := range lines {
		if i == maxLines {
			fmt.Fprintf(&b, "  and %d operations more of which something is missing\n", len(lines)-i)
			break
		}
		b.WriteString(line)
	}
	return b.String()
}

// wrapped breaks a line that is wider than most terminals, after a comma.
func wrapped(line string) string {
	var b strings.Builder
	width := 0
	for part := range strings.SplitAfterSeq(line, ", ") {
		if width > 0 && width+len(strings.TrimSpace(part)) > 100 {
			b.WriteString("\n    ")
			width = 4
		}
		b.WriteString(part)
		width += len(part)
	}
	return strings.ReplaceAll(b.String(), ", \n", ",\n") + "\n"
}

// partial names the flag by which a part of the tests is run, or none of them.
func partial() string {
	for _, name := range []string{"test.run", "test.skip", "test.short"} {
		if flagGiven(name) {
			return "-" + strings.TrimPrefix(name, "test.")
		}
	}
	return ""
}

// flagGiven reports whether a flag of the test binary has another value than by default.
func flagGiven(name string) bool {
	f := flag.Lookup(name)
	return f != nil && f.Value.String() != f.DefValue && f.Value.String() != "false"
}
