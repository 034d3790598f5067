package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every command that the README and the guides show is one that the program has, with flags that it has.
func TestTheDocumentsShowCommandsThatExist(t *testing.T) {
	t.Parallel()
	guides, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`go run \./cmd/partner ?([^\n#` + "`" + `]*)`)
	shown := 0
	for _, name := range append(guides, "../../README.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range command.FindAllStringSubmatch(strings.ReplaceAll(string(text), "\\\n", " "), -1) {
			shown++
			cmd, args, err := newRootCommand(environment{}.lookup).Find(strings.Fields(m[1]))
			if err == nil {
				err = cmd.ParseFlags(args)
			}
			if err == nil {
				err = cmd.ValidateArgs(cmd.Flags().Args())
			}
			if err != nil {
				t.Errorf("%s shows %q: %v", name, m[0], err)
			}
		}
	}
	if shown < 5 {
		t.Errorf("the documents show %d commands", shown)
	}
}
