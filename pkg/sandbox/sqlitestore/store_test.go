package sqlitestore_test

import (
	"path/filepath"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/sandbox/sqlitestore"
	"github.com/jiko-partner/partner-go/pkg/sandbox/storetest"
)

func TestAFileKeepsTheContract(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Subject {
		path := filepath.Join(t.TempDir(), "bank.db")
		return storetest.Subject{
			Open:   func() (sandbox.Store, error) { return sqlitestore.Open(path) },
			Binary: true,
			Fill: func(store sandbox.Store) (func(), error) {
				file := store.(*sqlitestore.Store)
				has, err := file.LimitPages(1)
				if err == nil {
					_, err = file.LimitPages(has + 20)
				}
				return func() {
					if _, err := file.LimitPages(0); err != nil {
						t.Error(err)
					}
				}, err
			},
		}
	})
}
