package sqlitestore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// place is where a file and its log are that are open. Whoever removes, renames or replaces one of them does not keep a
// process from writing to it, but what is written is not found again.
type place struct {
	path string
	file os.FileInfo
	// log is nil until there is one, and size the largest that it had: it does not shrink while it is open.
	log  os.FileInfo
	size int64
}

func newPlace(file *os.File) (*place, error) {
	info, err := file.Stat()
	return &place{path: file.Name(), file: info}, err
}

// check fails if the file or its log is not where it was.
func (p *place) check() error {
	if err := p.checkFile(); err != nil {
		return err
	}
	log, err := os.Stat(p.path + "-wal")
	switch {
	case p.log == nil && errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil && (p.log == nil || os.SameFile(p.log, log) && log.Size() >= p.size):
		p.log, p.size = log, log.Size()
		return nil
	}
	return fmt.Errorf("the log %s-wal was removed, replaced or cut while it was in use", p.path)
}

// checkFile is check, of the file alone.
func (p *place) checkFile() error {
	if file, err := os.Stat(p.path); err != nil || !os.SameFile(p.file, file) {
		return fmt.Errorf("the file %s was removed, renamed or replaced while it was in use", p.path)
	}
	return nil
}
