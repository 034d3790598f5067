package schema

// texts evaluates strings.
type texts struct {
	schemas []rules[[]byte]
}

func (t *texts) evaluate(c *Checker, i int, _ mode) (int, bool) {
	end, escaped := c.text(i)
	if end < 0 {
		return -1, false
	}
	return end + 1, len(t.schemas) == 0 || t.accept(c, c.meant(i+1, end, escaped))
}

// accept checks what a string means.
func (t *texts) accept(c *Checker, text []byte) bool { return hold(c, t.schemas, text) }
