package schemagen

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// grid is the numbers that several schemas allow together: the multiples of a step from a lowest to a highest one. Of
// numbers that need not be integers these are not all, but enough.
type grid struct {
	step      *big.Rat
	low, high *big.Int // in steps
	// Integers that fit into 64 bits are quicker.
	small                    bool
	lowest, highest, nearest int64
	integer                  bool
}

// isEmpty reports whether no number is allowed.
func (g *grid) isEmpty() bool { return g.low.Cmp(g.high) > 0 }

// ratOf is a number of the document, as it was most likely written.
func ratOf(f float64) *big.Rat {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
	if !ok {
		return new(big.Rat)
	}
	return r
}

func ratOfInt(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }

// limit is a bound.
type limit struct {
	at        *big.Rat
	exclusive bool
}

func lower(a, b limit) limit {
	if a.at == nil || b.at != nil && (b.at.Cmp(a.at) > 0 || b.at.Cmp(a.at) == 0 && b.exclusive) {
		return b
	}
	return a
}

func upper(a, b limit) limit {
	if a.at == nil || b.at != nil && (b.at.Cmp(a.at) < 0 || b.at.Cmp(a.at) == 0 && b.exclusive) {
		return b
	}
	return a
}

// integerRange is what the format of an integer bounds it to, as pkg/validation sees it. ok is false for a format that
// bounds nothing.
func integerRange(format string) (low, high *big.Rat, ok bool) {
	var bits uint
	name, unsigned := strings.CutPrefix(format, "u")
	switch name {
	case "int8":
		bits = 8
	case "int16":
		bits = 16
	case "int32":
		bits = 32
	case "int64", "int":
		bits = 64
	case "":
		if unsigned {
			return nil, nil, false
		}
		bits = 64
	default:
		return nil, nil, false
	}
	one := big.NewInt(1)
	if unsigned {
		most := new(big.Int).Lsh(one, bits)
		return new(big.Rat), new(big.Rat).SetInt(most.Sub(most, one)), true
	}
	half := new(big.Int).Lsh(one, bits-1)
	return new(big.Rat).SetInt(new(big.Int).Neg(half)), new(big.Rat).SetInt(new(big.Int).Sub(half, one)), true
}

func isInteger(s *openapi3.Schema) bool { return s.Type.Is(openapi3.TypeInteger) }

// newGrid returns what schemas that apply to one number allow.
func newGrid(parts []part) *grid {
	g := &grid{}
	var low, high limit
	for _, p := range parts {
		s := p.schema
		if isInteger(s) {
			g.integer = true
			if least, most, ok := integerRange(s.Format); ok {
				low, high = lower(low, limit{least, false}), upper(high, limit{most, false})
			}
			g.step = common(g.step, ratOfInt(1))
		}
		if s.Min != nil {
			low = lower(low, limit{ratOf(*s.Min), s.ExclusiveMin.IsTrue()})
		}
		if s.Max != nil {
			high = upper(high, limit{ratOf(*s.Max), s.ExclusiveMax.IsTrue()})
		}
		if s.MultipleOf != nil && *s.MultipleOf > 0 {
			g.step = common(g.step, ratOf(*s.MultipleOf))
		}
	}
	g.fill(low, high)
	return g
}

// common is the least common multiple of two steps, the first of which may be nil.
func common(a, b *big.Rat) *big.Rat {
	if a == nil {
		return b
	}
	// lcm(a/b, c/d) = lcm(a, c) / gcd(b, d) for fractions in lowest terms.
	gcd := new(big.Int).GCD(nil, nil, a.Num(), b.Num())
	lcm := new(big.Int).Mul(a.Num(), new(big.Int).Quo(b.Num(), gcd))
	return new(big.Rat).SetFrac(lcm, new(big.Int).GCD(nil, nil, a.Denom(), b.Denom()))
}

