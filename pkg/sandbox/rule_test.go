package sandbox_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/sandbox/fault"
)

// broken is a fault that is seen at once, by its status.
func broken() *fault.Fault { return &fault.Fault{Kind: fault.Status} }

// openRules returns a sandbox of its own: the rules of the shared one would be those of all tests.
func openRules(t testing.TB) *world {
	t.Helper()
	return openAt(t, func() time.Time { return noon })
}

// setRules sets rules that are written in YAML, each an element of the list.
func (w *world) setRules(t testing.TB, texts ...string) {
	t.Helper()
	rules, err := sandbox.ReadRules("rules.yaml", strings.NewReader("- "+strings.Join(texts, "\n- ")))
	if err == nil {
		err = w.bank.SetRules(rules...)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// call is a request to the sandbox.
type call struct{ method, path, body string }

// answered sends a request, signed, without a connection.
func (w *world) answered(t testing.TB, c call, change ...func(*http.Request)) answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), c.method, "http://localhost"+c.path, strings.NewReader(c.body))
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", "Bearer "+w.token)
	if err := authentication.SignRequest(r, signingSecret, uuid.NewString(), []byte(c.body)); err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(r)
	}
	recorder := httptest.NewRecorder()
	w.bank.ServeHTTP(recorder, r)
	return answer{recorder.Code, recorder.Header(), recorder.Body.String()}
}

func (w *world) counts() string {
	var all []string
	for _, r := range w.bank.Rules() {
		all = append(all, fmt.Sprintf("%d/%d", r.Acted, r.Matched))
	}
	return strings.Join(all, " ")
}

// scene is whom and what the requests of a test are about.
type scene struct {
	customer, pocket, other, jane, supplier, card, application, wireID uuid.UUID
	account                                                            string
}

