package project

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/internal/generator"
)

var errKilled = errors.New("killed")

// Wherever a run is killed, each file is whole, a check says so, and the next run completes it.
func TestARunThatIsKilledIsCompletedByTheNext(t *testing.T) {
	t.Parallel()
	with := small(t)
	const text = "package: bank\noutput: bank\ngenerate: [models]\ntags: [Pet Visits, Pets]\nsplit: tag\n"
	// They are made once: where they are written changes nothing.
	var first, second prepared
	begin := func(t *testing.T) (string, *Configuration, *plan, []made) {
		folder := t.TempDir()
		for name, text := range map[string]string{"go.mod": "module example.com/consumer\n", FileName: text} {
			if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c, err := Read(filepath.Join(folder, FileName), with)
		if err != nil {
			t.Fatal(err)
		}
		if first.made == nil {
			first = prepare(t, folder, FileName, text, with)
		}
		l, err := newPlan(c, with)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.generate(first.made); err != nil {
			t.Fatal(err)
		}
		// Some files will change, one appears, one goes.
		changed := strings.Replace(text, "Pet Visits", "Health", 1)
		if err := os.WriteFile(c.File, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		if second.made == nil {
			second = prepare(t, folder, FileName, changed, with)
		}
		if c, err = Read(c.File, with); err != nil {
			t.Fatal(err)
		}
		if l, err = newPlan(c, with); err != nil {
			t.Fatal(err)
		}
		return folder, c, l, second.made
	}
	for steps := 0; ; steps++ {
		folder, c, l, all := begin(t)
		whole := map[string][]string{} // the texts that a file may have
		note := func() {
			files, err := filepath.Glob(filepath.Join(folder, "bank", "*.go"))
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range files {
				text, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				whole[filepath.Base(name)] = append(whole[filepath.Base(name)], string(text))
			}
		}
		note()
		for name, text := range all[0].files {
			whole[name] = append(whole[name], string(text))
		}
		left := steps
		l.between = func() error {
			if left--; left < 0 {
				return errKilled
			}
			return nil
		}
		_, err := l.write(all)
		if err == nil {
			if steps < 6 {
				t.Errorf("there are %d steps only", steps)
			}
			return
		}
		if !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		there, err := filepath.Glob(filepath.Join(folder, "bank", "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range there {
			text, err := os.ReadFile(name)
			if err != nil || !slices.Contains(whole[filepath.Base(name)], string(text)) {
				t.Errorf("after %d steps %s is not whole: %v", steps, name, err)
			}
		}
		// What a kill within a step may leave.
		half := filepath.Join(folder, "bank", c.temporary()+"1")
		if err := os.WriteFile(half, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		report, err := Check(c, with)
		if err != nil || report.Fresh || report.Interrupted != (steps > 0) {
			t.Errorf("after %d steps: %+v, %v", steps, report, err)
		}
		if report.Interrupted && report.Lines()[0] != "interrupted: a run was killed while it wrote" {
			t.Errorf("%q", report.Lines())
		}
		if steps%2 == 1 { // Somebody changes the configuration before the next run.
			elsewhere := strings.Replace(text, "output: bank", "output: other", 1)
			if err := os.WriteFile(c.File, []byte(elsewhere), 0o600); err != nil {
				t.Fatal(err)
			}
			if c, err = Read(c.File, with); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Generate(c, with); err != nil {
			t.Errorf("after %d steps, again: %v", steps, err)
		}
		rest, err := filepath.Glob(filepath.Join(folder, "bank", "*"))
		if steps%2 == 1 && (err != nil || len(rest) > 0) {
			t.Errorf("after %d steps and a change there are %v, %v", steps, rest, err)
		}
		if report, err = Check(c, with); err != nil || !report.Fresh {
			t.Errorf("after %d steps and another run: %+v, %v", steps, report, err)
		}
		if left, err := filepath.Glob(filepath.Join(folder, "bank", ".*")); err != nil || len(left) > 0 {
			t.Errorf("after %d steps there are %v, %v", steps, left, err)
		}
	}
}

// What a run was removing when it was killed is known to those after it, whatever becomes of the configuration.
func TestRunsThatAreKilledOneAfterTheOtherLeaveNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	const text = "package: bank\ngenerate: [models]\ntags: [Pet Visits]\noutput: "
	planned := func(output string, steps int) (*plan, []made) {
		t.Helper()
		name := filepath.Join(folder, FileName)
		for file, text := range map[string]string{filepath.Join(folder, "go.mod"): "module x\n", name: text + output} {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c, err := Read(name, small(t))
		if err != nil {
			t.Fatal(err)
		}
		l, err := newPlan(c, small(t))
		if err != nil {
			t.Fatal(err)
		}
		all, err := l.make()
		if err != nil {
			t.Fatal(err)
		}
		l.between = func() error {
			if steps--; steps < 0 {
				return errKilled
			}
			return nil
		}
		return l, all
	}
	for steps := range 5 {
		for i, output := range []string{"a", "b", "c", "d"} {
			left := steps
			if i == 0 || i == 3 {
				left = 100 // This one is not killed.
			}
			l, all := planned(output, left)
			if _, err := l.write(all); err != nil && !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
		}
		there, err := filepath.Glob(filepath.Join(folder, "*", "*"))
		if want := []string{filepath.Join(folder, "d", "bank.gen.go")}; err != nil || !slices.Equal(there, want) {
			t.Errorf("killed after %d steps: %v, %v", steps, there, err)
		}
		if left, err := filepath.Glob(filepath.Join(folder, "*.pending")); err != nil || len(left) > 0 {
			t.Errorf("%v, %v", left, err)
		}
	}
}

// A run waits for another one, and a check for one that is writing, which was not killed.
func TestARunWaitsForTheOther(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module x\n",
		FileName: "package: bank\noutput: bank\ngenerate: [models]\ntags: [Pet Visits]\n"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Read(filepath.Join(folder, FileName), small(t))
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := c.lock()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.pendingName(), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	generated, checked := make(chan error), make(chan error)
	go func() { _, err := Generate(c, small(t)); generated <- err }()
	go func() {
		report, err := Check(c, small(t))
		if report.Interrupted {
			err = errors.New("it says that it was interrupted")
		}
		checked <- err
	}()
	select {
	case err := <-generated:
		t.Errorf("it did not wait: %v", err)
	case err := <-checked:
		t.Errorf("the check did not wait: %v", err)
	case <-time.After(300 * time.Millisecond): // Nothing is lost if they have not begun by then.
	}
	if err := os.Remove(c.pendingName()); err != nil {
		t.Fatal(err)
	}
	unlock()
	for range 2 {
		select {
		case err := <-generated:
			if err != nil {
				t.Error(err)
			}
		case err := <-checked:
			if err != nil {
				t.Error(err)
			}
		}
	}
	if left, err := filepath.Glob(filepath.Join(folder, "*.running")); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

// What a run has left that was killed before it wrote a file is removed also where there is nothing to write.
func TestARunWithNothingToDoRemovesWhatAKilledOneHasLeft(t *testing.T) {
	t.Parallel()
	folder, with := t.TempDir(), small(t)
	put(t, folder, "go.mod", "module x\n")
	put(t, folder, FileName, "package: bank\noutput: bank\ngenerate: [models]\ntags: [Pet Visits]\n")
	c, err := Read(filepath.Join(folder, FileName), with)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Generate(c, with); err != nil {
		t.Fatal(err)
	}
	want := texts(t, folder)
	for _, name := range []string{filepath.Base(c.lockName()), c.temporary() + "1", "bank/" + c.temporary() + "2"} {
		put(t, folder, name, "half")
	}
	if result, err := Generate(c, with); err != nil || len(result.Written) > 0 {
		t.Errorf("%+v, %v", result, err)
	}
	if there := texts(t, folder); !maps.Equal(there, want) {
		t.Errorf("there are %v", slices.Sorted(maps.Keys(there)))
	}
}

// small is a tool with the small document that the generator's own tests have.
func small(t *testing.T) Tool {
	t.Helper()
	file := func(name string) generator.File {
		text, err := os.ReadFile(filepath.Join("..", "generator", "testdata", name))
		if err != nil {
			t.Error(err)
		}
		return generator.File{Name: name, Text: text}
	}
	return Tool{Version: "v1.2.3", Contract: file("openapi.yaml"), Base: file("oapi-codegen.yaml"),
		Overlay: file("overlay.yaml")}
}

// texts are all files of a folder, by their names from it on, with slashes.
func texts(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(folder), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
		all[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func put(t *testing.T, folder, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, filepath.FromSlash(name)), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
