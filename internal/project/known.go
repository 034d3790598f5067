package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// known is what earlier runs have left word of.
type known struct {
	// old is the manifest, or nil, and pending the one of a run that was killed, where it can be read.
	old, pending *manifest
	// interrupted says that a run was killed.
	interrupted bool
	// lost says that there is no manifest that can be read: what was made has to be looked for.
	lost bool
}

// known reads the manifests. Beside an errManifest it returns what is known without the one that cannot be read.
func (l *plan) known() (*known, error) {
	c := l.configuration
	k := &known{}
	switch _, err := os.Stat(c.pendingName()); {
	case err == nil:
		k.interrupted = true
		k.pending, _ = c.readManifest(c.pendingName()) // It is known of by its folders alone.
	case !errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("look for the manifest: %w", err)
	}
	var err error
	k.old, err = c.readManifest(c.manifestName())
	k.lost = k.old == nil
	return k, err
}

// made reports whether a manifest knows a file.
func (k *known) made(c *Configuration, name string) bool {
	return slices.ContainsFunc(k.outputs(), func(o madeOutput) bool {
		_, ok := o.Files[filepath.Base(name)]
		return ok && c.folder(o.Folder) == filepath.Dir(name)
	})
}

// outputs are all that a manifest knows.
func (k *known) outputs() []madeOutput {
	var all []madeOutput
	for _, m := range []*manifest{k.old, k.pending} {
		if m != nil {
			all = append(append(all, m.Outputs...), m.Before...)
		}
	}
	return all
}

// folders are those of the outputs, and those that are known.
func (l *plan) folders(k *known) []string {
	var all []string
	for _, o := range l.outputs {
		all = append(all, o.Folder)
	}
	for _, o := range k.outputs() {
		all = append(all, path.Clean(o.Folder))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// below are the folder of the configuration and those below it that may have packages of Go.
func (c *Configuration) below() ([]string, error) {
	var all []string
	err := filepath.WalkDir(c.root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrPermission) {
				return fs.SkipDir
			}
			return err
		}
		if !entry.IsDir() {
			return nil
		}
		base := entry.Name()
		if name != c.root && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "node_modules" ||
			base == "vendor" || base == "testdata") {
			return fs.SkipDir
		}
		if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil && name != c.root {
			return fs.SkipDir
		}
		all = append(all, c.relative(name))
		return nil
	})
	return all, err
}
