package pgstore_test

import (
	"testing"

	"github.com/jiko-partner/partner-go/pkg/idempotency/storetest"
)

func TestAStoreKeepsTheContract(t *testing.T) {
	// Cases have scopes of their own.
	d := newDatabase(t)
	storetest.Run(t, func(t *testing.T) storetest.Subject {
		store := d.store(t)
		return storetest.Steady(store, store.Advance)
	})
}
