package sandbox_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// shelf is a store in memory, which can be looked into and opened again.
type shelf struct {
	mu      sync.Mutex
	records map[uint64]sandbox.Record
}

func (k *shelf) Load(yield func(sandbox.Record) error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, seq := range slices.Sorted(maps.Keys(k.records)) {
		if err := yield(k.records[seq]); err != nil {
			return err
		}
	}
	return nil
}

func (k *shelf) Commit(records []sandbox.Record) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.records == nil {
		k.records = map[uint64]sandbox.Record{}
	}
	for _, r := range records {
		if len(r.Data) == 0 {
			delete(k.records, r.Seq)
		} else {
			k.records[r.Seq] = r
		}
	}
	return nil
}

func (k *shelf) Close() error { return nil }

// change replaces a text in the first record of a kind that has it.
func (k *shelf) change(t *testing.T, kind, from, to string) {
	t.Helper()
	for _, seq := range slices.Sorted(maps.Keys(k.records)) {
		if r := k.records[seq]; r.Kind == kind && bytes.Contains(r.Data, []byte(from)) {
			r.Data = bytes.Replace(r.Data, []byte(from), []byte(to), 1)
			k.records[seq] = r
			return
		}
	}
	t.Fatalf("no %s has %q", kind, from)
}

// Whatever is changed by hand where the money is, somebody who adds it up again finds it.
func TestWhatDoesNotAddUpIsFound(t *testing.T) {
	for _, c := range []struct{ name, kind, from, to, want string }{
		{"nothing", "", "", "", ""},
		{"a posting", "event", `"cents":12345`, `"cents":12346`, "postings"},
		{"a balance", "event", `"balance":12345`, `"balance":12346`, "postings make"},
		{"a transaction", "transaction", `"cents":12345`, `"cents":12344`, "transaction"},
		{"what T-bills have cost", "lot", `"cost":`, `"cost":1`, "T-bills"},
		{"how many T-bills there are", "lot", `"quantity":1`, `"quantity":2`, "lot"},
		{"what a pocket has earned", "pocket", `"name":`, `"realized":7,"name":`, "earned"},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := &shelf{}
			bank := sandbox.Start(t, sandbox.Config{Store: store})
			w := &world{Client: bank.Client, bank: bank.Sandbox}
			w.pockets(t, 12345)
			if err := bank.Sandbox.Close(); err != nil {
				t.Fatal(err)
			}
			if c.kind != "" {
				store.change(t, c.kind, c.from, c.to)
			}
			counts, err := sandbox.Verify(store)
			if counts["pocket"] != 1 || (err == nil) != (c.want == "") ||
				err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, %v; want %q", counts, err, c.want)
			}
		})
	}
}
