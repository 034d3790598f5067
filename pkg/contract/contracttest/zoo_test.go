package contracttest_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/internal/zoo"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// hasten has more servers tested at a time than there are processors, as many wait for deliveries.
func hasten() {
	flag.Parse()
	isSet := false
	flag.Visit(func(f *flag.Flag) { isSet = isSet || f.Name == "test.parallel" })
	if !isSet {
		_ = flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0)))
	}
}

// Each broken server is found out, by a finding that names the cause. The list of them in docs/zoo.md says so, and says
// nothing else: ZOO_TABLE=all makes it, by what takes longer, and make zoo does that. ZOO_TABLE=touched leaves out to
// test all operations of each.
func TestEachBrokenServerIsFoundOut(t *testing.T) {
	made := os.Getenv("ZOO_TABLE") != ""
	// The contract is much of what is in use and stays: to look at it less often saves a fifth of the time.
	percent, most := debug.SetGCPercent(400), debug.SetMemoryLimit(1<<30)
	t.Cleanup(func() { debug.SetGCPercent(percent); debug.SetMemoryLimit(most) })
	found := &table{known: map[string]caught{}}
	t.Cleanup(func() { found.compare(t, made) })
	for _, animal := range zoo.All() {
		t.Run(animal.Name, func(t *testing.T) {
			t.Parallel()
			// Unless the list is made, what names the cause is enough.
			isEnough := func(f contracttest.Finding) bool { return names([]contracttest.Finding{f}, animal) }
			report := tested(t, animal, func(c *contracttest.Config) {
				if !made {
					c.Stop = isEnough
				}
			})
			for _, f := range report.Findings {
				if err := f.Validate(); err != nil {
					t.Errorf("nobody could replay %s: %v", f, err)
				}
			}
			var c caught
			if c.by = named(report.Findings, animal); len(c.by) == 0 {
				t.Errorf("nobody has noticed that: %s\n%d requests, %v", animal.Fault, report.Requests, report.Findings)
			}
			c.published, c.noticed = publishedOf(report, animal)
			if made { // What is drawn is something else without the phases in between: both count.
				published, noticed := publishedOf(tested(t, animal, func(c *contracttest.Config) {
					c.Phases = publishedPhases
				}), animal)
				c.published, c.noticed = together(c.published, published), together(c.noticed, noticed)
			}
			if os.Getenv("ZOO_TABLE") == "all" {
				whole := tested(t, animal, func(c *contracttest.Config) { c.Operations, c.Stop = nil, isEnough })
				if len(named(whole.Findings, animal)) == 0 {
					t.Errorf("with all operations nobody has noticed that: %s\n%d requests, %v %v", animal.Fault,
						whole.Requests, whole.Unfinished, whole.Findings)
					c.by = nil
				}
			}
			found.add(animal.Name, c)
		})
	}
}

// broken is a bank of which an animal was made.
func broken(t *testing.T, animal zoo.Animal) contracttest.Config {
	t.Helper()
	config := bank(t)
	if animal.Two {
		config = banks(t)
	}
	config.Handler = animal.Break(zoo.Bank{Handler: config.Handler, SigningSecret: config.SigningSecret})
	config.Operations, config.MaxResponseTime = animal.Operations, animal.MaxResponseTime
	return config
}

