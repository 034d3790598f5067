package storetest

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/anishathalye/porcupine"
	"go.uber.org/goleak"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// Wrong stores fail the model check on purpose: there is nothing to keep, or to make smaller.
	for name, value := range map[string]string{"rapid.nofailfile": "true", "rapid.shrinktime": "0s"} {
		if err := flag.Set(name, value); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	goleak.VerifyTestMain(m)
}

// recorder is a reporter that remembers failures and does not fail the test.
type recorder struct {
	testing.TB
	mu     sync.Mutex
	failed bool
	report string
}

func (r *recorder) Errorf(text string, arguments ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
	r.report += fmt.Sprintf(text, arguments...) + "\n"
}

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func (r *recorder) Fatalf(text string, arguments ...any) {
	r.Errorf(text, arguments...)
	runtime.Goexit()
}

func (r *recorder) Error(arguments ...any) { r.Errorf("%s", fmt.Sprint(arguments...)) }
func (r *recorder) Fatal(arguments ...any) { r.Fatalf("%s", fmt.Sprint(arguments...)) }
func (r *recorder) Fail()                  { r.Errorf("failed") }
func (r *recorder) FailNow()               { r.Fatalf("failed") }
func (*recorder) Log(...any)               {}
func (*recorder) Logf(string, ...any)      {}

// report runs a check on a subject and returns what it reports; nothing if the subject passes.
func report(t *testing.T, c check, s Subject) string {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.run(newTrial(r, c, s))
	}()
	<-done
	return r.report
}

// right has the liberties that a store may take.
var right = []string{
	"", "its clock refuses to go back", "it drops what is over at once", "it heeds the context",
	"it heeds the context too late",
}

