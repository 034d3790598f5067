package contracttest

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
)

const (
	// mostDigits and mostExponent bound the numbers that are reckoned with. JSON has no bounds: 1e999999999 is short to
	// send, and takes a gigabyte to write out.
	mostDigits   = 1000
	mostExponent = 400
)

// rational is a number of JSON. It reports false for what is none, or is so large or so fine that no server means it.
func rational(n json.Number) (*big.Rat, bool) {
	text := n.String()
	if len(text) > mostDigits || strings.ContainsAny(text, "/_xXpP") {
		return nil, false
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		exponent, err := strconv.Atoi(text[i+1:])
		if err != nil || exponent > mostExponent || exponent < -mostExponent {
			return nil, false
		}
	}
	return new(big.Rat).SetString(text)
}

// whole is an integer of JSON, within the same bounds, or nil.
func whole(n json.Number) *big.Int {
	if len(n) > mostDigits {
		return nil
	}
	number, ok := new(big.Int).SetString(n.String(), 10)
	if !ok {
		return nil
	}
	return number
}
