package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"
)

// way is one way to do what others do as well.
type way struct {
	name string
	do   func(context.Context) error
}

// figures are those of one way.
type figures struct {
	// time and allocations are medians per call.
	time        time.Duration
	allocations float64
	bytes       float64
	// timeRatio is the median, over the rounds, of its time by that of the peer in the same round; low and high are the
	// quartiles.
	timeRatio, low, high float64
	allocationRatio      float64
}

// compare lets the ways take turns, so that whatever else the machine does hits all of them, and each begins with a clean
// heap. Their order changes with every round. Ratios are to the way with the index peer.
func compare(ctx context.Context, rounds, calls, peer int, ways []way) ([]figures, error) {
	times, allocations, bytes := make([][]float64, len(ways)), make([][]float64, len(ways)), make([][]float64, len(ways))
	for round := -1; round < rounds; round++ { // The first one warms up.
		for turn := range ways {
			i := (turn + round + 1) % len(ways)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			start := time.Now()
			for range calls {
				if err := ways[i].do(ctx); err != nil {
					return nil, fmt.Errorf("%s: %w", ways[i].name, err)
				}
			}
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if round < 0 {
				continue
			}
			times[i] = append(times[i], float64(took)/float64(calls))
			allocations[i] = append(allocations[i], float64(after.Mallocs-before.Mallocs)/float64(calls))
			bytes[i] = append(bytes[i], float64(after.TotalAlloc-before.TotalAlloc)/float64(calls))
		}
	}
	results := make([]figures, len(ways))
	for i := range ways {
		ratios := make([]float64, rounds)
		for round := range ratios {
			ratios[round] = times[i][round] / times[peer][round]
		}
		results[i] = figures{
			time: time.Duration(quantile(times[i], 0.5)), allocations: quantile(allocations[i], 0.5), bytes: quantile(bytes[i], 0.5),
			timeRatio: quantile(ratios, 0.5), low: quantile(ratios, 0.25), high: quantile(ratios, 0.75),
			allocationRatio: quantile(allocations[i], 0.5) / quantile(allocations[peer], 0.5),
		}
	}
	return results, nil
}

// quantile returns the element at the fraction q of the sorted values.
func quantile(values []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(q*float64(len(sorted)-1)+0.5)]
}
