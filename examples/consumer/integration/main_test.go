package integration_test

import (
	"os"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// What payouts call has to be called here, and to succeed: a test that is gone is noticed by the share that it had.
func TestMain(m *testing.M) {
	os.Exit(contracttest.Main(m, contracttest.Minimum{
		Only:       []string{"getPocket", "createOnUsTransfer", "getOnUsTransfer"},
		Operations: 1, Statuses: 0.5,
	}))
}
