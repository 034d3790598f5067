package schema

import (
	"errors"
	"math"

	"github.com/getkin/kin-openapi/openapi3"
)

// bounds are what a schema asks of numbers: integer, format, minimum, maximum and multipleOf.
type bounds struct {
	source             *openapi3.Schema
	integer            bool
	bits               int
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
		switch s.Format {
		case "int32":
			r.bits, r.lowest, r.highest = 32, math.MinInt32, math.MaxInt32
		case "int64":
			r.bits = 64
		}
	}
	set := r.integer
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

func (r *bounds) check(c *Checker, n numeral) verdict {
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

// exactly checks a number by its digits.
func (r *bounds) exactly(c *Checker, d decimal) bool {
	if r.integer && !d.isInteger() {
		return !c.broken("type", r.source)
	}
	if r.bits > 0 && !d.fits(r.bits) && c.broken("format", r.source) {
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
