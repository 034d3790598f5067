package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/bench"
)

// The targets of pkg/validation. A middleware costs what a handler takes longer behind it than without it.
const (
	maxCostRatio       = 0.15
	maxGetAllocations  = 5
	maxPostAllocations = 10
	// The time per request may grow by this much from 10 to 1,000 paths, and the time per byte from 64 KiB to 1 MiB.
	// Neither would grow on a quiet machine whose cache holds everything; the rest is leeway for other machines.
	maxPathGrowth = 1.3
	maxByteGrowth = 1.3
)

// reportValidation compares what the middlewares cost.
func reportValidation(ctx context.Context, w io.Writer, o options) error {
	requests, err := bench.Requests()
	if err != nil {
		return err
	}
	fmt.Fprintf(w,
		"Validation, in process: what it takes above the same handler without it,\n"+
			"medians of %d alternating rounds of %d calls\n\n", o.rounds, o.calls)
	names, handlers := load(w, partnergo.Spec(), o.without)
	peer, none := index(names, bench.NetHTTPMiddleware), index(names, bench.NoValidation)
	if index(names, bench.PkgValidation) < 0 || peer < 0 {
		return errors.New("the contract cannot be loaded by all that the targets are about")
	}
	fmt.Fprintf(w, "request\tway\ttime\tallocs\tbytes\ttime ratio (quartiles)\t≤ %.2f\tallocs\n", maxCostRatio)
	missed := false
	drawn := panel{name: "Validating a request", scale: "time by that of " + bench.NetHTTPMiddleware,
		target: maxCostRatio, bound: fmt.Sprintf("at most %.2f", maxCostRatio), reference: bench.NetHTTPMiddleware}
	for _, request := range requests {
		ways := make([]way, len(names))
		for i, handler := range handlers {
			ways[i] = way{name: names[i], do: func(context.Context) error { return request.Do(handler) }}
		}
		s, err := measure(ctx, o.rounds, o.calls, ways)
		if err != nil {
			return err
		}
		limit := maxPostAllocations
		if request.Body == nil {
			limit = maxGetAllocations
		}
		costs := s.above(none).figures(peer)
		for i, f := range costs {
			if i == none {
				fmt.Fprintf(w, "%s\t%s\t(%s)\t\t\t\t\t\n", request.Name, names[i],
					microseconds(s.figures(none)[none].time))
				continue
			}
			timeMet, allocationsMet := "", ""
			if names[i] == bench.PkgValidation {
				fast, lean := f.timeRatio <= maxCostRatio, f.allocations < float64(limit)+0.5
				timeMet, allocationsMet = met(fast), fmt.Sprintf("≤ %d %s", limit, met(lean))
				missed = missed || !fast || !lean
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%.0f\t%.0f\t%.2f (%.2f–%.2f)\t%s\t%s\n", request.Name, names[i],
				microseconds(f.time), f.allocations, f.bytes, f.timeRatio, f.low, f.high, timeMet, allocationsMet)
			if i != peer && names[i] != bench.NetHTTPDefaults {
				drawn.bars = append(drawn.bars,
					ratioBar(request.Name+": "+names[i], f, names[i] == bench.PkgValidation))
			}
		}
	}
	o.chart.add(drawn)
	if missed {
		return errTarget
	}
	return nil
}

// load returns a handler behind each validator that can load the contract, except without, and reports those that
// cannot.
func load(w io.Writer, spec []byte, without string) (names []string, handlers []http.Handler) {
	for _, v := range bench.Validators() {
		if v.Name == without {
			continue
		}
		middleware, err := v.New(spec)
		if err != nil {
			fmt.Fprintf(w, "%s cannot load the contract: %v\n", v.Name, err)
			continue
		}
		names, handlers = append(names, v.Name), append(handlers, middleware(bench.Handler()))
	}
	return names, handlers
}

func index(names []string, name string) int {
	for i := range names {
		if names[i] == name {
			return i
		}
	}
	return -1
}

func microseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f µs", float64(d)/float64(time.Microsecond))
}

// reportPaths shows whether the number of paths in a contract matters.
func reportPaths(ctx context.Context, w io.Writer, o options) error {
	counts := []int{10, 99, 1_000}
	fmt.Fprintf(w,
		"The number of paths: GETs spread over all paths, what validation takes above none,\n"+
			"medians of %d alternating rounds of %d calls\n\n", o.rounds, o.calls)
	fmt.Fprintf(w, "paths\tway\ttime\tallocs\tbytes\ttime ratio to 10 paths (quartiles)\t≤ %.2f\n", maxPathGrowth)
	missed := false
	for _, v := range bench.Validators() {
		if v.Name != bench.PkgValidation && v.Name != bench.NetHTTPMiddleware {
			continue
		}
		var ways []way
		add := func(name string, handler http.Handler, paths int) {
			requests, next := bench.PathsRequests(paths), 0
			ways = append(ways, way{name: name, do: func(context.Context) error {
				next = (next + 1) % len(requests)
				return requests[next].Do(handler)
			}})
		}
		for _, n := range counts {
			middleware, err := v.New(bench.PathsContract(n))
			if err != nil {
				return fmt.Errorf("%s: %w", v.Name, err)
			}
			add(fmt.Sprint(n), middleware(bench.Handler()), n)
		}
		add(bench.NoValidation, bench.Handler(), counts[0])
		s, err := measure(ctx, o.rounds, o.calls, ways)
		if err != nil {
			return fmt.Errorf("%s: %w", v.Name, err)
		}
		for i, f := range s.above(len(counts)).figures(0)[:len(counts)] {
			flatMet := ""
			if v.Name == bench.PkgValidation && i == len(counts)-1 {
				flat := f.timeRatio <= maxPathGrowth
				flatMet = met(flat)
				missed = missed || !flat
			}
			fmt.Fprintf(w, "%d\t%s\t%s\t%.0f\t%.0f\t%.2f (%.2f–%.2f)\t%s\n", counts[i], v.Name, microseconds(f.time),
				f.allocations, f.bytes, f.timeRatio, f.low, f.high, flatMet)
		}
	}
	if missed {
		return errTarget
	}
	return nil
}

