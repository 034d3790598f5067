package pgserver

import (
	"errors"
	"os"
	"path/filepath"
)

// prefix begins the name of every folder, so that abandoned ones can be found.
const prefix = "partner-postgres-"

// folder is a server's temporary folder. Its lock is held while this process or any of the server's has it open, so a
// folder whose lock is free was abandoned.
type folder struct {
	path string
	lock *os.File
}

// newFolder makes a folder that belongs to the account, and removes those abandoned by programs that were killed.
func newFolder(owner account) (*folder, error) {
	removeAbandoned()
	path, err := os.MkdirTemp("", prefix)
	if err != nil {
		return nil, err
	}
	f := &folder{path: path}
	err = owner.own(path)
	if err == nil {
		f.lock, err = lockIn(path)
	}
	if err != nil {
		return nil, errors.Join(err, f.remove())
	}
	return f, nil
}

func (f *folder) remove() error {
	err := os.RemoveAll(f.path)
	if f.lock != nil {
		err = errors.Join(err, f.lock.Close())
	}
	return err
}

// lockIn makes the lock of a folder. The file gets its final name only once it is locked, so nobody ever finds it free.
func lockIn(path string) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(path, "unlocked"), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = tryLock(lock)
	if err == nil {
		err = os.Rename(lock.Name(), filepath.Join(path, "lock"))
	}
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}
