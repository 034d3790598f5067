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

// tidy removes what a run has left that was killed before it wrote a file, or after the last. Where it cannot be, it is
// left, and of no harm.
func (l *plan) tidy(k *known) {
	c := l.configuration
	if _, err := os.Stat(c.lockName()); err != nil {
		return // No run was killed.
	}
	if unlock, err := c.lock(); err == nil {
		_ = l.sweep(k)
		unlock()
	}
}
