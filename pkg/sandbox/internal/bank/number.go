package bank

import "math/bits"

// mulDiv returns a × b ÷ c, rounded down, for numbers that are not negative and c > 0. The result must fit.
func mulDiv(a, b, c int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))   //nolint:gosec // None is negative.
	quotient, _ := bits.Div64(hi, lo, uint64(c)) //nolint:gosec // As above; it panics rather than overflow.
	return int64(quotient)                       //nolint:gosec // It fits, says the comment.
}

// mulMod returns a × b modulo c.
func mulMod(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return bits.Rem64(hi, lo, c)
}
