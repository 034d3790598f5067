package schemagen

import (
	"fmt"
	"math/big"
)

func (l *lister) numbers() {
	s, g := l.schema, l.number
	one := g.step
	// on returns the number of the grid that is so many steps from the last one that is no more than r.
	on := func(r *big.Rat, steps int64) *big.Rat {
		q := new(big.Rat).Quo(r, one)
		k, _ := new(big.Int).DivMod(q.Num(), q.Denom(), new(big.Int))
		return new(big.Rat).Mul(new(big.Rat).SetInt(k.Add(k, big.NewInt(steps))), one)
	}
	if s.Min != nil {
		l.bound("minimum", *s.Min, s.ExclusiveMin.IsTrue(), 1, on)
	}
	if s.Max != nil {
		l.bound("maximum", *s.Max, s.ExclusiveMax.IsTrue(), -1, on)
	}
	if s.MultipleOf != nil {
		m := ratOf(*s.MultipleOf)
		i := l.of("multipleOf", spell(*s.MultipleOf))
		base := new(big.Rat).Mul(new(big.Rat).SetInt(g.low), g.step)
		if zero := new(big.Rat); g.low.Sign() <= 0 && g.high.Sign() >= 0 {
			base = zero
		}
		for n := range int64(3) {
			v := new(big.Rat).Add(base, new(big.Rat).Mul(m, ratOfInt(n)))
			l.is(i, fmt.Sprintf("a multiple, %s", decimal(v)), always(decimal(v)))
			for _, part := range []*big.Rat{ratOfInt(1), big.NewRat(1, 2), big.NewRat(1, 10), big.NewRat(1, 1000)} {
				between := new(big.Rat).Add(v, part)
				if !new(big.Rat).Quo(between, m).IsInt() {
					l.isNot(i, "multiple_of", string(decimal(between))+", which is no multiple",
						always(decimal(between)))
					break
				}
			}
		}
		l.orAny(i)
	}
	l.sizes()
}

// bound lists a minimum or a maximum. inward is the sign of the numbers that are right.
func (l *lister) bound(keyword string, at float64, exclusive bool, inward int64, on func(*big.Rat, int64) *big.Rat) {
	r := ratOf(at)
	i := l.of(keyword, spell(at))
	rule := keyword
	is := func(v *big.Rat) {
		l.is(i, fmt.Sprintf("%s, within %s %s", decimal(v), keyword, spell(at)), always(decimal(v)))
	}
	exact := on(r, 0).Cmp(r) == 0
	inside, outside := on(r, inward), on(r, -inward)
	if !exact {
		// The last number of the grid that is no more than r is itself inside of a maximum, and outside of a minimum.
		if inward > 0 {
			outside = on(r, 0)
		} else {
			inside, outside = on(r, 0), on(r, 1)
		}
	}
	if exclusive {
		rule = "exclusive_" + keyword
		l.isNot(i, rule, fmt.Sprintf("%s itself, which %s excludes", spell(at), keyword), always(decimal(r)))
		is(inside)
	} else {
		l.isNot(i, rule, fmt.Sprintf("%s, beyond %s %s", decimal(outside), keyword, spell(at)),
			always(decimal(outside)))
		is(r)
		is(inside)
	}
	l.orAny(i)
}

// sizes lists how many bits a number may have.
func (l *lister) sizes() {
	s := l.schema
	switch {
	case isInteger(s):
		low, high, ok := integerRange(s.Format)
		if !ok {
			return
		}
		name := s.Format
		if name == "" {
			name = "(int64)"
		}
		i := l.of("format", name)
		for _, edge := range []*big.Rat{high, low} {
			l.is(i, "an extreme, "+string(decimal(edge)), always(decimal(edge)))
		}
		l.isNot(i, "format", "one more than fits", always(decimal(new(big.Rat).Add(high, ratOfInt(1)))))
		l.isNot(i, "format", "one less than fits", always(decimal(new(big.Rat).Sub(low, ratOfInt(1)))))
		l.orAny(i)
	case s.Format == "float":
		i := l.of("format", "float")
		l.isNot(i, "format", "more than 32 bits of floating point hold", always(number("1e39")))
		l.orAny(i)
	}
}
