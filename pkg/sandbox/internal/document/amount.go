package document

import (
	"fmt"
	"strconv"
)

// MaxCents is the largest amount, either way: an amount of ISO 20022 has at most 18 digits.
const MaxCents = 999_999_999_999_999_999

// bounded refuses an amount that is too large.
func bounded(field string, cents int64) error {
	if cents > MaxCents || cents < -MaxCents {
		return refuse(field, fmt.Errorf("%w: more than %d cents", ErrAmount, int64(MaxCents)))
	}
	return nil
}

// positive refuses an amount below zero or too large.
func positive(field string, cents int64) error {
	if cents < 0 {
		return refuse(field, fmt.Errorf("%w: it is negative", ErrAmount))
	}
	return bounded(field, cents)
}

// sum adds amounts. None of them, nor any sum on the way, may be too large, so nothing overflows.
func sum(field string, amounts ...int64) (int64, error) {
	var total int64
	for _, cents := range amounts {
		if err := bounded(field, cents); err != nil {
			return 0, err
		}
		total += cents
		if err := bounded(field, total); err != nil {
			return 0, err
		}
	}
	return total, nil
}

// total refuses an amount that is not what the others make.
func total(field string, got int64, others ...int64) error {
	want, err := sum(field, others...)
	if err != nil {
		return err
	}
	if got != want {
		return refuse(field, fmt.Errorf("%w: %d cents instead of %d", ErrTotal, got, want))
	}
	return nil
}

// dollars writes an amount for people: $1,234.56 or -$0.05.
func dollars(cents int64) string {
	sign, whole, rest := parts(cents)
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + "$" + whole + "." + rest
}

// decimal writes an amount for programs: 1234.56 or -0.05.
func decimal(cents int64) string {
	sign, whole, rest := parts(cents)
	return sign + whole + "." + rest
}

// parts splits an amount, which may be any, into its sign, its dollars and the two digits of its cents.
func parts(cents int64) (sign, whole, rest string) {
	size := uint64(cents) //nolint:gosec // G115: two's complement is meant, for math.MinInt64 as well.
	if cents < 0 {
		sign, size = "-", -size
	}
	rest = strconv.FormatUint(100+size%100, 10)[1:]
	return sign, strconv.FormatUint(size/100, 10), rest
}
