package contracttest

import (
	"slices"
	"sync"
	"sync/atomic"
)

// collected is what the tests of this process have seen.
var collected = new(collector)

// late counts the findings that came when their test had ended.
var late atomic.Int64

// collector remembers what was seen: no more than a bit for each fact of the contract, and the statuses that it does
// not have.
type collector struct {
	mu    sync.Mutex
	index *coverageIndex
	seen  []bool
	// others are the statuses of each operation that the contract does not have for it.
	others map[string][]int
	calls  int
	file   reportFile
}

// saw adds a call: what was seen in the request, and what in the answer to it. content is the answer's body if that is
// JSON as promised.
func (c *collector) saw(x *coverageIndex, id string, facts []int, status int, content []byte) {
	answer := x.answer(id, status, content)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.index == nil {
		c.index, c.seen, c.others = x, make([]bool, len(x.facts)), map[string][]int{}
	}
	c.calls++
	for _, list := range [][]int{facts, answer} {
		for _, n := range list {
			if !c.seen[n] {
				c.seen[n], c.file.stale = true, true
			}
		}
	}
	op := x.byID[id]
	if _, documented := op.numbers[fact{kindStatus, statusText(status)}]; !documented &&
		!slices.Contains(c.others[id], status) && len(c.others[id]) < maxOthers {
		c.others[id] = append(c.others[id], status)
		slices.Sort(c.others[id])
		c.file.stale = true
	}
}

// maxOthers bounds the statuses of an operation that the contract does not have.
const maxOthers = 100

// coverage returns what was seen so far, and in how many calls.
func (c *collector) coverage() (Coverage, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.index == nil {
		x := theIndex()
		return x.coverage(make([]bool, len(x.facts)), nil), 0
	}
	return c.index.coverage(c.seen, c.others), c.calls
}

// Covered returns what the tests of this process have seen so far.
func Covered() Coverage {
	c, _ := collected.coverage()
	return c
}

// coverage spells out what was seen.
func (x *coverageIndex) coverage(seen []bool, others map[string][]int) Coverage {
	c := Coverage{Version: x.version, Digest: x.digest, Operations: make([]OperationCoverage, 0, len(x.operations))}
	for _, op := range x.operations {
		o := OperationCoverage{ID: op.id, Method: op.method, Path: op.path, Tag: op.tag,
			OtherStatuses: slices.Clone(others[op.id])}
		places := [kinds]*Seen{kindStatus: &o.Statuses, kindParameter: &o.Parameters, kindMember: &o.Members,
			kindValue: &o.Values}
		for n := op.from; n < op.to; n++ {
			f := x.facts[n]
			place := places[f.kind]
			if !seen[n] {
				place.Missing = append(place.Missing, f.name)
				continue
			}
			place.Seen = append(place.Seen, f.name)
			if f.kind == kindStatus {
				o.Called = true
				o.Exercised = o.Exercised || f.name[0] == '2'
			}
		}
		for _, status := range o.OtherStatuses {
			o.Called = true
			o.Exercised = o.Exercised || status/100 == 2
		}
		c.Operations = append(c.Operations, o)
	}
	return c
}