func (g *grid) fill(low, high limit) {
	wide := ratOfInt(1_000_000_000)
	if g.integer {
		wide = new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), 62))
	}
	zero := new(big.Rat)
	if low.at == nil {
		low.at = new(big.Rat).Neg(wide)
		if high.at != nil && high.at.Cmp(zero) < 0 {
			low.at.Add(low.at, high.at)
		}
	}
	if high.at == nil {
		high.at = new(big.Rat).Set(wide)
		if low.at.Cmp(zero) > 0 {
			high.at.Add(high.at, low.at)
		}
	}
	if g.step != nil {
		g.bound(low, high)
	} else {
		// Cents, or finer if the bounds leave no room for them.
		g.step = big.NewRat(1, 100)
		for range 40 {
			if g.bound(low, high); !g.isEmpty() {
				break
			}
			g.step = new(big.Rat).Mul(g.step, big.NewRat(1, 10))
		}
	}
	if g.small = g.integer && g.step.Cmp(ratOfInt(1)) == 0 && g.low.IsInt64() && g.high.IsInt64(); g.small {
		g.lowest, g.highest = g.low.Int64(), g.high.Int64()
		g.nearest = max(g.lowest, min(0, g.highest))
	}
}

func (g *grid) bound(low, high limit) {
	floor := func(at *big.Rat) (*big.Int, bool) {
		q := new(big.Rat).Quo(at, g.step)
		n, rest := new(big.Int).DivMod(q.Num(), q.Denom(), new(big.Int)) // It rounds down, as the divisor is positive.
		return n, rest.Sign() == 0
	}
	one := big.NewInt(1)
	n, exact := floor(low.at)
	if !exact || low.exclusive {
		n.Add(n, one)
	}
	g.low = n
	n, exact = floor(high.at)
	if exact && high.exclusive {
		n.Sub(n, one)
	}
	g.high = n
}

// draw chooses a number, the one nearest to zero first.
func (g *grid) draw(src Source) number {
	if g.small {
		return number(strconv.FormatInt(g.drawSmall(src), 10))
	}
	span := new(big.Int).Sub(g.high, g.low)
	k := new(big.Int).Set(g.low)
	switch src.Intn(6) {
	case 0, 1, 2: // Some steps from what is nearest to zero.
		if k.Sign() < 0 {
			k.SetInt64(0)
			if g.high.Sign() < 0 {
				k.Set(g.high)
			}
		}
		few := big.NewInt(int64(src.Intn(1000)))
		if src.Intn(4) == 3 {
			few.Neg(few)
		}
		if moved := new(big.Int).Add(k, few); moved.Cmp(g.low) >= 0 && moved.Cmp(g.high) <= 0 {
			k = moved
		}
	case 3: // It is the lowest.
	case 4:
		k.Set(g.high)
	default:
		portion := new(big.Int).SetUint64(word(src))
		portion.Mul(portion, new(big.Int).Add(span, big.NewInt(1)))
		k.Add(k, portion.Rsh(portion, 60))
	}
	return decimal(new(big.Rat).Mul(new(big.Rat).SetInt(k), g.step))
}

func (g *grid) drawSmall(src Source) int64 {
	span := uint64(g.highest) - uint64(g.lowest) //nolint:gosec // the difference is right, modulo 1<<64
	switch src.Intn(6) {
	case 0, 1, 2:
		n := g.nearest
		room := uint64(g.highest) - uint64(n) //nolint:gosec // the same
		step := int64(src.Intn(int(min(room, 999)) + 1))
		if src.Intn(4) == 3 && uint64(n)-uint64(g.lowest) >= uint64(step) { //nolint:gosec // the same
			return n - step
		}
		return n + step
	case 3:
		return g.lowest
	case 4:
		return g.highest
	}
	return int64(uint64(g.lowest) + upTo(src, span)) //nolint:gosec // the same
}

// decimal spells a number out, without exponent.
func decimal(r *big.Rat) number {
	if r.IsInt() {
		return number(r.Num().String())
	}
	for digits := 1; digits <= 60; digits++ {
		text := r.FloatString(digits)
		if back, ok := new(big.Rat).SetString(text); ok && back.Cmp(r) == 0 {
			return number(text)
		}
	}
	return number(r.FloatString(17))
}

// spell names a number of the document in an id.
func spell(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1e18 {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return fmt.Sprint(f)
}
