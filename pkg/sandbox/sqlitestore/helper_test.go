package sqlitestore_test

import (
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/sandbox/sqlitestore"
)

// Variables of a process that plays a role beside the test.
const (
	roleVariable = "SQLITESTORE_TEST_ROLE"
	pathVariable = "SQLITESTORE_TEST_PATH"
)

// roles are what a process may do with a path.
var roles = map[string]func(path string) error{}

func TestMain(m *testing.M) {
	if role, ok := os.LookupEnv(roleVariable); ok {
		if err := roles[role](os.Getenv(pathVariable)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	// Each random run opens files several times, and syncs them.
	if err := flag.Set("rapid.checks", "15"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	flag.Parse()
	goleak.VerifyTestMain(m)
}

// process is a process that plays a role.
func process(t *testing.T, role, path string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program)
	// The race detector waits for a second at the end of a process, if it may.
	command.Env = append(os.Environ(), roleVariable+"="+role, pathVariable+"="+path, "GORACE=atexit_sleep_ms=0")
	return command
}

// play runs a role to its end.
func play(t *testing.T, role, path string) {
	t.Helper()
	if text, err := process(t, role, path).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", role, err, text)
	}
}

func newPath(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "bank.db")
}

// loaded opens a file, which a test closes, and loads what it has.
func loaded(path string) (*sqlitestore.Store, []sandbox.Record, error) {
	store, err := sqlitestore.Open(path)
	if err != nil {
		return nil, nil, err
	}
	all, err := load(store)
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return store, all, nil
}

func load(store sandbox.Store) ([]sandbox.Record, error) {
	var all []sandbox.Record
	err := store.Load(func(r sandbox.Record) error {
		all = append(all, r)
		return nil
	})
	return all, err
}

// opened is loaded, and closes the file when the test ends, unless it was closed before.
func opened(t *testing.T, path string) *sqlitestore.Store {
	t.Helper()
	store, _, err := loaded(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func closed(t *testing.T, store sandbox.Store) {
	t.Helper()
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

// read returns what a file has, as a verifier sees it.
func read(path string) ([]sandbox.Record, error) {
	store, err := sqlitestore.OpenReadOnly(path)
	if err != nil {
		return nil, err
	}
	all, err := load(store)
	return all, errors.Join(err, store.Close())
}

// someRecords make a file of more than ten pages.
func someRecords() []sandbox.Record {
	var all []sandbox.Record
	for seq := uint64(1); seq <= 60; seq++ {
		size := 500
		if seq == 30 {
			size = 3 * sqlitestore.PageSize
		}
		all = append(all, record(seq, fmt.Sprint(seq)+strings.Repeat(" and more", size/9)))
	}
	return all
}

func record(seq uint64, text string) sandbox.Record {
	return sandbox.Record{Kind: "customer", Seq: seq, Data: []byte(`"` + text + `"`)}
}

// written writes a file with some records, and closes it.
func written(t *testing.T, path string, records ...sandbox.Record) {
	t.Helper()
	store, _, err := loaded(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, store)
	if err := store.Commit(records); err != nil {
		t.Fatal(err)
	}
}

// abandoned adds records to a file, if there is one, and leaves it as a process does that is killed: they are in its
// log.
func abandoned(t *testing.T, path string, records ...sandbox.Record) {
	t.Helper()
	elsewhere := newPath(t)
	if text, err := os.ReadFile(path); err == nil {
		put(t, elsewhere, text)
	}
	store := opened(t, elsewhere)
	if err := store.Commit(records); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal"} {
		text, err := os.ReadFile(elsewhere + suffix)
		if err != nil {
			t.Fatal(err)
		}
		put(t, path+suffix, text)
	}
}

func put(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// change changes the bytes of a file.
func change(t *testing.T, path string, do func([]byte) []byte) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	put(t, path, do(text))
}

// everything is what a folder has, by its name: permissions, and bytes.
func everything(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		all[entry.Name()] = info.Mode().String()
		if info.Mode().IsRegular() {
			text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
			if err != nil {
				t.Fatal(err)
			}
			all[entry.Name()] += " " + string(text)
		}
	}
	return all
}

// same says whether two lists have the same records.
func same(a, b []sandbox.Record) bool {
	return slices.EqualFunc(a, b, func(a, b sandbox.Record) bool {
		return a.Seq == b.Seq && a.Kind == b.Kind && string(a.Data) == string(b.Data)
	})
}

// foreign opens a file as any program would that uses SQLite, and executes statements.
func foreign(path string, statements ...string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	return db, nil
}
