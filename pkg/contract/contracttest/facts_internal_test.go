package contracttest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// factsOf are what is wrong with the numbers of an answer: rules and places.
func factsOf(t *testing.T, answer string) string {
	t.Helper()
	e := said{operation: "listAccountTrades", status: 200, answer: answer}.exchange()
	var found []string
	for _, f := range judgeFacts(e, func(code, place, rule, _, _, _ string) failure {
		return failure{code: code, place: place, rule: rule}
	}) {
		found = append(found, f.rule+" "+f.place)
	}
	return strings.Join(found, ", ")
}

// Numbers of an answer say the same of each other as descriptions do.
func TestNumbersAreWhatDescriptionsSay(t *testing.T) {
	t.Parallel()
	trade := func(quantity, price, cents, yield string) string {
		return `{"items":[{"activity":"BUY","quantity":` + quantity + `,"price":"` + price + `","notional":{"value":` +
			cents + `,"currency":"USD"},"trade_datetime":"2026-01-05T15:00:00Z","maturity_date":"2026-01-27",` +
			`"yield_to_maturity":"` + yield + `"}]}`
	}
	for name, c := range map[string]struct{ answer, want string }{
		"a trade":             {trade("123", "99.707314", "1226400", "0.0487"), ""},
		"a trade of one":      {trade("1", "99.707314", "9971", "0.0487"), ""},
		"a sum of one":        {trade("123", "99.707314", "9971", "0.0487"), "product body /items/*/notional"},
		"a sum in dollars":    {trade("123", "99.707314", "12264", "0.0487"), "product body /items/*/notional"},
		"a price of the face": {trade("123", "0.99707314", "1226400", ""), "product body /items/*/notional"},
		"a yield in percent": {trade("123", "99.707314", "1226400", "4.87"),
			"fraction body /items/*/yield_to_maturity"},
		"a yield of a day": {trade("123", "99.707314", "1226400", "0.00013"),
			"yield body /items/*/yield_to_maturity"},
		"a maturity": {`[{"activity":"MATURITY","quantity":3,"notional":{"value":30000},"yield_to_maturity":"0.0000"}]`,
			""},
		"a maturity of another sum": {`[{"activity":"MATURITY","quantity":3,"notional":{"value":29000}}]`,
			"product body /*/notional"},
		"a holding": {`{"quantity":2,"jiko_mark_price":"98.5","market_value":{"value":19700}}`, ""},
		"a holding of another worth": {`{"quantity":2,"jiko_mark_price":"98.5","market_value":{"value":9850}}`,
			"product body /market_value"},
		"a strategy": {`{"yield_to_maturity":"0.0625","discount_yield":"0.0472"}`, ""},
		"a strategy in percent": {`{"yield_to_maturity":"0.0625","discount_yield":"4.72"}`,
			"fraction body /discount_yield"},
		"a low one in percent": {`{"yield_to_maturity":"0.0062","discount_yield":"0.6"}`,
			"fraction body /discount_yield"},
		"next to no yield": {`{"yield_to_maturity":"0.0001","discount_yield":"0.0000"}`, ""},
		"another currency": {`{"quantity":2,"price":"98.5","notional":{"value":197,"currency":"JPY"}}`, ""},
	} {
		if got := factsOf(t, c.answer); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// The contract says of no more yields than those that they are fractions, and of no other prices.
func TestFactsAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	for name, ref := range recipe.Document().Components.Schemas {
		for _, property := range propertiesOf(ref.Value) {
			isKnown := false
			for _, known := range fractions {
				isKnown = isKnown || known == property
			}
			if strings.Contains(property, "yield") && !isKnown {
				t.Errorf("%s has %s, of which nobody knows whether it is a fraction", name, property)
			}
		}
	}
}

// What the contract has as examples is right.
func TestExamplesAreWhatDescriptionsSay(t *testing.T) {
	t.Parallel()
	encoded, err := json.Marshal(recipe.Document())
	if err != nil {
		t.Fatal(err)
	}
	if got := factsOf(t, string(encoded)); got != "" {
		t.Error(got)
	}
}