func (w *world) scene(t testing.TB) scene {
	t.Helper()
	customer, pockets := w.pockets(t, 100_000, 0)
	s := scene{customer: customer, pocket: pockets[0], other: pockets[1], jane: w.payee(t, customer, "WIRE"),
		supplier: w.counterparty(t, customer, wire(t)).ID, card: w.virtualCard(t, pockets[0]),
		account: w.addressOf(t, pockets[0]), wireID: uuid.New()}
	application, err := w.Individuals.CreateApplication(t.Context(), person(t))
	s.application = must(t, application, err).ID
	if err := w.Wires.Create(t.Context(), s.pocket, partnerapi.CreateWireRequest{WireID: &s.wireID,
		CounterpartyID: s.jane, AmountUSDC: ptr[int64](777)}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s scene) wire(counterparty uuid.UUID, cents int) call {
	return call{http.MethodPost, "/api/v1/jiko-accounts/" + s.pocket.String() + "/wires/",
		fmt.Sprintf(`{"counterparty_id":"%s","amount_usdc":%d}`, counterparty, cents)}
}

func (s scene) transfer(amount string) call {
	return call{http.MethodPost, "/api/v1/transfers/on-us/", fmt.Sprintf(`{"type":"INTERNAL_REALLOCATION",`+
		`"from_account":{"id":"%s","type":"JIKO_ACCOUNT"},"to_account":{"id":"%s","type":"JIKO_ACCOUNT"},"amount":%s}`,
		s.pocket, s.other, amount)}
}

func TestARuleIsForWhatItMatches(t *testing.T) {
	w := openRules(t)
	s := w.scene(t)
	others := w.scene(t)
	get := func(format string, ids ...any) call { return call{http.MethodGet, fmt.Sprintf(format, ids...), ""} }
	pocket := get("/api/v2/pockets/%s/", s.pocket)
	exact := s.transfer(`{"type":"REQUESTED_AMOUNT","amount_usdc":5}`)
	for _, c := range []struct {
		name, match string
		call        call
		acts        bool
	}{
		{"everything", "{}", pocket, true},
		{"the operation", "{operation: createWire}", s.wire(s.jane, 5), true},
		{"one of several operations", "{operation: [getWire, createWire]}", s.wire(s.jane, 5), true},
		{"another operation", "{operation: getWire}", s.wire(s.jane, 5), false},
		{"the pocket of the path", "{pocket: " + s.pocket.String() + "}", pocket, true},
		{"a pocket of the body", "{pocket: " + s.other.String() + "}", exact, true},
		{"a pocket of the query", "{pocket: " + s.pocket.String() + "}", get("/api/v1/wires/?pocket_id=%s", s.pocket),
			true},
		{"the pocket of a card", "{pocket: " + s.pocket.String() + "}", call{http.MethodPost,
			"/api/v1/sandbox/card-swipe/", `{"card_id":"` + s.card.String() + `","amount_usdc":1}`}, true},
		{"another pocket", "{pocket: " + others.pocket.String() + "}", pocket, false},
		{"a customer as a pocket", "{pocket: " + s.customer.String() + "}", get("/api/v1/customers/%s/", s.customer),
			false},
		{"the customer of the path", "{customer: " + s.customer.String() + "}",
			get("/api/v1/customers/%s/", s.customer), true},
		{"the customer of a pocket", "{customer: " + s.customer.String() + "}", pocket, true},
		{"the customer of a wire", "{customer: " + s.customer.String() + "}", get("/api/v1/wires/%s/", s.wireID), true},
		{"another customer", "{customer: " + others.customer.String() + "}", pocket, false},
		{"an id of the body", "{id: " + s.jane.String() + "}", s.wire(s.jane, 5), true},
		{"the id of a wire", "{id: " + s.wireID.String() + "}", get("/api/v1/wires/%s/", s.wireID), true},
		{"an id that is not named but known", "{id: " + s.customer.String() + "}", pocket, false},
		{"the amount", "{amount: 5}", s.wire(s.jane, 5), true},
		{"another amount", "{amount: 5}", s.wire(s.jane, 6), false},
		{"the amount in an object", "{amount: 5}", exact, true},
		{"the amount of a wire that is there", "{amount: 777}", get("/api/v1/wires/%s/", s.wireID), true},
		{"no amount", "{amount: 5}", pocket, false},
		{"no amount, but a least one", "{min_amount: 1}", s.transfer(`{"type":"FULL_WITHDRAWAL"}`), false},
		{"the least amount", "{min_amount: 5}", s.wire(s.jane, 5), true},
		{"less than that", "{min_amount: 6}", s.wire(s.jane, 5), false},
		{"the most", "{max_amount: 5}", s.wire(s.jane, 5), true},
		{"more than that", "{max_amount: 4}", s.wire(s.jane, 5), false},
		{"a range", "{min_amount: 4, max_amount: 6}", s.wire(s.jane, 5), true},
		{"the name of a counterparty", "{name: jane doe}", s.wire(s.jane, 5), true},
		{"the name of a company", "{name: ' SUPPLIER INC. '}", s.wire(s.supplier, 5), true},
		{"a part of a name", "{name: jane}", s.wire(s.jane, 5), false},
		{"the name of a customer", "{name: jiko customer}", pocket, true},
		{"the name of a pocket", "{name: operating}", pocket, true},
		{"the name of an applicant, who asks", "{name: jiko customer}",
			call{http.MethodPost, "/api/v1/applications/", encode(t, person(t))}, true},
		{"the name of an applicant, who has asked", "{name: jiko customer}", call{http.MethodPost,
			"/api/v1/applications/" + s.application.String() + "/apply/", ""}, true},
		{"another name", "{name: jane doe}", pocket, false},
		{"the account number of a pocket's portal", "{account_number: " + s.account + "}", call{http.MethodPost,
			"/api/v2/customers/" + others.customer.String() + "/counterparties/",
			`{"type":"on_us","account_number":"` + s.account + `"}`}, true},
		{"the account number of a counterparty", "{account_number: 1213456789}", s.wire(s.supplier, 5), true},
		{"another account number", "{account_number: 1213456789}", s.wire(s.jane, 5), false},
		{"a routing number", "{routing_number: 021000021}", s.wire(s.supplier, 5), true},
		{"another routing number", "{routing_number: 021000089}", s.wire(s.supplier, 5), false},
		{"all that it asks for", "{operation: createWire, customer: " + s.customer.String() + ", amount: 5, " +
			"name: jane doe}", s.wire(s.jane, 5), true},
		{"all but one", "{operation: createWire, customer: " + s.customer.String() + ", amount: 5, " +
			"name: john doe}", s.wire(s.jane, 5), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for do, acted := range map[string]int{"status: 418": 418, "fault: {kind: status}": 503} {
				w.setRules(t, "{match: "+c.match+", do: {"+do+"}}")
				got := w.answered(t, c.call)
				if (got.status == acted) != c.acts || got.status >= 500 && !c.acts {
					t.Errorf("%s: %d %s", do, got.status, got.body)
				}
				want := map[bool]string{true: "1/1", false: "0/0"}[c.acts]
				if counts := w.counts(); counts != want {
					t.Errorf("%s: it counts %s", do, counts)
				}
			}
		})
	}
}