// tested is what a run says of a broken server: of the operations that its fault touches, unless change says otherwise.
func tested(t *testing.T, animal zoo.Animal, change func(*contracttest.Config)) *contracttest.Report {
	t.Helper()
	config := broken(t, animal)
	// Many are tested at a time, and none may end before it is through.
	config.MaxTime = 10 * time.Minute
	if change != nil {
		change(&config)
	}
	report, err := contracttest.Run(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// names reports whether one of the findings is about the cause.
func names(found []contracttest.Finding, animal zoo.Animal) bool {
	return len(named(found, animal)) > 0
}

// named are the checks of those findings that are about the cause, by the order in which the animal has them.
func named(found []contracttest.Finding, animal zoo.Animal) []string {
	var codes []string
	for _, code := range animal.Checks {
		if slices.ContainsFunc(found, func(f contracttest.Finding) bool {
			isAbout := len(animal.Operations) == 0 || slices.ContainsFunc(f.Operations, func(o string) bool {
				return slices.Contains(animal.Operations, o)
			})
			return isAbout && f.Check.Code == code && strings.Contains(f.Place+" "+f.Rule, animal.Place)
		}) {
			codes = append(codes, code)
		}
	}
	return codes
}

// publishedPhases are those that schemathesis has as well: the examples, the two sides of what the schemas say, what is
// drawn, calls without a token, methods that there are not, and sequences along links. Ours know more: how to sign, how
// to come by what an operation needs, and which operations belong together. That is granted to it.
var publishedPhases = []string{"examples", "credentials", "methods", "sequences", "unknown ids", signaturePhase,
	"boundaries", "generated"}

// signaturePhase has keys that are none, as schemathesis would draw them for a header. Of what else is in it,
// schemathesis has nothing: tokens that are nearly right, and signatures.
const signaturePhase = "signatures"

// publishedOf are the published checks that name the cause, and those that have found anything at all.
func publishedOf(report *contracttest.Report, animal zoo.Animal) (about, noticed []string) {
	found := slices.DeleteFunc(slices.Clone(report.Findings), func(f contracttest.Finding) bool {
		isFiner := f.Phase == signaturePhase && f.Place != "header x-jiko-idempotency"
		return !f.Check.Published || !slices.Contains(publishedPhases, f.Phase) || isFiner
	})
	for _, f := range found {
		noticed = append(noticed, f.Check.Code)
	}
	slices.Sort(noticed)
	return named(found, animal), slices.Compact(noticed)
}

func together(one, other []string) []string {
	all := slices.Concat(one, other)
	slices.Sort(all)
	return slices.Compact(all)
}

// caught is what has become of a broken server: the checks that name the cause, and those published ones that do, or
// that find anything.
type caught struct{ by, published, noticed []string }

// table is what has become of all.
type table struct {
	mu    sync.Mutex
	known map[string]caught
}

func (z *table) add(name string, c caught) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.known[name] = c
}

const zooGuide = "../../../docs/zoo.md"

// compare holds the pages against what was found, or writes them.
func (z *table) compare(t *testing.T, made bool) {
	all := zoo.All()
	if t.Failed() && !made || len(z.known) < len(all) {
		return // There is something else to say, or a part was asked for.
	}
	if !made {
		z.complete(t)
	}
	pages := []struct{ file, name, text string }{
		{zooGuide, "counts", z.counts(all)}, {zooGuide, "servers", z.servers(all)}, {guide, "kill rate", z.rates(all)},
	}
	for _, p := range pages {
		if wrong := part(p.file, p.name, p.text, made); wrong != "" {
			t.Errorf("%s: run make zoo", wrong)
		}
		if made {
			t.Log("\n" + p.text)
		}
	}
	if rate, least := z.rate(all), 98.0; rate < least {
		t.Errorf("%.1f %% are found out, less than %.0f %%", rate, least)
	}
}

// complete takes from the list what is not found out in a short time, and says where the list is wrong about the rest.
func (z *table) complete(t *testing.T) {
	t.Helper()
	content, err := os.ReadFile(zooGuide)
	if err != nil {
		t.Fatal(err)
	}
	for name, now := range z.known {
		written, isThere := writtenOf(string(content), name)
		if !isThere {
			t.Errorf("the list has no %s: run make zoo", name)
			continue
		}
		for _, code := range now.published {
			if !slices.Contains(written.published, code) {
				t.Errorf("%s: the list lacks the published %s, which names it: run make zoo", name, code)
			}
		}
		if len(now.by) == 0 {
			written.by = nil
		}
		z.known[name] = written
	}
}

const (
	foundBy     = "Found by "
	publishedBy = "; published: "
	besides     = ", and besides "
	nothing     = "none"
)

// writtenOf is what the list says of a server.
func writtenOf(list, name string) (caught, bool) {
	_, rest, ok := strings.Cut(list, "\n- **"+name+"**")
	rest, _, _ = strings.Cut(rest, "\n- ")
	rest = strings.Join(strings.Fields(rest), " ")
	_, rest, hasBy := strings.Cut(rest, foundBy)
	by, published, hasPublished := strings.Cut(rest, publishedBy)
	published, _, _ = strings.Cut(published, ".")
	about, more, _ := strings.Cut(published, besides)
	c := caught{by: codesIn(by), published: codesIn(about)}
	c.noticed = slices.Concat(c.published, codesIn(more))
	slices.Sort(c.noticed)
	return c, ok && hasBy && hasPublished
}

func codesIn(text string) []string {
	if text == nothing || text == "" {
		return nil
	}
	return strings.Split(text, " ")
}

func codesOf(codes []string) string { return cmp.Or(strings.Join(codes, " "), nothing) }

// servers are all of them, by their areas.
func (z *table) servers(all []zoo.Animal) string {
	var b strings.Builder
	area := ""
	for _, a := range all {
		if a.Area != area {
			area = a.Area
			fmt.Fprintf(&b, "\n### %s%s\n\n", strings.ToUpper(area[:1]), area[1:])
		}
		c := z.known[a.Name]
		text := fmt.Sprintf("- **%s** (%s; %s): %s %s%s%s%s", a.Name, strings.Join(tagsOf(a), ", "),
			strings.Join(a.Checks, " or "), a.Fault, foundBy, codesOf(c.by), publishedBy, codesOf(c.published))
		more := slices.DeleteFunc(slices.Clone(c.noticed), func(code string) bool {
			return slices.Contains(c.published, code)
		})
		if len(more) > 0 {
			text += besides + strings.Join(more, " ")
		}
		b.WriteString(wrapped(text+".", 116))
	}
	return b.String() + "\n"
}

// wrapped is an item of a list in lines of so many columns.
func wrapped(text string, most int) string {
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		switch {
		case i > 0 && column+1+len(word) > most:
			b.WriteString("\n  ")
			column = 2
		case i > 0:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String() + "\n"
}

// tagsOf are the parts of the contract that a fault touches.
func tagsOf(a zoo.Animal) []string {
	var tags []string
	for _, tag := range contracttest.Tags() {
		if len(a.Operations) == 0 || slices.ContainsFunc(tag.Operations, func(o string) bool {
			return slices.Contains(a.Operations, o)
		}) {
			tags = append(tags, tag.Name)
		}
	}
	if len(tags) == len(contracttest.Tags()) {
		return []string{"all tags"}
	}
	return tags
}

// shares count servers, and who has found them.
type shares struct{ all, found, published, noticed int }

func (z *table) share(all []zoo.Animal, is func(zoo.Animal) bool) shares {
	var s shares
	for _, a := range all {
		if !is(a) {
			continue
		}
		c := z.known[a.Name]
		s.all++
		s.found += one(len(c.by) > 0)
		s.published += one(len(c.published) > 0)
		s.noticed += one(len(c.noticed) > 0)
	}
	return s
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

func percent(n, of int) float64 { return 100 * float64(n) / float64(max(of, 1)) }

// row is a line of a table: counts, and their shares.
func (s shares) row(name string) string {
	of := func(n int) string { return fmt.Sprintf("%d (%.0f %%)", n, percent(n, s.all)) }
	return fmt.Sprintf("| %s | %d | %s | %s | %s |\n", name, s.all, of(s.found), of(s.published), of(s.noticed))
}

func headOf(what string) string {
	return "| " + what + " | servers | found out | by published checks | and whatever else they say |\n" +
		"|---|---|---|---|---|\n"
}

func (z *table) rate(all []zoo.Animal) float64 {
	s := z.share(all, func(zoo.Animal) bool { return true })
	return percent(s.found, s.all)
}

// counts are the tables by checks and by tags. A server counts for the first of its checks, and for all of its tags.
func (z *table) counts(all []zoo.Animal) string {
	var b strings.Builder
	b.WriteString(headOf("check"))
	for _, c := range contracttest.Checks() {
		mark := ""
		if c.Published {
			mark = "\\*"
		}
		s := z.share(all, func(a zoo.Animal) bool { return a.Checks[0] == c.Code })
		if s.all > 0 {
			b.WriteString(s.row(c.Code + " `" + c.Name + "`" + mark))
		}
	}
	b.WriteString(z.share(all, func(zoo.Animal) bool { return true }).row("all") + "\n" + headOf("tag"))
	for _, tag := range contracttest.Tags() {
		b.WriteString(z.share(all, func(a zoo.Animal) bool {
			tags := tagsOf(a)
			return tags[0] == "all tags" || slices.Contains(tags, tag.Name)
		}).row(tag.Name))
	}
	return b.String()
}

// rates are the table by areas.
func (z *table) rates(all []zoo.Animal) string {
	var b strings.Builder
	b.WriteString(headOf("what is broken"))
	for i, a := range all {
		if i > 0 && all[i-1].Area == a.Area {
			continue
		}
		b.WriteString(z.share(all, func(other zoo.Animal) bool { return other.Area == a.Area }).row(a.Area))
	}
	s := z.share(all, func(zoo.Animal) bool { return true })
	b.WriteString(s.row("**all**"))
	return fmt.Sprintf("%sKill rate: **%.1f %%**. By published checks alone: **%.1f %%**.\n", b.String()+"\n",
		percent(s.found, s.all), percent(s.published, s.all))
}

// There is a broken server of each kind, in each part of the contract.
func TestTheZooHasAllKinds(t *testing.T) {
	t.Parallel()
	checks, operations := map[string]bool{}, map[string]bool{}
	for _, a := range zoo.All() {
		for _, code := range a.Checks {
			checks[code] = true
		}
		for _, o := range a.Operations {
			operations[o] = true
		}
	}
	for _, c := range contracttest.Checks() {
		if !checks[c.Code] {
			t.Errorf("no server is broken for %s", c)
		}
		delete(checks, c.Code)
	}
	for _, tag := range contracttest.Tags() {
		if !slices.ContainsFunc(tag.Operations, func(o string) bool { return operations[o] }) {
			t.Errorf("no server is broken in %s", tag.Name)
		}
		for _, o := range tag.Operations {
			delete(operations, o)
		}
	}
	if len(checks)+len(operations) > 0 {
		t.Errorf("servers are broken for what there is not: %v %v", checks, operations)
	}
}
