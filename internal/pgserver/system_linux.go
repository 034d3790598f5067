package pgserver

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user that the programs run as. The zero value is the user that runs this program.
type account struct{ credential *syscall.Credential }

// unprivileged returns an account that may run a server, which root may not.
func unprivileged() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		if who, err = user.Lookup("nobody"); err != nil {
			return account{}, fmt.Errorf("finding a user to run PostgreSQL instead of root: %w", err)
		}
	}
	uid, err := strconv.ParseUint(who.Uid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("the user id of %s: %w", who.Username, err)
	}
	gid, err := strconv.ParseUint(who.Gid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("the group id of %s: %w", who.Username, err)
	}
	return account{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

// own gives a folder to the account.
func (a account) own(path string) error {
	if a.credential == nil {
		return nil
	}
	return os.Chown(path, int(a.credential.Uid), int(a.credential.Gid))
}

// prepare makes a command run under the account and die with this program, however that ends. The command gets its own
// process group, so that an interrupt at the terminal reaches only this program, which then ends it in order. It
// inherits the lock, so the folder counts as in use while any of the server's processes is alive.
func (a account) prepare(command *exec.Cmd, lock *os.File) {
	command.SysProcAttr = &syscall.SysProcAttr{Credential: a.credential, Setpgid: true, Pdeathsig: syscall.SIGQUIT}
	command.ExtraFiles = []*os.File{lock}
}

// tryLock locks a file until nobody has it open any more, or fails at once.
func tryLock(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

// removeAbandoned removes the folders of servers whose programs were killed. Whatever it cannot remove stays.
func removeAbandoned() {
	locks, err := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*", "lock"))
	if err != nil {
		return
	}
	for _, path := range locks {
		lock, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW, 0)
		if err != nil {
			continue
		}
		info, err := lock.Stat()
		if err == nil && tryLock(lock) == nil {
			// Only folders of this user: anybody may create some here.
			if status, ok := info.Sys().(*syscall.Stat_t); ok && int(status.Uid) == os.Geteuid() {
				_ = os.RemoveAll(filepath.Dir(path))
			}
		}
		_ = lock.Close()
	}
}
