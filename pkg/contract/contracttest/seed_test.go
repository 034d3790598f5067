package contracttest_test

import (
	"bytes"
	"context"
	"os"
	"strconv"
	"testing"
	"time"

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

// clocks are when a bank is tested: each seed has another one. The last is that of the machine, which goes on.
var clocks = []time.Time{
	time.Date(2026, 3, 7, 12, 0, 0, 0, time.UTC),   // a Saturday
	time.Date(2026, 3, 8, 6, 59, 59, 0, time.UTC),  // summer time begins
	time.Date(2026, 7, 3, 23, 59, 59, 0, time.UTC), // a holiday's end
	time.Date(2026, 12, 31, 23, 59, 50, 0, time.UTC),
	time.Date(2028, 2, 29, 21, 30, 0, 0, time.UTC),
	time.Date(2026, 11, 27, 3, 0, 0, 0, time.UTC),
	time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
	time.Date(2026, 6, 18, 20, 30, 0, 0, time.UTC),
	time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC),
	{},
}

// Whatever is drawn, nothing is found on a server that is right. CONTRACT_SEEDS is how many seeds are tried, each with
// 200,000 requests of all phases; without it there are few, of those phases that draw.
func TestNoSeedFindsAnythingOnTheSandbox(t *testing.T) {
	t.Parallel()
	seeds, err := strconv.Atoi(os.Getenv("CONTRACT_SEEDS"))
	isLong := err == nil
	if !isLong {
		seeds = 2
	}
	for seed := range seeds {
		config := bankAt(t, clocks[seed%len(clocks)])
		config.Seed, config.MaxTime = uint64(seed)+1, time.Hour
		if isLong {
			config.MaxRequests, config.Generated = 200_000, 2_000 // More are drawn than are sent.
		} else {
			config.Generated, config.Phases = 3, []string{"generated"}
		}
		start := time.Now()
		report, err := contracttest.Run(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range report.Findings {
			t.Errorf("seed %d: %s", config.Seed, f)
		}
		if isLong && report.Requests < config.MaxRequests*99/100 {
			t.Errorf("seed %d: the run was through after %d requests", config.Seed, report.Requests)
		}
		t.Logf("seed %d: %d requests in %s, %d findings", config.Seed, report.Requests,
			time.Since(start).Round(time.Second), len(report.Findings))
	}
}
