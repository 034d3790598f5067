package contracttest

import (
	"net/http"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// byTheOther is what the second caller says.
func byTheOther(s said) said { s.by = call.Other; return s }

// judgedOfCallers are cases of judges that tell one caller, login or customer from another.
func judgedOfCallers() map[string][]judged {
	theirs := map[string]string{"ids": oneID, "place": "p", "rule": "r"}
	of := func(id string, status int, answer string) said {
		return byTheOther(said{operation: "getPocket", target: "/api/v2/pockets/" + id + "/", status: status,
			answer: answer})
	}
	lacks := func(id string) string { return `{"detail":"there is no ` + id + `","request_id":"` + id[:8] + `"}` }
	with := func(s said, name string) said { s.header = http.Header{name: {"x"}}; return s }
	nobodys := of(recipe.Nobody, 404, lacks(recipe.Nobody))
	below := func(id string, status int, items string) said {
		return said{operation: "listPocketTransactions", target: "/api/v2/pockets/" + id + "/transactions/",
			status: status, answer: `{"items":[` + items + `]}`}
	}
	held := `{"id":"` + otherID + `"}`

	item := func(id, about string) string { return `{"id":"` + id + `","about":"` + about + `"}` }
	made := map[string]string{"made": "yes"}

	keyed := func(s said, key string) said { s.key = key; return s }
	mine, own := done(oneID, aKey, 201), byTheOther(done(otherID, otherID, 201))
	shared := func(id string) said {
		return said{operation: "createPocket", sent: `{"pocket_name":"A"}`, status: 201,
			answer: `{"id":"` + id + `","partner":"` + recipe.Nobody + `"}`}
	}

	names := map[string]string{"member": "/counterparty_id", "id": oneID}
	originated := func(customer, counterparty string, status int) said {
		return said{operation: "createACHOrigination", target: "/api/v1/jiko-accounts/" + customer +
			"/ach-originating/", sent: `{"counterparty_id":"` + counterparty + `"}`, status: status}
	}

	types := func(status int) said { return said{operation: "listEventTypes", status: status} }
	login := func(status int) said { return said{operation: "login", status: status} }
	return map[string][]judged{
		"foreigner": {
			{"it is shown", []said{pocketRead(`{}`), nobodys, of(oneID, 200, `{}`)}, theirs, "F206 p r"},
			{"another status", []said{pocketRead(`{}`), nobodys, of(oneID, 403, `{}`)}, theirs, "F204 p r_status"},
			{"other words", []said{pocketRead(`{}`), nobodys, nobodys, of(oneID, 404, `{"detail":"it is not yours"}`)},
				theirs, "F204 p r_body"},
			{"other words each time", []said{pocketRead(`{}`), nobodys,
				of(recipe.Nobody, 404, `{"detail":"no (8F3K2)"}`), of(oneID, 404, `{"detail":"no (9G4L3)"}`)},
				theirs, ""},
			{"another header", []said{pocketRead(`{}`), nobodys, with(of(oneID, 404, lacks(oneID)), "Etag")}, theirs,
				"F204 p r_header"},
			{"it is as if it were not there", []said{pocketRead(`{}`), nobodys, of(oneID, 404, lacks(oneID))}, theirs,
				""},
			{"another header of each answer", []said{pocketRead(`{}`), nobodys,
				with(of(oneID, 404, lacks(oneID)), "X-Request-Id")}, theirs, ""},
			{"there was no time for it", []said{pocketRead(`{}`), nobodys, of(oneID, 429, `{}`)}, theirs, ""},
			{"it is the second caller's own", []said{nobodys, of(oneID, 200, `{}`)}, theirs, ""},
			{"a list of it is empty, which tells that it is there", []said{below(oneID, 200, held),
				byTheOther(below(recipe.Nobody, 404, "")), byTheOther(below(oneID, 200, ""))}, theirs,
				"F204 p r_status"},
			{"any list is empty", []said{below(oneID, 200, held), byTheOther(below(recipe.Nobody, 200, "")),
				byTheOther(below(oneID, 200, ""))}, theirs, ""},
			{"any list is one, but this one has something in it", []said{below(oneID, 200, held),
				byTheOther(below(recipe.Nobody, 200, "")), byTheOther(below(oneID, 200, held))}, theirs,
				"F206 p r"},
		},
		"foreign_items": {
			{"something is in both lists", []said{list(nil, item(oneID, ""), ""),
				byTheOther(list(nil, item(otherID, "")+","+item(oneID, ""), ""))}, nil,
				"F206 body /items another_caller"},
			{"a cursor of the caller's leads to it", []said{list(nil, item(oneID, ""), ""),
				byTheOther(list([]pair{{"cursor", "x"}}, item(oneID, ""), ""))}, nil,
				"F206 query cursor another_caller"},
			{"each has its own", []said{list(nil, item(oneID, ""), ""), byTheOther(list(nil, item(otherID, ""), ""))},
				nil, ""},
			{"the caller reads again", []said{list(nil, item(oneID, ""), ""), list(nil, item(oneID, ""), "")}, nil, ""},
			{"it is refused", []said{list(nil, item(oneID, ""), ""),
				byTheOther(said{operation: "listPockets", status: 403})}, nil, ""},
			{"what the caller has made is in a list of everybody's", []said{done(aKey, "", 201),
				list(nil, item(oneID, aKey), ""), byTheOther(list(nil, item(oneID, aKey), ""))}, made,
				"F206 body /items another_caller"},
			{"a list of everybody's has what is everybody's", []said{done(aKey, "", 201),
				list(nil, item(oneID, otherID), ""), byTheOther(list(nil, item(oneID, otherID), ""))}, made, ""},
		},
		"foreign_key": {
			{"the answer to another caller", []said{mine, own, byTheOther(mine)}, nil,
				"F206 header x-jiko-idempotency key_of_another_caller"},
			{"it is refused", []said{mine, own, byTheOther(done(oneID, aKey, 409))}, nil,
				"F204 header x-jiko-idempotency key_of_another_caller"},
			{"it is a request like any other", []said{mine, own, byTheOther(done(recipe.Nobody, aKey, 201))}, nil, ""},
			{"all answers name the same partner", []said{keyed(shared(oneID), aKey),
				byTheOther(keyed(shared(otherID), otherID)), byTheOther(keyed(shared(aKey), aKey))}, nil, ""},
			{"it is refused under any key", []said{mine, byTheOther(done(otherID, otherID, 409)),
				byTheOther(done(oneID, aKey, 409))}, nil, ""},
			{"nobody has used the key", []said{done(oneID, aKey, 422), own, byTheOther(done(oneID, aKey, 409))}, nil,
				""},
			{"there was no time for it", []said{mine, own, byTheOther(done(oneID, aKey, 429))}, nil, ""},
		},
		"owned": {
			{"another customer's is taken", []said{originated("1", oneID, 200), originated("2", otherID, 200),
				originated("2", oneID, 200)}, names, "F929 body /counterparty_id another_customer"},
			{"it is refused", []said{originated("1", oneID, 200), originated("2", otherID, 200),
				originated("2", oneID, 422)}, names, ""},
			{"it is the customer's own", []said{originated("1", otherID, 200), originated("2", otherID, 200),
				originated("2", oneID, 200)}, names, ""},
			{"another customer was refused it", []said{originated("1", oneID, 422), originated("2", otherID, 200),
				originated("2", oneID, 200)}, names, ""},
		},
		"kept_token": {
			{"another login has ended it", []said{types(200), login(200), types(401)}, nil,
				"F205 header authorization second_login"},
			{"it lives on", []said{types(200), login(200), types(200)}, nil, ""},
			{"there was no time for it", []said{types(200), login(200), types(429)}, nil, ""},
			{"nobody has logged in", []said{types(200), login(401), types(401)}, nil, ""},
			{"its time was over before", []said{types(401), login(200), types(401)}, nil, ""},
			{"its time is over by now", []said{types(200), login(200), {clock: tokenTime}, types(401)}, nil, ""},
		},
	}
}
