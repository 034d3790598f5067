package contracttest

import (
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// judgedOfInputs are cases of judges of tokens, and of what requests say.
func judgedOfInputs() map[string][]judged {
	asks := func(token call.Token, status int) said {
		return said{operation: "listWires", status: status, token: token, answer: "{}"}
	}
	health := func(status int) said { return said{operation: "getHealth", status: status, answer: `"OK"`} }
	with := func(s said) said { s.headers = []pair{{"Authorization", "Bearer x"}}; return s }
	moved := func(by string) said { return said{clock: by} }
	rejected := func(id string) said {
		return said{operation: "createACHOrigination", sent: `{"amount_usdc":1}`, key: aKey, status: 200,
			answer: `{"id":"` + id + `","status":"REJECTED"}`}
	}
	details := func(name, key, public string, status int) said {
		s := said{operation: "getVirtualCard", sent: `{"public_key":"` + public + `"}`, key: key, status: status}
		s.target = "/api/v1/jiko-accounts/1/virtual-cards/" + name + "/"
		return s
	}
	public := map[string]string{"pointer": "/public_key"}
	account := said{operation: "createCounterparty", sent: `{"account_number":"0123"}`, status: 201,
		answer: `{"id":"` + oneID + `"}`}
	shows := func(number string) said {
		return said{operation: "getCounterpartyV1", status: 200,
			answer: `{"id":"` + oneID + `","ach":{"account_number":"` + number + `"}}`}
	}
	ofAccount := map[string]string{"write": "createCounterparty", "id": oneID}
	plaid := func(answer string) said {
		return said{operation: "createPlaidCounterparties", sent: `{"accounts":[{"id":"a"},{"id":"b"}]}`, status: 200,
			answer: answer}
	}
	applies := func(days string) said {
		return said{operation: "createApplication", sent: `{}`, status: 201, answer: `{"id":"` + oneID + `"}`,
			made: map[string]recipe.Made{theBirthday: recipe.Made(madeDay + "-18 " + days)}}
	}
	becomes := func(id, status string) said {
		return said{operation: "getApplication", status: 200, answer: `{"id":"` + id + `","status":"` + status + `"}`}
	}
	documents := func(company, kinds string) said {
		return said{operation: "listDocumentRequests", status: 200, answer: `[` + kinds + `]`,
			target: "/api/v1/business-applications/" + company + "/documents/"}
	}
	asLLC := said{operation: "updateBusinessApplication", sent: `{"entity_type":"LLC"}`, status: 200, answer: `{}`}
	toAnother := asLLC
	toAnother.sent = `{"entity_type":"TRUST"}`
	one, two := `{"type":"ONE"}`, `{"type":"TWO"}`
	ofUpdate := map[string]string{"operation": "updateBusinessApplication"}
	hands := func(size, status int) said {
		return said{operation: "uploadCustomerDocument", sent: string(*pdf(size)), status: status, answer: "{}"}
	}
	file := func(isAllowed string) map[string]string {
		return map[string]string{"size": "200", "allowed": isAllowed}
	}
	return map[string][]judged{
		"file": {
			{"one is refused that is as large as it may be", []said{hands(99, 200), hands(200, 413)}, file("true"),
				"F923 body size 200"},
			{"one is taken that is too large", []said{hands(99, 200), hands(200, 200)}, file("false"),
				"F102 body size 200"},
			{"it is taken", []said{hands(99, 200), hands(200, 200)}, file("true"), ""},
			{"none is taken", []said{hands(99, 422), hands(200, 422)}, file("true"), ""},
			{"there is no time for it", []said{hands(99, 200), hands(200, 429)}, file("true"), ""},
			{"it is refused", []said{hands(99, 200), hands(200, 413)}, file("false"), ""},
		},
		"young": {
			{"one becomes a customer", []said{applies("1"), becomes(oneID, "APPROVED")}, nil,
				"F102 body /date_of_birth too_young"},
			{"one does not", []said{applies("1"), becomes(oneID, "REJECTED")}, nil, ""},
			{"another one does", []said{applies("1"), becomes(otherID, "APPROVED")}, nil, ""},
			{"one is old enough", []said{applies("-1"), becomes(oneID, "APPROVED")}, nil, ""},
		},
		"derived": {
			{"what was read before is not worked out again", []said{asLLC, documents("1", two), asLLC,
				documents("2", two), documents("3", one), asLLC, documents("3", one)}, ofUpdate, "F931 body derived"},
			{"it is", []said{asLLC, documents("1", two), asLLC, documents("2", two), documents("3", one), asLLC,
				documents("3", two)}, ofUpdate, ""},
			{"in another order", []said{asLLC, documents("1", one+","+two), asLLC, documents("2", two+","+one),
				documents("3", one), asLLC, documents("3", two+","+one)}, ofUpdate, ""},
			{"each is another one", []said{asLLC, documents("1", two), asLLC, documents("2", ""), documents("3", one),
				asLLC, documents("3", one)}, ofUpdate, ""},
			{"it was changed otherwise", []said{asLLC, documents("1", two), asLLC, documents("2", two),
				documents("3", one), toAnother, documents("3", one)}, ofUpdate, ""},
			{"it was refused", []said{gone(asLLC, 422), documents("1", two), gone(asLLC, 422), documents("2", two),
				documents("3", one), gone(asLLC, 422), documents("3", one)}, ofUpdate, ""},
		},
		"zeros": {
			{"a zero is lost", []said{account, shows("123")}, ofAccount,
				"F931 body /ach/account_number leading_zeros"},
			{"one has come", []said{account, shows("00123")}, ofAccount,
				"F931 body /ach/account_number leading_zeros"},
			{"it is there", []said{account, shows("0123")}, ofAccount, ""},
			{"it is shown in part", []said{account, shows("**23")}, ofAccount, ""},
			{"it is another number", []said{account, shows("789")}, ofAccount, ""},
			{"it was refused", []said{gone(account, 422), shows("123")}, ofAccount, ""},
		},
		"apiece": {
			{"one is made of two", []said{plaid(`{"items":[{}]}`)}, nil, "F931 body /items apiece"},
			{"there are two", []said{plaid(`{"items":[{},{}]}`)}, nil, ""},
			{"it is refused", []said{gone(plaid(`{"items":[]}`), 422)}, nil, ""},
		},
		"made_once": {
			{"what was rejected is tried again", []said{rejected(oneID), rejected(otherID)}, nil,
				"F901 body /id another_id"},
			{"an hour later it may be", []said{rejected(oneID), moved("61m"), rejected(otherID)}, nil, ""},
			{"it was before the first one that time passed", []said{moved("61m"), rejected(oneID), rejected(otherID)},
				nil, "F901 body /id another_id"},
			{"it is answered as before", []said{rejected(oneID), rejected(oneID)}, nil, ""},
			{"it is refused", []said{rejected(oneID), gone(rejected(otherID), 409)}, nil, ""},
		},
		"spent": {
			{"a key pair is used again", []said{details("a", aKey, "x", 200), details("a", "", "x", 200)}, public,
				"F102 body /public_key used_once"},
			{"it is used for another card", []said{details("a", aKey, "x", 200), details("b", "", "x", 200)}, public,
				"F102 body /public_key used_once"},
			{"it is another one", []said{details("a", aKey, "x", 200), details("a", "", "y", 200)}, public, ""},
			{"it is refused", []said{details("a", aKey, "x", 200), details("a", "", "x", 422)}, public, ""},
			{"it was refused before", []said{details("a", aKey, "x", 422), details("a", "", "x", 200)}, public, ""},
			{"it is a repeat", []said{details("a", aKey, "x", 200), details("a", aKey, "x", 200)}, public, ""},
		},
		"lasting": {
			{"it ends before its time", []said{moved("9m"), asks("", 200), moved("58m"),
				asks(call.TokenEnded, 401)}, nil, "F205 header authorization ended_early"},
			{"a new one does", []said{asks(call.TokenRenewed, 200), moved("58m"), asks(call.TokenEnded, 401)}, nil,
				"F205 header authorization ended_early"},
			{"its time is over", []said{moved("9m"), asks("", 200), moved("61m"), asks(call.TokenEnded, 401)}, nil, ""},
			{"it is as old as nobody knows", []said{asks("", 200), asks("", 200), moved("58m"),
				asks(call.TokenEnded, 401)}, nil, ""},
			{"it is good", []said{moved("9m"), asks("", 200), moved("58m"), asks(call.TokenEnded, 200)}, nil, ""},
		},
		"bare": {
			{"a token is refused that nobody needs", []said{health(200), with(health(401))},
				map[string]string{"rule": "unknown_token"}, "F205 header authorization unknown_token"},
			{"it is not looked at", []said{health(200), with(health(200))}, nil, ""},
			{"all are refused", []said{health(404), with(health(404))}, nil, ""},
			{"there is no time for it", []said{health(200), with(health(429))}, nil, ""},
		},
	}
}
