package zoo

import (
	"net/http"
	"regexp"
)

// exemplary are broken in what the contract shows as an example, and right in whatever else they are asked.
var exemplary = []Animal{
	{
		Name: "iban-refused", Fault: "The number of an account abroad has to be of digits, so no IBAN is one.",
		Checks: []string{"F923"}, Operations: []string{"createCounterparty"}, Place: "identifier",
		Break: refusing("identifier", func(v any) bool {
			text, isText := v.(string)
			return isText && iban.MatchString(text)
		}, "createCounterparty"),
	},
	{
		Name: "second-line-refused", Fault: "Who has a second line in the address cannot be paid by wire.",
		Checks: []string{"F923"}, Operations: []string{"createCounterparty"}, Place: "example wire",
		Break: onRequestAnswer(func(_ *http.Request, body []byte) *answer {
			v := decode(body)
			if in(v, "address", "street_address2") != nil && in(v, "counterparty_name", "type") == "business" &&
				in(v, "wire_instructions") != nil {
				return problem(http.StatusBadRequest)
			}
			return nil
		}, "createCounterparty"),
	},
	{
		Name: "names-of-persons-swapped", Fault: "A person who is paid by wire is answered with the last name first.",
		Checks: []string{"F931"}, Operations: []string{"createCounterparty"}, Place: "/counterparty_name",
		Break: onSuccess(func(v any) any {
			if name := in(v, "counterparty_name"); in(v, "type") == "wire" && in(name, "type") == "individual" {
				first, last := in(name, "first_name"), in(name, "last_name")
				with(with(name, "first_name", last), "last_name", first)
			}
			return v
		}, "createCounterparty"),
	},
	{
		Name: "network-read-otherwise", Fault: "A wallet is on another network when it is read than was said.",
		Checks: []string{"F931"}, Operations: []string{"getCounterparty"}, Place: "/network",
		Break: onSuccess(func(v any) any {
			if in(v, "network") != nil {
				with(v, "network", "bitcoin")
			}
			return v
		}, "getCounterparty"),
	},
	{
		Name: "offset-refused", Fault: "A time of a filter that has an offset, and no Z, is refused.",
		Checks: []string{"F923"}, Operations: []string{"listAccountTrades"}, Place: "trade_datetime_from",
		Break: onRequestAnswer(func(r *http.Request, _ []byte) *answer {
			if from := r.URL.Query().Get("trade_datetime_from"); offset.MatchString(from) {
				return queryRefusalOf("trade_datetime_from")
			}
			return nil
		}, "listAccountTrades"),
	},
}

var (
	iban   = regexp.MustCompile(`^[A-Z]{2}\d\d[A-Z]{4}\d{14}$`)
	offset = regexp.MustCompile(`T.*[+-]\d\d:\d\d$`)
)

// queryRefusalOf is an answer that refuses a parameter of the query.
func queryRefusalOf(name string) *answer {
	a := problem(http.StatusUnprocessableEntity)
	a.setValue(map[string]any{"detail": []any{map[string]any{"loc": []any{"query", name}, "type": "value_error",
		"msg": "Input should be something else"}}})
	return a
}
