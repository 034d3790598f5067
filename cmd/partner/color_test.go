package main

import (
	"bytes"
	"os"
	"runtime"
	"testing"
)

func TestWantsColor(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("it needs a device that looks like a terminal")
	}
	terminal, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = terminal.Close() })
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	for _, c := range []struct {
		name     string
		e        environment
		noColor  bool
		terminal bool
		file     bool
	}{
		{"a terminal", environment{"TERM": "xterm"}, false, true, false},
		{"a terminal without a name", environment{}, false, false, false},
		{"a simple terminal", environment{"TERM": "dumb"}, false, false, false},
		{"--no-color", environment{"TERM": "xterm"}, true, false, false},
		{"NO_COLOR", environment{"TERM": "xterm", "NO_COLOR": "1"}, false, false, false},
		{"NO_COLOR, empty", environment{"TERM": "xterm", "NO_COLOR": ""}, false, true, false},
		{"CLICOLOR=0", environment{"TERM": "xterm", "CLICOLOR": "0"}, false, false, false},
		{"CLICOLOR_FORCE", environment{"CLICOLOR_FORCE": "1"}, false, true, true},
		{"CLICOLOR_FORCE=0", environment{"TERM": "xterm", "CLICOLOR_FORCE": "0"}, false, true, false},
		{"CLICOLOR_FORCE and NO_COLOR", environment{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, false, false, false},
		{"CLICOLOR_FORCE and --no-color", environment{"CLICOLOR_FORCE": "1"}, true, false, false},
	} {
		if got := wantsColor(terminal, c.noColor, c.e.lookup); got != c.terminal {
			t.Errorf("%s: %t on a terminal", c.name, got)
		}
		if got := wantsColor(file, c.noColor, c.e.lookup); got != c.file {
			t.Errorf("%s: %t in a file", c.name, got)
		}
		if got := wantsColor(new(bytes.Buffer), c.noColor, c.e.lookup); got != c.file {
			t.Errorf("%s: %t in memory", c.name, got)
		}
	}
}
