package schema

// texts evaluates strings.
type texts struct {
	schemas []rules[[]byte]
}

func (t *texts) evaluate(c *Checker, i int, _ mode) (int, bool) {
	end, escaped := c.text(i)
	if end < 0 || c.collector != nil && !c.collector.charge((end-i)/64) {
		return -1, false
	}
	if len(t.schemas) == 0 {
		return end + 1, true
	}
	c.escaped = escaped
	return end + 1, t.accept(c, c.meant(i+1, end, escaped))
}

// accept checks what a string means.
func (t *texts) accept(c *Checker, text []byte) bool { return hold(c, t.schemas, text) }
