package contracttest

import (
	"cmp"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// said is a request and its answer, as a judge sees them. The method and the path are the operation's, unless they are
// given.
type said struct {
	operation, method, target, key, sent string
	query, headers                       []pair
	token                                call.Token
	signature                            call.Signature
	form                                 call.KeyForm
	by                                   call.Who
	made                                 map[string]recipe.Made
	status                               int
	answer                               string
	header                               http.Header
	trouble                              call.Trouble
	// clock and await are a step that sends nothing, and also is another exchange at the same time. came is what has
	// come to the receiver when a wait is over, or nil if there is none.
	clock string
	await bool
	came  *receiver
	also  *said
}

func (s said) exchange() *exchange {
	e := &exchange{}
	if o := operationByID(s.operation); o != nil {
		e.step.Method, e.step.Path = o.Method, o.Path
	}
	if s.method != "" {
		e.step.Method = s.method
	}
	if s.target != "" {
		e.step.Path = s.target
	}
	e.step.Operation, e.step.Query, e.step.Token, e.step.Signature = s.operation, s.query, s.token, s.signature
	e.step.KeyForm, e.step.Key, e.step.By, e.step.Header = s.form, s.key, s.by, s.headers
	e.step.Make = s.made
	if s.sent != "" {
		e.step.Body = text(s.sent)
	}
	e.sent = call.Message{Method: e.step.Method, Target: e.step.Path, Key: s.key, Body: []byte(s.sent)}
	for i, p := range s.query {
		e.sent.Target += string("?&"[min(i, 1)]) + p.Name + "=" + p.Value
	}
	e.answer = call.Answer{Status: s.status, Body: []byte(s.answer), Header: s.header.Clone(), Trouble: s.trouble}
	if e.answer.Header == nil {
		e.answer.Header = http.Header{}
	}
	if _, has := e.answer.Header["Content-Type"]; !has {
		e.answer.Header.Set("Content-Type", mediaJSON)
	}
	e.decode()
	return e
}

func traceOf(all []said) *trace {
	t := &trace{vars: variables{}}
	for _, s := range all {
		switch {
		case s.await:
			t.steps, t.exchanges = append(t.steps, step{Await: true}), append(t.exchanges, nil)
			continue
		case s.clock != "":
			moved := step{Clock: &recipe.Clock{By: s.clock}}
			t.steps, t.exchanges = append(t.steps, moved), append(t.exchanges, nil)
			continue
		}
		e := s.exchange()
		exchanges := []*exchange{e}
		if s.also != nil {
			exchanges = append(exchanges, s.also.exchange())
		}
		t.steps, t.exchanges = append(t.steps, e.step), append(t.exchanges, exchanges)
	}
	return t
}

const (
	oneID   = "497f6eca-6276-4993-bfeb-53cbbbba6f08"
	otherID = "0b7e4b6e-6f5c-4a39-9d0e-2f0f2f5a7c11"
	aKey    = "5b1c5bb5-5d3c-4a39-9d0e-2f0f2f5a7c11"
)

func pocketRead(answer string) said {
	return said{operation: "getPocket", target: "/api/v2/pockets/" + oneID + "/", status: 200, answer: answer}
}

func done(id, key string, status int) said {
	return said{operation: "createPocket", sent: `{"pocket_name":"A"}`, key: key, status: status,
		answer: `{"id":"` + id + `","pocket_name":"A"}`}
}

func worth(cents string) said {
	return pocketRead(`{"id":"` + oneID + `","portfolio":{"total_value":{"value":` + cents + `}}}`)
}

// invested is worth that there is a security for.
func invested(cents string) said {
	return pocketRead(`{"id":"` + oneID + `","portfolio":{"total_value":{"value":` + cents +
		`},"securities":[{"cusip":"912796YT0"}]}}`)
}

func transfer(status string, cents string) said {
	return said{operation: "createOnUsTransfer", status: 201,
		sent: `{"type":"INTERNAL_REALLOCATION","from_account":{"id":"` + oneID + `"},"to_account":{"id":"` + otherID +
			`"},"amount":{"type":"REQUESTED_AMOUNT","amount_usdc":` + cents + `}}`,
		answer: `{"id":"` + aKey + `","status":"` + status + `","transfer":{"amount":{"value":` + cents + `}}}`}
}

func list(query []pair, items string, rest string) said {
	return said{operation: "listPockets", query: query, status: 200, answer: `{"items":[` + items + `]` + rest + `}`}
}

// gone is what is answered with another status.
func gone(s said, status int) said { s.status = status; return s }

func limited(n string, more ...pair) []pair { return append([]pair{{"limit", n}}, more...) }

var (
	transferred = map[string]string{"operation": "createOnUsTransfer"}
	funded      = map[string]string{"operation": "fundAccount"}
	agreements  = map[string]string{"operation": "listAgreements"}
)

func aPage(status int) said {
	return said{operation: "listAgreements", status: status, answer: "<p>",
		header: http.Header{"Content-Type": {"text/html"}}}
}

func withdrawal(status string) said {
	return said{operation: "createOnUsTransfer", status: 201, sent: `{"amount":{"type":"FULL_WITHDRAWAL"}}`,
		answer: `{"status":"` + status + `"}`}
}

func funding(count int) said {
	return said{operation: "fundAccount", status: 202,
		sent: `{"account_id":"` + oneID + `","amount_usdc":1213,"count":` + strconv.Itoa(count) + `}`}
}

// credits is a list of so many.
func credits(n int) said {
	all := make([]string, n)
	for i := range all {
		all[i] = `{"id":"` + strconv.Itoa(i) + `","direction":"CREDIT","amount":{"value":1213}}`
	}
	return said{operation: "listPocketTransactions", target: "/api/v2/pockets/" + oneID + "/transactions/", status: 200,
		answer: `{"items":[` + strings.Join(all, ",") + `]}`}
}

// judged is a trace, the last step of which is judged, and the code, place and rule that are found: none if it is
// right.
type judged struct {
	says  string
	trace []said
	args  map[string]string
	want  string
}

// Each judge refuses what it is for, and passes what is right.
func TestEachJudgeRefusesWhatIsWrongAndNothingElse(t *testing.T) {
	t.Parallel()
	status := map[string]string{"in": "4xx", "code": "F100", "place": "p", "rule": "r"}
	about := map[string]string{"write": "createPocket", "id": oneID, "ids": "/items/*/id", "list": "listPockets"}
	removed := map[string]string{"removal": "deleteSubscription", "id": oneID, "ids": "/items/*/id"}
	closedCard := map[string]string{"removal": "closeVirtualCard", "id": oneID}
	removal := said{operation: "deleteSubscription", target: "/api/v1/subscriptions/" + oneID + "/", status: 204}
	read := said{operation: "getSubscription", target: "/api/v1/subscriptions/" + oneID + "/", status: 200,
		answer: `{"id":"` + oneID + `"}`}
	closing := said{operation: "closeVirtualCard", sent: oneID, status: 204}
	card := func(status string) said {
		return said{operation: "getVirtualCard", status: 200,
			answer: `{"id":"` + oneID + `","status":"` + status + `"}`}
	}
	moved := map[string]string{"operation": "createOnUsTransfer", "from": oneID, "to": otherID}
	effect := map[string]string{"operation": "fundAccount", "code": "F901", "rule": "r", "which": "later",
		"pointers": "/portfolio/total_value/value", "place": "p"}
	fund := said{operation: "fundAccount", sent: "{}", status: 202, key: aKey}
	wrongFund, refusedFund := fund, fund
	wrongFund.signature = call.SignatureMissing
	refusedFund.status = 422
	otherFund := fund
	otherFund.sent = `{"other":1}`
	filter := map[string]string{"parameter": "filter[status]", "member": "/status", "how": "is", "value": "OPEN"}
	filtered := limited("100", pair{"filter[status]", "OPEN"})
	open, shut := `{"id":"1","status":"OPEN"}`, `{"id":"2","status":"CLOSED"}`
	method := map[string]string{"operation": "getPocket", "own": "GET PATCH", "allowed": "GET PATCH"}
	allow := func(status int, methods ...string) said {
		s := said{operation: "", method: "PUT", target: "/x/", status: status}
		if methods != nil {
			s.header = http.Header{"Allow": methods}
		}
		return s
	}
	booked := func(items string) said {
		return said{operation: "listPocketTransactions", target: "/api/v2/pockets/" + oneID + "/transactions/",
			status: 200, answer: `{"items":[` + items + `]}`}
	}
	refusedPocket := said{operation: "createPocket", status: 422, sent: `{"pocket_name":"For a rainy day","n":[]}`}
	lists := map[string]string{"operation": "createPocket", "code": "F901", "rule": "r", "which": "later",
		"pointers": "/items"}
	held := func(id, name string) string { return `{"id":"` + id + `","pocket_name":"` + name + `"}` }
	saving := done(oneID, aKey, 201)
	saving.sent = `{"pocket_name":"a rainy day"}`
	malformed := said{operation: "createPocket", status: 400, answer: `{"detail":"limit reached"}`}
	between := map[string]string{"place": "body /pocket_name", "why": "maxLength", "by": "any", "control": "between"}
	told := func(detail string) said {
		return said{operation: "getPocket", signature: call.SignatureOtherSecret, token: call.TokenUnknown, status: 401,
			answer: `{"detail":"` + detail + `"}`}
	}
	byOffset := func(limit, offset, items string) said {
		return said{operation: "listCustomerAccounts", query: limited(limit, pair{"offset", offset}), status: 200,
			target: "/api/v1/customers/" + oneID + "/jiko-accounts/", answer: `{"items":[` + items + `]}`}
	}
	subscribed := func(asked, shown string) []said {
		return []said{{operation: "createSubscription", status: 201, sent: asked, answer: shown}}
	}
	named := func(name, other, value string) said {
		return pocketRead(`{"id":"` + oneID + `","pocket_name":"` + name + `","` + other + `":"` + value + `"}`)
	}
	renaming := said{operation: "updatePocket", target: "/api/v2/pockets/" + oneID + "/", status: 200,
		sent: `{"pocket_name":"B"}`}
	debit := `{"id":"1","direction":"DEBIT","amount":{"value":100}}`
	credit := `{"id":"1","direction":"CREDIT","amount":{"value":1213}}`
	within := map[string]string{"operation": "createOnUsTransfer", "from": oneID, "to": oneID}
	into := map[string]string{"operation": "fundAccount", "from": "nobody", "to": oneID}
	cases := map[string][]judged{
		"redirect": {
			{"a write that becomes a read", []said{{method: "POST", target: "/x", status: 301}}, transferred,
				"F920 status 301"},
			{"a read, which stays one", []said{{method: "GET", target: "/x", status: 301}}, transferred, ""},
			{"one that keeps the method", []said{{method: "POST", target: "/x", status: 308}}, transferred, ""},
		},
		"status": {
			{"another status", []said{{operation: "getPocket", status: 200}}, status, "F100 p r"},
			{"one of those", []said{{operation: "getPocket", status: 404}}, status, ""},
			{"a failure, which is found otherwise", []said{{operation: "getPocket", status: 500}}, status, ""},
		},
		"not_status": {
			{"that status", []said{{operation: "getPocket", status: 415}},
				map[string]string{"status": "415", "code": "F923", "place": "p", "rule": "r"}, "F923 p r"},
			{"another", []said{{operation: "getPocket", status: 201}}, map[string]string{"status": "415"}, ""},
		},
		"ended": {
			{"a token after its time", []said{{operation: "getPocket", status: 200}, {clock: tokenTime},
				{operation: "getPocket", status: 200}, {operation: "getPocket", token: call.TokenEnded, status: 200}},
				status, "F100 p r"},
			{"it is refused", []said{{operation: "getPocket", status: 200}, {clock: tokenTime},
				{operation: "getPocket", status: 200}, {operation: "getPocket", token: call.TokenEnded, status: 401}},
				status, ""},
			{"no time has passed", []said{{operation: "getPocket", status: 200},
				{operation: "getPocket", token: call.TokenEnded, status: 200}}, status, ""},
		},
		"alike": {
			{"a token that is known is told from others", []said{
				{operation: "getPocket", signature: call.SignatureOtherSecret, status: 403},
				{operation: "getPocket", signature: call.SignatureOtherSecret, token: call.TokenUnknown, status: 401}},
				map[string]string{"place": "p", "rule": "r"}, "F907 p r"},
			{"all are told the same", []said{
				{operation: "getPocket", signature: call.SignatureOtherSecret, status: 401, answer: `{"detail":"no"}`},
				{operation: "getPocket", signature: call.SignatureOtherSecret, token: call.TokenUnknown, status: 401,
					answer: `{"detail":"no"}`}}, nil, ""},
			{"other words", []said{
				{operation: "getPocket", signature: call.SignatureOtherSecret, status: 401,
					answer: `{"detail":"sign"}`},
				told("log in"), told("log in")}, map[string]string{"place": "p", "rule": "r"}, "F907 p r"},
			{"other words each time", []said{
				{operation: "getPocket", signature: call.SignatureOtherSecret, status: 401,
					answer: `{"detail":"no (8F3K2)"}`},
				told("no (9G4L3)"), told("no (7H5M4)")}, map[string]string{"place": "p", "rule": "r"}, ""},
		},
		"refused": {
			{"what breaks a rule succeeds", []said{{operation: "createPocket", status: 201}}, map[string]string{
				"operation": "createPocket", "place": "body /pocket_name", "rule": "type", "status": "422"},
				"F102 body /pocket_name type"},
			{"JSON that two read differently", []said{{operation: "createPocket", status: 201}}, map[string]string{
				"operation": "createPocket", "place": "body", "rule": "duplicate_member", "status": "422"},
				"F911 body duplicate_member"},
			{"another refusal than is promised", []said{{operation: "createPocket", status: 418}}, map[string]string{
				"operation": "createPocket", "place": "body", "rule": "type", "status": "422"}, "F920 body type"},
			{"it is refused", []said{{operation: "createPocket", status: 422}}, map[string]string{
				"operation": "createPocket", "place": "body", "rule": "type", "status": "422"}, ""},
		},
		"accepted": {
			{"what is allowed is refused", []said{{operation: "createPocket", status: 422,
				answer: `{"detail":[{"loc":["body","pocket_name"],"msg":"no","type":"x"}]}`}},
				map[string]string{"place": "body /pocket_name", "why": "minLength"},
				"F923 body /pocket_name minLength"},
			{"it is refused for another place", []said{{operation: "createPocket", status: 422,
				answer: `{"detail":[{"loc":["body","nickname"],"msg":"no","type":"x"}]}`}},
				map[string]string{"place": "body /pocket_name", "why": "minLength"}, ""},
			{"a rule of the bank's", []said{{operation: "createPocket", status: 422,
				answer: `{"type":"limit","detail":"no"}`}}, map[string]string{"place": "body /pocket_name"}, ""},
			{"it is refused without a place", []said{malformed}, map[string]string{"place": "body /pocket_name",
				"why": "maxLength", "by": "any"}, ""},
			{"what is as right is refused as well", []said{malformed, malformed, malformed}, between, ""},
			{"what is as right between two refusals succeeds", []said{malformed, done(oneID, aKey, 201), malformed},
				between, "F923 body /pocket_name maxLength"},
		},
		"example": {
			{"it is refused", []said{refusedExampleOf("pocket_name")},
				map[string]string{"place": "body", "name": "x"}, "F923 body /pocket_name example x"},
			{"it is malformed", []said{malformed, done(oneID, aKey, 201), malformed},
				map[string]string{"place": "body", "name": "x", "control": "between"}, "F923 body example x"},
			{"it is malformed, as is all else", []said{malformed, malformed, malformed},
				map[string]string{"place": "body", "name": "x", "control": "between"}, ""},
			{"it may be malformed", []said{malformed}, map[string]string{"place": "body", "name": "x"}, ""},
			{"it is malformed, and has an id", []said{malformed, done(oneID, aKey, 201), malformed},
				map[string]string{"place": "body", "name": "x", "control": "between", "unknown": "body /id"}, ""},
			{"what it names is not there", []said{refusedExampleOf("id")},
				map[string]string{"place": "body", "name": "x", "unknown": "body /id"}, ""},
			{"what it names is not there, in a form", []said{refusedExampleOf("form", "id")},
				map[string]string{"place": "body", "name": "x", "unknown": "body /id"}, ""},
			{"the whole breaks a rule", []said{refusedExampleOf()},
				map[string]string{"place": "body", "name": "x"}, ""},
			{"a rule of the bank's", []said{{operation: "createPocket", status: 400,
				answer: `{"type":"limit","detail":"no"}`}}, map[string]string{"place": "body", "name": "x"}, ""},
			{"it is not found", []said{{operation: "createPocket", status: 404, answer: `{"detail":"no"}`}},
				map[string]string{"place": "body", "name": "x"}, ""},
			{"another parameter is refused", []said{{operation: "listPockets", status: 422,
				answer: `{"detail":[{"loc":["query","limit"],"msg":"no","type":"x"}]}`}},
				map[string]string{"place": "query order", "name": "x"}, ""},
		},
		"silent": {
			{"a refusal repeats a value", []said{{operation: "createPocket", status: 422,
				answer: `{"x":"` + mark + `"}`}},
				map[string]string{"place": "p"}, "F910 p echo"},
			{"a header does", []said{{operation: "createPocket", status: 422, header: http.Header{"X-Seen": {mark}}}},
				map[string]string{"place": "p"}, "F910 p echo"},
			{"a success may", []said{{operation: "createPocket", status: 201, answer: `{"x":"` + mark + `"}`}}, nil,
				""},
			{"it does not", []said{{operation: "createPocket", status: 422, answer: `{"x":"no"}`}}, nil, ""},
		},
		"repeat": {
			{"another id", []said{done(oneID, aKey, 201), done(otherID, aKey, 201)}, nil, "F901 body /id another_id"},
			{"another status", []said{done(oneID, aKey, 201), done(oneID, aKey, 200)}, nil, "F903 status 201"},
			{"the same", []said{done(oneID, aKey, 201), done(oneID, aKey, 201)}, nil, ""},
			{"a refusal", []said{done(oneID, aKey, 201), {operation: "createPocket", key: aKey, status: 409}}, nil, ""},
			{"another key", []said{done(oneID, aKey, 201), done(otherID, oneID, 201)}, nil, ""},
		},
		"reused_key": {
			{"another request succeeds", []said{fund, otherFund}, map[string]string{"operation": "fundAccount",
				"rule": "r"},
				"F902 header x-jiko-idempotency r"},
			{"it is the same", []said{fund, fund}, nil, ""},
			{"it is refused", []said{fund, gone(otherFund, 422)}, nil, ""},
		},
		"race": {
			{"two ids", []said{{operation: "createPocket", status: 201, answer: `{"id":"` + oneID + `"}`,
				also: &said{operation: "createPocket", status: 201, answer: `{"id":"` + otherID + `"}`}}}, nil,
				"F904 body /id several_ids"},
			{"one is refused", []said{{operation: "createPocket", status: 201, answer: `{"id":"` + oneID + `"}`,
				also: &said{operation: "createPocket", status: 409, answer: `{"id":"` + otherID + `"}`}}}, nil, ""},
		},
		"near_key": {
			{"a key that is cut", []said{done(oneID, aKey, 201), {operation: "createPocket", key: aKey, status: 201,
				form: call.KeyOtherEnd, answer: `{"id":"` + oneID + `"}`}, done(otherID, otherID, 201)}, nil,
				"F902 header x-jiko-idempotency near_key other_end"},
			{"each makes its own", []said{done(oneID, aKey, 201), {operation: "createPocket", key: aKey, status: 201,
				form: call.KeyOtherEnd, answer: `{"id":"` + aKey + `"}`}, done(otherID, otherID, 201)}, nil, ""},
		},
		"blocked_key": {
			{"the key of what was refused", []said{done(oneID, aKey, 422), done(oneID, aKey, 409),
				done(oneID, otherID, 201)}, map[string]string{"rule": "r"}, "F905 header x-jiko-idempotency r"},
			{"there was no time for it", []said{done(oneID, aKey, 422), done(oneID, aKey, 429),
				done(oneID, otherID, 201)}, map[string]string{"rule": "r"}, ""},
			{"the key of what succeeded", []said{done(oneID, aKey, 201), done(oneID, aKey, 409),
				done(oneID, otherID, 201)}, nil, ""},
		},
		"second_effect": {
			{"a repeat pays again", []said{worth("0"), fund, worth("100"), fund, worth("200")}, effect,
				"F901 effect r"},
			{"it does not", []said{worth("0"), fund, worth("100"), fund, worth("100")}, effect, ""},
			{"a repeat makes another", []said{list(nil, "", ""), saving, list(nil, held(oneID, "a rainy day"), ""),
				saving, list(nil, held(oneID, "a rainy day")+","+held(otherID, "a rainy day"), "")}, lists,
				"F901 effect r"},
			{"somebody else makes one of the same kind", []said{list(nil, "", ""), done(oneID, aKey, 201),
				list(nil, held(oneID, "A"), ""), done(oneID, aKey, 201),
				list(nil, held(oneID, "A")+","+held(otherID, "A"), "")}, lists, ""},
		},
		"untouched": {
			{"what is unsigned takes effect", []said{worth("0"), worth("0"), wrongFund, worth("100")},
				effect, "F901 p r takes effect"},
			{"it has none", []said{worth("0"), worth("0"), wrongFund, worth("0")}, effect, ""},
			{"what is right may", []said{worth("0"), worth("0"), fund, worth("100")}, effect, ""},
		},
		"undone": {
			{"a repeat undoes", []said{fund, worth("100"), worth("100"), fund, worth("0")}, effect,
				"F901 effect undone"},
			{"another request may", []said{fund, worth("100"), worth("100"), otherFund, worth("0")}, effect, ""},
			{"it leaves all", []said{fund, worth("100"), worth("100"), fund, worth("100")}, effect, ""},
		},
		"there": {
			{"what was made is not there", []said{done(oneID, "", 201), gone(pocketRead(`{}`), 404)}, about,
				"F927 status after createPocket"},
			{"too many requests", []said{done(oneID, "", 201), gone(pocketRead(`{}`), 429)}, about, ""},
			{"it is there", []said{done(oneID, "", 201), pocketRead(`{}`)}, about, ""},
		},
		"listed": {
			{"it is in no list", []said{done(oneID, "", 201), list(nil, "", "")}, about,
				"F927 body /items/*/id after createPocket"},
			{"it is", []said{done(oneID, "", 201), list(nil, `{"id":"`+oneID+`"}`, "")}, about, ""},
			{"there is another page", []said{done(oneID, "", 201), list(nil, "", `,"next_page":"x"`)}, about, ""},
		},
		"taken": {
			{"the answer has another name", []said{{operation: "createPocket", status: 201, sent: `{"pocket_name":"A"}`,
				answer: `{"pocket_name":"B"}`}}, nil, "F931 body /pocket_name not_stored"},
			{"it has the name", []said{done(oneID, "", 201)}, nil, ""},
			{"the answer has nothing there", subscribed(`{"retry_policy":{"maximum_attempts":2}}`,
				`{"retry_policy":null}`), nil, "F931 body /retry_policy not_stored"},
			{"the answer says nothing of it", subscribed(`{"retry_policy":{"maximum_attempts":2}}`, `{}`), nil, ""},
			{"a secret is not shown", subscribed(`{"shared_secret":"0123456789abcdef"}`, `{"shared_secret":null}`), nil,
				""},
			{"a number as text has lost its sign", subscribed(`{"amount":"-1.00"}`, `{"amount":"1.00"}`), nil,
				"F931 body /amount not_stored"},
			{"a number as text has another point", subscribed(`{"amount":"10.5"}`, `{"amount":"1.05"}`), nil,
				"F931 body /amount not_stored"},
			{"a number as text has other zeros", subscribed(`{"amount":"10.5"}`, `{"amount":"10.50"}`), nil, ""},
			{"a phone number has no blanks", subscribed(`{"phone":"+1 415-555-0134"}`, `{"phone":"+14155550134"}`), nil,
				""},
		},
		"answered": {
			{"a read shows another name", []said{done(oneID, "", 201),
				pocketRead(`{"id":"` + oneID + `","pocket_name":"B"}`)}, about, "F931 body /pocket_name not_stored"},
			{"the same", []said{done(oneID, "", 201), pocketRead(`{"id":"` + oneID + `","pocket_name":"A"}`)}, about,
				""},
		},
		"list_same": {
			{"the list has another name", []said{pocketRead(`{"id":"` + oneID + `","pocket_name":"A"}`),
				list(nil, `{"id":"`+oneID+`","pocket_name":"B"}`, ""),
				pocketRead(`{"id":"` + oneID + `","pocket_name":"A"}`)}, about, "F931 body /pocket_name list_differs"},
			{"it changes by itself", []said{pocketRead(`{"id":"` + oneID + `","pocket_name":"B"}`),
				list(nil, `{"id":"`+oneID+`","pocket_name":"B"}`, ""),
				pocketRead(`{"id":"` + oneID + `","pocket_name":"A"}`)}, about, ""},
		},
		"changed": {
			{"a change is not stored", []said{pocketRead(`{"id":"` + oneID + `","pocket_name":"A"}`),
				pocketRead(`{"id":"` + oneID + `","pocket_name":"A"}`),
				{operation: "updatePocket", target: "/api/v2/pockets/" + oneID + "/", sent: `{"pocket_name":"B"}`,
					status: 200},
				pocketRead(`{"id":"` + oneID + `","pocket_name":"A"}`)},
				map[string]string{"write": "updatePocket", "id": oneID}, "F931 body /pocket_name not_stored"},
			{"it changes more than was asked", []said{named("A", "deposit_strategy_id", "1"),
				named("A", "deposit_strategy_id", "1"), renaming, named("B", "deposit_strategy_id", "2")},
				map[string]string{"write": "updatePocket", "id": oneID},
				"F931 body /deposit_strategy_id changed_unasked"},
			{"it counts its changes", []said{named("A", "version", "1"), named("A", "version", "1"), renaming,
				named("B", "version", "2")}, map[string]string{"write": "updatePocket", "id": oneID}, ""},
			{"it is stored", []said{pocketRead(`{"id":"` + oneID + `","pocket_name":"A"}`),
				pocketRead(`{"id":"` + oneID + `","pocket_name":"A"}`),
				{operation: "updatePocket", target: "/api/v2/pockets/" + oneID + "/", sent: `{"pocket_name":"B"}`,
					status: 200},
				pocketRead(`{"id":"` + oneID + `","pocket_name":"B"}`)},
				map[string]string{"write": "updatePocket", "id": oneID}, ""},
		},
		"gone": {
			{"what was removed is read", []said{removal, read}, removed, "F103 status after deleteSubscription"},
			{"it is refused", []said{removal, gone(read, 404)}, removed, ""},
		},
		"unlisted": {
			{"what was removed is listed", []said{removal, {operation: "listSubscriptions", status: 200,
				answer: `{"items":[{"id":"` + oneID + `"}]}`}}, removed,
				"F103 body /items/*/id after deleteSubscription"},
			{"another is", []said{removal, {operation: "listSubscriptions", status: 200,
				answer: `{"items":[{"id":"` + otherID + `"}]}`}}, removed, ""},
		},
		"closed": {
			{"what was closed is open", []said{closing, card("OPEN")}, closedCard,
				"F103 body /status after closeVirtualCard"},
			{"it is closed", []said{closing, card("CLOSED")}, closedCard, ""},
		},
		"foreign": {
			{"it is below another parent", []said{{operation: "getPocket", status: 200}},
				map[string]string{"own": "1", "other": "2", "child": "3", "place": "p"}, "F929 p another_parent"},
			{"it is not", []said{{operation: "getPocket", status: 404}},
				map[string]string{"own": "1", "other": "2", "child": "3", "place": "p"}, ""},
			{"it is the same parent", []said{{operation: "getPocket", status: 200}},
				map[string]string{"own": "1", "other": "1", "child": "3", "place": "p"}, ""},
		},
		"leftover": {
			{"a refusal has paid", []said{worth("0"), worth("0"), refusedFund, worth("100")}, effect,
				"F104 effect refused"},
			{"it has not", []said{worth("0"), worth("0"), refusedFund, worth("0")}, effect, ""},
			{"it was no refusal", []said{worth("0"), worth("0"), fund, worth("100")}, effect, ""},
			{"a list of all has what was refused", []said{list(nil, open, ""), list(nil, open, ""), refusedPocket,
				list(nil, open+`,{"id":"2","pocket_name":"For a rainy day"}`, "")}, lists,
				"F104 effect refused"},
			{"somebody else makes one", []said{list(nil, open, ""), list(nil, open, ""), refusedPocket,
				list(nil, open+`,{"id":"2","pocket_name":"For a new car"}`, "")}, lists, ""},
			{"somebody else changes one", []said{list(nil, open, ""), list(nil, open, ""), refusedPocket,
				list(nil, `{"id":"1","status":"FROZEN"}`, "")}, lists, ""},
			{"somebody else removes one", []said{list(nil, open+","+shut, ""), list(nil, open+","+shut, ""),
				refusedPocket, list(nil, open, "")}, lists, ""},
		},
		"absent": {
			{"what was refused is there", []said{{operation: "createWire", status: 422, sent: oneID},
				{operation: "getWire", status: 200}}, map[string]string{"operation": "createWire", "id": oneID},
				"F104 status refused"},
			{"another request succeeded", []said{{operation: "createWire", status: 422, sent: oneID},
				{operation: "createWire", status: 201, sent: oneID}, {operation: "getWire", status: 200}},
				map[string]string{"operation": "createWire", "id": oneID}, ""},
		},
		"assigned": {
			{"a balance is taken from a request", []said{{operation: "createPocket", status: 201, sent: `{"n":7}`,
				answer: `{"n":7}`}}, map[string]string{"operation": "createPocket", "name": "n", "value": "7"},
				"F203 body /n assigned"},
			{"it is not", []said{{operation: "createPocket", status: 201, sent: `{"n":7}`, answer: `{"n":0}`}},
				map[string]string{"operation": "createPocket", "name": "n", "value": "7"}, ""},
		},
		"method": {
			{"it does something", []said{allow(204)}, method, "F210 method PUT"},
			{"it is not found", []said{allow(404)}, method, "F925 method PUT"},
			{"there is no Allow", []said{allow(405)}, method, "F925 header allow missing"},
			{"Allow lacks one", []said{allow(405, "GET")}, method, "F926 header allow lacks PATCH"},
			{"Allow has one more", []said{allow(405, "GET, PATCH", "DELETE")}, method,
				"F926 header allow names DELETE"},
			{"it is as it should be", []said{allow(405, "GET, HEAD", "PATCH")}, method, ""},
		},
		"serves": {
			{"501 for what there is", []said{{operation: "getPocket", status: 501}},
				map[string]string{"operation": "getPocket"}, "F100 status 501"},
			{"501 for what there is not", []said{allow(501)}, map[string]string{"operation": "getPocket"}, ""},
			{"an answer", []said{{operation: "getPocket", status: 404}}, map[string]string{"operation": "getPocket"},
				""},
		},
		"moved": {
			{"more than was ordered", []said{worth("1000"), worth("1000"), transfer("COMPLETED", "100"), worth("800")},
				moved, "F909 body value amount"},
			{"less than nothing", []said{worth("10"), worth("10"), transfer("COMPLETED", "100"), worth("-90")}, moved,
				"F909 body value overdrawn"},
			{"a rejected one moves", []said{worth("1000"), worth("1000"), transfer("REJECTED", "100"), worth("900")},
				moved, "F909 body value refused_and_moved"},
			{"what was ordered", []said{worth("1000"), worth("1000"), transfer("COMPLETED", "100"), worth("900")},
				moved, ""},
			{"it moves by itself", []said{worth("1000"), worth("1001"), transfer("COMPLETED", "100"), worth("800")},
				moved, ""},
			{"to itself it is moved, and becomes more", []said{worth("1000"), worth("1000"), transfer("COMPLETED",
				"100"), worth("1100")}, within, "F909 body value amount"},
			{"to itself it is moved", []said{worth("1000"), worth("1000"), transfer("COMPLETED", "100"), worth("1000")},
				within, ""},
			{"one of two credits has come", []said{worth("0"), worth("0"), funding(2), worth("1213")}, into, ""},
			{"half of a credit has come", []said{worth("0"), worth("0"), funding(1), worth("600")}, into,
				"F909 body value amount"},
			{"it is invested, at the price of a trade", []said{worth("0"), worth("0"), funding(100),
				invested("121200")}, into, ""},
			{"it is invested, and much is lost", []said{worth("0"), worth("0"), funding(100), invested("121000")}, into,
				"F909 body value amount"},
		},
		"booked": {
			{"nothing is booked", []said{worth("1000"), booked(""), transfer("COMPLETED", "100"), worth("900"),
				booked("")}, moved, "F909 body /items/*/amount/value transactions"},
			{"it is booked", []said{worth("1000"), booked(""), transfer("COMPLETED", "100"), worth("900"),
				booked(debit)}, moved, ""},
			{"it comes after the worth was read", []said{worth("0"), booked(""), funding(1), worth("0"),
				booked(credit)}, into, ""},
			{"it comes, and another sum is listed", []said{worth("0"), booked(""), funding(1), worth("1213"),
				booked(debit)}, into, "F909 body /items/*/amount/value transactions"},
		},
		"ordered": {
			{"another amount is read", []said{transfer("COMPLETED", "100"), {operation: "getOnUsTransfer",
				target: "/api/v1/transfers/on-us/" + aKey + "/", status: 200,
				answer: `{"transfer":{"amount":{"value":99}}}`}}, moved, "F909 body /transfer/amount/value ordered"},
			{"the same", []said{transfer("COMPLETED", "100"), {operation: "getOnUsTransfer",
				target: "/api/v1/transfers/on-us/" + aKey + "/", status: 200,
				answer: `{"transfer":{"amount":{"value":100}}}`}}, moved, ""},
		},
		"digits": {
			{"the last digit is lost", []said{transfer("PENDING", "9007199254740993"), {operation: "getOnUsTransfer",
				status: 200, answer: `{"transfer":{"amount":{"value":9007199254740992}}}`}}, moved,
				"F913 body /transfer/amount/value rounded"},
			{"it is not", []said{transfer("PENDING", "9007199254740993"), {operation: "getOnUsTransfer",
				status: 200, answer: `{"transfer":{"amount":{"value":9007199254740993}}}`}}, moved, ""},
		},
		"pages": {
			{"a page repeats an item", []said{list(limited("100"), open+","+shut, ""),
				list(limited("1"), open, `,"next_page":"x"`), list(limited("1", pair{"cursor", "x"}), open, ""),
				list(limited("100"), open+","+shut, "")}, nil, "F912 body /items repeats"},
			{"a page is longer than its limit", []said{list(limited("100"), open+","+shut, ""),
				list(limited("1"), open+","+shut, ""), list(limited("100"), open+","+shut, "")}, nil,
				"F912 query limit limit"},
			{"an item is lost", []said{list(limited("100"), open+","+shut, ""),
				list(limited("1"), open, `,"next_page":"x"`), list(limited("1", pair{"cursor", "x"}), "", ""),
				list(limited("100"), open+","+shut, "")}, nil, "F912 body /items loses"},
			{"each is there once", []said{list(limited("100"), open+","+shut, ""),
				list(limited("1"), open, `,"next_page":"x"`), list(limited("1", pair{"cursor", "x"}), shut, ""),
				list(limited("100"), open+","+shut, "")}, nil, ""},
			{"what is new comes first, and moves the others by one", []said{byOffset("100", "0", open), byOffset("1",
				"0", open), done(otherID, aKey, 201), byOffset("1", "1", open), byOffset("100", "0", shut+","+open)},
				nil, ""},
		},
		"back": {
			{"the way back leads elsewhere", []said{list(limited("1"), open, `,"next_page":"x"`),
				list(limited("1", pair{"cursor", "x"}), shut, `,"prev_page":"y"`),
				list(limited("1", pair{"cursor", "y"}), shut, "")}, nil, "F912 body /prev_page back"},
			{"it leads back", []said{list(limited("1"), open, `,"next_page":"x"`),
				list(limited("1", pair{"cursor", "x"}), shut, `,"prev_page":"y"`),
				list(limited("1", pair{"cursor", "y"}), open, "")}, nil, ""},
		},
		"negotiated": {
			{"a page comes for a browser", []said{aPage(200)}, agreements, "F921 header content-type accept"},
			{"JSON comes all the same", []said{{operation: "listAgreements", status: 200, answer: "{}"}}, agreements,
				""},
			{"it is not acceptable", []said{aPage(406)}, agreements, ""},
		},
		"emptied": {
			{"a cent is left", []said{worth("500"), withdrawal("COMPLETED"), worth("1")}, transferred,
				"F909 body value emptied"},
			{"nothing is left", []said{worth("500"), withdrawal("COMPLETED"), worth("0")}, transferred, ""},
			{"it is not over", []said{worth("500"), withdrawal("PENDING"), worth("500")}, transferred, ""},
		},
		"credited": {
			{"one is missing", []said{credits(0), funding(3), {clock: "72h"}, credits(2)}, funded,
				"F909 body /count credits"},
			{"one is too many", []said{credits(1), funding(3), {clock: "72h"}, credits(5)}, funded,
				"F909 body /count credits"},
			{"all have come", []said{credits(1), funding(3), {clock: "72h"}, credits(4)}, funded, ""},
		},
		"filter": {
			{"it lets through what it must not", []said{list(limited("100"), open+","+shut, ""),
				list(filtered, open+","+shut, "")}, filter, "F932 query filter[status] item"},
			{"it loses one", []said{list(limited("100"), open+","+shut, ""), list(filtered, "", "")}, filter,
				"F932 query filter[status] loses"},
			{"it is right", []said{list(limited("100"), open+","+shut, ""), list(filtered, open, "")}, filter, ""},
		},
	}
	for _, more := range []map[string][]judged{
		judgedOfCallers(), judgedOfTexts(t), judgedOfRepeats(), judgedOfDeliveries(t), judgedOfAttempts(t),
		judgedOfLost(), judgedOfTime(), judgedOfInputs(), judgedOfMoments(),
	} {
		maps.Copy(cases, more)
	}
	for _, name := range sortedKeys(judges) {
		isRight, isWrong := false, false
		for _, c := range cases[name] {
			all := traceOf(c.trace)
			args := map[string]string{}
			maps.Copy(args, c.args)
			r := &run{}
			for _, s := range c.trace {
				r.receiver = cmp.Or(s.came, r.receiver)
				r.controls = r.controls || s.clock != ""
			}
			found := judges[name](r, all, len(all.steps)-1, args)
			got := ""
			if len(found) > 0 {
				got = strings.Join([]string{found[0].code, found[0].place, found[0].rule}, " ")
			}
			if got != c.want {
				t.Errorf("%s, %s: %q is found, want %q", name, c.says, got, c.want)
			}
			isRight, isWrong = isRight || c.want == "", isWrong || c.want != ""
		}
		if !isRight || !isWrong {
			t.Errorf("%s is not shown on both sides", name)
		}
		delete(cases, name)
	}
	for name := range cases {
		t.Errorf("there is no judge %s", name)
	}
}

// refusedExampleOf is a refusal of a place in a body.
func refusedExampleOf(in ...string) said {
	loc := `"body"`
	for _, name := range in {
		loc += `,"` + name + `"`
	}
	return said{operation: "createPocket", status: 422,
		answer: `{"detail":[{"loc":[` + loc + `],"msg":"no","type":"x"}]}`}
}
