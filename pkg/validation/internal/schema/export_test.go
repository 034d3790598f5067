package schema

// CheckAll is Check with a second look that passes over nothing.
func (s *Schema) CheckAll(c *Checker, text []byte, limit int) []Fault {
	if s.Accepts(c, text) {
		return nil
	}
	c.trail, c.settled = append(c.trail[:0], make([]int, 2*maxDepth)...), -1 // It leads nowhere.
	return s.Explain(c, limit)
}
