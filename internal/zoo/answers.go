package zoo

import (
	"encoding/json"
	"net/http"
)

// answers are broken in what they say, whatever they are asked.
var answers = []Animal{
	{
		Name: "pocket-without-status", Fault: "A pocket is shown without its status.",
		Checks: []string{"F101"}, Operations: []string{"getPocket"}, Place: "/status",
		Break: onSuccess(func(v any) any { return lacking(v, "status") }, "getPocket"),
	},
	{
		Name: "created-is-ok", Fault: "A counterparty that was created is answered with 200.",
		Checks: []string{"F920"}, Operations: []string{"createCounterparty"}, Place: "200",
		Break: onAnswer(func(_ *http.Request, a *answer) {
			if a.status == http.StatusCreated {
				a.status = http.StatusOK
			}
		}, "createCounterparty"),
	},
	{
		Name: "fraction-of-a-cent", Fault: "The amount of a transfer has a fraction.",
		Checks: []string{"F101"}, Operations: []string{"getOnUsTransfer"}, Place: "/amount",
		Break: onSuccess(func(v any) any {
			with(in(v, "transfer", "amount"), "value", json.Number("1000.5"))
			return v
		}, "getOnUsTransfer"),
	},
}
