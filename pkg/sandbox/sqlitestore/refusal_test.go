package sqlitestore_test

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/sandbox/sqlitestore"
)

// executed has a program that uses SQLite execute statements on a file.
func executed(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := foreign(path, statements...)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsNotAWholeFileOfOursIsRefusedAndLeftAsItIs(t *testing.T) {
	t.Parallel()
	var (
		first, last = someRecords()[0], someRecords()[59]
		notSandbox  = sqlitestore.ErrNotSandbox
		damaged     = sqlitestore.ErrDamaged
		newer       = sqlitestore.ErrNewer
		ours        = func(t *testing.T, path string) { written(t, path, someRecords()...) }
		changed     = func(do func([]byte) []byte) func(*testing.T, string) {
			return func(t *testing.T, path string) {
				ours(t, path)
				change(t, path, do)
			}
		}
	)
	for _, c := range []struct {
		name string
		make func(t *testing.T, path string)
		want error
		says string
	}{
		{"a text", func(t *testing.T, path string) { put(t, path, []byte("Dear Sir or Madam,\n")) },
			notSandbox, "of another kind"},
		{"a long file of zeros", func(t *testing.T, path string) { put(t, path, make([]byte, 10_000)) },
			notSandbox, "of another kind"},
		{"a database of another program", func(t *testing.T, path string) {
			executed(t, path, "CREATE TABLE record (seq INTEGER PRIMARY KEY)")
		}, notSandbox, "an SQLite database of another program"},
		{"a database of another program, which was killed", func(t *testing.T, path string) {
			elsewhere := filepath.Join(t.TempDir(), "foreign.db")
			db, err := foreign(elsewhere, "PRAGMA journal_mode = WAL", "CREATE TABLE record (seq INTEGER PRIMARY KEY)")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			if err := os.CopyFS(filepath.Dir(path), os.DirFS(filepath.Dir(elsewhere))); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(filepath.Join(filepath.Dir(path), "foreign.db"), path); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(filepath.Join(filepath.Dir(path), "foreign.db-wal"), path+"-wal"); err != nil {
				t.Fatal(err)
			}
		}, notSandbox, "an SQLite database of another program"},
		{"a folder", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, notSandbox, "a folder"},
		{"the beginning of a file, with 50 bytes", changed(func(text []byte) []byte { return text[:50] }),
			damaged, "it ends after 50 bytes"},
		{"the beginning of a file, with one page", changed(func(text []byte) []byte {
			return text[:sqlitestore.PageSize]
		}), damaged, ""},
		{"a file without its last page", changed(func(text []byte) []byte {
			return text[:len(text)-sqlitestore.PageSize]
		}), damaged, ""},
		{"a file without its last byte", changed(func(text []byte) []byte { return text[:len(text)-1] }),
			damaged, ""},
		{"a file with another first byte", changed(altered(0, 's')), damaged, "its header"},
		{"a file with another application_id", changed(altered(68, 0)), damaged, "its header"},
		{"a file with another page size", changed(altered(16, 0x20)), damaged, ""},
		{"a file of a newer version", changed(altered(63, 2)), newer,
			"it has format 2, this program knows format 1"},
		{"a file of a version that never was", changed(altered(63, 0)), damaged, "its format is 0"},
		{"a file with a flipped bit in the data of a record", changed(flippedIn(last)),
			damaged, "record 60 is not what was written"},
		{"a file with a page that counts a record less than it has", changed(func(text []byte) []byte {
			const leafOfTable, countAt = 0x0d, 4
			page := len(text) - sqlitestore.PageSize
			for text[page] != leafOfTable {
				page -= sqlitestore.PageSize
			}
			text[page+countAt]--
			return text
		}), damaged, ""},
		{"a file with a record under another Seq", func(t *testing.T, path string) {
			ours(t, path)
			executed(t, path, "UPDATE record SET seq = 600 WHERE seq = 60")
		}, damaged, "record 600 is not what was written"},
		{"a file with a record of another kind", func(t *testing.T, path string) {
			ours(t, path)
			executed(t, path, "UPDATE record SET kind = 'pocket' WHERE seq = 60")
		}, damaged, "record 60 is not what was written"},
		{"a file with a record whose Seq is negative", func(t *testing.T, path string) {
			ours(t, path)
			executed(t, path, "UPDATE record SET seq = -60 WHERE seq = 60")
		}, damaged, "-60"},
		{"a file with another table", func(t *testing.T, path string) {
			ours(t, path)
			executed(t, path, "CREATE TABLE extra (x)")
		}, damaged, "CREATE TABLE extra"},
		{"a file without the table", func(t *testing.T, path string) {
			ours(t, path)
			executed(t, path, "DROP TABLE record")
		}, damaged, "no table"},
		{"a file that another program was changing when it was killed", func(t *testing.T, path string) {
			ours(t, path)
			put(t, path+"-journal", []byte("something"))
		}, damaged, "bank.db-journal"},
		{"the log of a file that is empty", func(t *testing.T, path string) {
			abandoned(t, path, someRecords()...)
			put(t, path, nil)
		}, damaged, "bank.db-wal"},
		{"the log of a file that is damaged", func(t *testing.T, path string) {
			ours(t, path)
			abandoned(t, path, record(61, "one more"))
			change(t, path, flippedIn(first))
		}, damaged, "record 1 is not what was written"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			c.make(t, path)
			before := everything(t, filepath.Dir(path))
			for how, open := range map[string]func(string) error{"to write": write, "to read": justRead} {
				err := open(path)
				if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("opened %s: %v\nwant %v, %s", how, err, c.want, c.says)
				}
				if err != nil && !strings.Contains(err.Error(), "bank.db") {
					t.Errorf("%v: which file?", err)
				}
				if after := everything(t, filepath.Dir(path)); !maps.Equal(before, after) {
					t.Errorf("opened %s: it was not left as it was", how)
				}
			}
		})
	}
}

