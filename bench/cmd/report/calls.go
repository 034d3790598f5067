package main

import (
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"sync"

	"github.com/jiko-partner/partner-go/bench"
	"github.com/jiko-partner/partner-go/bench/loopback"
)

// The targets: what a call may take by what the same call takes by hand.
const (
	maxTimeRatio       = 1.15
	maxAllocationRatio = 1.30
)

const coldCallers = 1_000

// reportCalls compares whole calls. The targets are for pkg/partner; the generated client is shown for information.
func reportCalls(ctx context.Context, w io.Writer, o options) error {
	baseURL, stop, err := loopback.Start(ctx)
	if err != nil {
		return err
	}
	defer stop()
	contenders, err := bench.Contenders(baseURL)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Calls to a loopback server in another process: medians of %d alternating rounds of %d calls\n\n",
		o.rounds, o.calls)
	fmt.Fprintf(w, "call\tway\ttime\tallocs\tbytes\tratio (quartiles)\t≤ %.2f\talloc ratio\t≤ %.2f\n",
		maxTimeRatio, maxAllocationRatio)
	missed := false
	drawn := panel{name: "A call to a loopback server", scale: "time by that of the same call by hand",
		target: maxTimeRatio, bound: fmt.Sprintf("at most %.2f", maxTimeRatio), reference: "by hand"}
	for _, row := range []struct {
		name string
		call func(context.Context, bench.Contender) error
	}{
		{"GET pocket", func(ctx context.Context, c bench.Contender) error {
			_, err := c.GetPocket(ctx)
			return err
		}},
		{"POST on-us transfer", func(ctx context.Context, c bench.Contender) error {
			_, err := c.Transfer(ctx)
			return err
		}},
		{"the same, and making it", func(ctx context.Context, c bench.Contender) error {
			_, err := c.MakeAndTransfer(ctx)
			return err
		}},
	} {
		var ways []way
		peer := 0
		for i, c := range contenders {
			if c.Name == bench.ByHand {
				peer = i
			}
			ways = append(ways, way{name: c.Name, do: func(ctx context.Context) error { return row.call(ctx, c) }})
		}
		results, err := compare(ctx, o.rounds, o.calls, peer, ways)
		if err != nil {
			return err
		}
		for i, f := range results {
			timeMet, allocationsMet := "", ""
			if ways[i].name == bench.PkgPartner {
				fast, lean := f.timeRatio <= maxTimeRatio, f.allocationRatio <= maxAllocationRatio
				timeMet, allocationsMet = met(fast), met(lean)
				missed = missed || !fast || !lean
			}
			fmt.Fprintf(w, "%s\t%s\t%.1f µs\t%.0f\t%.0f\t%.2f (%.2f–%.2f)\t%s\t%.2f\t%s\n", row.name, ways[i].name,
				float64(f.time.Nanoseconds())/1000, f.allocations, f.bytes, f.timeRatio, f.low, f.high, timeMet,
				f.allocationRatio, allocationsMet)
			if i != peer {
				drawn.bars = append(drawn.bars,
					ratioBar(row.name+": "+ways[i].name, f, ways[i].name == bench.PkgPartner))
			}
		}
	}
	o.chart.add(drawn)
	if missed {
		return errTarget
	}
	return nil
}

// reportLogins sends many concurrent calls through a client that has not logged in yet.
func reportLogins(ctx context.Context, w io.Writer, _ options) error {
	handler := &loopback.Handler{}
	server := httptest.NewServer(handler)
	defer server.Close()
	client, err := bench.Ours(server.URL)
	if err != nil {
		return err
	}
	var (
		callers sync.WaitGroup
		start   = make(chan struct{})
		errs    = make(chan error, coldCallers)
	)
	for range coldCallers {
		callers.Go(func() {
			<-start
			_, err := client.GetPocket(ctx)
			errs <- err
		})
	}
	close(start)
	callers.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "%d concurrent callers of a cold client\tlogins: %d\t= 1\t%s\n", coldCallers, handler.Logins(),
		met(handler.Logins() == 1))
	if handler.Logins() != 1 {
		return errTarget
	}
	return nil
}
