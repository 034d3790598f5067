package contracttest

import (
	"net/http"
	"strings"
)

// judgedOfRepeats are cases of judges that look at something before a request and after it.
func judgedOfRepeats() map[string][]judged {
	fund := said{operation: "fundAccount", sent: "{}", status: 202, key: aKey}
	other := said{operation: "fundAccount", sent: `{"other":1}`, status: 202, key: otherID}
	reused := fund
	reused.sent = other.sent
	forgotten := map[string]string{"operation": "fundAccount", "pointers": "/portfolio/total_value/value"}
	elsewhere := map[string]string{"operation": "fundAccount", "pointers": "/nickname"}

	payment := said{operation: "fundAccount", sent: `{"amount_usdc":` + theAmount + `}`, status: 202, key: aKey}
	small := payment
	small.sent = `{"amount_usdc":1}`
	booked := func(amounts ...string) said {
		var items []string
		for _, amount := range amounts {
			items = append(items, `{"id":"`+amount+`","amount":{"value":`+amount+`}}`)
		}
		return said{operation: "listPocketTransactions", target: "/api/v2/pockets/" + oneID + "/transactions/",
			status: 200, answer: `{"items":[` + strings.Join(items, ",") + `]}`}
	}

	wire := said{operation: "createWire", sent: `{"amount_usdc":500}`, status: 201, answer: `{"id":"` + oneID + `"}`}
	inState := func(id, status string) said {
		return said{operation: "getWire", status: 200, answer: `{"id":"` + id + `","status":"` + status + `"}`}
	}
	transactions := func(items ...string) said {
		return said{operation: "listPocketTransactions", target: "/api/v2/pockets/" + otherID + "/transactions/",
			status: 200, answer: `{"items":[` + strings.Join(items, ",") + `]}`}
	}
	moves := func(id, direction, amount string) string {
		return `{"id":"` + id + `","direction":"` + direction + `","amount":{"value":` + amount + `}}`
	}
	taken, back, again := moves("1", "DEBIT", "-500"), moves("2", "CREDIT", "500"), moves("3", "CREDIT", "500")
	ofWire := map[string]string{"operation": "createWire"}

	changed := map[string]string{"write": "updatePocket", "id": oneID}
	tagged := func(tag, name string) said {
		s := pocketRead(`{"id":"` + oneID + `","pocket_name":"` + name + `"}`)
		if tag != "" {
			s.header = http.Header{"Etag": {tag}}
		}
		return s
	}
	rename := said{operation: "updatePocket", target: "/api/v2/customers/1/pockets/" + oneID + "/", status: 200,
		sent: `{"pocket_name":"B"}`}
	ofAnother := said{operation: "updatePocket", target: "/api/v2/customers/1/pockets/" + otherID + "/", status: 200,
		sent: `{"pocket_name":"B"}`}
	return map[string][]judged{
		"forgotten": {
			{"a repeat after others pays again", []said{fund, other, worth("100"), worth("100"), fund, worth("200")},
				forgotten, "F901 effect forgotten"},
			{"it does not", []said{fund, other, worth("100"), worth("100"), fund, worth("100")}, forgotten, ""},
			{"what is read moves by itself", []said{fund, other, worth("100"), worth("150"), fund, worth("200")},
				forgotten, ""},
			{"it is another request", []said{fund, other, worth("100"), worth("100"), reused, worth("200")}, forgotten,
				""},
			{"what was refused may be done now", []said{gone(fund, 422), other, worth("100"), worth("100"), fund,
				worth("200")}, forgotten, ""},
			{"nobody has seen it change there", []said{fund, other, worth("100"), worth("100"), fund, worth("200")},
				elsewhere, ""},
		},
		"paid_once": {
			{"a repeat pays again", []said{payment, booked("1", theAmount), payment, booked(theAmount, "1", theAmount)},
				forgotten, "F901 effect forgotten"},
			{"it does not", []said{payment, booked("1", theAmount), payment, booked("2", "1", theAmount)}, forgotten,
				""},
			{"the first one is booked late", []said{payment, booked("1"), payment, booked("1", theAmount)}, forgotten,
				""},
			{"there are several to begin with", []said{payment, booked(theAmount, theAmount), payment,
				booked(theAmount, theAmount, theAmount)}, forgotten, ""},
			{"another request pays", []said{small, booked(theAmount), payment, booked(theAmount, theAmount)}, forgotten,
				""},
			{"what was refused may be paid now", []said{gone(payment, 422), booked(theAmount), payment,
				booked(theAmount, theAmount)}, forgotten, ""},
		},
		"returned": {
			{"more comes back than was taken", []said{transactions(), wire, inState(oneID, "REJECTED"),
				transactions(again, back, taken)}, ofWire, "F909 amount returned"},
			{"something comes back, and nothing was taken", []said{transactions(), wire, inState(oneID, "FAILED"),
				transactions(back)}, ofWire, "F909 amount returned"},
			{"what was taken comes back", []said{transactions(), wire, inState(oneID, "REJECTED"),
				transactions(back, taken)}, ofWire, ""},
			{"nothing was taken", []said{transactions(), wire, inState(oneID, "REJECTED"), transactions()}, ofWire, ""},
			{"it is not back yet", []said{transactions(), wire, inState(oneID, "REJECTED"), transactions(taken)},
				ofWire, ""},
			{"it has moved", []said{transactions(), wire, inState(oneID, "COMPLETED"), transactions(back)}, ofWire, ""},
			{"another one is rejected", []said{transactions(), wire, inState(otherID, "REJECTED"), transactions(back)},
				ofWire, ""},
			{"it came before", []said{transactions(back), wire, inState(oneID, "REJECTED"), transactions(back)}, ofWire,
				""},
			{"another amount comes", []said{transactions(), wire, inState(oneID, "REJECTED"),
				transactions(moves("4", "CREDIT", "700"))}, ofWire, ""},
			{"an amount is none, which is found otherwise", []said{transactions(), wire, inState(oneID, "REJECTED"),
				transactions(moves("5", "CREDIT", "500.5"))}, ofWire, ""},
		},
		"validator": {
			{"what has changed has its old ETag", []said{tagged(`"1"`, "A"), rename, tagged(`"1"`, "B")}, changed,
				"F922 header etag stale"},
			{"it has another one", []said{tagged(`"1"`, "A"), rename, tagged(`W/"2"`, "B")}, changed, ""},
			{"it has none", []said{tagged("", "A"), rename, tagged("", "B")}, changed, ""},
			{"nothing has changed", []said{tagged(`"1"`, "B"), rename, tagged(`"1"`, "B")}, changed, ""},
			{"something else has changed", []said{tagged(`"1"`, "A"), ofAnother, tagged(`"1"`, "B")}, changed, ""},
			{"it is refused", []said{tagged(`"1"`, "A"), gone(rename, 422), tagged(`"1"`, "A")}, changed, ""},
			{"it was changed, and changed back", []said{tagged(`"1"`, "B"), gone(rename, 200), tagged(`"2"`, "A"),
				rename, tagged(`"1"`, "B")}, changed, ""},
		},
	}
}