// wrong has stores that break the contract, by the check that must catch them. Every check has some: none is idle.
var wrong = []struct {
	check  string
	twists []string
}{
	{"a new key is mine", []string{"begins tokens at zero"}},
	{"a key that is held is in progress", []string{"says too early that a lease is over", "never says what remains"}},
	{"a key that is done answers with the response",
		[]string{"executes again what is done", "loses completions", "loses responses"}},
	{"another fingerprint is told apart", []string{
		"forgets the fingerprint", "does not look at the fingerprint of what is done",
		"does not look at the fingerprint when the lease is over",
		"answers others with the response", "lets others have the key",
	}},
	{"every byte of a fingerprint counts", []string{"compares half of the fingerprint",
		"takes the zero fingerprint for none"}},
	{"a claim made again by its attempt gets its hold", []string{
		"does not know attempts", "knows an attempt without a name", "gives an attempt another token",
		"forgets attempts with their leases",
		"tells an attempt nothing of its take-over", "does not begin an attempt's lease anew",
	}},
	{"another mark is told apart", []string{
		"ignores marks", "does not look at marks when the lease is over", "does not look at marks of what is done",
		"takes a request without a mark for another", "keeps the first mark of a key",
	}},
	{"scopes keep keys apart", []string{"ignores the scope"}},
	{"odd scopes and keys are all different", []string{
		"joins scope and key", "joins scope and key by a colon", "ignores the case of keys",
		"ignores the case of scopes", "trims scopes",
		"cuts scopes off", "cuts keys off",
	}},
	{"a claim that makes no sense changes nothing", []string{"accepts any claim", "forgets before it refuses a claim"}},
	{"the shortest and the longest times are usable", []string{"fails on long windows"}},
	{"completing again keeps the first response", []string{"overwrites the response", "overwrites an empty response",
		"does not complete again"}},
	{"a hold that completed is over", []string{"renews what is done", "releases what is done"}},
	{"a hold that released is over", []string{"begins tokens anew when a key is released"}},
	{"a released key is new", []string{"releases nothing", "ends the lease to release"}},
	{"a token that was never given opens nothing", []string{
		"renews for anybody", "completes for anybody", "releases for anybody", "completes what it does not know",
	}},
	{"responses come back byte for byte", []string{
		"takes an empty response for none", "takes responses for text", "ends responses at a zero byte",
		"trims responses", "cuts responses off",
	}},
	{"tokens only grow", []string{"begins tokens anew when a key is forgotten", "gives the same token to all"}},
	{"a cancelled claim loses nothing", []string{
		"a cancelled claim says that the store is full", "a cancelled claim drops the record",
		"a cancelled claim blocks the key",
	}},
	{"what was cancelled can be tried again", []string{
		"a cancelled completion says that the hold is lost", "a cancelled completion stores nothing, for good",
		"a cancelled release says that the hold is lost",
	}},
	{"an expired lease is in progress with nothing remaining", []string{
		"takes over without being asked", "never says that a lease is over",
		"lets what remains of a lease become negative",
		"begins the lease anew for a claim in vain",
	}},
	{"a live lease is not taken over", []string{"takes live leases over", "reports the whole lease as what remains"}},
	{"an expired lease is taken over once", []string{"never takes over", "never says that it took over",
		"keeps the lease in a take-over"}},
	{"a hold that was taken over is over", []string{"keeps the token in a take-over"}},
	{"a lease that has expired can be renewed", []string{"does not renew a lease that has expired"}},
	{"a hold whose lease has expired can complete and release",
		[]string{"ends holds with their leases", "takes over what is done"}},
	{"a renewed lease lasts from the renewal", []string{"renews nothing", "adds to the lease",
		"never makes a lease shorter"}},
	{"a clock that jumps back cuts no lease short", []string{"ends leases when the clock goes back"}},
	{"a clock that jumps back revives no hold", []string{
		"revives holds when the clock goes back", "takes the time for a token",
		"keeps the fingerprint of what is released",
	}},
	{"a held key is forgotten after its window", []string{"never forgets",
		"says that it took over whenever it was asked to"}},
	{"a done key is forgotten after its window", []string{"never forgets what is done"}},
	{"a forgotten key can be used for another request",
		[]string{"never forgets what is held", "remembers the fingerprint of what is forgotten"}},
	{"a hold of a forgotten key is over", []string{"opens what is forgotten"}},
	{"a key is remembered for a window after the claim", []string{"forgets early", "forgets when the lease ends"}},
	{"a key is remembered for a window after a renewal", []string{"does not begin the window anew when it renews"}},
	{"a key is remembered for a window after the completion",
		[]string{"does not begin the window anew when it completes"}},
	{"what changes nothing does not make a window last longer", []string{
		"begins the window anew for a claim in vain", "begins the window anew for another fingerprint",
		"begins the window anew when it replays",
		"begins the window anew when it completes again",
	}},
	{"the window is that of the last claim", []string{"keeps the window in a take-over",
		"keeps the end of the window in a take-over"}},
	{"a clock that jumps back cuts no window short", []string{"forgets when the clock goes back"}},
	{"one of many that claim a key gets it", []string{"looks, and then claims", "lets two hold"}},
	{"one of many that claim each of many keys gets it", []string{"looks, and then claims"}},
	{"one of many that take a record over gets it", []string{"looks, and then claims"}},
	{"one of many that claim a forgotten key gets it", []string{"looks, and then claims"}},
	{"only the last holder completes", []string{"completes for anybody"}},
	{"a hold is completed or released, not both", []string{"looks, and then completes"}},
	{histories, []string{"looks, and then claims", "looks, and then completes", "ignores the scope",
		"renews what is done"}},
	{vagueHistories, []string{
		"looks, and then claims", "looks, and then completes", "ends holds with their leases",
		"takes over without being asked", "never takes over",
	}},
}

const (
	random         = "random calls answer as the model does"
	histories      = "histories of concurrent calls are linearizable"
	vagueHistories = "histories with leases that run out are linearizable"
)

// beyondTheModel has what random calls do not show: they use few scopes and keys, small responses, no context, and come
// one by one.
var beyondTheModel = []string{
	"joins scope and key", "joins scope and key by a colon", "ignores the case of scopes", "trims scopes",
	"cuts scopes off", "cuts keys off",
	"accepts any claim", "forgets before it refuses a claim", "fails on long windows",
	"takes the zero fingerprint for none",
	"overwrites an empty response", "cuts responses off", "looks, and then claims", "looks, and then completes",
	"a cancelled claim says that the store is full", "a cancelled claim drops the record",
	"a cancelled claim blocks the key",
	"a cancelled completion says that the hold is lost", "a cancelled completion stores nothing, for good",
	"a cancelled release says that the hold is lost",
}

func TestAStoreThatKeepsTheContractPasses(t *testing.T) {
	for _, twist := range right {
		t.Run("whether or not "+twist, func(t *testing.T) {
			t.Parallel()
			Run(t, func(*testing.T) Subject { return newPlain(twist).subject() })
		})
	}
	t.Run("by a clock that cannot be moved", func(t *testing.T) {
		t.Parallel()
		Run(t, func(*testing.T) Subject { return Subject{Store: newPlain("")} })
	})
}

