package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

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
		fmt.Fprintf(w, "A body of %s through pkg/server, refused beside accepted by the same operation:\n"+
			"the worst of several defects each, medians of %d alternating rounds\n\n", size.name, rounds)
		fmt.Fprintf(w, "body\tdefect\taccepted\trefused\tratio (quartiles)\t≤ %.1f\tallocs\tbytes\n", maxRefusal)
		worst, order, err := measureRefusals(ctx, handler, bench.Refusals(size.bytes), rounds, size.calls,
			o.short)
		if err != nil {
			return err
		}
		for _, filling := range order {
			f := worst[filling]
			enough := f.timeRatio <= maxRefusal
			missed = missed || !enough
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%.2f (%.2f–%.2f)\t%s\t%.0f\t%.0f\n", filling, f.defect,
				microseconds(f.accepted), microseconds(f.time), f.timeRatio, f.low, f.high, met(enough), f.allocations,
				f.bytes)
		}
		fmt.Fprintln(w)
	}
	if missed {
		return errTarget
	}
	return nil
}

// refused is what a body costs that is refused, and an accepted one like it.
type refused struct {
	figures
	defect   string
	accepted time.Duration
}

// measureRefusals returns the worst defect of each filling, and the fillings in their order.
func measureRefusals(ctx context.Context, handler http.Handler, refusals []bench.Refusal, rounds,
	calls int, cold bool) (worst map[string]refused, order []string, err error) {
	worst = map[string]refused{}
	for _, r := range refusals {
		results, err := compare(ctx, rounds, calls, 0, []way{
			{name: r.Filling, do: func(context.Context) error { return r.Accepted.Do(handler) }, cold: cold},
			{name: r.Filling + ", " + r.Defect, do: func(context.Context) error { return r.Refused.Do(handler) },
				cold: cold},
		})
		if err != nil {
			return nil, nil, err
		}
		before, known := worst[r.Filling]
		if !known {
			order = append(order, r.Filling)
		}
		if results[1].timeRatio > before.timeRatio {
			worst[r.Filling] = refused{results[1], r.Defect, results[0].time}
		}
	}
	return worst, order, nil
}
