package project

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// Command is how this repository generates, from the working directory on: by the tool of its go.mod, or of another
// file like it beside that, such as tools.mod, or, from its root on, by that of the module of the working directory.
// Where none has the tool it is the program itself, as it is called.
func (c *Configuration) Command() string {
	command := cmp.Or(c.program, "partner") + " generate"
	if m, err := moduleOf(c.File); err == nil {
		files, _ := filepath.Glob(filepath.Join(m.folder, "*.mod"))
		files = slices.DeleteFunc(files, func(name string) bool { return filepath.Base(name) == "go.mod" })
		files = slices.Insert(files, 0, filepath.Join(m.folder, "go.mod"))
		own := slices.IndexFunc(files, hasTool)
		here, err := moduleOf(FileName)
		switch {
		case own == 0:
			command = "go tool partner generate"
		case own > 0:
			command = "go tool -modfile=" + quoted(from(".", files[own])) + " partner generate"
		case err == nil && here.folder != m.folder && hasTool(filepath.Join(here.folder, "go.mod")):
			command = "go -C " + quoted(from(m.folder, here.folder)) + " tool partner generate"
			if inWorkspace(here.folder) { // Go would look for the tool in the modules of that.
				command = "GOWORK=off " + command
			}
		}
	}
	if !c.isFound() {
		command += " --config " + quoted(filepath.ToSlash(c.File))
	}
	return command
}

// inWorkspace reports whether a folder, or one above it, has a go.work.
func inWorkspace(folder string) bool {
	for ; ; folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "go.work")); err == nil {
			return true
		}
		if folder == filepath.Dir(folder) {
			return false
		}
	}
}

// plainWord is a word that no shell takes apart.
var plainWord = regexp.MustCompile(`^[\w./:@%+=~-]+$`)

// quoted is a word as a shell wants it.
func quoted(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// from is a name as it is called from a folder on.
func from(folder, name string) string {
	folder, err := filepath.Abs(folder)
	if err == nil {
		folder, err = filepath.Rel(folder, name)
	}
	if err != nil {
		return filepath.ToSlash(name)
	}
	return filepath.ToSlash(folder)
}

// isFound reports whether the program finds the configuration by itself.
func (c *Configuration) isFound() bool {
	name, err := Find()
	return err == nil && name == filepath.Clean(c.File)
}

// hasTool reports whether a file like go.mod has this module's program among its tools.
func hasTool(name string) bool {
	text, err := os.ReadFile(name)
	if err != nil {
		return false
	}
	parsed, err := modfile.Parse(name, text, nil)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(parsed.Tool, func(t *modfile.Tool) bool { return t.Path == ModulePath+"/cmd/partner" })
}
