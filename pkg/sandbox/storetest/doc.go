// Package storetest holds any implementation of [github.com/jiko-partner/partner-go/pkg/sandbox.Store] to the contract:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) storetest.Subject {
//			path := filepath.Join(t.TempDir(), "bank.db")
//			return storetest.Subject{Open: func() (sandbox.Store, error) { return sqlitestore.Open(path) }}
//		})
//	}
//
// The suite has a case for each promise of the contract, and one that makes random commits, opens the storage again now
// and then, and compares what is there to a model. A failure says which sentence of the contract is broken. What the
// suite cannot show is that records outlast the process: whoever writes a store kills one to see.
//
// The flag -rapid.checks says how often the random case runs.
package storetest
