package sandbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.yaml.in/yaml/v3"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// controller calls the controls, and holds what it sends and what comes back to their document.
type controller struct {
	base   string
	client *http.Client
	// called are the operations that were.
	called map[string]bool
}

func newController(t *testing.T, base string) *controller {
	t.Helper()
	_, contract, err := sandbox.ControlDocument()
	must(t, contract, err)
	c := &controller{base: base, called: map[string]bool{}, client: &http.Client{}}
	idle := &http.Transport{}
	t.Cleanup(idle.CloseIdleConnections)
	c.client.Transport = c.noting(contract.Transport(idle), func(r *http.Request) {
		if o, ok := contract.Operation(r.Method, r.URL.EscapedPath()); ok {
			c.called[o.ID] = true
		}
	})
	return c
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (c *controller) noting(next http.RoundTripper, note func(*http.Request)) http.RoundTripper {
	return transport(func(r *http.Request) (*http.Response, error) {
		note(r)
		return next.RoundTrip(r)
	})
}

// do calls an operation, wants a status, and reads the answer.
func (c *controller) do(t *testing.T, method, path, body string, want int, into ...any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, c.base+"/__sandbox/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := c.client.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != want {
		t.Fatalf("%s %s: %d %s, want %d; %v", method, path, response.StatusCode, text, want, err)
	}
	for _, v := range into {
		if err := json.Unmarshal(text, v); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
	}
}

// Everything that the document describes answers as it says, and nothing else is there.
func TestTheControlsAreAsTheirDocumentSays(t *testing.T) {
	b := sandbox.Start(t, sandbox.Config{Clock: noon})
	w := &world{Client: b.Client, bank: b.Sandbox}
	customer, pockets := w.pockets(t, 500_000, 0)
	c := newController(t, b.URL)

	var wire struct {
		ID uuid.UUID `json:"wire_id"`
	}
	c.do(t, "POST", "wires/", `{"pocket_id":"`+pockets[1].String()+`","amount_usdc":1234,"sender":"Jane Doe"}`, 201,
		&wire)
	w.expect(t, pockets, 500_000, 1234)
	var state, again struct {
		sandbox.State
		Check string `json:"check"`
	}
	c.do(t, "GET", "state/?check=true", "", 200, &state)
	hash := hashOf(t, b.Sandbox)
	if state.Check != "ok" || state.Records["pocket"] != 2 || !state.Frozen || state.Hash != fmt.Sprintf("%x", hash) {
		t.Errorf("%+v", state)
	}
	c.do(t, "POST", "snapshots/", `{"name":"one"}`, 201)
	c.do(t, "POST", "snapshots/", `{"name":"one"}`, 409)
	c.do(t, "GET", "snapshots/", "", 200)

	payment := w.payout(t, customer, pockets[0], 40).String()
	var ledger sandbox.Ledger
	c.do(t, "GET", "ledger/?reference="+payment, "", 200, &ledger)
	before := ledger.Count
	c.do(t, "POST", "objects/"+payment+"/settle/", "", 204)
	c.do(t, "POST", "objects/"+payment+"/settle/", "", 422)
	c.do(t, "POST", "objects/"+uuid.NewString()+"/settle/", "", 404)
	c.do(t, "GET", "ledger/?reference="+payment, "", 200, &ledger)
	if ledger.Count <= before || !ledger.AddsUp {
		t.Errorf("%+v", ledger)
	}
	c.do(t, "POST", "objects/"+pockets[1].String()+"/decide/", `{"state":"FROZEN"}`, 204)
	c.do(t, "POST", "objects/"+pockets[1].String()+"/decide/", `{"state":"MISSING"}`, 422)
	c.do(t, "POST", "objects/"+uuid.NewString()+"/decide/", `{"state":"FROZEN"}`, 404)

	ledgers(t, c, pockets[0])
	events(t, c, customer)
	rules(t, c)
	deliveries(t, c)

	c.do(t, "GET", "clock/", "", 200)
	c.do(t, "POST", "clock/", `{"by":"1d"}`, 200)
	c.do(t, "POST", "snapshots/one/restore/", "", 200)
	c.do(t, "POST", "snapshots/two/restore/", "", 404)
	c.do(t, "GET", "state/", "", 200, &again)
	if again.Hash != state.Hash || !again.Time.Equal(noon) || again.Check != "" {
		t.Errorf("%+v, want %+v", again, state)
	}
	c.do(t, "DELETE", "snapshots/one/", "", 204)
	c.do(t, "DELETE", "snapshots/one/", "", 404)
	var seen struct {
		Requests []sandbox.Request `json:"requests"`
	}
	c.do(t, "GET", "requests/?operation=createACHOrigination&status=200&since=2026-01-05T17:00:00Z&after=0&limit=5",
		"", 200, &seen)
	if len(seen.Requests) != 1 || seen.Requests[0].IdempotencyKey == "" {
		t.Errorf("%+v", seen)
	}
	c.do(t, "DELETE", "requests/", "", 204)
	if c.do(t, "GET", "requests/", "", 200, &seen); len(seen.Requests) != 0 {
		t.Errorf("%+v", seen)
	}
	c.do(t, "POST", "reset/", "", 200)
	var empty sandbox.State
	if c.do(t, "GET", "state/", "", 200, &empty); len(empty.Records) != 1 {
		t.Errorf("%+v", empty)
	}
	c.do(t, "GET", "openapi.yaml", "", 200)
	var asJSON, asYAML any
	c.do(t, "GET", "openapi.json", "", 200, &asJSON)

	var document struct {
		Paths map[string]map[string]struct {
			OperationID string `yaml:"operationId"`
		} `yaml:"paths"`
	}
	text, _, err := sandbox.ControlDocument()
	if err = errors.Join(err, yaml.Unmarshal(text, &document)); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &asYAML); err != nil || encode(t, asJSON) != encode(t, asYAML) {
		t.Errorf("in JSON the document is %v; %v", asJSON, err)
	}
	var described []string
	for _, item := range document.Paths {
		for _, o := range item {
			described = append(described, o.OperationID)
			if !c.called[o.OperationID] {
				t.Errorf("%s was not called", o.OperationID)
			}
		}
	}
	if slices.Sort(described); !slices.Equal(described, sandbox.Controls()) {
		t.Errorf("described are %v, and there are %v", described, sandbox.Controls())
	}
}

