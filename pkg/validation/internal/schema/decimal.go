package schema

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// decimal is a JSON number, reduced to digits that do not end in zero times a power of ten.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

// parseDecimal takes a JSON number apart without rounding it. Exponents are clamped to where nothing distinguishes
// them.
func parseDecimal(text string) decimal {
	var d decimal
	text, d.negative = strings.CutPrefix(text, "-")
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		exponent, err := strconv.Atoi(text[i+1:])
		if err != nil || exponent > 1e6 || exponent < -1e6 {
			exponent = 1e6
			if text[i+1] == '-' {
				exponent = -1e6
			}
		}
		text, d.exponent = text[:i], exponent
	}
	whole, fraction, _ := strings.Cut(text, ".")
	d.exponent -= len(fraction)
	d.digits = strings.TrimLeft(whole+fraction, "0")
	short := strings.TrimRight(d.digits, "0")
	d.exponent += len(d.digits) - len(short)
	d.digits = short
	if d.digits == "" {
		return decimal{}
	}
	return d
}

// newDecimal is a number of the contract, of which the loader has made a float64: a whole one has that value, a
// fraction is the shortest that is read as it, as it was most likely written.
func newDecimal(f float64) decimal {
	if f == math.Trunc(f) {
		return parseDecimal(strconv.FormatFloat(f, 'f', 0, 64))
	}
	return parseDecimal(strconv.FormatFloat(f, 'e', -1, 64))
}

func (d decimal) isInteger() bool { return d.digits == "" || d.exponent >= 0 }

// magnitude is where the first digit stands, counted from the point.
func (d decimal) magnitude() int { return len(d.digits) + d.exponent }

// fits reports whether an integer has no more than so many bits, its sign included unless there is none.
func (d decimal) fits(bits int, unsigned bool) bool {
	if d.digits == "" {
		return true
	}
	if d.exponent < 0 || d.magnitude() > 20 {
		return false
	}
	var err error
	if unsigned {
		_, err = strconv.ParseUint(d.text(), 10, bits)
	} else {
		_, err = strconv.ParseInt(d.text(), 10, bits)
	}
	return err == nil
}

// overflows reports whether a number is too large for 32 bits of floating point.
func (d decimal) overflows() bool {
	_, err := strconv.ParseFloat(string(d.appendTo(nil)), 32)
	return err != nil
}

// text spells an integer out. The caller makes sure that it is not too long.
func (d decimal) text() string {
	text := d.digits + strings.Repeat("0", d.exponent)
	if d.negative {
		return "-" + text
	}
	return text
}

// compare orders numbers exactly, digit by digit.
func (d decimal) compare(other decimal) int {
	switch {
	case d.digits == "" || other.digits == "" || d.negative != other.negative:
		return d.sign() - other.sign()
	case d.magnitude() != other.magnitude():
		if d.magnitude() > other.magnitude() {
			return d.sign()
		}
		return -d.sign()
	}
	// Both stand behind the same point now, and digits do not end in zero.
	return d.sign() * strings.Compare(d.digits, other.digits)
}

func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.negative:
		return -1
	}
	return 1
}

// isMultipleOf reports whether d divided by other is an integer.
func (d decimal) isMultipleOf(other decimal) bool {
	if d.digits == "" {
		return true
	}
	if d.exponent < other.exponent {
		// A multiple of other has no digit below other's last one.
		return false
	}
	divisor, ok := new(big.Int).SetString(other.digits, 10)
	dividend, valid := new(big.Int).SetString(d.digits+strings.Repeat("0", d.exponent-other.exponent), 10)
	return ok && valid && divisor.Sign() != 0 && new(big.Int).Rem(dividend, divisor).Sign() == 0
}

// appendTo appends a spelling that equal numbers share.
func (d decimal) appendTo(to []byte) []byte {
	if d.digits == "" {
		return append(to, '0')
	}
	if d.negative {
		to = append(to, '-')
	}
	to = append(to, d.digits...)
	return strconv.AppendInt(append(to, 'e'), int64(d.exponent), 10)
}

func toInt64(d decimal) (int64, bool) {
	if !d.isInteger() || d.magnitude() > 18 {
		return 0, false
	}
	n, err := strconv.ParseInt("0"+strings.TrimPrefix(d.text(), "-"), 10, 64)
	if d.negative {
		n = -n
	}
	return n, err == nil
}

// smallInteger reads a plain integer of up to 18 digits.
func smallInteger(text []byte) (n int64, ok bool) {
	negative := text[0] == '-'
	if negative {
		text = text[1:]
	}
	if len(text) > 18 {
		return 0, false
	}
	for _, b := range text {
		n = n*10 + int64(b-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

// isHuge reports whether a number is too large for a float64, which most decoders make of it.
func isHuge(text []byte) bool {
	_, err := strconv.ParseFloat(string(text), 64)
	return err != nil
}
