// Package storetest holds any implementation of [github.com/jiko-partner/partner-go/pkg/idempotency.Store] to the
// contract:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) storetest.Subject {
//			return storetest.Subject{Store: open(t)}
//		})
//	}
//
// The suite that [Run] runs on a [Subject] has a case for each promise of the contract. Its model check makes random
// calls and compares every answer to a model. Its linearizability checks make calls from several goroutines at once,
// and look for an order of the calls that explains all answers. A failure says which sentence of the contract is
// broken.
//
// Each case has scopes of its own, so the subjects may share a database, and what earlier runs left there does no harm.
// The flag -rapid.checks says how often the model check runs; -short makes all random checks shorter.
package storetest
