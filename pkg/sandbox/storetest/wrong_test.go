package storetest

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

func TestMain(m *testing.M) {
	// Wrong stores fail the random check on purpose: there is nothing to keep, or to make smaller.
	for name, value := range map[string]string{
		"rapid.nofailfile": "true", "rapid.shrinktime": "0s", "rapid.checks": "20",
	} {
		if err := flag.Set(name, value); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	flag.Parse()
	goleak.VerifyTestMain(m)
}

// recorder is a reporter that remembers failures and does not fail the test.
type recorder struct {
	testing.TB
	failed, skipped bool
	report          string
}

func (r *recorder) Errorf(text string, arguments ...any) {
	r.failed = true
	r.report += fmt.Sprintf(text, arguments...) + "\n"
}

func (r *recorder) Fatalf(text string, arguments ...any) {
	r.Errorf(text, arguments...)
	runtime.Goexit()
}

func (r *recorder) Skip(...any) {
	r.skipped = true
	runtime.Goexit()
}

func (r *recorder) Failed() bool           { return r.failed }
func (r *recorder) Error(arguments ...any) { r.Errorf("%s", fmt.Sprint(arguments...)) }
func (r *recorder) Fatal(arguments ...any) { r.Fatalf("%s", fmt.Sprint(arguments...)) }
func (r *recorder) Fail()                  { r.Errorf("failed") }
func (r *recorder) FailNow()               { r.Fatalf("failed") }
func (*recorder) Log(...any)               {}
func (*recorder) Logf(string, ...any)      {}

// try runs a check on a subject.
func try(t *testing.T, c check, s Subject) *recorder {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.try(r, s)
	}()
	<-done
	return r
}

// wrong has stores that break the contract, by the check that must catch them. Every check has some: none is idle.
var wrong = []struct {
	check  string
	twists []string
}{
	{"a storage is empty at first", []string{"has a record from the start"}},
	{"what was committed is loaded in the order of Seq", []string{
		"orders by arrival", "orders by Seq as text", "orders backwards", "leaves out the last record",
		"forgets what it knew", "forgets the last commit",
	}},
	{"records are loaded byte for byte", []string{
		"keeps JSON without spaces", "spells JSON its own way", "keeps text alone", "ends at a zero byte",
	}},
	{"large records are loaded byte for byte", []string{"cuts large records off"}},
	{"a record is replaced", []string{"does not replace", "adds to what it should replace"}},
	{"a record is removed", []string{"does not remove", "keeps what is empty"}},
	{"a record comes in the place of another kind", []string{"does not replace"}},
	{"what is not there can be removed", []string{"cannot remove what is not there"}},
	{"nothing can be committed", []string{"refuses to write nothing"}},
	{"a batch has 10,000 records", []string{"writes the first thousand"}},
	{"the order within a batch makes no difference", []string{
		"ends with the first that is removed", "leaves out what is not in order",
	}},
	{"every kind that is allowed is kept", []string{"cuts kinds off", "trims kinds"}},
	{"every Seq up to 2^63-1 is kept", []string{
		"keeps Seq in 32 bits", "keeps Seq as a floating-point number", "counts the last Seq as the one before",
	}},
	{"an error of yield ends Load", []string{
		"goes on when yield failed", "keeps the error of yield for itself", "returns another error than yield",
	}},
	{"a record that was loaded belongs to the callee", []string{"hands out its own bytes"}},
	{"a second store does the first no harm", []string{
		"empties what is opened again", "locks the first out when it is opened again",
	}},
	{"a commit that fails leaves nothing", []string{
		"writes what there is room for", "removes before it sees that it is full", "says nothing when it is full",
		"writes later what failed", "writes though it is full", "does not say that nothing was written",
	}},
	{"after a commit that failed the next succeeds", []string{"stays full", "writes later what failed"}},
	{"random commits are as in the model", []string{
		"orders by arrival", "orders by Seq as text", "leaves out the last record", "forgets what it knew",
		"forgets the last commit", "does not replace", "adds to what it should replace", "does not remove",
		"cannot remove what is not there", "ends with the first that is removed", "leaves out what is not in order",
	}},
}

func TestAStoreThatKeepsTheContractPasses(t *testing.T) {
	t.Parallel()
	Run(t, func(*testing.T) Subject { return newPlain("").subject() })
	t.Run("though it can be opened twice", func(t *testing.T) {
		t.Parallel()
		Run(t, func(*testing.T) Subject { return newPlain("can be opened twice").subject() })
	})
}

func TestAStoreThatCannotBeMadeFullSkipsWhatThatShows(t *testing.T) {
	t.Parallel()
	skipped := 0
	for _, c := range checks {
		subject := newPlain("").subject()
		subject.Fill, subject.Binary = nil, false
		r := try(t, c, subject)
		if r.failed {
			t.Errorf("%s: %s", c.name, r.report)
		}
		if r.skipped {
			skipped++
		}
	}
	if skipped != 2 {
		t.Errorf("%d checks are skipped", skipped)
	}
}

func TestAStoreThatBreaksTheContractIsCaught(t *testing.T) {
	t.Parallel()
	named := map[string]check{}
	for _, c := range checks {
		named[c.name] = c
	}
	caught := map[string]bool{}
	for _, w := range wrong {
		caught[w.check] = true
		for _, twist := range w.twists {
			t.Run("one that "+twist+", by "+w.check, func(t *testing.T) {
				t.Parallel()
				c := named[w.check]
				if c.run == nil {
					t.Fatal("there is no such check")
				}
				p := newPlain(twist)
				r := try(t, c, p.subject())
				if !p.twisted && twist != "has a record from the start" {
					t.Fatal("the check does not come to where the store is wrong")
				}
				if !strings.Contains(r.report, "The contract is broken: "+c.rule) {
					t.Errorf("it reports %q", r.report)
				}
			})
		}
	}
	for name := range named {
		if !caught[name] {
			t.Errorf("no store is wrong in a way that shows whether %q can fail", name)
		}
	}
}

// failing is a store that fails in one of its methods.
type failing struct {
	sandbox.Store
	method string
}

var errFailing = errors.New("it fails")

func (f failing) Load(yield func(sandbox.Record) error) error {
	if f.method == "Load" {
		return errFailing
	}
	return f.Store.Load(yield)
}

func (f failing) Commit(records []sandbox.Record) error {
	if f.method == "Commit" {
		return errFailing
	}
	return f.Store.Commit(records)
}

func (f failing) Close() error {
	if f.method == "Close" {
		return errFailing
	}
	return f.Store.Close()
}

func TestAStoreThatFailsIsCaught(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"Open", "Load", "Commit", "Close"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			subject := newPlain("").subject()
			open := subject.Open
			subject.Open = func() (sandbox.Store, error) {
				if method == "Open" {
					return nil, errFailing
				}
				store, err := open()
				return failing{store, method}, err
			}
			r := try(t, checks[1], subject)
			if want := method + " failed: it fails"; !strings.Contains(r.report, want) {
				t.Errorf("it reports %q, want %q", r.report, want)
			}
		})
	}
}

func TestAFailureSaysWhichSentenceIsBroken(t *testing.T) {
	t.Parallel()
	for _, c := range checks {
		if !strings.HasSuffix(c.rule, ".") {
			t.Errorf("%s: the rule is no sentence: %q", c.name, c.rule)
		}
	}
}
