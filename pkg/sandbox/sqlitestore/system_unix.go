//go:build unix

package sqlitestore

import (
	"errors"
	"os"
	"syscall"
)

// lock locks a file against other processes, and against whoever else opens it in this one. The lock ends when the file
// is closed, or the process. It fails with ErrInUse if there is one already that does not allow it. SQLite locks the
// file as well, in a way that knows nothing of this one.
func lock(file *os.File, shared bool) error {
	how := syscall.LOCK_EX
	if shared {
		how = syscall.LOCK_SH
	}
	for {
		err := syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return inUse(file.Name())
		default:
			return os.NewSyscallError("flock", err)
		}
	}
}

// unlock ends a lock. To close the file is not enough: a process that is being started has it, too, until it runs its
// own program.
func unlock(file *os.File) error {
	return os.NewSyscallError("flock", syscall.Flock(int(file.Fd()), syscall.LOCK_UN))
}

// syncFolder has a folder remember a file that was made in it.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
