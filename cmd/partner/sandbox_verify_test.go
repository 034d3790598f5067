package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFileIsVerified(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "bank.db")
	r := startSandbox(t, nil, "--addr", "127.0.0.1:0", "--data", file)
	if out := execute(t, nil, "", "sandbox", "verify", file); out.status != exitFailure ||
		!strings.Contains(out.stderr, "in use") {
		t.Errorf("while it is in use: %+v", out)
	}
	r.stop()
	r.wait(t)
	if out := execute(t, nil, "", "sandbox", "verify", file); out.status != exitOK ||
		!strings.HasSuffix(out.stdout, " settings\nEverything adds up.\n") {
		t.Errorf("%+v", out)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	text := filepath.Join(folder, "text")
	if err := os.WriteFile(text, []byte("This is not a bank, and it is long enough to be one."), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		arguments []string
		status    int
		want      string
	}{
		"no file":        {nil, exitUsage, "one file"},
		"a missing file": {[]string{filepath.Join(folder, "missing.db")}, exitFailure, "no such file"},
		"another file":   {[]string{text}, exitFailure, "is not a file of the sandbox"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := execute(t, nil, "", append([]string{"sandbox", "verify"}, c.arguments...)...)
			if out.status != c.status || !strings.Contains(out.stderr, c.want) || out.stdout != "" {
				t.Errorf("%+v", out)
			}
		})
	}
	if out := execute(t, nil, "", "sandbox", "--addr", "127.0.0.1:0", "--data", text); out.status != exitFailure ||
		!strings.Contains(out.stderr, "is not a file of the sandbox") {
		t.Errorf("a sandbox starts with another file: %+v", out)
	}
}
