package schema

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
		return -1, false
	}
	base, count := len(c.starts), uint64(0)
	i = c.space(i + 1)
	if c.at(i) == ']' {
		i++
	} else {
		for more := true; more; count++ {
			if a.unique {
				c.starts = append(c.starts, i)
			}
			c.enter(int(count))
			end, ok := a.item.evaluate(c, i, m.below())
			c.leave()
			if !ok {
				return -1, false
			}
			switch i = c.space(end); c.at(i) {
			case ',':
				i = c.space(i + 1)
			case ']':
				i, more = i+1, false
			default:
				return -1, false
			}
		}
	}
	c.depth--
	if len(a.schemas) == 0 {
		return i, true
	}
	different := !a.unique || areDifferent(c, c.starts[base:])
	c.starts = c.starts[:base]
	return i, hold(c, a.schemas, items{start, count, different})
}

// areDifferent reports whether no two of the items that begin at these positions are equal. What it makes is the
// largest thing that a check allocates, and only for arrays of more than one item.
func areDifferent(c *Checker, starts []int) bool {
	if len(starts) < 2 {
		return true
	}
	seen := make(map[string]struct{}, len(starts))
	for _, start := range starts {
		c.spelled, _ = canonical(&c.scanner, c.spelled[:0], start)
		if _, repeated := seen[string(c.spelled)]; repeated {
			return false
		}
		seen[string(c.spelled)] = struct{}{}
	}
	return true
}