func TestARuleActsWhenItIsToldTo(t *testing.T) {
	w := openRules(t)
	s := w.scene(t)
	for _, c := range []struct {
		name, match string
		want        string
	}{
		{"always", "{}", "xxxxxxxxxxxx"},
		{"the third time", "{nth: 3}", "..x........."},
		{"every third time", "{every: 3}", "..x..x..x..x"},
		{"twice", "{times: 2}", "xx.........."},
		{"every third time, but twice", "{every: 3, times: 2}", "..x..x......"},
		{"once in a while", "{probability: 0.5}", "..xxx......."},
		{"once in a while, but twice", "{probability: 0.5, times: 2}", "..xx........"},
		{"always, after all", "{probability: 1}", "xxxxxxxxxxxx"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, do := range []string{"status: 418", "fault: {kind: status}"} {
				for range 2 { // It begins anew when it is set again.
					w.setRules(t, "{match: "+c.match+", do: {"+do+"}}")
					got := ""
					for range len(c.want) {
						a := w.answered(t, call{http.MethodGet, "/api/v1/customers/" + s.customer.String() + "/", ""})
						got += map[bool]string{true: ".", false: "x"}[a.status == http.StatusOK]
					}
					if got != c.want {
						t.Errorf("%s: %s; want %s", do, got, c.want)
					}
				}
			}
		})
	}
}

// healthOf asks for the health often, and now and then for the public keys. It says what came of the health.
func healthOf(t *testing.T, b *sandbox.Sandbox) string {
	t.Helper()
	got := ""
	for i := range 40 {
		for _, path := range []string{"/health", "/api/v1/public-keys/"}[:1+i%2] {
			recorder := httptest.NewRecorder()
			b.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet,
				"http://localhost"+path, http.NoBody))
			if path == "/health" {
				got += strconv.Itoa(recorder.Code / 100)
			}
		}
	}
	return got
}

// The draws of a rule are its own: they do not depend on what others draw meanwhile.
func TestDrawsComeFromTheSeedAndThePlace(t *testing.T) {
	draw := func(seed uint64, rules ...sandbox.Rule) string {
		b, err := sandbox.New(sandbox.Config{Seed: seed, Rules: rules})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = b.Close() }()
		return healthOf(t, b)
	}
	half := sandbox.Match{Operation: []string{"getHealth"}, Probability: 0.5}
	health := sandbox.Rule{Match: half, Do: sandbox.Do{Status: 503}}
	half.Operation = []string{"listPublicKeys"}
	keys := sandbox.Rule{Match: half, Do: sandbox.Do{Status: 503}}
	first := draw(7, health)
	if again := draw(7, health, keys); again != first {
		t.Errorf("%s and, with another rule, %s", first, again)
	}
	if other := draw(8, health); other == first {
		t.Errorf("both seeds draw %s", other)
	}
	if second := draw(7, keys, health); second == first {
		t.Errorf("both places draw %s", second)
	}
	if n := strings.Count(first, "5"); n < 10 || n > 30 {
		t.Errorf("half of 40 are %d", n)
	}
}

