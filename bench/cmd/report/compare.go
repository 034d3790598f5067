package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"
)

// way is one of several ways to do the same thing.
type way struct {
	name string
	do   func(context.Context) error
	// calls is how many calls make a turn, if not as many as for the others.
	calls int
	// cold has it without a turn to warm up.
	cold bool
}

// figures sum up the rounds of one way.
type figures struct {
	// time and allocations are medians per call.
	time        time.Duration
	allocations float64
	bytes       float64
	// timeRatio is the median over all rounds of its time divided by the peer's in the same round; low and high are the
	// quartiles.
	timeRatio, low, high float64
	allocationRatio      float64
}

// samples are the measurements of each way in each round, per call.
type samples struct{ times, allocations, bytes [][]float64 }

// compare measures the ways. Ratios are to the way at index peer.
func compare(ctx context.Context, rounds, calls, peer int, ways []way) ([]figures, error) {
	s, err := measure(ctx, rounds, calls, ways)
	if err != nil {
		return nil, err
	}
	return s.figures(peer), nil
}

// measure lets the ways take turns, so that whatever else the machine does hits all of them. Each turn begins with a
// clean heap, and every round has another order.
func measure(ctx context.Context, rounds, calls int, ways []way) (samples, error) {
	s := samples{make([][]float64, len(ways)), make([][]float64, len(ways)), make([][]float64, len(ways))}
	for round := -1; round < rounds; round++ { // The first one warms up.
		for turn := range ways {
			i := (turn + round + 1) % len(ways)
			if round < 0 && ways[i].cold {
				continue
			}
			n := calls
			if ways[i].calls > 0 {
				n = ways[i].calls
			}
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			start := time.Now()
			for range n {
				if err := ways[i].do(ctx); err != nil {
					return samples{}, fmt.Errorf("%s: %w", ways[i].name, err)
				}
			}
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if round < 0 {
				continue
			}
			s.times[i] = append(s.times[i], float64(took)/float64(n))
			s.allocations[i] = append(s.allocations[i], float64(after.Mallocs-before.Mallocs)/float64(n))
			s.bytes[i] = append(s.bytes[i], float64(after.TotalAlloc-before.TotalAlloc)/float64(n))
		}
	}
	return s, nil
}

// above returns what each way takes beyond the way at index base, round by round.
func (s samples) above(base int) samples {
	subtract := func(values [][]float64) [][]float64 {
		differences := make([][]float64, len(values))
		for i := range values {
			for round, value := range values[i] {
				differences[i] = append(differences[i], value-values[base][round])
			}
		}
		return differences
	}
	return samples{subtract(s.times), subtract(s.allocations), subtract(s.bytes)}
}

// figures sums up the rounds. Ratios are to the way at index peer.
func (s samples) figures(peer int) []figures {
	results := make([]figures, len(s.times))
	for i := range results {
		ratios := make([]float64, len(s.times[i]))
		for round := range ratios {
			ratios[round] = s.times[i][round] / s.times[peer][round]
		}
		results[i] = figures{
			time: time.Duration(quantile(s.times[i], 0.5)), allocations: quantile(s.allocations[i], 0.5),
			bytes:     quantile(s.bytes[i], 0.5),
			timeRatio: quantile(ratios, 0.5), low: quantile(ratios, 0.25), high: quantile(ratios, 0.75),
			allocationRatio: quantile(s.allocations[i], 0.5) / quantile(s.allocations[peer], 0.5),
		}
	}
	return results
}

// quantile returns the element at the fraction q of the sorted values.
func quantile(values []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(q*float64(len(sorted)-1)+0.5)]
}
