package schema

import (
	"errors"
	"math"

	"github.com/getkin/kin-openapi/openapi3"
)

// bounds are what a schema asks of numbers: integer, format, minimum, maximum and multipleOf.
type bounds struct {
	source  *openapi3.Schema
	integer bool
	// bits is how many an integer may have, and unsigned whether none of them is for the sign. 0 is without end.
	bits     int
	unsigned bool
	// single says that a number must fit into 32 bits of floating point.
	single             bool
	minimum, maximum   *decimal
	aboveMin, belowMax bool
	multipleOf         *decimal
	// lowest and highest are the same bounds for numbers that fit into 64 bits, and divisor is multipleOf, or 0. They
	// hold when small does.
	small           bool
	lowest, highest int64
	divisor         int64
}

// newBounds returns nil for a schema that asks nothing of numbers.
func newBounds(s *openapi3.Schema) (*bounds, error) {
	if s.MultipleOf != nil && *s.MultipleOf <= 0 {
		return nil, errors.New("a multipleOf that is not positive cannot be checked")
	}
	r := bounds{source: s, integer: s.Type.Is(openapi3.TypeInteger), small: true, lowest: math.MinInt64,
		highest: math.MaxInt64}
	if r.integer {
		r.size()
	}
	r.single = s.Format == "float" && !r.integer
	set := r.integer || r.single
	if s.Min != nil {
		d := newDecimal(*s.Min)
		r.minimum, r.aboveMin, set = &d, s.ExclusiveMin.IsTrue(), true
		n, fits := toInt64(d)
		if r.small = r.small && fits && n < math.MaxInt64; r.aboveMin {
			n++
		}
		r.lowest = max(r.lowest, n)
	}
	if s.Max != nil {
		d := newDecimal(*s.Max)
		r.maximum, r.belowMax, set = &d, s.ExclusiveMax.IsTrue(), true
		n, fits := toInt64(d)
		if r.small = r.small && fits && n > math.MinInt64; r.belowMax {
			n--
		}
		r.highest = min(r.highest, n)
	}
	if s.MultipleOf != nil {
		d := newDecimal(*s.MultipleOf)
		r.multipleOf, set = &d, true
		n, fits := toInt64(d)
		r.small, r.divisor = r.small && fits && n > 0, n
	}
	if !set {
		return nil, nil //nolint:nilnil // nothing to check is no mistake
	}
	return &r, nil
}

// size sets what the format says of an integer. One without a format must fit into 64 bits, as it is an int in Go and a
// long elsewhere; one with a format that is not known may be as large as it likes.
func (r *bounds) size() {
	switch r.source.Format {
	case "int8":
		r.bits, r.lowest, r.highest = 8, math.MinInt8, math.MaxInt8
	case "int16":
		r.bits, r.lowest, r.highest = 16, math.MinInt16, math.MaxInt16
	case "int32":
		r.bits, r.lowest, r.highest = 32, math.MinInt32, math.MaxInt32
	case "", "int64", "int":
		r.bits = 64
	case "uint8":
		r.bits, r.unsigned, r.lowest, r.highest = 8, true, 0, math.MaxUint8
	case "uint16":
		r.bits, r.unsigned, r.lowest, r.highest = 16, true, 0, math.MaxUint16
	case "uint32":
		r.bits, r.unsigned, r.lowest, r.highest = 32, true, 0, math.MaxUint32
	case "uint64", "uint":
		r.bits, r.unsigned, r.lowest = 64, true, 0
	}
}

func (r *bounds) check(c *Checker, n numeral) verdict {
	if r.integer && !n.plain {
		return r.fraction(c, n)
	}
	if n.small && r.small {
		if n.value >= r.lowest && n.value <= r.highest && (r.divisor == 0 || n.value%r.divisor == 0) {
			return goOn
		}
		if c.collector == nil {
			return stop
		}
	}
	if !r.exactly(c, parseDecimal(string(n.text))) {
		return stop
	}
	return goOn
}

// fraction notes a number that is no integer, or is not spelled as one: 100.0 and 1e2 are the same number as 100, but
// few decoders read them into an integer, and Go's does not.
func (r *bounds) fraction(c *Checker, n numeral) verdict {
	keyword := "type"
	if c.collector != nil && parseDecimal(string(n.text)).isInteger() {
		keyword = "spelling"
	}
	if c.broken(keyword, r.source) {
		return stop
	}
	return skip
}

// exactly checks a number by its digits.
func (r *bounds) exactly(c *Checker, d decimal) bool {
	if r.bits > 0 && !d.fits(r.bits, r.unsigned) && c.broken("format", r.source) {
		return false
	}
	if r.single && d.overflows() && c.broken("format", r.source) {
		return false
	}
	if r.minimum != nil {
		order := d.compare(*r.minimum)
		if order == 0 && r.aboveMin && c.broken("exclusiveMinimum", r.source) {
			return false
		}
		if order < 0 && (r.aboveMin && c.broken("exclusiveMinimum", r.source) || c.broken("minimum", r.source)) {
			return false
		}
	}
	if r.maximum != nil {
		order := d.compare(*r.maximum)
		if order == 0 && r.belowMax && c.broken("exclusiveMaximum", r.source) {
			return false
		}
		if order > 0 && (r.belowMax && c.broken("exclusiveMaximum", r.source) || c.broken("maximum", r.source)) {
			return false
		}
	}
	return r.multipleOf == nil || d.isMultipleOf(*r.multipleOf) || !c.broken("multipleOf", r.source)
}