// payout sends money out by ACH, which takes some days.
func (w *world) payout(t testing.TB, customer, pocket uuid.UUID, cents int64) uuid.UUID {
	t.Helper()
	made, err := w.ACH.Create(t.Context(), pocket, origination(w.payee(t, customer, "ACH"), credit, cents))
	return must(t, made, err).ID
}

// ledgers reads the ledger of a pocket by pages, and compares it with what the pocket has.
func ledgers(t *testing.T, c *controller, pocket uuid.UUID) {
	t.Helper()
	path := "pockets/" + pocket.String() + "/ledger/"
	var all, page sandbox.Ledger
	c.do(t, "GET", path+"?limit=1000", "", 200, &all)
	if !all.AddsUp || all.Count != len(all.Events) || all.Count < 2 || all.Next != 0 ||
		all.Balances["bank"]+all.Balances["brokerage"]+all.Balances["bills"] != 499_960 {
		t.Errorf("%+v", all)
	}
	var again []int
	for path := path + "?limit=1"; ; {
		page = sandbox.Ledger{}
		c.do(t, "GET", path, "", 200, &page)
		for _, e := range page.Events {
			again = append(again, e.Number)
		}
		if page.Next == 0 {
			break
		}
		path = "pockets/" + pocket.String() + "/ledger/?limit=1&after=" + strconv.Itoa(page.Next)
	}
	if len(again) != all.Count || !slices.IsSorted(again) || page.Count != all.Count {
		t.Errorf("by pages: %v; want %d", again, all.Count)
	}
	c.do(t, "GET", "pockets/"+uuid.NewString()+"/ledger/", "", 404)
	c.do(t, "GET", "pockets/"+uuid.Nil.String()+"/ledger/", "", 404)
}

// events lists those that nobody has subscribed to.
func events(t *testing.T, c *controller, customer uuid.UUID) {
	t.Helper()
	var all, rest struct {
		Events []sandbox.Event `json:"events"`
		Next   uint64          `json:"next"`
	}
	c.do(t, "GET", "events/?limit=1", "", 200, &all)
	if len(all.Events) != 1 || all.Next == 0 || all.Events[0].CustomerID != customer ||
		all.Events[0].Deliveries == nil {
		t.Fatalf("%+v", all)
	}
	c.do(t, "GET", "events/?below="+strconv.FormatUint(all.Next, 10), "", 200, &rest)
	if len(rest.Events) == 0 || rest.Next != 0 || rest.Events[0].Number >= all.Events[0].Number {
		t.Errorf("%+v", rest)
	}
}

