package sqlitestore_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/sandbox/sqlitestore"
)

func init() {
	for name, umask := range map[string]int{"has no umask": 0, "has a umask that takes all": 0o777} {
		roles[name] = func(path string) error {
			syscall.Umask(umask)
			store, _, err := loaded(path)
			if err != nil {
				return err
			}
			err = store.Commit(someRecords())
			for _, name := range []string{path, path + "-wal"} {
				info, failed := os.Stat(name)
				if err = errors.Join(err, failed); failed == nil && info.Mode() != 0o600 {
					err = errors.Join(err, fmt.Errorf("%s is %s", name, info.Mode()))
				}
			}
			return errors.Join(err, store.Close())
		}
	}
	roles["fills a disk"] = fillDisk
	roles["comes to a limit"] = comeToLimit
	roles["is a bank that comes to a limit"] = bankAtLimit
}

func TestAFileIsForItsOwnerAloneWhateverTheUmask(t *testing.T) {
	t.Parallel()
	for _, role := range []string{"has no umask", "has a umask that takes all"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			play(t, role, path)
			for name, what := range everything(t, filepath.Dir(path)) {
				if !strings.HasPrefix(what, "-rw------- ") {
					t.Errorf("%s is %.10s", name, what)
				}
			}
			if got, err := read(path); err != nil || !same(got, someRecords()) {
				t.Errorf("%d records, %v", len(got), err)
			}
		})
	}
}

func TestAFileThatExistsKeepsItsPermissions(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	put(t, path, nil)
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	store := opened(t, path)
	if err := store.Commit(someRecords()); err != nil {
		t.Fatal(err)
	}
	for name, what := range everything(t, filepath.Dir(path)) {
		if !strings.HasPrefix(what, "-rw-r----- ") {
			t.Errorf("%s is %.10s", name, what)
		}
	}
}

// withoutPrivilege has root, as whom tests run in containers, do what the mode of a file allows, for the rest of the
// test and in its own goroutine.
func withoutPrivilege(t *testing.T) {
	t.Helper()
	runtime.LockOSThread() // A thread that is still locked at the end of a test is not used again.
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		t.Fatal(err)
	}
	data[0].Effective &^= 1<<unix.CAP_DAC_OVERRIDE | 1<<unix.CAP_DAC_READ_SEARCH
	if err := unix.Capset(&header, &data[0]); err != nil {
		t.Fatal(err)
	}
}

func TestAFileThatMayNotBeWrittenIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		file, folder fs.FileMode
		toRead       error
		says         string
	}{
		{"whose owner may do nothing", 0o000, 0o700, fs.ErrPermission, "allowed to read and write"},
		{"whose owner may read it", 0o400, 0o700, nil, "allowed to read and write"},
		{"in a folder that is read-only", 0o600, 0o500, nil, "nothing can be made in its folder"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			written(t, path, someRecords()...)
			before := everything(t, filepath.Dir(path))
			chmod := func(file, folder fs.FileMode) {
				if err := errors.Join(os.Chmod(path, file), os.Chmod(filepath.Dir(path), folder)); err != nil {
					t.Error(err)
				}
			}
			chmod(c.file, c.folder)
			defer chmod(0o600, 0o700)
			withoutPrivilege(t)
			err := write(path)
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("opened to write: %v", err)
			}
			if c.folder == 0o700 && !errors.Is(err, fs.ErrPermission) {
				t.Errorf("opened to write: %v, want fs.ErrPermission", err)
			}
			if err := justRead(path); !errors.Is(err, c.toRead) {
				t.Errorf("opened to read: %v, want %v", err, c.toRead)
			}
			chmod(0o600, 0o700)
			if !maps.Equal(before, everything(t, filepath.Dir(path))) {
				t.Error("it was not left as it was")
			}
		})
	}
}

func TestAFolderThatIsReadOnlyGetsNoFile(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	if err := os.Chmod(filepath.Dir(path), 0o500); err != nil {
		t.Fatal(err)
	}
	withoutPrivilege(t)
	if err := write(path); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v, want fs.ErrPermission", err)
	}
}

