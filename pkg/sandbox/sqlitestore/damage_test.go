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