// rules adds, replaces and removes rules.
func rules(t *testing.T, c *controller) {
	t.Helper()
	var all struct {
		Rules []sandbox.RuleCount `json:"rules"`
	}
	const refusal = `{"name":"%","match":{"operation":["createWire"]},"do":{"status":503}}`
	named := func(name string) string { return strings.Replace(refusal, "%", name, 1) }
	c.do(t, "POST", "rules/", named("a"), 201)
	c.do(t, "POST", "rules/", "["+named("b")+","+named("c")+"]", 201, &all)
	if len(all.Rules) != 3 || all.Rules[2].Name != "c" || all.Rules[0].Do.Status != 503 {
		t.Errorf("%+v", all)
	}
	var wrong struct {
		Detail []struct {
			Msg string `json:"msg"`
		} `json:"detail"`
	}
	for _, method := range []string{"POST", "PUT"} {
		c.do(t, method, "rules/", `{"match":{"operation":["createWires"]},"do":{"status":503}}`, 422, &wrong)
		if len(wrong.Detail) != 1 || !strings.Contains(wrong.Detail[0].Msg, "did you mean createWire?") {
			t.Errorf("%+v", wrong)
		}
	}
	c.do(t, "POST", "rules/", named("to be %25 removed"), 201)
	c.do(t, "DELETE", "rules/to%20be%20%2525%20removed/", "", 204)
	c.do(t, "DELETE", "rules/b/", "", 204)
	c.do(t, "DELETE", "rules/b/", "", 404)
	if c.do(t, "GET", "rules/", "", 200, &all); len(all.Rules) != 2 || all.Rules[1].Name != "c" {
		t.Errorf("%+v", all)
	}
	c.do(t, "PUT", "rules/", `{"rules":[`+named("d")+`]}`, 200)
	if c.do(t, "GET", "rules/", "", 200, &all); len(all.Rules) != 1 || all.Rules[0].Name != "d" {
		t.Errorf("%+v", all)
	}
	c.do(t, "DELETE", "rules/", "", 204)
	if c.do(t, "GET", "rules/", "", 200, &all); len(all.Rules) != 0 {
		t.Errorf("%+v", all)
	}
}

// deliveries go wrong on purpose.
func deliveries(t *testing.T, c *controller) {
	t.Helper()
	var got struct {
		Faults map[string]any `json:"faults"`
	}
	c.do(t, "PUT", "deliveries/", `{"lose":0.5,"delay":"1d","shuffle":"90s"}`, 200)
	c.do(t, "GET", "deliveries/", "", 200, &got)
	if got.Faults["lose"] != 0.5 || got.Faults["delay"] != "24h0m0s" || got.Faults["shuffle"] != "1m30s" {
		t.Errorf("%+v", got)
	}
	c.do(t, "PUT", "deliveries/", `{"delay":"367d"}`, 422)
	c.do(t, "PUT", "deliveries/", `{"delay":"-1h"}`, 422)
	c.do(t, "PUT", "deliveries/", `{}`, 200)
}

