package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jiko-partner/partner-go/bench"
)

// maxRefusal is how much more than an accepted body of its size a refused one may cost.
const maxRefusal = 2.0

// reportRefusals measures what a stranger can cost: by a body that is refused, by requests without an end, and by
// memory that is held.
func reportRefusals(ctx context.Context, w io.Writer, o options) error {
	var missed error
	for _, part := range []func(context.Context, io.Writer, options) error{reportCosts, reportStrangers, reportHeld} {
		switch err := part(ctx, w, o); {
		case errors.Is(err, errTarget):
			missed = err
		case err != nil:
			return err
		}
	}
	return missed
}

// reportCosts compares refused bodies with accepted ones.
func reportCosts(ctx context.Context, w io.Writer, o options) error {
	handler, err := bench.RefusalHandler()
	if err != nil {
		return err
	}
	rounds := max(1, o.rounds/10)
	missed := false
	for _, size := range []struct {
		name         string
		bytes, calls int
	}{{"4 KiB", 4000, max(1, o.calls/10)}, {"1 MiB", 1<<20 - 200, 1}} {
		fmt.Fprintf(w,
			"A body of %s, refused beside accepted by the same operation: medians of %d alternating rounds\n\n",
			size.name, rounds)
		fmt.Fprintf(w, "body\taccepted\trefused\tratio (quartiles)\t≤ %.1f\tallocs\tbytes\n", maxRefusal)
		for _, refusal := range bench.Refusals(size.bytes) {
			results, err := compare(ctx, rounds, size.calls, 0, []way{
				{name: refusal.Name, do: func(context.Context) error { return refusal.Accepted.Do(handler) }},
				{name: refusal.Name, do: func(context.Context) error { return refusal.Refused.Do(handler) }},
			})
			if err != nil {
				return err
			}
			f := results[1]
			enough := f.timeRatio <= maxRefusal
			missed = missed || !enough
			fmt.Fprintf(w, "%s\t%s\t%s\t%.2f (%.2f–%.2f)\t%s\t%.0f\t%.0f\n", refusal.Name,
				microseconds(results[0].time),
				microseconds(f.time), f.timeRatio, f.low, f.high, met(enough), f.allocations, f.bytes)
		}
		fmt.Fprintln(w)
	}
	if missed {
		return errTarget
	}
	return nil
}
