package contracttest

import (
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
)

// judgedOfInputs are cases of judges of tokens, and of what requests say.
func judgedOfInputs() map[string][]judged {
	asks := func(token call.Token, status int) said {
		return said{operation: "listWires", status: status, token: token, answer: "{}"}
	}
	health := func(status int) said { return said{operation: "getHealth", status: status, answer: `"OK"`} }
	with := func(s said) said { s.headers = []pair{{"Authorization", "Bearer x"}}; return s }
	moved := func(by string) said { return said{clock: by} }
	return map[string][]judged{
		"lasting": {
			{"it ends before its time", []said{moved("9m"), asks("", 200), moved("58m"), asks(call.TokenEnded, 401)}, nil,
				"F205 header authorization ended_early"},
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