// flippedIn flips a bit of a record where a file has it.
func flippedIn(r sandbox.Record) func([]byte) []byte {
	return func(text []byte) []byte {
		text[bytes.LastIndex(text, r.Data)+100] ^= 1
		return text
	}
}

// altered puts a byte in the place of another.
func altered(at int, to byte) func([]byte) []byte {
	return func(text []byte) []byte {
		text[at] = to
		return text
	}
}

// write opens a file, loads what it has, and closes it.
func write(path string) error {
	store, _, err := loaded(path)
	if err != nil {
		return err
	}
	return store.Close()
}

func justRead(path string) error {
	_, err := read(path)
	return err
}

func TestALogWithoutItsFileIsRefused(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	abandoned(t, path, someRecords()...)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := write(path); !errors.Is(err, sqlitestore.ErrDamaged) {
		t.Errorf("%v, want ErrDamaged", err)
	}
	if err := justRead(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want fs.ErrNotExist", err)
	}
	if names := slices.Collect(maps.Keys(everything(t, filepath.Dir(path)))); len(names) != 1 {
		t.Errorf("there are %q", names)
	}
}

func TestAFolderThatDoesNotExistIsNotMade(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "folder", "bank.db")
	err := write(path)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "make it first") {
		t.Errorf("%v, want fs.ErrNotExist", err)
	}
	if err := justRead(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want fs.ErrNotExist", err)
	}
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it was made, or %v", err)
	}
}

func TestWhatIsNoRecordIsNotCommitted(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]sandbox.Record{
		"its Seq is zero":          {Kind: "customer", Seq: 0, Data: []byte("{}")},
		"its Seq is too large":     {Kind: "customer", Seq: 1 << 63, Data: []byte("{}")},
		"its Seq is there twice":   {Kind: "customer", Seq: 2, Data: []byte("{}")},
		"it has no kind":           {Kind: "", Seq: 3, Data: []byte("{}")},
		"its kind is too long":     {Kind: strings.Repeat("k", 33), Seq: 3, Data: []byte("{}")},
		"its kind has a capital":   {Kind: "Customer", Seq: 3, Data: []byte("{}")},
		"its kind has a zero byte": {Kind: "customer\x00", Seq: 3, Data: []byte("{}")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			store := opened(t, path)
			if err := store.Commit([]sandbox.Record{record(2, "two"), bad}); !errors.Is(err, sandbox.ErrNotCommitted) {
				t.Errorf("%v, want ErrNotCommitted", err)
			}
			if err := store.Commit([]sandbox.Record{record(1, "one")}); err != nil {
				t.Error(err)
			}
			if err := store.Commit([]sandbox.Record{{Seq: 1}}); err != nil {
				t.Errorf("a record is removed by its Seq: %v", err)
			}
		})
	}
}

func TestWhatWasNotLoadedIsNotWritten(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	written(t, path, someRecords()...)
	before := everything(t, filepath.Dir(path))
	store, err := sqlitestore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Commit([]sandbox.Record{record(1, "one")}); !errors.Is(err, sandbox.ErrNotCommitted) {
		t.Errorf("%v, want ErrNotCommitted", err)
	}
	closed(t, store)
	store, err = sqlitestore.OpenReadOnly(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := load(store); err != nil {
		t.Error(err)
	}
	if err := store.Commit([]sandbox.Record{record(1, "one")}); !errors.Is(err, sandbox.ErrNotCommitted) {
		t.Errorf("%v, want ErrNotCommitted", err)
	}
	closed(t, store)
	if after := everything(t, filepath.Dir(path)); !maps.Equal(before, after) {
		t.Error("the file was written")
	}
}
