package project_test

import (
	"path/filepath"
	"testing"

	"github.com/jiko-partner/partner-go/internal/project"
)

func TestTheRepairIsTheCommandOfTheRepository(t *testing.T) {
	const tool = "\ntool github.com/jiko-partner/partner-go/cmd/partner\n"
	for _, c := range []struct {
		name  string
		files map[string]string
		file  string
		want  string
	}{
		{"no tool", nil, "partner.yaml", "partner generate"},
		{"a tool of go.mod", map[string]string{"go.mod": "module x\n" + tool}, "partner.yaml",
			"go tool partner generate"},
		{"a tool of a file of its own", map[string]string{"tools.mod": "module x\n" + tool}, "partner.yaml",
			"go tool -modfile=tools.mod partner generate"},
		{"both", map[string]string{"go.mod": "module x\n" + tool, "a.mod": "module x\n" + tool}, "partner.yaml",
			"go tool partner generate"},
		{"other tools", map[string]string{"go.mod": "module x\n\ntool example.com/x\n"}, "partner.yaml",
			"partner generate"},
		{"another configuration", nil, "other.yaml", "partner generate --config other.yaml"},
		{"words that a shell takes apart", map[string]string{"it's.mod": "module x\n" + tool}, "my own.yaml",
			`go tool -modfile='it'\''s.mod' partner generate --config 'my own.yaml'`},
	} {
		folder := repository(t, map[string]string{c.file: good})
		for name, text := range c.files {
			write(t, folder, name, text)
		}
		t.Chdir(folder)
		configuration, err := project.Read(filepath.FromSlash(c.file), project.Tool{})
		if err != nil {
			t.Fatal(err)
		}
		if got := configuration.Command(); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	// A folder of its own for tools, by go -C.
	folder := repository(t, map[string]string{"partner.yaml": good, "my tools/go.mod": "module x\n" + tool})
	t.Chdir(filepath.Join(folder, "my tools"))
	configuration, err := project.Read(filepath.FromSlash("../partner.yaml"), project.Tool{})
	if err != nil {
		t.Fatal(err)
	}
	if got := configuration.Command(); got != "go -C 'my tools' tool partner generate --config ../partner.yaml" {
		t.Error(got)
	}
	write(t, folder, "go.work", "go 1.26.0\n\nuse .\n")
	if got := configuration.Command(); got !=
		"GOWORK=off go -C 'my tools' tool partner generate --config ../partner.yaml" {
		t.Error(got)
	}
	t.Chdir(repository(t, map[string]string{"partner.yaml": good}))
	const run = "go run github.com/jiko-partner/partner-go/cmd/partner@v1.2.3"
	configuration, err = project.Read("partner.yaml", project.Tool{Program: run})
	if err != nil {
		t.Fatal(err)
	}
	if got := configuration.Command(); got != run+" generate" {
		t.Error(got)
	}
}
