package sandbox_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state/statetest"
)

// change replaces a text in the first record of a kind that has it.
func change(t *testing.T, store *statetest.Memory, kind, from, to string) {
	t.Helper()
	for _, r := range store.Records() {
		if r.Kind == kind && bytes.Contains(r.Data, []byte(from)) {
			r.Data = bytes.Replace(r.Data, []byte(from), []byte(to), 1)
			store.Put(r)
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
			store := &statetest.Memory{}
			bank := sandbox.Start(t, sandbox.Config{Store: store})
			w := &world{Client: bank.Client, bank: bank.Sandbox}
			w.pockets(t, 12345)
			if err := bank.Sandbox.Close(); err != nil {
				t.Fatal(err)
			}
			if c.kind != "" {
				change(t, store, c.kind, c.from, c.to)
			}
			counts, err := sandbox.Verify(store)
			if counts["pocket"] != 1 || (err == nil) != (c.want == "") ||
				err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, %v; want %q", counts, err, c.want)
			}
		})
	}
}
