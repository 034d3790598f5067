package schema

import "hash/maphash"

// arrays evaluates arrays.
type arrays struct {
	schemas []rules[items]
	item    evaluator
	// unique says that the items must be different.
	unique bool
}

func (a *arrays) evaluate(c *Checker, i int, m mode) (int, bool) {
	start := i
	if c.depth++; c.depth > maxDepth {
		return c.fail(i, tooDeep), false
	}
	base, count, right := len(c.starts), uint64(0), c.right(start)
	i = c.space(i + 1)
	if c.at(i) == ']' {
		i++
	} else {
		for more := true; more; count++ {
			if a.unique {
				c.starts = append(c.starts, i)
			}
			var end int
			if i < right {
				end = c.past(i)
			} else {
				if !c.enter(int(count)) {
					return c.refused(i)
				}
				var ok bool
				end, ok = a.item.evaluate(c, i, m.below())
				if c.leave(); !ok {
					return c.refused(i)
				}
			}
			switch i = c.space(end); c.at(i) {
			case ',':
				i = c.space(i + 1)
			case ']':
				i, more = i+1, false
			default:
				return c.fail(i, noEndOfArray), false
			}
		}
	}
	c.depth--
	if len(a.schemas) == 0 {
		return i, true
	}
	different := !a.unique || areDifferent(c, c.starts[base:])
	c.starts = c.starts[:base]
	if !hold(c, a.schemas, items{start, count, different}) {
		return c.refused(i)
	}
	return i, true
}

// areDifferent reports whether no two of the items that begin at these positions are equal. Like the names of unknown
// members, items with 64 bits of keyed hash in common are taken for the same.
func areDifferent(c *Checker, starts []int) bool {
	if len(starts) < 2 {
		return true
	}
	from := len(c.unknown)
	for _, start := range starts {
		c.spelled, _ = canonical(&c.scanner, c.spelled[:0], start, unlimited)
		c.unknown = append(c.unknown, maphash.Bytes(seed, c.spelled))
	}
	_, equal := repeatedHash(c.unknown[from:])
	c.unknown = c.unknown[:from]
	return !equal
}