// A rule that is removed changes no draws: neither of those behind it, nor of those that are added later.
func TestARemovedRuleLeavesItsPlace(t *testing.T) {
	rule := func(name, operation string) sandbox.Rule {
		return sandbox.Rule{Name: name, Match: sandbox.Match{Operation: []string{operation}, Probability: 0.5},
			Do: sandbox.Do{Status: 503}}
	}
	draw := func(rules []sandbox.Rule, change func(*sandbox.Sandbox) error) string {
		b, err := sandbox.New(sandbox.Config{Seed: 7, Rules: rules})
		if err == nil {
			err = change(b)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = b.Close() }()
		return healthOf(t, b)
	}
	nothing := func(*sandbox.Sandbox) error { return nil }
	health, keys, login := rule("health", "getHealth"), rule("keys", "listPublicKeys"), rule("login", "login")
	first := draw([]sandbox.Rule{health}, nothing)
	second := draw([]sandbox.Rule{keys, health}, nothing)
	third := draw([]sandbox.Rule{keys, login, health}, nothing)
	for _, c := range []struct {
		name, want string
		before     []sandbox.Rule
		remove     string
		add        []sandbox.Rule
	}{
		{"one behind another that was removed", second, []sandbox.Rule{keys, health}, "keys", nil},
		{"one after another that was removed", first, []sandbox.Rule{keys}, "keys", []sandbox.Rule{health}},
		{"one in the gap", first, []sandbox.Rule{keys, login}, "keys", []sandbox.Rule{health}},
		{"one behind the gap", third, []sandbox.Rule{keys, login}, "keys", []sandbox.Rule{rule("", "login"), health}},
	} {
		got := draw(c.before, func(b *sandbox.Sandbox) error {
			err := b.RemoveRule(c.remove)
			for _, r := range c.add {
				err = errors.Join(err, b.AddRules(r))
			}
			return err
		})
		if got != c.want {
			t.Errorf("%s: %s; want %s", c.name, got, c.want)
		}
	}
}

func TestARuleIsRemovedByItsName(t *testing.T) {
	w := openRules(t)
	w.setRules(t, "{name: a, match: {operation: getHealth, every: 2}, do: {status: 503}}",
		"{name: b/c, match: {operation: getHealth}, do: {status: 502}}",
		"{match: {operation: getHealth}, do: {status: 500}}")
	health := func() int { return w.answered(t, call{http.MethodGet, "/health", ""}).status }
	if got := health(); got != 502 {
		t.Errorf("before: %d", got)
	}
	if err := w.bank.RemoveRule("b/c"); err != nil {
		t.Error(err)
	}
	if got := health(); got != 503 || w.counts() != "1/2 0/0" {
		t.Errorf("the others do not go on counting: %d, %s", got, w.counts())
	}
	for _, name := range []string{"b/c", "A", ""} {
		if err := w.bank.RemoveRule(name); !errors.Is(err, sandbox.ErrNotFound) {
			t.Errorf("%q is removed: %v", name, err)
		}
	}
	if err := w.bank.RemoveRule("a"); err != nil || health() != 500 || w.counts() != "1/1" {
		t.Errorf("%v, %s", err, w.counts())
	}
}

