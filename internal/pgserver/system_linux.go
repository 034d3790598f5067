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

// account is whom the programs run as; the zero one is the user that runs this program.
type account struct{ credential *syscall.Credential }

// unprivileged returns the account to run a server, which may not be root.
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

// prepare makes a command run under the account, and end when this program does, however that comes. It is in a process
// group of its own, so that an interrupt at the terminal leaves the order of things to this program. It inherits the
// lock: while any of the server's processes is alive, the folder is in use.
func (a account) prepare(command *exec.Cmd, lock *os.File) {
	command.SysProcAttr = &syscall.SysProcAttr{Credential: a.credential, Setpgid: true, Pdeathsig: syscall.SIGQUIT}
	command.ExtraFiles = []*os.File{lock}
}

// tryLock locks a file, until nobody has it open, or fails at once.
func tryLock(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

// removeAbandoned removes the folders of servers whose programs were killed. What cannot be removed stays for the next
// time.
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
			// Only what this user made: anybody may make folders here.
			if status, ok := info.Sys().(*syscall.Stat_t); ok && int(status.Uid) == os.Geteuid() {
				_ = os.RemoveAll(filepath.Dir(path))
			}
		}
		_ = lock.Close()
	}
}
