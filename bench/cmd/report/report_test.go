package main

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	becomeChild()
	os.Exit(m.Run())
}

func TestManyCallersOfAColdClientLogInOnce(t *testing.T) {
	if err := reportLogins(context.Background(), io.Discard, options{}); err != nil {
		t.Fatal(err)
	}
}

func TestEverythingButTheBuildsIsReported(t *testing.T) {
	o := options{rounds: 1, calls: 1, seconds: 1, module: "../.."}
	if err := report(context.Background(), io.Discard, o); err != nil && !errors.Is(err, errTarget) { // Times are anything here.
		t.Fatal(err)
	}
}

var sink []byte

func TestCompareCountsPerCallAndByThePeer(t *testing.T) {
	allocate := func(n int) func(context.Context) error {
		return func(context.Context) error {
			for range n {
				sink = make([]byte, 64)
			}
			return nil
		}
	}
	results, err := compare(context.Background(), 3, 1000, 1, []way{{name: "three", do: allocate(3)}, {name: "two", do: allocate(2)}})
	if err != nil {
		t.Fatal(err)
	}
	if three := results[0]; three.allocations < 3 || three.allocations > 3.1 || three.allocationRatio < 1.4 || three.allocationRatio > 1.6 {
		t.Errorf("three allocations by two are reported as %+v", three)
	}
	if two := results[1]; two.timeRatio != 1 || two.allocationRatio != 1 {
		t.Errorf("the peer by itself is reported as %+v", two)
	}
	failure := errors.New("no")
	if _, err := compare(context.Background(), 1, 1, 0, []way{{name: "fails", do: func(context.Context) error { return failure }}}); !errors.Is(err, failure) {
		t.Errorf("a failing way is reported as %v", err)
	}
}

func TestQuantile(t *testing.T) {
	for _, c := range []struct {
		values  []float64
		q, want float64
	}{
		{[]float64{5}, 0.5, 5},
		{[]float64{3, 1, 2}, 0.5, 2},
		{[]float64{5, 4, 3, 2, 1}, 0.25, 2},
		{[]float64{5, 4, 3, 2, 1}, 0.75, 4},
	} {
		if got := quantile(c.values, c.q); got != c.want {
			t.Errorf("quantile(%v, %v) = %v; want %v", c.values, c.q, got, c.want)
		}
	}
}
