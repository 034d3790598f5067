package sqlitestore_test

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// Nothing is acknowledged that would be written where nobody finds it.
func TestAFileThatIsMovedWhileItIsOpenTakesNothingMore(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		move func(path string) error
		// back undoes it, if that can be done.
		back func(path string) error
		want string
	}{
		{"renamed", func(p string) error { return os.Rename(p, p+".old") },
			func(p string) error { return os.Rename(p+".old", p) }, "removed, renamed"},
		{"removed", os.Remove, nil, "removed, renamed"},
		{"replaced", func(p string) error {
			return errors.Join(os.Rename(p, p+".old"), os.WriteFile(p, nil, 0o600))
		}, func(p string) error { return os.Rename(p+".old", p) }, "removed, renamed or replaced"},
		{"without its log", func(p string) error { return os.Remove(p + "-wal") }, nil, "-wal was removed"},
		{"with another log", func(p string) error {
			return errors.Join(os.Rename(p+"-wal", p+".old"), os.WriteFile(p+"-wal", make([]byte, 1<<16), 0o600))
		}, func(p string) error { return os.Rename(p+".old", p+"-wal") }, "-wal was removed, replaced"},
		{"with a log that is cut", func(p string) error { return os.Truncate(p+"-wal", 100) }, nil, "or cut"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			store, _, err := loaded(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := store.Commit(batch(1)); err != nil {
				t.Fatal(err)
			}
			if err := c.move(path); err != nil {
				forbidden(t, err)
			}
			for range 2 {
				err := store.Commit(batch(2))
				if !errors.Is(err, sandbox.ErrNotCommitted) || !strings.Contains(err.Error(), c.want) ||
					!strings.Contains(err.Error(), path) {
					t.Errorf("Commit: %v", err)
				}
			}
			if c.back == nil {
				_ = store.Close()
				return
			}
			if err := errors.Join(c.back(path), store.Commit(batch(2)), store.Close()); err != nil {
				t.Errorf("back in its place: %v", err)
			}
			store, all, err := loaded(path)
			if err != nil || !same(all, after(2)) {
				t.Errorf("%d records; %v", len(all), err)
			}
			_ = store.Close()
		})
	}
}

// forbidden ends a test on Windows, which lets nobody touch a file that is open.
func forbidden(t *testing.T, err error) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skipf("Windows does not let anybody: %v", err)
	}
	t.Fatal(err)
}

// Whoever ends a program learns that what it has written is not in the file that they have.
func TestClosingAFileThatIsNotThereFails(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	store, _, err := loaded(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Commit(batch(1)); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, path+".old"); err != nil {
		forbidden(t, err)
	}
	if err := store.Close(); err == nil || !strings.Contains(err.Error(), "removed, renamed or replaced") {
		t.Errorf("Close: %v", err)
	}
	if err := os.Rename(path+".old", path); err != nil {
		t.Fatal(err)
	}
	store, all, err := loaded(path)
	if err != nil || !same(all, after(1)) {
		t.Errorf("put back, it has %d records; %v", len(all), err)
	}
	_ = store.Close()
}
