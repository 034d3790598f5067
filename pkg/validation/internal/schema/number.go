package schema

import "github.com/getkin/kin-openapi/openapi3"

// numbers evaluates numbers.
type numbers struct {
	schemas []rules[numeral]
	// finite says that a number must fit into a float64, as it must wherever the contract says anything about a value.
	finite bool
	// source is the schema that a number of extraordinary size is reported with: the first one with a type, or else the
	// last one. any says that it has no type.
	source *openapi3.Schema
	any    bool
}

// numeral is a number as it is spelled.
type numeral struct {
	at   int
	text []byte
	// plain says that it has neither a fraction nor an exponent.
	plain bool
	// value is the number if it is a small integer.
	value int64
	small bool
}

func (n *numbers) evaluate(c *Checker, i int, _ mode) (int, bool) {
	end, plain := c.number(i)
	if end < 0 {
		return -1, false
	}
	if end-i > maxNumber {
		return end, !c.broken("longNumber", nil)
	}
	if !n.finite {
		return end, true
	}
	v := numeral{at: i, text: c.data[i:end], plain: plain}
	if plain {
		v.value, v.small = smallInteger(v.text)
	}
	if (!plain || len(v.text) > 300) && isHuge(v.text) {
		// It is reported as being of another type: no number of that size can be told from others.
		return end, !c.broken("type", n.source)
	}
	return end, hold(c, n.schemas, v)
}