func TestAStoreThatBreaksTheContractIsCaught(t *testing.T) {
	named := checksByName()
	caught := map[string]bool{random: true} // see below
	for _, w := range wrong {
		caught[w.check] = true
		for _, twist := range w.twists {
			t.Run("one that "+twist+", by "+w.check, func(t *testing.T) {
				t.Parallel()
				mustCatch(t, named[w.check], twist, (*plain).subject)
			})
			if slices.Contains(beyondTheModel, twist) {
				continue
			}
			t.Run("one that "+twist+", by random calls", func(t *testing.T) {
				t.Parallel()
				mustCatch(t, named[random], twist, (*plain).subject)
			})
		}
	}
	for name := range named {
		if !caught[name] {
			t.Errorf("no store is wrong in a way that shows whether %q can fail", name)
		}
	}
}

func TestAStoreWhoseClockCannotBeMovedIsCaughtByWaiting(t *testing.T) {
	named := checksByName()
	for _, w := range []struct{ check, twist string }{
		{"an expired lease is in progress with nothing remaining", "takes over without being asked"},
		{"an expired lease is taken over once", "never takes over"},
		{"a hold that was taken over is over", "keeps the token in a take-over"},
		{"a lease that has expired can be renewed", "does not renew a lease that has expired"},
		{"a held key is forgotten after its window", "never forgets"},
		{"a hold of a forgotten key is over", "opens what is forgotten"},
		{"tokens only grow", "begins tokens anew when a key is forgotten"},
		{vagueHistories, "ends holds with their leases"},
	} {
		t.Run("one that "+w.twist+", by "+w.check, func(t *testing.T) {
			t.Parallel()
			mustCatch(t, named[w.check], w.twist, func(p *plain) Subject { return Subject{Store: p} })
		})
	}
}

func checksByName() map[string]check {
	named := map[string]check{}
	for _, c := range checks() {
		named[c.name] = c
	}
	return named
}

// mustCatch demands that a check fails on a store with a twist. What is random is tried again.
func mustCatch(t *testing.T, c check, twist string, subject func(*plain) Subject) {
	t.Helper()
	if c.run == nil {
		t.Fatal("there is no such check")
	}
	twisted := false
	for range 50 {
		p := newPlain(twist)
		text := report(t, c, subject(p))
		twisted = twisted || p.twisted
		if strings.Contains(text, "The contract is broken: ") {
			return
		}
	}
	if !twisted {
		t.Fatal("the check does not come to where the store is wrong")
	}
	t.Error("the check passes")
}

func TestAFailureSaysWhichSentenceIsBroken(t *testing.T) {
	for _, c := range checks() {
		if !strings.HasSuffix(c.rule, ".") {
			t.Errorf("%s: the rule is no sentence: %q", c.name, c.rule)
		}
	}
}

func TestAHistoryThatNothingExplainsIsToldInWords(t *testing.T) {
	claim := call{method: "claim", claim: idempotency.Claim{Key: "k", Lease: lease, Window: window}}
	mine := func(token idempotency.Token) answer {
		return answer{outcome: idempotency.Outcome{State: idempotency.StateMine, Token: token}}
	}
	hold := idempotency.Hold{Key: "k", Token: 1}
	complete := call{method: "complete", hold: hold, response: "answer"}
	history := []porcupine.Operation{
		{ClientId: 0, Input: claim, Output: mine(1), Call: 1000, Return: 2000},
		{ClientId: 1, Input: complete, Output: answer{}, Call: 3000, Return: 6000},
		{ClientId: 0, Input: call{method: "release", hold: hold}, Output: answer{}, Call: 4000, Return: 5000},
		{ClientId: 2, Input: claim, Output: mine(2), Call: 7000, Return: 8000},
	}
	key, words := unexplained(history, false)
	want := `  from 1µs to 2µs client 0: claim with fingerprint 00 → mine, token 1
  from 3µs to 6µs client 1: complete by token 1 with "answer" → ok
  from 4µs to 5µs client 0: release by token 1 → ok
  from 7µs to 8µs client 2: claim with fingerprint 00 → mine, token 2
`
	if key != "k" || words != want {
		t.Errorf("key %q:\n%s\nwant key k:\n%s", key, words, want)
	}
	// If the completion lost to the release, all is well.
	history[1].Output = answer{err: idempotency.ErrLost}
	if key, words := unexplained(history, false); key != "" {
		t.Errorf("key %q:\n%s\nwant no complaint", key, words)
	}
}