// reportBodies shows that time grows in proportion to the body, and allocations do not grow at all.
func reportBodies(ctx context.Context, w io.Writer, o options) error {
	names, handlers := load(w, bench.BodyContract(), o.without)
	ours, none := index(names, bench.PkgValidation), index(names, bench.NoValidation)
	if ours < 0 {
		return errors.New("the contract of the bodies cannot be loaded")
	}
	const reference = 2
	sizes := []struct {
		name  string
		bytes int
	}{{"1 KiB", 1 << 10}, {"8 KiB", 8 << 10}, {"64 KiB", 64 << 10}, {"256 KiB", 256 << 10}, {"1 MiB", 1 << 20}}
	var ways []way // for each size with and without
	var lengths []float64
	for _, size := range sizes {
		request := bench.BodyRequest(size.name, size.bytes)
		lengths = append(lengths, float64(len(request.Body)))
		for _, handler := range []http.Handler{handlers[ours], handlers[none]} {
			ways = append(ways, way{name: size.name, do: func(context.Context) error { return request.Do(handler) },
				calls: o.perTurn(size.bytes)})
		}
	}
	s, err := measure(ctx, o.rounds, 0, ways)
	if err != nil {
		return err
	}
	perByte := samples{make([][]float64, len(sizes)), make([][]float64, len(sizes)), make([][]float64, len(sizes))}
	for i := range sizes {
		cost := samples{s.times[2*i : 2*i+2], s.allocations[2*i : 2*i+2], s.bytes[2*i : 2*i+2]}.above(1)
		perByte.allocations[i], perByte.bytes[i] = cost.allocations[0], cost.bytes[0]
		for _, took := range cost.times[0] {
			perByte.times[i] = append(perByte.times[i], took/lengths[i])
		}
	}
	fmt.Fprintf(w,
		"The size of a body, a list of objects: what pkg/validation takes above none, medians of %d alternating "+
			"rounds\n\n", o.rounds)
	fmt.Fprintf(w, "body\tallocs\t≤ %d\tns/byte\tratio to 64 KiB (quartiles)\t≤ %.2f\n", maxPostAllocations,
		maxByteGrowth)
	missed := false
	for i, f := range perByte.figures(reference) {
		lean := f.allocations < maxPostAllocations+0.5
		missed = missed || !lean
		linearMet := ""
		if i > reference {
			linear := f.timeRatio <= maxByteGrowth
			linearMet = met(linear)
			missed = missed || !linear
		}
		fmt.Fprintf(w, "%s\t%.0f\t%s\t%.2f\t%.2f (%.2f–%.2f)\t%s\n", sizes[i].name, f.allocations, met(lean),
			quantile(perByte.times[i], 0.5), f.timeRatio, f.low, f.high, linearMet)
	}
	if missed {
		return errTarget
	}
	return nil
}

// reportThroughput compares all ways with a body of 1 MiB, beside json.Valid, which only checks the syntax. There is no
// target.
func reportThroughput(ctx context.Context, w io.Writer, o options) error {
	names, handlers := load(w, bench.BodyContract(), o.without)
	request := bench.BodyRequest("1 MiB", 1<<20)
	calls, plain := o.perTurn(len(request.Body)), bench.Handler()
	ways := []way{
		{name: "json.Valid", calls: calls, do: func(context.Context) error {
			if !json.Valid(request.Body) {
				return errors.New("the body is not JSON")
			}
			return nil
		}},
		{name: bench.NoValidation, calls: calls, do: func(context.Context) error { return request.Do(plain) }},
	}
	const alone, none = 0, 1
	for i, handler := range handlers {
		n := 1 // The peers take their time.
		switch names[i] {
		case bench.NoValidation, bench.NetHTTPDefaults: // There are no defaults in this contract.
			continue
		case bench.PkgValidation:
			n = calls
		}
		ways = append(ways, way{name: names[i], calls: n,
			do: func(context.Context) error { return request.Do(handler) }})
	}
	rounds := max(1, o.rounds/4)
	s, err := measure(ctx, rounds, 0, ways)
	if err != nil {
		return err
	}
	costs := s.above(none)
	// json.Valid has no handler behind it whose time could be subtracted.
	costs.times[alone], costs.allocations[alone], costs.bytes[alone] = s.times[alone], s.allocations[alone],
		s.bytes[alone]
	fmt.Fprintf(w, "A body of 1 MiB: what validation takes above none, medians of %d alternating rounds\n\n", rounds)
	fmt.Fprintln(w, "way\tMB/s\ttime\tallocs\tbytes\ttime ratio to json.Valid (quartiles)")
	for i, f := range costs.figures(alone) {
		if i == none {
			continue
		}
		fmt.Fprintf(w, "%s\t%.0f\t%s\t%.0f\t%.0f\t%.2f (%.2f–%.2f)\n", ways[i].name,
			float64(len(request.Body))/f.time.Seconds()/1e6, microseconds(f.time),
			f.allocations, f.bytes, f.timeRatio, f.low, f.high)
	}
	return nil
}

// perTurn returns how many calls make a turn of about 8 MB, at most as many as asked for.
func (o options) perTurn(bytes int) int { return min(o.calls, max(1, 8<<20/bytes)) }
