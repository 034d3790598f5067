package contracttest

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"time"
)

// What descriptions say of numbers holds in every answer, of whatever operation: no schema has a word for it.

// fractions are members that are decimal fractions, of which none reaches 1: no T-bill doubles in a year. (Sources:
// AccountTrade, FixedIncomeSecurity, TradingStrategy.)
var fractions = []string{"yield_to_maturity", "discount_yield"}

// products are sums of money that are as many times a price, which is in dollars. (Sources: AccountTrade, of which the
// trades of v2 are inferred, and FixedIncomeSecurity.)
var products = []struct{ price, sum string }{{"price", "notional"}, {"jiko_mark_price", "market_value"}}

// judgeFacts holds numbers of an answer against each other, as descriptions say that they belong together.
func judgeFacts(e *exchange, fail func(code, place, rule, expected, got, source string) failure) []failure {
	if !e.isSuccess() {
		return nil
	}
	var found []failure
	add := func(place, rule, expected, got, schema string) {
		if !slices.ContainsFunc(found, func(f failure) bool { return f.rule == rule }) {
			found = append(found, fail(codeMoney, "body "+place, rule, expected, got, "#/components/schemas/"+schema))
		}
	}
	var search func(at string, v any)
	search = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			checkFractions(at, v, add)
			checkProducts(at, v, add)
			for _, name := range sortedKeys(v) {
				search(at+"/"+escapePointer(name), v[name])
			}
		case []any:
			for _, element := range v {
				search(at+"/*", element)
			}
		}
	}
	search("", e.value)
	return found
}

// checkFractions looks at the yields of an object.
func checkFractions(at string, object map[string]any, add func(place, rule, expected, got, schema string)) {
	var yields []*big.Rat
	for _, name := range fractions {
		yield, ok := decimalOf(object[name])
		if !ok {
			continue
		}
		if new(big.Rat).Abs(yield).Cmp(big.NewRat(1, 1)) >= 0 {
			add(at+"/"+name, "fraction", "a decimal fraction: 0.0625 is 6.25 %", "a number of 1 or more",
				"TradingStrategy")
			return
		}
		yields = append(yields, yield)
	}
	if len(yields) == len(fractions) && areFar(yields[0], yields[1], 10) {
		add(at+"/"+fractions[1], "fraction", "two yields of the same, both decimal fractions",
			"one that is many times the other", "TradingStrategy")
	}
	price, hasPrice := decimalOf(object["price"])
	made, errMade := time.Parse(time.RFC3339, fmt.Sprint(object["trade_datetime"]))
	due, errDue := time.Parse(time.DateOnly, fmt.Sprint(object["maturity_date"]))
	days := int64(due.Sub(made) / (24 * time.Hour))
	if !hasPrice || price.Sign() <= 0 || errMade != nil || errDue != nil || days < 7 || len(yields) == 0 {
		return
	}
	// What is gained until it falls due, for a year.
	gain := new(big.Rat).Sub(new(big.Rat).Quo(big.NewRat(100, 1), price), big.NewRat(1, 1))
	if areFar(yields[0], gain.Mul(gain, big.NewRat(365, days)), 10) {
		add(at+"/"+fractions[0], "yield", "what the price gains until it falls due, for a year, as a fraction",
			"many times that, or a small part of it", "AccountTrade")
	}
}

// areFar reports whether a rate is more than so many times another. What is nearly nothing has lost its digits.
func areFar(a, b *big.Rat, times int64) bool {
	least := big.NewRat(2, 1000)
	if a.Cmp(least) < 0 && b.Cmp(least) < 0 {
		return false
	}
	larger, smaller := a, b
	if a.Cmp(b) < 0 {
		larger, smaller = b, a
	}
	return larger.Cmp(new(big.Rat).Mul(smaller, big.NewRat(times, 1))) > 0
}

// checkProducts looks at what an object says was paid for so many, to a hundredth: something may have been paid to
// somebody else.
func checkProducts(at string, object map[string]any, add func(place, rule, expected, got, schema string)) {
	quantity := integer(object["quantity"])
	for _, p := range products {
		price, hasPrice := decimalOf(object[p.price])
		if !hasPrice && p.price == "price" && object["activity"] == "MATURITY" {
			price, hasPrice = big.NewRat(100, 1), true // The face value, of which a price is said to be.
		}
		sum := integer(member(object[p.sum], "value"))
		if quantity == nil || quantity.Sign() <= 0 || !hasPrice || sum == nil || isAbroad(object[p.sum]) {
			continue
		}
		due := new(big.Rat).Mul(price, new(big.Rat).SetInt(quantity))
		due.Mul(due, big.NewRat(100, 1))
		off := new(big.Rat).Sub(new(big.Rat).SetInt(new(big.Int).Abs(sum)), due)
		most := new(big.Rat).Add(new(big.Rat).Quo(due, big.NewRat(100, 1)), big.NewRat(1, 1))
		if off.Abs(off).Cmp(most) > 0 {
			add(at+"/"+p.sum, "product", "the price in dollars, as many times as there are, in cents", "another sum",
				"AccountTrade")
		}
	}
}

// isAbroad reports whether money is of a currency that has no cents that we know of.
func isAbroad(money any) bool {
	currency, has := member(money, "currency").(string)
	return has && currency != "USD"
}

// decimalOf is a decimal number that is a text, as the contract has them.
func decimalOf(v any) (*big.Rat, bool) {
	text, isText := v.(string)
	if !isText {
		return nil, false
	}
	return rational(json.Number(text))
}
