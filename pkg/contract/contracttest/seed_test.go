package contracttest_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// Whoever runs it again, on whatever machine, sends the same requests byte by byte.
func TestASeedSendsTheSameRequests(t *testing.T) {
	t.Parallel()
	sent := func(seed uint64) string {
		var trace bytes.Buffer
		config := bank(t)
		config.Seed, config.Trace = seed, &trace
		config.Operations = []string{"createPocket", "listPocketTransactions", "setCardPIN", "createACHOrigination"}
		if _, err := contracttest.Run(context.Background(), config); err != nil {
			t.Fatal(err)
		}
		return trace.String()
	}
	one, again, other := sent(1), sent(1), sent(2)
	if one != again {
		t.Error("the same seed sends other requests")
	}
	if one == other {
		t.Error("another seed sends the same requests")
	}
}
