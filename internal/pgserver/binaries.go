package pgserver

import (
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

// ErrNotInstalled reports that this machine has no PostgreSQL server to run.
var ErrNotInstalled = errors.New(
	"pgserver: PostgreSQL is not installed: no initdb in the path or below /usr/lib/postgresql")

// debian is where Debian's packages put the programs of each version, outside the path. Tests hide it.
var debian = "/usr/lib/postgresql/*/bin"

// binaries are the programs of one version.
type binaries struct{ initdb, postgres string }

// find returns the programs in the path or, if there are none, the newest that Debian's packages installed.
func find() (binaries, error) {
	folders, err := filepath.Glob(debian)
	if err != nil {
		return binaries{}, err
	}
	slices.SortFunc(folders, func(a, b string) int { return version(b) - version(a) })
	for _, folder := range append([]string{""}, folders...) {
		initdb, err := exec.LookPath(filepath.Join(folder, "initdb"))
		if err != nil {
			continue
		}
		// Both must be of one version.
		if initdb, err = filepath.EvalSymlinks(initdb); err != nil {
			continue
		}
		if postgres, err := exec.LookPath(filepath.Join(filepath.Dir(initdb), "postgres")); err == nil {
			return binaries{initdb, postgres}, nil
		}
	}
	return binaries{}, ErrNotInstalled
}

// version returns the major version that a folder of Debian's is for, or 0 if its name has none.
func version(folder string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
	return n
}
