package generator

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Write writes the files that Run made, each of which is replaced as a whole or not at all. A file that has its content
// already is left alone, so that nothing is built again for nothing.
func Write(files map[string][]byte) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if before, err := os.ReadFile(name); err == nil && bytes.Equal(before, files[name]) {
			continue
		}
		if err := Replace(name, Temporary, files[name]); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

// Temporary begins the names of files that are being written.
const Temporary = ".partner-generate-"

// Replace writes a file, and the folder that it belongs into. The text is written first by a name that begins with
// temporary, so that the file is whole at every moment.
func Replace(name, temporary string, text []byte) (err error) {
	folder := filepath.Dir(name)
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // source code, which everybody may read
		return err
	}
	file, err := os.CreateTemp(folder, temporary)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	if _, err = file.Write(text); err == nil {
		err = file.Chmod(0o644)
	}
	if err == nil {
		err = file.Sync() // Whoever cuts the power would otherwise find the name, and nothing in it.
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), name)
}
