package project

import (
	"os"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// lockName is a file that is there, and locked, while the files of this configuration are written.
func (c *Configuration) lockName() string { return c.manifestName() + ".running" }

// lock waits until no other run writes the files of this configuration. A run that was killed holds nothing.
func (c *Configuration) lock() (unlock func(), err error) {
	for {
		file, err := lockedfile.OpenFile(c.lockName(), os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, err
		}
		// Whoever had it may have removed it meanwhile, so that the next one locks another.
		held, failed := file.Stat()
		if now, err := os.Stat(c.lockName()); failed == nil && err == nil && os.SameFile(held, now) {
			return func() {
				_ = os.Remove(c.lockName()) // Where it cannot be, it is left, and of no harm.
				_ = file.Close()
			}, nil
		}
		_ = file.Close()
	}
}

// await waits for a run that is writing, if there is one.
func (c *Configuration) await() {
	if _, err := os.Stat(c.pendingName()); err != nil {
		return
	}
	file, err := lockedfile.OpenFile(c.lockName(), os.O_RDWR, 0)
	if err == nil {
		_ = file.Close()
	}
}
