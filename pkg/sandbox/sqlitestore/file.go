package sqlitestore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// held are the files that this process has open for writing. To open one of them again, if only to look at it, would do
// harm: once any descriptor of a file is closed, POSIX drops all locks of the process on it, SQLite's too.
var held struct {
	sync.Mutex
	files []os.FileInfo
}

// openFile opens, examines and locks a file, and makes it if it is not there and is to be written. The name of the file
// that it returns is the one that the files beside it are named after.
func openFile(path string, readOnly bool) (file *os.File, isNew bool, err error) {
	held.Lock()
	defer held.Unlock()
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, false, err
	}
	info, err := os.Stat(path)
	same := func(other os.FileInfo) bool { return os.SameFile(info, other) }
	switch {
	case err == nil && slices.ContainsFunc(held.files, same):
		return nil, false, inUse(path)
	case err == nil && info.IsDir():
		return nil, false, notSandbox(path, "a folder")
	case err == nil && !info.Mode().IsRegular():
		return nil, false, notSandbox(path, "a device or the like")
	case err == nil:
		// SQLite, too, puts what belongs to a file beside it, and not beside a link to it.
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return nil, false, err
		}
	case !errors.Is(err, fs.ErrNotExist) || readOnly:
		return nil, false, err
	}
	file, err = openOrMake(path, readOnly)
	if err != nil {
		return nil, false, err
	}
	isNew, err = claim(file, readOnly)
	if err != nil {
		return nil, false, errors.Join(err, unlock(file), file.Close())
	}
	return file, isNew, nil
}

// claim locks and examines a file, and its log.
func claim(file *os.File, readOnly bool) (isNew bool, err error) {
	if err := lock(file, readOnly); err != nil {
		return false, err
	}
	isNew, err = examine(file)
	if err != nil {
		return false, err
	}
	if err := nothingLeft(file.Name(), isNew); err != nil {
		return false, err
	}
	if err := examineLog(file.Name()); err != nil {
		return false, err
	}
	info, err := file.Stat()
	if err == nil && !readOnly {
		held.files = append(held.files, info)
	}
	return isNew, err
}

func openOrMake(path string, readOnly bool) (*os.File, error) {
	if readOnly {
		return os.Open(path)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("the sandbox has to be allowed to read and write its file: %w", err)
	default:
		return file, nil
	}
	if err := nothingLeft(path, true); err != nil {
		return nil, err
	}
	const ownerAlone = 0o600
	file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, ownerAlone)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the folder of the sandbox's file does not exist, make it first: %w", err)
	}
	if err != nil {
		return nil, err
	}
	// A umask takes permissions away.
	if err := errors.Join(file.Chmod(ownerAlone), syncFolder(filepath.Dir(path))); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// nothingLeft fails if beside a file there is a log of changes that are not to it: SQLite would make them.
func nothingLeft(path string, isNew bool) error {
	suffixes := []string{"-journal"} // Only another program would use one on a file of ours.
	if isNew {
		suffixes = append(suffixes, "-wal")
	}
	for _, suffix := range suffixes {
		if info, err := os.Stat(path + suffix); err == nil && info.Size() > 0 {
			return damaged(path, "beside it is "+path+suffix+", with changes to a file that is not there")
		}
	}
	return nil
}

// closeFile ends the lock. SQLite has to have closed the file before.
func closeFile(file *os.File) error {
	held.Lock()
	defer held.Unlock()
	if info, err := file.Stat(); err == nil {
		held.files = slices.DeleteFunc(held.files, func(other os.FileInfo) bool { return os.SameFile(info, other) })
	}
	return errors.Join(unlock(file), file.Close())
}
