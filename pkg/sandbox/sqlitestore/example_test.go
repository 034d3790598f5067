package sqlitestore_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/sandbox/sqlitestore"
)

// A sandbox goes on where the last one with the same file has ended.
func Example() {
	folder, err := os.MkdirTemp("", "bank-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(folder) }()
	var last [32]byte
	for range 2 {
		store, err := sqlitestore.Open(filepath.Join(folder, "bank.db"))
		if err != nil {
			fmt.Println(err)
			return
		}
		bank, err := sandbox.New(sandbox.Config{Store: store})
		if err != nil { // The store is closed.
			fmt.Println(err)
			return
		}
		hash, err := bank.StateHash()
		fmt.Println(hash == last, err)
		last = hash
		if err := bank.Close(); err != nil { // It closes the store.
			fmt.Println(err)
		}
	}
	// Output:
	// false <nil>
	// true <nil>
}
