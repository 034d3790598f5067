package sqlitestore

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lock locks a file against other processes, and against whoever else opens it in this one. The lock ends when the file
// is closed, or the process. It fails with ErrInUse if there is one already that does not allow it. What is locked is a
// byte far behind all that SQLite reads, writes or locks.
func lock(file *os.File, shared bool) error {
	flags := uint32(windows.LOCKFILE_FAIL_IMMEDIATELY)
	if !shared {
		flags |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	const far = 1 << 30
	err := windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: far})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return inUse(file.Name())
	}
	return os.NewSyscallError("LockFileEx", err)
}

// unlock does nothing: the lock ends when the file is closed.
func unlock(*os.File) error { return nil }

// syncFolder does nothing: folders cannot be synced here, and NTFS keeps a log of them.
func syncFolder(string) error { return nil }