func TestTheFirstRuleThatActsWins(t *testing.T) {
	w := openRules(t)
	s := w.scene(t)
	w.setRules(t, "{match: {operation: getWire}, do: {status: 400}}", "{match: {nth: 2}, do: {status: 401}}",
		"{match: {}, do: {status: 402}}", "{match: {}, do: {status: 403}}",
		"{match: {every: 4}, do: {fault: {kind: status}}}")
	var got []int
	for range 4 {
		got = append(got, w.answered(t, s.wire(s.jane, 1)).status)
	}
	if !slices.Equal(got, []int{402, 401, 402, 503}) || w.counts() != "0/0 1/3 2/2 0/0 1/4" {
		t.Errorf("%v %s", got, w.counts())
	}
	// Another one goes to the end, and the others go on counting.
	if err := w.bank.AddRules(sandbox.Rule{Do: sandbox.Do{Status: 404}}); err != nil {
		t.Fatal(err)
	}
	if w.answered(t, s.wire(s.jane, 1)); w.counts() != "0/0 1/4 3/3 0/0 1/5 0/0" {
		t.Error(w.counts())
	}
	if err := w.bank.SetRules(); err != nil || w.bank.Rules() != nil {
		t.Error(err, w.bank.Rules())
	}
	if a := w.answered(t, s.wire(s.jane, 1)); a.status != http.StatusCreated {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestAWrongRuleChangesNothing(t *testing.T) {
	w := openRules(t)
	if err := w.bank.SetRules(sandbox.Rule{Name: "a", Do: sandbox.Do{Status: 503}}); err != nil {
		t.Fatal(err)
	}
	wrong := sandbox.Rule{Match: sandbox.Match{Operation: []string{"createWires"}}, Do: sandbox.Do{Status: 503}}
	const text = `there is no operation "createWires"; did you mean createWire?`
	for name, err := range map[string]error{
		"rules[1].match.operation[0]: " + text: w.bank.AddRules(wrong),
		"rules[0].match.operation[0]: " + text: w.bank.SetRules(wrong),
		"rules[1].name: another rule is called the same": w.bank.AddRules(
			sandbox.Rule{Name: "a", Do: sandbox.Do{Status: 503}}),
	} {
		if err == nil || err.Error() != "sandbox: the rules: "+name {
			t.Errorf("%v; want %s", err, name)
		}
	}
	if _, err := sandbox.New(sandbox.Config{Rules: []sandbox.Rule{wrong}}); err == nil ||
		err.Error() != "sandbox: the Rules of the Config: rules[0].match.operation[0]: "+text {
		t.Error(err)
	}
	if rules := w.bank.Rules(); len(rules) != 1 || rules[0].Do.Status != 503 {
		t.Errorf("%v", rules)
	}
}

// What Rules returns, and what was given to SetRules, may be changed.
func TestRulesInForceAreNotTheCallers(t *testing.T) {
	w := openRules(t)
	given := sandbox.Rule{Match: sandbox.Match{Operation: []string{"getHealth"}}, Do: sandbox.Do{Fault: broken()}}
	if err := w.bank.SetRules(given); err != nil {
		t.Fatal(err)
	}
	before := encode(t, w.bank.Rules())
	for _, r := range []sandbox.Rule{given, w.bank.Rules()[0].Rule} {
		r.Match.Operation[0], r.Do.Fault.Kind = "getWire", "none"
	}
	if after := encode(t, w.bank.Rules()); after != before {
		t.Errorf("%s became %s", before, after)
	}
}

// Every pair of an operation and an error status of the contract is there by a rule, in the form of the contract.
func TestEveryRefusalOfTheContractIsThereByARule(t *testing.T) {
	document, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		t.Fatal(err)
	}
	w := openRules(t)
	refusals := 0
	for _, operation := range partnerapi.Operations() {
		declared := document.Paths.Value(operation.Path).GetOperation(operation.Method)
		target, header := example(t, operation.Path, declared)
		body := bodies(t, declared)[0]
		send := func(status int, members string) {
			w.setRules(t, fmt.Sprintf("{match: {operation: %s}, do: {status: %d%s}}", operation.ID, status, members))
			// It checks the answer as well.
			a := w.raw(t, uuid.NewString(), operation.Method, target, body.text, func(r *http.Request) {
				if body.media != "" {
					r.Header.Set("Content-Type", body.media)
				}
				maps.Copy(r.Header, header)
			})
			if a.status != status || w.counts() != "1/1" {
				t.Errorf("%s %d: %d %s", operation, status, a.status, a.body)
			}
			if members != "" && (!strings.Contains(a.body, `"because"`) || !strings.Contains(a.body, `"a_type"`)) {
				t.Errorf("%s %d: %s", operation, status, a.body)
			}
		}
		for name := range declared.Responses.Map() {
			status, err := strconv.Atoi(name)
			if err != nil {
				status = http.StatusServiceUnavailable // By default.
			}
			if status >= 400 {
				send(status, "")
				send(status, ", type: a_type, detail: because")
				refusals++
			}
		}
	}
	if operations := len(partnerapi.Operations()); refusals < 2*operations {
		t.Errorf("%d operations have %d refusals", operations, refusals)
	}
}

func TestASuccessCanHaveItsOtherStatus(t *testing.T) {
	w := openRules(t)
	made := w.subscribe(t, "application.approved")
	w.setRules(t, "{match: {operation: updateSubscription}, do: {status: 202}}")
	a := w.raw(t, uuid.NewString(), http.MethodPatch, "/api/v1/subscriptions/"+made.ID.String()+"/",
		`{"description":"changed"}`)
	if a.status != http.StatusAccepted || !strings.Contains(a.body, `"changed"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if s, err := w.Subscriptions.Get(t.Context(), made.ID); err != nil || *s.Description != "changed" {
		t.Errorf("%v %v", s, err)
	}
	// The contract has one such operation, and WithStatus knows it.
	document, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		t.Fatal(err)
	}
	for _, operation := range partnerapi.Operations() {
		successes := 0
		for name := range document.Paths.Value(operation.Path).GetOperation(operation.Method).Responses.Map() {
			if name[0] == '2' {
				successes++
			}
		}
		if successes > 1 && operation.ID != "updateSubscription" {
			t.Errorf("%s has %d", operation, successes)
		}
	}
}

func TestABodyIsAnsweredAsItIs(t *testing.T) {
	w := openRules(t)
	for _, c := range []struct{ rule, want string }{
		{"{do: {status: 429, body: {detail: [1, null, {b: a}], type: 'x'}}}",
			`{"detail":[1,null,{"b":"a"}],"type":"x"}`},
		{"{match: {operation: getHealth}, do: {status: 429}}", `{"detail":"Too Many Requests"}`},
		{"{match: {operation: getHealth}, do: {status: 499}}", `{"detail":"Status 499"}`},
		{"{match: {operation: getHealth}, do: {status: 422}}",
			`{"detail":[{"loc":["query"],"msg":"Unprocessable Entity","type":"sandbox_rule"}]}`},
	} {
		w.setRules(t, c.rule)
		if a := w.answered(t, call{http.MethodGet, "/health", ""}); a.body != c.want {
			t.Errorf("%s: %d %s", c.rule, a.status, a.body)
		}
	}
}

// The key of what a rule has refused is as good as new, and a repeat of what was done is not asked about.
func TestAKeyIsFreeAfterARefusalByARule(t *testing.T) {
	w := openRules(t)
	s := w.scene(t)
	w.setRules(t, "{match: {operation: createWire, nth: 1}, do: {status: 503}}",
		"{match: {operation: createWire, nth: 2}, do: {status: 418}}")
	key := uuid.NewString()
	c := s.wire(s.jane, 1_000)
	var got []int
	for range 3 {
		got = append(got, w.raw(t, key, c.method, c.path, c.body).status)
	}
	if !slices.Equal(got, []int{503, 201, 201}) || w.counts() != "1/2 0/1" {
		t.Errorf("%v %s", got, w.counts())
	}
	if value := w.value(t, s.pocket); value != 100_000-777-1_000 {
		t.Errorf("the pocket is worth %d", value)
	}
}

// Rules that match nothing leave no trace: what is answered, and what the bank knows afterwards, are the same.
func TestWhatNoRuleIsForGoesOn(t *testing.T) {
	var bodies []string
	var hashes [][32]byte
	for _, rules := range [][]string{{"{match: {name: nobody}, do: {status: 418}}",
		"{match: {nth: 9}, do: {status: 418}}",
		"{match: {amount: 4}, do: {fault: {kind: status}}}"}, nil} {
		w := openRules(t)
		if rules != nil {
			w.setRules(t, rules...)
		}
		key := uuid.NewSHA1(uuid.Nil, nil).String()
		a := w.raw(t, key, http.MethodPost, "/api/v1/applications/", encode(t, person(t)))
		if a.status != http.StatusCreated {
			t.Fatalf("%d %s", a.status, a.body)
		}
		hash, err := w.bank.StateHash()
		bodies, hashes = append(bodies, a.body), append(hashes, must(t, hash, err))
	}
	if bodies[0] != bodies[1] || hashes[0] != hashes[1] {
		t.Errorf("with rules %s, without %s", bodies[0], bodies[1])
	}
}

// A file is read by nobody but the bank, whatever rules ask for.
func TestAFileIsLeftAlone(t *testing.T) {
	w := openRules(t)
	s := w.scene(t)
	w.setRules(t, "{match: {name: jiko customer, nth: 2}, do: {status: 418}}",
		"{match: {name: jiko customer, nth: 2}, do: {fault: {kind: status}}}")
	for _, want := range []int{http.StatusOK, http.StatusServiceUnavailable, http.StatusTeapot} {
		a := w.answered(t, call{http.MethodPost,
			"/api/v1/applications/" + s.application.String() + "/documents/PASSPORT/file/", "\x89PNG\r\n\x1a\n"},
			func(r *http.Request) {
				r.Header.Set("Content-Type", "image/png")
				r.Header.Set("Content-Disposition", `attachment; filename="passport.png"`)
			})
		if a.status != want {
			t.Errorf("%d %s; want %d", a.status, a.body, want)
		}
	}
}

// The header asks for a fault of one request. It is not signed, and the contract does not mind it.
func TestTheHeaderAsksForAFault(t *testing.T) {
	w := openRules(t)
	s := w.scene(t)
	w.setRules(t, "{do: {fault: {kind: status}}}")
	if err := w.bank.SetRules(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text   string
		status int
	}{{"status; status=502", 502}, {"flood", 400}, {"", 201}} {
		a := w.answered(t, s.wire(s.jane, 1), func(r *http.Request) { r.Header.Set(fault.Header, c.text) })
		if a.status != c.status {
			t.Errorf("%q: %d %s", c.text, a.status, a.body)
		}
	}
	if log := w.log.String(); !strings.Contains(log, `"msg":"fault","fault":"status; status=502","method":"POST"`) {
		t.Errorf("the log does not say which fault was done: %s", log)
	}
}

// A body that a rule has looked at is the chain's as it was: its signature, its limit, its media type.
func TestABodyThatARuleHasReadIsThereStill(t *testing.T) {
	w := openRules(t)
	s := w.scene(t)
	w.setRules(t, "{match: {amount: 4}, do: {fault: {kind: status}}}")
	long := s.wire(s.jane, 5)
	long.body = `{"description":"` + strings.Repeat("a", 2<<20) + `"}`
	for _, c := range []struct {
		name   string
		call   call
		change func(*http.Request)
		want   int
	}{
		{"as it is", s.wire(s.jane, 5), func(*http.Request) {}, 201},
		{"of unknown length", s.wire(s.jane, 5), func(r *http.Request) { r.ContentLength = -1 }, 201},
		{"too long", long, func(*http.Request) {}, 413},
		{"too long, of unknown length", long, func(r *http.Request) { r.ContentLength = -1 }, 413},
		{"no JSON", call{http.MethodPost, s.wire(s.jane, 5).path, "{"}, func(*http.Request) {}, 422},
		{"of no media type", s.wire(s.jane, 5), func(r *http.Request) { r.Header.Del("Content-Type") }, 415},
		{"signed otherwise", s.wire(s.jane, 5), func(r *http.Request) { r.Header.Set("X-Jiko-Signature", "x") }, 401},
		{"nowhere", call{http.MethodPost, "/nowhere", "{}"}, func(*http.Request) {}, 404},
	} {
		if got := w.answered(t, c.call, c.change); got.status != c.want {
			t.Errorf("%s: %d %s", c.name, got.status, got.body)
		}
	}
}

func TestRulesChangeWhileRequestsAreServed(t *testing.T) {
	w := openRules(t)
	if err := w.bank.SetRules(sandbox.Rule{Match: sandbox.Match{Name: "x", Probability: 0.5},
		Do: sandbox.Do{Status: 503}}); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range 20 {
				w.answered(t, call{http.MethodGet, "/health", ""})
				_ = w.bank.Rules()
				if i%7 == 0 {
					_ = w.bank.AddRules(sandbox.Rule{Match: sandbox.Match{Every: 2}, Do: sandbox.Do{Fault: broken()}})
					name := uuid.NewString()
					if err := errors.Join(w.bank.AddRules(sandbox.Rule{Name: name, Do: sandbox.Do{Status: 500}}),
						w.bank.RemoveRule(name)); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	acted, matched := 0, 0
	for _, r := range w.bank.Rules() {
		acted, matched = acted+r.Acted, matched+r.Matched
	}
	if acted == 0 || matched < acted {
		t.Errorf("%d of %d", acted, matched)
	}
}
