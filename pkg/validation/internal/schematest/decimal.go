package schematest

import (
	"strconv"
	"strings"
)

// decimal is a JSON number, reduced to digits that do not end in zero times a power of ten.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

// decimalOf takes a JSON number apart without rounding it. Exponents are clamped to where nothing distinguishes
// them.
func decimalOf(text string) decimal {
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
	return d
}

func (d decimal) isInteger() bool { return d.digits == "" || d.exponent >= 0 }

// fits reports whether an integer has no more than so many bits, its sign included.
func (d decimal) fits(bits int) bool {
	if d.digits == "" {
		return true
	}
	if d.exponent < 0 || len(d.digits)+d.exponent > 19 {
		return false
	}
	_, err := strconv.ParseInt(d.text(), 10, bits)
	return err == nil
}

// scientific spells the number with an exponent.
func (d decimal) scientific() string {
	text := "0" + d.digits + "e" + strconv.Itoa(d.exponent)
	if d.negative {
		return "-" + text
	}
	return text
}

// text spells an integer out. The caller makes sure that it is not too long.
func (d decimal) text() string {
	text := d.digits + strings.Repeat("0", d.exponent)
	if d.negative {
		return "-" + text
	}
	return text
}
