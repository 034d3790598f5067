package schema

// evaluator checks the value that begins at i and returns where it ends. With a collector, it fails only when there is
// no use in going on.
type evaluator interface {
	evaluate(c *Checker, i int, m mode) (end int, ok bool)
}

// rule is what a keyword asks of values of one kind, once they have been read: of a text, a numeral, items, members, or
// a passage that is to be gone over again.
type rule[V any] interface {
	check(c *Checker, value V) verdict
}

// verdict says how to go on after a rule.
type verdict uint8

const (
	// goOn says that the rule holds, or that it was noted that it does not.
	goOn verdict = iota
	// skip says that the other rules of the same schema have nothing to add.
	skip
	// stop says that the value is refused and that nothing more is asked.
	stop
)

// rules are those of one schema of the contract for one kind of values.
type rules[V any] []rule[V]

// hold checks a value against the rules of several schemas. It reports false when nothing more is asked.
func hold[V any](c *Checker, schemas []rules[V], value V) bool {
	for _, rules := range schemas {
	each:
		for _, r := range rules {
			switch r.check(c, value) {
			case goOn:
			case skip:
				break each
			case stop:
				return false
			}
		}
	}
	return true
}

// passage is a value that is gone over again.
type passage struct {
	at   int
	mode mode
}

// try reports whether a schema accepts the value at i, without collecting anything.
func try(c *Checker, e evaluator, i int, m mode) bool {
	outer := c.collector
	c.collector = nil
	ok := aside(c, e, i, m)
	c.collector = outer
	return ok
}

// aside checks the value at i, and leaves everything as it was but for what it has found.
func aside(c *Checker, e evaluator, i int, m mode) bool {
	depth, path, sections := c.depth, 0, 0
	set, unknown, starts, trail := len(c.bits), len(c.unknown), len(c.starts), len(c.trail)
	if k := c.collector; k != nil {
		path, sections = len(k.path), len(k.sections)
	}
	c.repeats++
	_, ok := e.evaluate(c, i, m)
	c.repeats--
	if k := c.collector; k != nil {
		k.path, k.sections = k.path[:path], k.sections[:sections]
	}
	c.bits, c.unknown, c.starts, c.trail = c.bits[:set], c.unknown[:unknown], c.starts[:starts], c.trail[:trail]
	c.depth = depth
	return ok
}

// again checks the value at i once more, and collects what is wrong with it.
func again(c *Checker, e evaluator, i int, m mode) bool {
	if c.collector == nil {
		return try(c, e, i, m)
	}
	c.repeats++
	_, ok := e.evaluate(c, i, m)
	c.repeats--
	return ok
}