// What a request says wrong is told with its place, by the document.
func TestMistakesInRequestsToTheControlsAreTold(t *testing.T) {
	b := sandbox.Start(t, sandbox.Config{Clock: noon})
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "snapshots/", `{"name":"a/b"}`, 422, `["body","name"]`},
		{"POST", "snapshots/", `{"nam":"a"}`, 422, `["body","name"]`},
		{"POST", "snapshots/..%2f/restore/", "", 404, `must not have`},
		{"POST", "objects/1/settle/", "", 422, `["path","id"]`},
		{"POST", "objects/" + uuid.NewString() + "/decide/", `{}`, 422, `["body"]`},
		{"POST", "objects/" + uuid.NewString() + "/decide/", `{"days":1}`, 422, `["body","days"]`},
		{"POST", "wires/", `{"amount_usdc":0}`, 422, `["body","amount_usdc"]`},
		{"POST", "wires/", `{"amount_usdc":1}`, 404, `not_found`},
		{"GET", "requests/?status=abc", "", 422, `["query","status"]`},
		{"GET", "requests/?since=now", "", 422, `["query","since"]`},
		{"GET", "ledger/?reference=1", "", 422, `["query","reference"]`},
		{"GET", "requests/?statuss=401", "", 422, `status`},
		{"GET", "state/?chek=true", "", 422, `["query","chek"]`},
		{"POST", "reset/", `{"seed":7}`, 422, `["body"]`},
		{"GET", "events/?limit=0", "", 422, `["query","limit"]`},
		{"PUT", "deliveries/", `{"lose":2}`, 422, `["body","lose"]`},
		{"PUT", "deliveries/", `{"delay":"soon"}`, 422, `["body","delay"]`},
		{"POST", "rules/", `[{"do":{"stat":503}}]`, 422, `did you mean`},
		{"PATCH", "rules/", `{}`, 405, `Method Not Allowed`},
		{"DELETE", "rules//", "", 404, `Not Found`},
		{"DELETE", "rules/a%2fb/", "", 422, `["path","name"]`},
		{"DELETE", "rules/" + strings.Repeat("a", 201) + "/", "", 422, `["path","name"]`},
		{"GET", "nothing/", "", 404, `Not Found`},
	} {
		a := ask(t, b.URL, c.method, "/__sandbox/"+c.path, c.body)
		if a.status != c.status || !strings.Contains(a.body, c.want) {
			t.Errorf("%s %s %s: %d %s; want %d with %s", c.method, c.path, c.body, a.status, a.body, c.status, c.want)
		}
	}
}

