package project

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Two configurations in a folder, with outputs side by side and one that they share, change all the time: neither
// removes what the other one writes, or has written.
func TestTwoConfigurationsAtTheSameTimeDoNotMeet(t *testing.T) {
	rounds := 100
	if testing.Short() {
		rounds = 20
	}
	folder, with := t.TempDir(), small(t)
	put(t, folder, "go.mod", "module example.com/consumer\n")
	if err := os.Mkdir(filepath.Join(folder, "lib"), 0o700); err != nil {
		t.Fatal(err)
	}
	versions := map[string][]prepared{}
	for _, of := range []struct {
		name, split string
		shared      []string // the operations that it has in the shared folder, in turn
	}{{"a", "none", []string{"listVisits", "createKeeper"}}, {"b", "tag", []string{"getHealth", "createPet"}}} {
		for i, tags := range []string{"Pet Visits", "Pet Visits, Health"} {
			text := fmt.Sprintf(`generate: [models]
split: tag
outputs:
  - {package: %[1]s, output: lib/%[1]s, tags: [%[2]s]}
  - {package: lib, output: lib, operations: [%[3]s], split: %[4]s}
`, of.name, tags, of.shared[i], of.split)
			versions[of.name] = append(versions[of.name], prepare(t, folder, of.name+".yaml", text, with))
		}
	}
	var running sync.WaitGroup
	for name, its := range versions {
		running.Go(func() {
			for round := range rounds {
				one := its[round%2]
				if err := one.generate(); err != nil {
					t.Errorf("%s, round %d: %v", name, round, err)
					return
				}
				for file, want := range one.plan.files(one.made) {
					if text, err := os.ReadFile(file); err != nil || string(text) != string(want) {
						t.Errorf("%s, round %d: %s is not what was made: %v", name, round, file, err)
						return
					}
				}
			}
		})
	}
	running.Wait()
	want := []string{"go.mod"}
	for _, its := range versions {
		last := its[1]
		c := last.plan.configuration
		if report, err := Check(c, with); err != nil || !report.Fresh {
			t.Errorf("%s: %q, %v", c.File, report.Lines(), err)
		}
		want = append(want, c.relative(c.manifestName()))
		for name := range last.plan.files(last.made) {
			want = append(want, c.relative(name))
		}
	}
	there := texts(t, folder)
	for _, name := range want {
		if _, ok := there[name]; !ok {
			t.Errorf("%s is gone", name)
		}
		delete(there, name)
	}
	for name := range there {
		t.Errorf("%s is left", name)
	}
}
