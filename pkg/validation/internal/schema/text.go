package schema

// texts evaluates strings.
type texts struct {
	schemas []rules[[]byte]
}

func (t *texts) evaluate(c *Checker, i int, _ mode) (int, bool) {
	var end int
	var escaped bool
	if i == c.refusedText && c.isSecond() {
		end, escaped = c.quote(i+1), c.hadEscapes
	} else if end, escaped = c.text(i); end < 0 || c.collector != nil && !c.collector.charge((end-i)/64) {
		return -1, false
	}
	if len(t.schemas) == 0 {
		return end + 1, true
	}
	c.escaped, c.reading = escaped, i
	if t.accept(c, c.meant(i+1, end, escaped)) {
		return end + 1, true
	}
	if c.isFirst() {
		c.refusedText, c.hadEscapes = i, escaped
	}
	return -1, false
}

// accept checks what a string means.
func (t *texts) accept(c *Checker, text []byte) bool { return hold(c, t.schemas, text) }
