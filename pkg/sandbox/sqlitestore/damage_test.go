package sqlitestore_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/sqlitestore"
)

// Bits that nobody reads may flip; of all others, no record is left out or changed without a word.
func TestAFlippedBitIsNoticedOrChangesNothing(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	all := someRecords()
	written(t, path, all...)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(r *rapid.T) {
		text := append([]byte(nil), whole...)
		text[rapid.IntRange(0, len(text)-1).Draw(r, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(r, "bit")
		put(t, path, text)
		before := everything(t, filepath.Dir(path))
		got, err := read(path)
		switch {
		case err == nil && !same(got, all):
			r.Fatalf("%d records are read, and not those that were written", len(got))
		case err != nil && !errors.Is(err, sqlitestore.ErrDamaged) && !errors.Is(err, sqlitestore.ErrNewer):
			r.Fatalf("%v, want ErrDamaged", err)
		case err != nil:
			if err := write(path); !errors.Is(err, sqlitestore.ErrDamaged) && !errors.Is(err, sqlitestore.ErrNewer) {
				r.Fatalf("opened to write: %v, want ErrDamaged", err)
			}
		}
		if after := everything(t, filepath.Dir(path)); !maps.Equal(before, after) {
			r.Fatalf("it was not left as it was")
		}
	})
}

// A log ends where it is damaged: there is no telling whether more was committed. What is before that is all there.
func TestADamagedLogLosesItsEndAlone(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	all := someRecords()
	elsewhere := newPath(t)
	store := opened(t, elsewhere)
	for _, r := range all {
		if err := store.Commit(all[r.Seq-1 : r.Seq]); err != nil {
			t.Fatal(err)
		}
	}
	main, err := os.ReadFile(elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(elsewhere + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(r *rapid.T) {
		text := append([]byte(nil), log...)
		if rapid.Bool().Draw(r, "cut off") {
			text = text[:rapid.IntRange(0, len(text)).Draw(r, "bytes")]
		} else {
			text[rapid.IntRange(0, len(text)-1).Draw(r, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(r, "bit")
		}
		put(t, path, main)
		put(t, path+"-wal", text)
		before := everything(t, filepath.Dir(path))
		got, err := read(path)
		if errors.Is(err, sqlitestore.ErrDamaged) {
			return
		}
		if err != nil || len(got) > len(all) || !same(got, all[:len(got)]) {
			r.Fatalf("%d records, %v", len(got), err)
		}
		if after := everything(t, filepath.Dir(path)); !maps.Equal(before, after) {
			r.Fatalf("it was not left as it was")
		}
		store, again, err := loaded(path)
		if err != nil || !same(again, got) {
			r.Fatalf("%d records are read, then %d, %v", len(got), len(again), err)
		}
		closed(t, store)
	})
}
