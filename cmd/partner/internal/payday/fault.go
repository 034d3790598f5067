package payday

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/sandbox/fault"
)

// probability is that of each fault, for each attempt: about half of them have one.
const probability = 0.025

// short is a wait that a client does not notice, and long one that it does not have the patience for.
const (
	short = 20 * time.Millisecond
	long  = 3 * attemptTimeout / 2
)

// faults are what goes wrong: every kind of fault, at every moment that it can have. What the seed decides of a rule
// follows from its place, and begins anew with each bank: so each begins with another rule.
func faults(starts int) (rules []sandbox.Rule) {
	for _, f := range []fault.Fault{
		{Kind: fault.Delay, Delay: short, Jitter: short},
		{Kind: fault.Delay, When: fault.After, Delay: short, Jitter: short},
		{Kind: fault.Delay, When: fault.After, Delay: long},
		{Kind: fault.Bandwidth, BytesPerSecond: 20_000},
		{Kind: fault.Status, Status: 429, RetryAfter: 1},
		{Kind: fault.Status, Status: 500}, {Kind: fault.Status, Status: 500, When: fault.After},
		{Kind: fault.Status, Status: 502}, {Kind: fault.Status, Status: 502, When: fault.After},
		{Kind: fault.Status, Status: 503}, {Kind: fault.Status, Status: 503, When: fault.After},
		{Kind: fault.HTML}, {Kind: fault.HTML, When: fault.After},
		{Kind: fault.Reset}, {Kind: fault.Reset, When: fault.After}, {Kind: fault.Reset, When: fault.Middle},
		{Kind: fault.Empty}, {Kind: fault.Empty, When: fault.After},
		{Kind: fault.Garbage}, {Kind: fault.Garbage, When: fault.After},
		{Kind: fault.Dead, Delay: long}, {Kind: fault.Dead, When: fault.After, Delay: long},
		{Kind: fault.Truncate}, {Kind: fault.Chunk},
		{Kind: fault.SlowClose, Delay: short},
		{Kind: fault.ContentType}, {Kind: fault.ExpiredToken},
	} {
		rules = append(rules, sandbox.Rule{Name: f.String(), Do: sandbox.Do{Fault: &f}, Match: sandbox.Match{
			Operation:   []string{"createOnUsTransfer", "createACHOrigination", "createWire", "login"},
			Probability: probability,
		}})
	}
	const step = 11 // It has no divisor in common with the number of rules, so each of them comes first some day.
	first := starts * step % len(rules)
	return slices.Concat(rules[first:], rules[:first])
}

// countFaults reads in the log of the banks how often each fault was done.
func countFaults(name string) (map[string]int, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // It was read.
	counts := map[string]int{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var line struct{ Msg, Rule string }
		if json.Unmarshal(lines.Bytes(), &line) != nil {
			continue // A bank was killed while it wrote it.
		}
		if line.Msg == "rule" {
			counts[line.Rule]++
		}
	}
	if err := lines.Err(); err != nil { // A line that is too long would leave out all that come after it.
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(counts) == 0 {
		return nil, fmt.Errorf("%s has no faults: nothing has gone wrong", name)
	}
	return counts, nil
}
