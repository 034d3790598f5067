package pgserver

import (
	"errors"
	"os"
	"path/filepath"
)

// prefix begins the names of all folders, so that those which were left behind are found.
const prefix = "partner-postgres-"

// folder is the temporary one of a server. The lock is held as long as this process or one of the server's has it open,
// so a folder whose lock is free was left behind.
type folder struct {
	path string
	lock *os.File
}

// newFolder makes a folder that belongs to the account. It also removes what programs left behind that were killed.
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

// lockIn makes the lock of a folder. It gets its name when it is locked already, so that nobody finds it free before.
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
