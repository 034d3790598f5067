package schemagen

import (
	"math/bits"
	"math/rand/v2"
)

// Source is where choices come from. Whoever draws the same numbers gets the same values, byte by byte.
type Source interface {
	// Intn returns a number from 0 up to n, without n, which is at least 1 and at most 1<<30. Smaller ones make simpler
	// values.
	Intn(n int) int
}

// NewSource returns a source of numbers that look random. A seed has the same ones on every machine and with every
// version of Go: they are those of PCG-DXSM, which math/rand/v2 documents, scaled by one multiplication.
func NewSource(seed uint64) Source { return &pcg{rand.NewPCG(seed, 0x9e3779b97f4a7c15)} }

type pcg struct{ numbers *rand.PCG }

func (p *pcg) Intn(n int) int {
	high, _ := bits.Mul64(p.numbers.Uint64(), uint64(n)) //nolint:gosec // n is positive
	return int(high)                                     //nolint:gosec // it is below n
}

// zero makes the simplest value.
type zero struct{}

func (zero) Intn(int) int { return 0 }

// word draws 60 bits.
func word(src Source) uint64 {
	const half = 1 << 30
	return uint64(src.Intn(half))<<30 | uint64(src.Intn(half)) //nolint:gosec // neither is negative
}

// upTo draws a number that is no more than most.
func upTo(src Source, most uint64) uint64 {
	if most < 1<<30 {
		return uint64(src.Intn(int(most) + 1)) //nolint:gosec // both are small
	}
	high, low := bits.Mul64(word(src)<<4|uint64(src.Intn(16)), most) //nolint:gosec // it is not negative
	_, carry := bits.Add64(low, most, 0)
	return high + carry
}

func pick[T any](src Source, from []T) T { return from[src.Intn(len(from))] }
