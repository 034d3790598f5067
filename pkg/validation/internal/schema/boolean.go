package schema

// booleans evaluates true and false.
type booleans struct {
	schemas []rules[position]
}

// position is where a value begins.
type position int

func (b *booleans) evaluate(c *Checker, i int, _ mode) (int, bool) {
	word := "true"
	if c.data[i] == 'f' {
		word = "false"
	}
	end := c.literal(i, word)
	if end < 0 {
		return -1, false
	}
	return end, hold(c, b.schemas, position(i))
}
