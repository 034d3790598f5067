package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/jiko-partner/partner-go/bench"
	"github.com/jiko-partner/partner-go/internal/pgserver"
	"github.com/jiko-partner/partner-go/internal/redisserver"
)

// The targets: what a claim and a completion may take in a Memory, what its live keys may hold, and what a step of a
// shared store may take by as many empty round trips.
const (
	maxMemoryTime        = 2 * time.Microsecond
	maxMemoryAllocations = 6
	liveKeys             = 100_000
	maxLiveBytes         = 64e6
	maxRoundTripRatio    = 1.5
)

// reportMemoryStore measures the store in memory.
func reportMemoryStore(ctx context.Context, w io.Writer, o options) error {
	steps, err := bench.Memory(ctx)
	if err != nil {
		return err
	}
	results, err := compare(ctx, o.rounds, o.calls, 0,
		[]way{{name: "claim and complete", do: steps.ClaimAndComplete}, {name: "replay", do: steps.Replay}})
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Idempotency in memory: medians of %d alternating rounds of %d calls\n\n", o.rounds, o.calls)
	fmt.Fprintf(w, "step\ttime\t≤ %s\tallocs\t≤ %d\n", microseconds(maxMemoryTime), maxMemoryAllocations)
	claim, replay := results[0], results[1]
	fast, lean := claim.time <= maxMemoryTime, claim.allocations <= maxMemoryAllocations+0.5
	fmt.Fprintf(w, "claim and complete\t%s\t%s\t%.0f\t%s\n", microseconds(claim.time), met(fast), claim.allocations,
		met(lean))
	fmt.Fprintf(w, "replay\t%s\t\t%.0f\t\n", microseconds(replay.time), replay.allocations)

	var before, after runtime.MemStats
	store, err := bench.NewMemory()
	if err != nil {
		return err
	}
	runtime.GC()
	runtime.ReadMemStats(&before)
	if err := bench.Fill(ctx, store, liveKeys); err != nil {
		return err
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	held := float64(after.HeapAlloc) - float64(before.HeapAlloc)
	small := held <= maxLiveBytes
	fmt.Fprintf(w, "%d live keys with 200 bytes each\t%.1f MB\t≤ %.0f MB\t%s\t\n", store.Len(), held/1e6,
		maxLiveBytes/1e6, met(small))
	if !fast || !lean || !small {
		return errTarget
	}
	return nil
}

// reportSharedStores measures the stores that processes share, beside empty round trips and bare writes.
func reportSharedStores(ctx context.Context, w io.Writer, o options) error {
	fmt.Fprintf(w,
		"Idempotency in shared stores, on one loopback connection to a server that does not wait for a disk:\n"+
			"medians of %d alternating rounds of %d calls\n\n", o.rounds, sharedCalls(o))
	fmt.Fprintf(w, "store\twhat\ttime\tallocs\tratio (quartiles)\t≤ %.1f\n", maxRoundTripRatio)
	missed := false
	drawn := panel{name: "A key in a shared store", scale: "time by that of as many empty round trips",
		target: maxRoundTripRatio, bound: fmt.Sprintf("at most %.1f", maxRoundTripRatio), reference: "round trips"}
	for _, store := range []struct {
		name, nothing, writes string
		start                 func(context.Context) (bench.Steps, func(), error)
	}{
		{"Redis", "PING", "SET", bench.Redis},
		{"PostgreSQL", "SELECT 1", "INSERT and UPDATE", bench.PostgreSQL},
	} {
		steps, stop, err := store.start(ctx)
		if errors.Is(err, redisserver.ErrNotInstalled) || errors.Is(err, pgserver.ErrNotInstalled) {
			fmt.Fprintf(w, "%s\tleft out, as it is not installed\t\t\t\t\n", store.name)
			continue
		} else if err != nil {
			return err
		}
		bars, ok, err := reportShared(ctx, w, o, store.name, store.nothing, store.writes, steps)
		stop()
		if err != nil {
			return err
		}
		missed = missed || !ok
		drawn.bars = append(drawn.bars, bars...)
	}
	o.chart.add(drawn)
	if missed {
		return errTarget
	}
	return nil
}

// sharedCalls is how many calls make a turn where each takes a round trip.
func sharedCalls(o options) int { return max(1, o.calls/5) }

func reportShared(ctx context.Context, w io.Writer, o options, name, nothing, writes string,
	steps bench.Steps) (bars []bar, ok bool, err error) {
	ok = true
	twice := func(ctx context.Context) error { return errors.Join(steps.RoundTrip(ctx), steps.RoundTrip(ctx)) }
	for _, group := range [][]way{
		{{name: "two " + nothing, do: twice}, {name: "claim and complete", do: steps.ClaimAndComplete},
			{name: "two bare writes, " + writes, do: steps.Writes}},
		{{name: "one " + nothing, do: steps.RoundTrip}, {name: "replay", do: steps.Replay}},
	} {
		results, err := compare(ctx, o.rounds, sharedCalls(o), 0, group)
		if err != nil {
			return nil, false, err
		}
		for i, f := range results {
			verdict := ""
			if i == 1 { // the store, beside the round trips before it
				enough := f.timeRatio <= maxRoundTripRatio
				verdict, ok = met(enough), ok && enough
			}
			if i > 0 {
				bars = append(bars, ratioBar(name+": "+group[i].name, f, i == 1))
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%.0f\t%.2f (%.2f–%.2f)\t%s\n", name, group[i].name, microseconds(f.time),
				f.allocations, f.timeRatio, f.low, f.high, verdict)
		}
	}
	return bars, ok, nil
}