func TestAFullDiskKeepsWhatWasCommittedAndTakesMoreWhenThereIsRoom(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	filler := process(t, "fills a disk", folder)
	filler.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	text, err := filler.CombinedOutput()
	if errors.Is(err, fs.ErrPermission) || strings.Contains(string(text), noDisk) {
		t.Skipf("a process may not have a disk of its own here: %v %s", err, text)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}

const noDisk = "no disk could be mounted"

// fillDisk commits to a disk of its own until that is full, again when there is room, and closes when it is full.
func fillDisk(folder string) error {
	if err := syscall.Mount("none", folder, "tmpfs", 0, "size=1m"); err != nil {
		return fmt.Errorf("%s: %w", noDisk, err)
	}
	path, ballast := filepath.Join(folder, "bank.db"), filepath.Join(folder, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 200_000), 0o600); err != nil {
		return err
	}
	store, _, err := loaded(path)
	if err != nil {
		return err
	}
	number := uint64(0)
	fill := func() error {
		for {
			if err := store.Commit(batch(number + 1)); err != nil {
				return err
			}
			number++
		}
	}
	for range 3 { // The disk stays full for a while.
		if err := fill(); !errors.Is(err, sandbox.ErrNotCommitted) {
			return fmt.Errorf("%w, want ErrNotCommitted", err)
		}
	}
	if err := os.Remove(ballast); err != nil {
		return err
	}
	before := number
	if err := fill(); !errors.Is(err, sandbox.ErrNotCommitted) || number == before {
		return fmt.Errorf("%d batches when there is room, %w", number-before, err)
	}
	for range 2 {
		if err := store.Close(); err != nil {
			return err
		}
		var got []sandbox.Record
		if store, got, err = loaded(path); err != nil {
			return err
		}
		if !same(got, after(number)) {
			return fmt.Errorf("%d records, and not those that are there after batch %d", len(got), number)
		}
	}
	return store.Close()
}

func TestAFailureThatMayHaveWrittenDoesNotSayThatItHasNot(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	play(t, "comes to a limit", path)
}

// comeToLimit commits until a file has as many bytes as one may have. SQLite knows that as some error of the disk. From
// then on nothing is taken, though there is room again, until the file is opened again.
func comeToLimit(path string) error {
	store, _, err := loaded(path)
	if err != nil {
		return err
	}
	raise, err := limitFiles()
	if err != nil {
		return err
	}
	number := uint64(0)
	for err == nil {
		number++
		err = store.Commit(batch(number))
	}
	if errors.Is(err, sandbox.ErrNotCommitted) {
		return fmt.Errorf("who knows? %w", err)
	}
	if err := raise(); err != nil {
		return err
	}
	for range 2 {
		if again := store.Commit(batch(number)); again == nil || errors.Is(again, sandbox.ErrNotCommitted) ||
			!strings.Contains(again.Error(), "may or may not have") ||
			!strings.Contains(again.Error(), "has to be opened again") {
			return fmt.Errorf("after %w it is %w", err, again)
		}
	}
	if err := store.Close(); err != nil {
		return err
	}
	store, all, err := loaded(path)
	if err != nil {
		return err
	}
	if number, err = last(all); err != nil || number == 0 || !same(all, after(number)) {
		return fmt.Errorf("%d records after batch %d, %w", len(all), number, err)
	}
	return errors.Join(store.Commit(batch(number+1)), store.Close())
}

// limitFiles has files get no larger than some hundred thousand bytes, until raise is called.
func limitFiles() (raise func() error, err error) {
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		return nil, err
	}
	const most = 1 << 18
	return func() error { return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before) },
		syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: most, Max: before.Max})
}

func TestABankThatComesToALimitKnowsNothingOfWhatFailed(t *testing.T) {
	t.Parallel()
	play(t, "is a bank that comes to a limit", newPath(t))
}

// bankAtLimit moves the clock of a bank until that cannot be written. Then the clock shows what it showed before, and
// nothing moves it before the file is opened again, which has all of the last move or nothing of it.
func bankAtLimit(path string) error {
	open := func() (*sandbox.Sandbox, error) {
		store, err := sqlitestore.Open(path)
		if err != nil {
			return nil, err
		}
		return sandbox.New(sandbox.Config{Store: store, Clock: time.Date(2026, 1, 5, 15, 0, 0, 0, time.UTC)})
	}
	bank, err := open()
	if err != nil {
		return err
	}
	raise, err := limitFiles()
	if err != nil {
		return err
	}
	ctx, shown := context.Background(), bank.Time()
	for {
		if err = bank.Advance(ctx, time.Second); err != nil {
			break
		}
		shown = bank.Time()
	}
	if errors.Is(err, sandbox.ErrNotCommitted) || !errors.Is(err, sandbox.ErrBroken) {
		return fmt.Errorf("who knows? %w", err)
	}
	if err := raise(); err != nil {
		return err
	}
	for range 2 {
		err := bank.Advance(ctx, time.Second)
		if err == nil || !strings.Contains(err.Error(), "has to be opened again") {
			return fmt.Errorf("when there is room, before it is opened again: %w", err)
		}
		if _, err := bank.Balances(); !errors.Is(err, sandbox.ErrBroken) || !bank.Time().Equal(shown) {
			return fmt.Errorf("it shows %s; want %s, and nothing else: %w", bank.Time(), shown, err)
		}
	}
	if err := bank.Close(); err != nil {
		return err
	}
	if bank, err = open(); err != nil {
		return err
	}
	if now := bank.Time(); !now.Equal(shown) && !now.Equal(shown.Add(time.Second)) {
		return fmt.Errorf("opened again it shows %s; want %s, or a second more", now, shown)
	}
	_, err = bank.Balances()
	return errors.Join(err, bank.Advance(ctx, time.Second), bank.Close())
}
