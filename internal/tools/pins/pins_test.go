// Package pins_test looks for tools that are not pinned: what a build uses must not change without a commit.
package pins_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../../.."

// workflows are those of this repository, and of the examples that stand for repositories of their own.
func workflows(t *testing.T) []string {
	t.Helper()
	var all []string
	for folder, least := range map[string]int{root: 3, filepath.Join(root, "examples", "*"): 1} {
		found, err := filepath.Glob(filepath.Join(folder, ".github", "workflows", "*.yml"))
		if err != nil || len(found) < least {
			t.Fatalf("%q, %v", found, err)
		}
		all = append(all, found...)
	}
	return all
}

// A tag of an action can be moved to another commit, by whoever got hold of it.
func TestActionsArePinnedByTheirCommit(t *testing.T) {
	pinned := regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	files := workflows(t)
	used := 0
	commits := map[string]string{}
	for _, name := range files {
		text := read(t, name)
		for _, m := range regexp.MustCompile(`(?m)^\s*(?:- )?uses:\s*(.*)$`).FindAllStringSubmatch(text, -1) {
			used++
			if !pinned.MatchString(m[1]) {
				t.Errorf("%s uses %s: want owner/name@commit # vX.Y.Z", name, m[1])
			}
			action, commit, _ := strings.Cut(m[1], "@")
			if other := commits[action]; other != "" && other != commit {
				t.Errorf("%s uses %s, another workflow %s", name, m[1], other)
			}
			commits[action] = commit
		}
		if !strings.Contains(text, "\npermissions:\n  contents: read\n") {
			t.Errorf("%s does not begin with the right to read alone", name)
		}
		if strings.Contains(text, "-latest\n") {
			t.Errorf("%s runs on whatever is the latest", name)
		}
		if strings.Count(text, "actions/checkout@") != strings.Count(text, "persist-credentials: false") {
			t.Errorf("%s leaves credentials in the work tree", name)
		}
	}
	if used < 5 {
		t.Errorf("found %d uses of an action only", used)
	}
}

func TestNodePackagesArePinned(t *testing.T) {
	exact := regexp.MustCompile(`^\d+\.\d+\.\d+$`)
	for _, folder := range []string{"..", "../node", "../../../bench/prism"} {
		var manifest struct {
			Dependencies, DevDependencies map[string]string
		}
		decode(t, filepath.Join(folder, "package.json"), &manifest)
		if len(manifest.Dependencies)+len(manifest.DevDependencies) == 0 {
			t.Errorf("%s has no packages", folder)
		}
		for _, packages := range []map[string]string{manifest.Dependencies, manifest.DevDependencies} {
			for name, version := range packages {
				if !exact.MatchString(version) {
					t.Errorf("%s: %s is %s, want one version", folder, name, version)
				}
			}
		}
		var lock struct {
			Packages map[string]struct {
				Version, Integrity, Resolved string
				Link                         bool
			}
		}
		decode(t, filepath.Join(folder, "package-lock.json"), &lock)
		for name, p := range lock.Packages {
			if name == "" {
				continue
			}
			if p.Version == "" || !strings.HasPrefix(p.Integrity, "sha512-") || p.Link {
				t.Errorf("%s: %s has no version or no hash", folder, name)
			}
			if p.Resolved != "" {
				t.Errorf("%s: %s names the registry %s", folder, name, p.Resolved)
			}
		}
		for name, version := range manifest.DevDependencies {
			if got := lock.Packages["node_modules/"+name].Version; got != version {
				t.Errorf("%s: %s is %s in the lock, want %s", folder, name, got, version)
			}
		}
	}
}

// A tool that is run by its latest version, or by whatever version is installed, is another one tomorrow.
func TestScriptsRunNoToolOfAnUnknownVersion(t *testing.T) {
	loose := regexp.MustCompile(
		`\bgo (run|install|get) \S+@|\bnpx |npm (install|i|exec) |\bpip3? install|\bcurl [^|]*\| *(ba)?sh\b`)
	files, err := filepath.Glob(filepath.Join(root, "scripts", "*.sh"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, name := range append(append(files, workflows(t)...), filepath.Join(root, ".ci", "run"),
		filepath.Join(root, "Makefile")) {
		for line := range strings.Lines(read(t, name)) {
			if !strings.HasPrefix(strings.TrimSpace(line), "#") && loose.MatchString(line) {
				t.Errorf("%s: %s", name, strings.TrimSpace(line))
			}
		}
	}
}

func decode(t *testing.T, name string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(read(t, name)), into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
