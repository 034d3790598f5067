package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jiko-partner/partner-go/bench"
)

// reportSigning compares signatures alone. There is no target.
func reportSigning(ctx context.Context, w io.Writer, o options) error {
	fmt.Fprintf(w, "Signatures: medians of %d alternating rounds\n\n", o.rounds)
	fmt.Fprintln(w, "task\tway\ttime\tMB/s\tallocs\tbytes\ttime ratio (quartiles)\talloc ratio")
	for _, task := range bench.SigningTasks() {
		var ways []way
		for _, s := range task.Ways {
			ways = append(ways, way{name: s.Name, do: func(context.Context) error { return s.Do() }})
		}
		calls := max(5, 5<<20/task.Bytes) // About 5 MB a turn.
		results, err := compare(ctx, o.rounds, calls, len(ways)-1, ways)
		if err != nil {
			return err
		}
		for i, f := range results {
			fmt.Fprintf(w, "%s\t%s\t%.1f µs\t%.0f\t%.0f\t%.0f\t%.2f (%.2f–%.2f)\t%.2f\n", task.Name, ways[i].name,
				float64(f.time)/float64(time.Microsecond),
				float64(task.Bytes)/f.time.Seconds()/1e6, f.allocations, f.bytes, f.timeRatio, f.low, f.high,
				f.allocationRatio)
		}
	}
	return nil
}