// A body that is too large is refused before it is read.
func TestTheControlsReadNoMoreThanAFileOfRulesMayHave(t *testing.T) {
	b := newSandbox(t, sandbox.Config{Clock: noon})
	defer func() { _ = b.Close() }()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/__sandbox/rules/",
		strings.NewReader(strings.Repeat(" ", sandbox.MaxRuleBytes+1)))
	r.Header.Set("Content-Type", "application/json")
	r.RemoteAddr, r.Host = "127.0.0.1:4711", "localhost"
	w := httptest.NewRecorder()
	if b.ServeHTTP(w, r); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestWhoMayControl(t *testing.T) {
	const token = "a token that is long enough"
	with := newSandbox(t, sandbox.Config{Clock: noon, Hosts: []string{"*"}, ControlToken: signing.NewSecret(token)})
	without := newSandbox(t, sandbox.Config{Clock: noon, Hosts: []string{"*"}})
	defer func() { _, _ = with.Close(), without.Close() }()
	const bearer = "Authorization: Bearer " + token
	const here, there = "127.0.0.1:4711", "192.0.2.1:4711"
	for name, c := range map[string]struct {
		bank       *sandbox.Sandbox
		from, host string
		header     string // "Name: value"
		want       int
	}{
		"this machine without a token":           {without, here, "localhost", "", 200},
		"this machine, which needs no token":     {with, here, "localhost", "", 200},
		"this machine with the token":            {with, here, "localhost", bearer, 200},
		"this machine with a wrong token":        {with, here, "localhost", bearer + "x", 401},
		"this machine with a token for the API":  {without, here, "localhost", "Authorization: Bearer x", 200},
		"another machine":                        {without, there, "localhost", "", 403},
		"another machine with any token":         {without, there, "localhost", bearer, 403},
		"another machine with no token at all":   {without, there, "localhost", "Authorization: Bearer ", 403},
		"another machine that gives none":        {with, there, "sandbox.example", "", 403},
		"another machine with the token":         {with, there, "sandbox.example", bearer, 200},
		"another machine with a wrong token":     {with, there, "sandbox.example", "Authorization: Bearer wrong", 401},
		"another machine with an empty token":    {with, there, "sandbox.example", "Authorization: Bearer ", 401},
		"another machine with another scheme":    {with, there, "sandbox.example", "Authorization: Basic x", 403},
		"this machine by a name that leads here": {with, here, "sandbox.example", "", 421},
		"a proxy":                                {with, here, "localhost", "X-Forwarded-For: 192.0.2.1", 403},
		"a proxy of today":                       {with, here, "localhost", "Forwarded: for=192.0.2.1", 403},
		"a proxy that says its own name alone":   {with, here, "localhost", "Via: 1.1 proxy", 403},
		"a proxy that has a header of its own":   {with, here, "localhost", "X-Real-IP: 192.0.2.1", 403},
		"a proxy that says what was called":      {with, here, "localhost", "X-Forwarded-Host: sandbox.example", 403},
		"a proxy behind an empty header":         {with, here, "localhost", "X-Forwarded-For: ", 403},
		"a page of somebody else":                {with, here, "localhost", "Origin: https://evil.example", 403},
		"a page without a name":                  {with, here, "localhost", "Origin: null", 403},
		"a page of the sandbox":                  {with, here, "localhost:8080", "Origin: http://localhost:8080", 200},
		"a page that says so in another way":     {with, here, "localhost", "Sec-Fetch-Site: cross-site", 403},
		"a page of a neighbour":                  {with, here, "localhost", "Sec-Fetch-Site: same-site", 403},
		"a person in front of a browser":         {with, here, "localhost", "Sec-Fetch-Site: none", 200},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			path := "/__sandbox/state/"
			if method == http.MethodPost {
				path = "/__sandbox/reset/"
			}
			r := httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody)
			r.RemoteAddr, r.Host = c.from, c.host
			if name, value, ok := strings.Cut(c.header, ": "); ok {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			if c.bank.ServeHTTP(w, r); w.Code != c.want {
				t.Errorf("%s: %s %d %s; want %d", name, method, w.Code, w.Body, c.want)
			}
			if strings.Contains(w.Body.String(), token) {
				t.Errorf("%s: the answer has the token", name)
			}
		}
	}
	page := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/__sandbox/reset/", http.NoBody)
	page.RemoteAddr, page.Host = there, "sandbox.example"
	page.Header.Set("Authorization", "Bearer "+token)
	page.Header.Set("Origin", "https://evil.example")
	w := httptest.NewRecorder()
	if with.ServeHTTP(w, page); w.Code != http.StatusForbidden {
		t.Errorf("a page of somebody else with the token: %d", w.Code)
	}
	for _, wrong := range []string{"short", " " + token} {
		if _, err := sandbox.New(sandbox.Config{ControlToken: signing.NewSecret(wrong)}); err == nil ||
			strings.Contains(err.Error(), wrong) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

// The commands of the guide work as they stand there.
func TestTheCommandsOfTheGuideWork(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if _, curl := exec.LookPath("curl"); err != nil || curl != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("there is no shell, or no curl")
		}
		t.Skip("there is no shell, or no curl")
	}
	text, err := os.ReadFile("../../docs/controls.md")
	if err != nil {
		t.Fatal(err)
	}
	b := sandbox.Start(t, sandbox.Config{Clock: noon})
	w := &world{Client: b.Client, bank: b.Sandbox}
	customer, pockets := w.pockets(t, 500_000, 0)
	payment := w.payout(t, customer, pockets[0], 40).String()
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllSubmatch(text, -1)
	if len(blocks) == 0 {
		t.Fatal("the guide has no commands")
	}
	for _, block := range blocks {
		script := strings.ReplaceAll(string(block[1]), "curl ", "curl --fail ")
		command := exec.CommandContext(t.Context(), shell, "-e", "-c", script)
		command.Env = append(os.Environ(), "JIKO_BASE_URL="+b.URL, "POCKET="+pockets[1].String(),
			"PAYMENT="+payment)
		var out bytes.Buffer
		command.Stdout, command.Stderr = &out, &out
		if err := command.Run(); err != nil {
			t.Errorf("%v: %s\n%s", err, script, out.String())
		}
	}
}

// A duration is read or refused, whatever it is.
func FuzzParseDuration(f *testing.F) {
	for _, text := range []string{"1d12h", "90s", "-1h", "1d-1h", "99999999999999999999d", "d", "1.5d", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := sandbox.ParseDuration(text)
		if err != nil {
			return
		}
		again, err := sandbox.ParseDuration(d.String())
		if err != nil || again != d {
			t.Errorf("%q is %v, which is %v; %v", text, d, again, err)
		}
		if strings.Contains(text, "d") && d < 0 || d > 0 && d < time.Nanosecond {
			t.Errorf("%q is %v", text, d)
		}
	})
}
