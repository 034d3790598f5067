// Package node_test tries scripts/node.sh with machines that have another Node.js, or none.
package node_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheToolsRunOnARecentNode(t *testing.T) {
	const fetched = "v22.23.3"
	for _, c := range []struct {
		name, machine string // The version of the machine's own, or nothing where there is none.
		npm           string // What the npm of the machine brings, or nothing where there is none.
		want          string // The version that the command runs on, or nothing where it does not run.
	}{
		{"Debian 12 has one that is too old", "v18.20.4", fetched, fetched},
		{"an early 20 is too old", "v20.18.3", fetched, fetched},
		{"a late 20 will do", "v20.19.0", fetched, "v20.19.0"},
		{"a 21 has no support", "v21.7.3", fetched, fetched},
		{"an early 22 is too old", "v22.11.0", fetched, fetched},
		{"a late 22 will do", "v22.12.0", fetched, "v22.12.0"},
		{"a later one will do", "v24.0.0", fetched, "v24.0.0"},
		{"two digits are more than one", "v100.1.0", fetched, "v100.1.0"},
		{"what is no version is too old", "nonsense", fetched, fetched},
		{"there is none", "", fetched, fetched},
		{"it is too old and there is no npm", "v18.20.4", "", ""},
		{"it is too old and so is the one that npm has", "v18.20.4", "v18.20.5", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			script := filepath.Join(root, "scripts", "node.sh")
			own := filepath.Join(root, "internal", "tools", "node")
			bin := filepath.Join(root, "bin")
			write(t, filepath.Join(own, "package.json"), "{}", 0o600)
			text, err := os.ReadFile(filepath.Join("..", "..", "..", "scripts", "node.sh"))
			if err != nil {
				t.Fatal(err)
			}
			write(t, script, string(text), 0o700)
			for _, program := range []string{"bash", "dirname", "mkdir", "cat", "chmod"} {
				path, err := exec.LookPath(program)
				if err != nil {
					if os.Getenv("CI") != "" {
						t.Fatalf("%s is missing", program)
					}
					t.Skipf("%s is missing", program)
				}
				write(t, filepath.Join(bin, program), "#!/bin/sh\nexec "+path+" \"$@\"\n", 0o700)
			}
			if c.machine != "" {
				write(t, filepath.Join(bin, "node"), says(c.machine), 0o700)
			}
			if c.npm != "" {
				// It knows npm ci alone, and counts how often it was asked.
				write(t, filepath.Join(bin, "npm"), "#!/bin/sh\n[ \"$1\" = ci ] || exit 1\necho x >>asked\n"+
					"mkdir -p node_modules/.bin && cat >node_modules/.bin/node <<'END'\n"+says(c.npm)+
					"END\nchmod 700 node_modules/.bin/node\n", 0o700)
			}
			for range 2 {
				got, stderr, err := run(t, bin, script, "node", "--version")
				if c.want == "" {
					if err == nil || stderr == "" {
						t.Errorf("it ran on %s, and said %q", got, stderr)
					}
					continue
				}
				if err != nil || got != c.want {
					t.Errorf("it ran on %q, want %s: %v\n%s", got, c.want, err, stderr)
				}
			}
			asked, err := os.ReadFile(filepath.Join(own, "asked"))
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			if times := strings.Count(string(asked), "x"); c.want != "" && (c.want != c.machine) != (times == 1) {
				t.Errorf("npm was asked %d times", times)
			}
		})
	}
}

// says is a program that says its version, whatever it is asked.
func says(version string) string { return "#!/bin/sh\necho " + version + "\n" }

func run(t *testing.T, path, script string, arguments ...string) (stdout, stderr string, err error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), script, arguments...)
	command.Env = []string{"PATH=" + path}
	var out, complaint strings.Builder
	command.Stdout, command.Stderr = &out, &complaint
	err = command.Run()
	return strings.TrimSpace(out.String()), complaint.String(), err
}

func write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
