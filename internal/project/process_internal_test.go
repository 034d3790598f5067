package project

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"
)

// prepared is what a configuration makes, so that it can be written often: making it takes most of the time.
type prepared struct {
	plan *plan
	made []made
}

func prepare(t *testing.T, folder, name, text string, with Tool) prepared {
	t.Helper()
	c, err := Parse(filepath.Join(folder, name), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	l, err := newPlan(c, with)
	if err != nil {
		t.Fatal(err)
	}
	all, err := l.make()
	if err != nil {
		t.Fatal(err)
	}
	return prepared{l, all}
}

// generate is Generate from there on.
func (p prepared) generate() error {
	_, err := p.plan.generate(p.made)
	return err
}

// generateIn has this test's program generate in a folder until it is killed, instead of testing.
const generateIn = "PARTNER_TEST_GENERATE_IN"

// A process that is killed for good, at any moment of its writing, is completed by the next one, whether that makes the
// same or goes back.
func TestAProcessThatIsKilledIsCompletedByTheNext(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no SIGKILL")
	}
	folder, killed := os.LookupEnv(generateIn)
	if !killed {
		folder = t.TempDir()
		put(t, folder, "go.mod", "module example.com/consumer\n")
	}
	with := small(t)
	// From one to the other, a file is to be written, two are to be changed, and one is to be removed.
	var both []prepared
	for _, tag := range []string{"Pet Visits", "Health"} {
		both = append(both, prepare(t, folder, FileName,
			"package: bank\noutput: bank\ngenerate: [models]\nsplit: tag\ntags: [Pets, "+tag+"]\n", with))
	}
	for i := 0; killed; i++ {
		if err := both[i%2].generate(); err != nil {
			t.Fatal(err)
		}
	}
	var states []map[string]string // what either configuration makes
	whole := map[string][]string{} // the texts that a file may have
	for i, one := range both {
		if err := one.generate(); err != nil {
			t.Fatal(err)
		}
		states = append(states, texts(t, folder))
		for name, text := range states[i] {
			whole[name] = append(whole[name], text)
		}
	}
	// Each kill takes a process that makes everything first. GENERATIONS has more of them.
	hits, wanted, rounds := 0, 4, 0
	if text := os.Getenv("GENERATIONS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		wanted = n
	}
	for ; hits < wanted; rounds++ {
		if rounds == 10*wanted {
			t.Fatalf("of %d kills, only %d were while files were being written", rounds, hits)
		}
		now := rounds % 2
		c := both[now].plan.configuration
		sign := c.pendingName()
		if rounds%4 == 3 {
			sign = c.lockName() // Nothing is written yet.
		}
		kill(t, folder, sign)
		there := texts(t, folder)
		for name, text := range there {
			if filepath.Ext(name) == ".go" && !slices.Contains(whole[name], text) {
				t.Errorf("%s is not whole, but has %d bytes: %.80q", name, len(text), text)
			}
		}
		_, pending := there[filepath.Base(c.pendingName())]
		complete := sameCode(there, states[now])
		report, err := Check(c, with)
		switch {
		case err != nil:
			t.Fatal(err)
		case pending:
			hits++
			if report.Fresh || !report.Interrupted ||
				report.Lines()[0] != "interrupted: a run was killed while it wrote" {
				t.Errorf("killed while it wrote: %q", report.Lines())
			}
		case !complete && !sameCode(there, states[1-now]):
			t.Errorf("nothing says that it was killed: %v", slices.Sorted(maps.Keys(there)))
		case report.Interrupted, report.Fresh != complete:
			t.Errorf("killed while it did not write: %q", report.Lines())
		}
		if err := both[now].generate(); err != nil {
			t.Fatalf("the next run: %v", err)
		}
		if there = texts(t, folder); !maps.Equal(there, states[now]) {
			t.Errorf("after the next run there are %v", slices.Sorted(maps.Keys(there)))
		}
		if report, err = Check(c, with); err != nil || !report.Fresh {
			t.Errorf("after the next run: %q, %v", report.Lines(), err)
		}
	}
	t.Logf("of %d kills, %d were while files were being written", rounds, hits)
}

// kill has another process generate in a folder again and again, and kills it a moment after it has made a file.
func kill(t *testing.T, folder, sign string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	command := exec.Command(program, "-test.run=^"+t.Name()+"$")
	command.Env = append(os.Environ(), generateIn+"="+folder)
	command.Stdout, command.Stderr = &said, &said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	for seen := false; !seen; {
		select {
		case err := <-ended:
			t.Fatalf("it ended before it was killed: %v\n%s", err, &said)
		default:
			_, err := os.Stat(sign)
			seen = err == nil
		}
	}
	// Writing takes milliseconds on a disk, and a tenth of that in memory.
	for begun, wait := time.Now(), 16*time.Microsecond<<rand.N(9); time.Since(begun) < wait; {
	}
	_ = command.Process.Kill()
	if err := <-ended; command.ProcessState.Exited() {
		t.Fatalf("it ended before it was killed: %v\n%s", err, &said)
	}
}

// sameCode reports whether what is generated is what a state has, whatever else is there.
func sameCode(there, state map[string]string) bool {
	code := func(files map[string]string) map[string]string {
		files = maps.Clone(files)
		maps.DeleteFunc(files, func(name, _ string) bool { return filepath.Ext(name) != ".go" })
		return files
	}
	return maps.Equal(code(there), code(state))
}
