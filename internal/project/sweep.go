package project

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// sweep removes what a run that was killed was writing.
func (l *plan) sweep(k *known) error {
	for _, folder := range append(l.folders(k), ".") {
		entries, err := os.ReadDir(l.configuration.folder(folder))
		if err != nil {
			continue // It is not there yet.
		}
		for _, entry := range entries {
			if !strings.HasPrefix(entry.Name(), l.configuration.temporary()) {
				continue
			}
			name := filepath.Join(l.configuration.folder(folder), entry.Name())
			if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("remove what a run that was killed has left: %w", err)
			}
		}
	}
	return nil
}
