package sqlitestore_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/sandbox/sqlitestore"
)

func TestOnlyOneAtATimeHasTheFile(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	store := opened(t, path)
	if err := store.Commit(someRecords()[:1]); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, link} {
		for how, open := range map[string]func(string) error{"to write": write, "to read": justRead} {
			err := open(name)
			if !errors.Is(err, sqlitestore.ErrInUse) || !strings.Contains(err.Error(), "in use by another process") {
				t.Errorf("opened %s again: %v, want ErrInUse", how, err)
			}
		}
	}
	play(t, "finds it in use", path)
	if err := store.Commit(someRecords()[1:]); err != nil {
		t.Fatal(err)
	}
	closed(t, store)
	if got, err := read(path); err != nil || !same(got, someRecords()) {
		t.Errorf("%d records, %v", len(got), err)
	}
}

func init() {
	roles["finds it in use"] = func(path string) error {
		if err := write(path); !errors.Is(err, sqlitestore.ErrInUse) {
			return fmt.Errorf("opened to write: %w, want ErrInUse", err)
		}
		if err := justRead(path); !errors.Is(err, sqlitestore.ErrInUse) {
			return fmt.Errorf("opened to read: %w, want ErrInUse", err)
		}
		// Programs that know SQLite's locks alone are kept out, too.
		db, err := foreign(path, "SELECT count(*) FROM sqlite_schema")
		if err == nil {
			return errors.Join(errors.New("another program can read it"), db.Close())
		}
		if !strings.Contains(err.Error(), "SQLITE_BUSY") {
			return err
		}
		return nil
	}
	roles["holds it"] = func(path string) error {
		if _, _, err := loaded(path); err != nil {
			return err
		}
		_, _ = os.Stdout.WriteString("open\n")
		_, err := io.Copy(io.Discard, os.Stdin)
		return err
	}
}

func TestTheLockEndsWithTheProcess(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	written(t, path, someRecords()...)
	holder := process(t, "holds it", path)
	if _, err := holder.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "open\n" {
		t.Fatalf("it says %q, %v", line, err)
	}
	if err := write(path); !errors.Is(err, sqlitestore.ErrInUse) {
		t.Errorf("%v, want ErrInUse", err)
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait()
	if err := write(path); err != nil {
		t.Error(err)
	}
}

func TestAFileThatAnotherProgramIsChangingIsInUse(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	written(t, path, someRecords()...)
	db, err := foreign(path, "PRAGMA locking_mode = EXCLUSIVE", "BEGIN IMMEDIATE")
	if err != nil {
		t.Fatal(err)
	}
	if err := write(path); !errors.Is(err, sqlitestore.ErrInUse) {
		t.Errorf("%v, want ErrInUse", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := write(path); err != nil {
		t.Error(err)
	}
}

func TestSeveralMayReadTheFileAtATime(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	written(t, path, someRecords()...)
	first, err := sqlitestore.OpenReadOnly(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := justRead(path); err != nil {
		t.Error(err)
	}
	if err := write(path); !errors.Is(err, sqlitestore.ErrInUse) {
		t.Errorf("opened to write while it is read: %v, want ErrInUse", err)
	}
	if got, err := load(first); err != nil || !same(got, someRecords()) {
		t.Errorf("%d records, %v", len(got), err)
	}
	closed(t, first)
}

func TestCloseLeavesASingleFile(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	store := opened(t, path)
	if err := store.Commit(someRecords()); err != nil {
		t.Fatal(err)
	}
	if got := namesBeside(t, path); !slices.Equal(got, []string{"bank.db", "bank.db-wal"}) {
		t.Errorf("while it is open there are %q", got)
	}
	closed(t, store)
	if got := namesBeside(t, path); !slices.Equal(got, []string{"bank.db"}) {
		t.Errorf("there are %q", got)
	}
}

func namesBeside(t *testing.T, path string) []string {
	t.Helper()
	return slices.Sorted(maps.Keys(everything(t, filepath.Dir(path))))
}

func TestWhatAProcessLeftInTheLogIsReadAndLaterPutInTheFile(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	all := someRecords()
	written(t, path, all[:40]...)
	abandoned(t, path, all[40:]...)
	before := everything(t, filepath.Dir(path))
	if got, err := read(path); err != nil || !same(got, all) {
		t.Fatalf("%d records, %v", len(got), err)
	}
	if after := everything(t, filepath.Dir(path)); !maps.Equal(before, after) {
		t.Error("whoever reads it changed it")
	}
	store, got, err := loaded(path)
	if err != nil || !same(got, all) {
		t.Fatalf("%d records, %v", len(got), err)
	}
	closed(t, store)
	if names := namesBeside(t, path); !slices.Equal(names, []string{"bank.db"}) {
		t.Errorf("there are %q", names)
	}
	if got, err := read(path); err != nil || !same(got, all) {
		t.Errorf("%d records, %v", len(got), err)
	}
}

// Whenever its process is killed, a file that is being made is empty, or unfinished, or made.
func TestAFileThatHasNothingYetIsNew(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	written(t, path)
	made, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"it is empty":       "",
		"it has its mark":   sqlitestore.Unfinished,
		"a part is written": sqlitestore.Unfinished + string(made[len(sqlitestore.Unfinished):5000]),
		"all but its magic": sqlitestore.Unfinished + string(made[len(sqlitestore.Unfinished):]),
		"it has no records": string(made),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			put(t, path, []byte(text))
			if got, err := read(path); err != nil || len(got) > 0 {
				t.Errorf("%d records, %v", len(got), err)
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != text {
				t.Errorf("whoever reads it changed it, or %v", err)
			}
			written(t, path, someRecords()...)
			if got, err := read(path); err != nil || !same(got, someRecords()) {
				t.Errorf("%d records, %v", len(got), err)
			}
		})
	}
}

func TestAFileMayHaveAnyNameAndBeBehindALink(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "my bank? #1 100% é%41.db")
	written(t, path, someRecords()[:1]...)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	store := opened(t, link)
	if err := store.Commit(someRecords()[1:]); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + "-wal"); err != nil {
		t.Errorf("the log is beside the link: %v", err)
	}
	closed(t, store)
	if got, err := read(path); err != nil || !same(got, someRecords()) {
		t.Errorf("%d records, %v", len(got), err)
	}
	if names := namesBeside(t, path); len(names) != 1 {
		t.Errorf("there are %q", names)
	}
}

func TestAnyProgramThatUsesSQLiteCanReadTheFile(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	written(t, path, someRecords()...)
	db, err := foreign(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	for query, want := range map[string]string{
		"PRAGMA integrity_check": "ok", "PRAGMA journal_mode": "wal", "PRAGMA user_version": "1",
		"PRAGMA application_id":         fmt.Sprint(0x6a73626b),
		"SELECT sql FROM sqlite_schema": sqlitestore.Schema, "SELECT count(*) FROM record": "60",
	} {
		var got string
		if err := db.QueryRow(query).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", query, got, err, want)
		}
	}
}
