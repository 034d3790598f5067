// Package storetest holds implementations of idempotency.Store to their contract:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) storetest.Subject {
//			return storetest.Subject{Store: open(t)}
//		})
//	}
//
// The suite has one case for each promise of the contract; a model check, which walks the store at random and compares
// every answer to a model; and linearizability checks, which let goroutines loose on the store and look for an order of
// their calls that explains all answers. A failure says which sentence of the contract is broken.
//
// Every case has scopes of its own, so the subjects may share one database, and what earlier runs left there does no
// harm. The model check runs as often as the flag -rapid.checks says; -short has less of all random checks.
package storetest
