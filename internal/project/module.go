package project

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	xmodule "golang.org/x/mod/module"
)

// module is the module of Go that a configuration belongs to.
type module struct {
	// folder is where its go.mod is, path what the module is called.
	folder, path string
}

// notes warn of another version of this module in go.mod than the tool's: what is generated is used with that.
func (l *plan) notes() []string {
	m, err := moduleOf(l.configuration.File)
	if err != nil || xmodule.CanonicalVersion(l.tool.Version) == "" {
		return nil
	}
	name := filepath.Join(m.folder, "go.mod")
	text, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	parsed, err := modfile.Parse(name, text, nil)
	if err != nil {
		return nil
	}
	for _, r := range parsed.Require {
		if r.Mod.Path == ModulePath && r.Mod.Version != l.tool.Version && !replaced(parsed, r.Mod) {
			return []string{fmt.Sprintf("note: go.mod has %s %s, and this is %s: go get %[1]s@%[3]s", ModulePath,
				r.Mod.Version, l.tool.Version)}
		}
	}
	return nil
}

func replaced(file *modfile.File, version xmodule.Version) bool {
	return slices.ContainsFunc(file.Replace, func(r *modfile.Replace) bool {
		return r.Old.Path == version.Path && (r.Old.Version == "" || r.Old.Version == version.Version)
	})
}

// moduleOf finds the module that a file belongs to.
func moduleOf(file string) (module, error) {
	folder, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return module{}, err
	}
	for at := folder; ; at = filepath.Dir(at) {
		name := filepath.Join(at, "go.mod")
		text, err := os.ReadFile(name)
		switch {
		case err == nil:
			called := modfile.ModulePath(text)
			if called == "" {
				return module{}, fmt.Errorf("%s: it names no module", name)
			}
			return module{at, called}, nil
		case !errors.Is(err, os.ErrNotExist):
			return module{}, fmt.Errorf("read go.mod: %w", err)
		case at == filepath.Dir(at):
			return module{}, fmt.Errorf("%s: it is in no module of Go: run go mod init first", file)
		}
	}
}

// importPath is that of the package in a folder.
func (m module) importPath(folder string) (string, error) {
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	relative, err := filepath.Rel(m.folder, absolute)
	if err != nil || relative == ".." || strings.HasPrefix(relative, ".."+string(filepath.Separator)) {
		return "", fmt.Errorf("output: the folder is outside of the module %s", m.path)
	}
	for at := absolute; at != m.folder && at != filepath.Dir(at); at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return "", fmt.Errorf("output: the folder is in another module, whose go.mod is in %s", filepath.Base(at))
		}
	}
	if !within(m.folder, absolute) {
		return "", fmt.Errorf("output: the folder is a link out of the module %s", m.path)
	}
	result := path.Join(m.path, filepath.ToSlash(relative))
	if err := xmodule.CheckImportPath(result); err != nil {
		return "", errors.New("output: Go has no packages in folders of such a name: want letters of ASCII and digits")
	}
	for part := range strings.SplitSeq(filepath.ToSlash(relative), "/") {
		if part == "vendor" || part == "testdata" || strings.HasPrefix(part, "_") ||
			part != "." && strings.HasPrefix(part, ".") {
			return "", fmt.Errorf("output: Go leaves out what is in %s", part)
		}
	}
	return result, nil
}

// within reports whether a folder, or the nearest one above it that is there, is in another one once links are
// followed.
func within(outer, folder string) bool {
	outer, err := filepath.EvalSymlinks(outer)
	if err != nil {
		return true
	}
	for {
		if followed, err := filepath.EvalSymlinks(folder); err == nil {
			relative, err := filepath.Rel(outer, followed)
			return err == nil && relative != ".." && !strings.HasPrefix(relative, ".."+string(filepath.Separator))
		}
		folder = filepath.Dir(folder)
	}
}
