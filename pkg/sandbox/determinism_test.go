package sandbox_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/card"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state/statetest"
)

// step is a request of a day's traffic, or a move of the clock before it. In path and body, {name} stands for what an
// earlier step has kept under that name.
type step struct {
	// wait moves the clock first.
	wait time.Duration
	// wire is the pocket that a wire arrives at then.
	wire               string
	method, path, body string
	// media is the type of the body; empty is JSON.
	media string
	// keep names values of the answer, by a path such as items.0.id.
	keep map[string]string
	// want is the status, or 0 for any that says that it worked.
	want int
}

func get(path string, keep ...string) step { return step{method: "GET", path: path, keep: kept(keep)} }

func post(path, body string, keep ...string) step {
	return step{method: "POST", path: path, body: body, keep: kept(keep)}
}

func patch(path, body string) step { return step{method: "PATCH", path: path, body: body} }

func upload(path, body string) step {
	return step{method: "POST", path: path, body: body, media: "image/png"}
}

func later(wait time.Duration, s step) step { s.wait = wait; return s }

func afterWire(pocket string, s step) step { s.wire = pocket; return s }

func answered(status int, s step) step { s.want = status; return s }

// kept reads pairs of a name and a path.
func kept(pairs []string) map[string]string {
	keep := map[string]string{}
	for pair := range slices.Chunk(pairs, 2) {
		keep[pair[0]] = pair[1]
	}
	return keep
}

// traffic is a day of everything that the sandbox does. Whoever adds an operation adds a step.
func traffic(t testing.TB) (day []step) {
	t.Helper()
	add := func(steps ...step) { day = append(day, steps...) }
	const subscription = `{"events":["transfers.on-us.success","transfers.on-us.received","application.approved",` +
		`"card.status.open"],"url":"http://127.0.0.1:0/webhooks","shared_secret":"0123456789abcdef"}`
	add(
		get("/health"), get("/api/v1/agreements/"), get("/api/v2/trading-strategies/"),
		get("/api/v1/events/types/"), post("/api/v1/subscriptions/", subscription, "subscription", "id"),
	)
	const (
		applications = "/api/v1/business-applications/"
		business     = applications + "{business}/"
		parties      = business + "related-party-applications/"
	)
	add(
		post(applications, encode(t, request(company())), "business", "id"),
		post(parties, encode(t, owner(ptr("0.6"))), "party", "id"), post(parties, encode(t, owner(nil)), "other", "id"),
		get(parties), patch(parties+"{party}/", encode(t, owner(ptr("0.7")))),
		step{method: "DELETE", path: parties + "{other}/"}, patch(business, encode(t, company())),
		post(business+"apply/", ""), later(24*time.Hour, get(business, "company", "customer_id")),
		get("/api/v1/customers/{company}/"), get("/api/v1/customers/{company}/beneficial-owners/"),
	)
	const customers = 8
	for i := range customers {
		n := fmt.Sprint(i)
		add(
			post("/api/v1/applications/", encode(t, person(t)), "application"+n, "id"),
			later(time.Minute, post("/api/v1/applications/{application"+n+"}/apply/", "")),
			later(time.Hour, get("/api/v1/applications/{application"+n+"}/", "customer"+n, "customer_id")),
			get("/api/v1/customers/{customer"+n+"}/"),
			patch("/api/v1/customers/{customer"+n+"}/", `{"email":"changed`+n+`@example.com"}`),
			post("/api/v2/customers/{customer"+n+"}/pockets/",
				`{"pocket_name":"Operating","deposit_strategy_id":"UST-4W"}`, "pocket"+n, "id"),
			post("/api/v2/customers/{customer"+n+"}/pockets/",
				`{"pocket_name":"Savings","deposit_strategy_id":"UST-13W"}`, "savings"+n, "id"),
			post("/api/v1/sandbox/fund/", fmt.Sprintf(`{"account_id":"{pocket%d}","amount_usdc":%d,"count":2}`, i,
				100_000+777*i)),
		)
	}
	for i := range 5 * customers {
		from, to := i%customers, (i+1+i/customers)%customers
		transfer := fmt.Sprintf(`{"type":"INTERNAL_REALLOCATION",`+
			`"from_account":{"id":"{pocket%d}","type":"JIKO_ACCOUNT"},`+
			`"to_account":{"id":"{savings%[1]d}","type":"JIKO_ACCOUNT"},`+
			`"amount":{"type":"REQUESTED_AMOUNT","amount_usdc":%d},"async_mode":%t}`, from, 5_000+i, i%2 == 0)
		add(
			post("/api/v1/transfers/on-us/", transfer, fmt.Sprint("transfer", i), "id"),
			later(10*time.Minute, get(fmt.Sprintf("/api/v1/transfers/on-us/{transfer%d}/", i))),
			get(fmt.Sprintf("/api/v2/pockets/{savings%d}/transactions/?limit=2", to), "next", "next_page"),
		)
	}
	add(
		later(4*24*time.Hour, get("/api/v2/pockets/")),
		patch("/api/v1/subscriptions/{subscription}/", `{"status":"disabled","retry_policy":null}`),
		answered(422, post("/api/v1/subscriptions/", strings.Replace(subscription, "card.status.open", "none", 1))),
		post("/api/v1/sandbox/webhook/", `{"event_id":"497f6eca-6276-4993-bfeb-53cbbbba6f08","event_type":`+
			`"card.status.open","timestamp":"2026-01-05T15:00:00Z","payload":{"card_id":"{pocket0}","status":"OPEN"}}`),
		get("/api/v1/events/?limit=100"), get("/api/v1/events/?subscription_id={subscription}", "next", "next_page"),
		get("/api/v1/events/?subscription_id={subscription}&cursor={next}"),
		get("/api/v1/subscriptions/"), get("/api/v1/subscriptions/{subscription}/"),
		step{method: "DELETE", path: "/api/v1/subscriptions/{subscription}/"},
		answered(404, get("/api/v1/subscriptions/{subscription}/")),
	)
	for i := range customers {
		n := fmt.Sprint(i)
		add(
			get("/api/v2/pockets/{pocket"+n+"}/"),
			get("/api/v2/customers/{customer"+n+"}/pockets/{savings"+n+"}/"),
			get("/api/v2/customers/{customer"+n+"}/pockets/"),
			get("/api/v2/customers/{customer"+n+"}/transactions/", "transaction", "items.0.id"),
			get("/api/v2/transactions/{transaction}/"),
		)
	}
	add(
		patch("/api/v2/customers/{customer0}/pockets/{savings0}/", `{"pocket_name":"Renamed"}`),
		answered(422, patch("/api/v2/customers/{customer0}/pockets/{pocket0}/", `{"status":"CLOSED"}`)),
		post("/api/v2/customers/{customer1}/pockets/", `{"pocket_name":"Spare","deposit_strategy_id":"UST-52W"}`,
			"spare", "id"),
		patch("/api/v2/customers/{customer1}/pockets/{spare}/", `{"status":"CLOSED","closure_reason":"Not needed"}`),
	)
	add(payments(t)...)
	add(cards(t)...)
	return append(day, files()...)
}

// payments are the wires and the transfers over ACH of a day.
func payments(t testing.TB) []step {
	t.Helper()
	const (
		counterparties = "/api/v2/customers/{customer0}/counterparties/"
		account        = "/api/v1/jiko-accounts/{pocket0}/"
		wireID         = "4854014d-5540-4f0c-9efe-a0137f01e1da"
	)
	origination := func(direction string, cents int) step {
		return post(account+"ach-originating/", fmt.Sprintf(
			`{"counterparty_id":"{account}","direction":%q,"amount_usdc":%d}`, direction, cents), "origination", "id")
	}
	return []step{
		post(counterparties, encode(t, counterpartyRequest(t, wire(t))), "payee", "id"),
		post(counterparties, encode(t, counterpartyRequest(t, ach())), "account", "id"),
		later(5*24*time.Hour, get(counterparties)),
		post(account+"wires/", `{"counterparty_id":"{payee}","amount_usdc":12345,"wire_id":"`+wireID+`"}`),
		get("/api/v1/wires/" + wireID + "/"),
		afterWire("pocket0", get("/api/v1/wires/?limit=1", "wire", "items.0.id")),
		get("/api/v1/wires/{wire}/"),
		later(3*24*time.Hour, get("/api/v1/wires/"+wireID+"/")),
		origination("CREDIT", 2_345), later(24*time.Hour, origination("DEBIT", 7_654)),
		later(4*24*time.Hour, get(account+"ach-originating/{origination}/")),
		get("/api/v1/customers/{customer0}/ach-originating/"),
	}
}

// cards are what is done with cards in a day. What is encrypted has the same padding each time.
func cards(t testing.TB) []step {
	t.Helper()
	const (
		account  = "/api/v1/jiko-accounts/{pocket1}/"
		virtual  = account + "virtual-cards/"
		physical = account + "cards/{plastic}/"
	)
	pin, err := card.EncryptPIN(open(t).setPIN(t), "0420") // The key is the same in every sandbox.
	if err != nil {
		t.Fatal(err)
	}
	return []step{
		get("/api/v1/public-keys/"), post(virtual, encode(t, newPublicKey(t)), "card", "card_id"),
		post(virtual+"{card}/", encode(t, newPublicKey(t))),
		post("/api/v1/sandbox/card-swipe/", `{"card_id":"{card}","amount_usdc":1250}`),
		post("/api/v1/sandbox/card-swipe/", `{"card_id":"{card}","amount_usdc":99999999}`),
		later(3*24*time.Hour, get("/api/v2/pockets/{pocket1}/transactions/?filter_card={card}")),
		patch(account+"cards/{card}/status/", `{"status":"LOCKED"}`), get(account + "cards/{card}/status/"),
		post(account+"card-orders/", encode(t, cardOrder()), "order", "card_order_id"),
		post("/api/v1/sandbox/generate-card/", `{"card_order_id":"{order}"}`),
		get(account+"card-orders/{order}/", "plastic", "card_id"), get(account + "card-orders/"),
		post(physical+"pin/", `{"encrypted_pin":"`+pin+`"}`), patch(physical+"status/", `{"status":"OPEN"}`),
		post(physical+"close/", `{"closure_reason":"DAMAGED"}`), {method: "DELETE", path: virtual + "{card}/"},
		get("/api/v1/customers/{customer1}/cards/"), get("/api/v1/customers/{customer1}/card-orders/"),
	}
}

// files are the documents and the reports of a day, and those that customers hand in.
func files() []step {
	const (
		trades  = "/api/v1/jiko-accounts/{pocket2}/trades/"
		reports = "/api/v1/report-requests/"
		report  = "/__sandbox/reports/{report}/"
	)
	day := []step{
		upload("/api/v1/applications/{application2}/documents/PASSPORT/file/", pngFile),
		upload("/api/v1/customers/{customer2}/documents/SELFIE/file/", pngFile),
		get(trades, "trade", "items.0.id"), get(trades+"{trade}/confirmation/", "confirmation", "url"),
		get("{confirmation}"), answered(404, get("{confirmation}x")),
		later(31*24*time.Hour, get("/api/v1/customers/{customer0}/statements/?limit=4", "a", "items.0.pdf_download_url",
			"b", "items.1.pdf_download_url", "c", "items.2.pdf_download_url", "d", "items.3.pdf_download_url")),
		get("{a}"), get("{b}"), get("{c}"), get("{d}"), answered(410, later(time.Hour, get("{a}"))),
	}
	for _, kind := range []string{"BANK_STATEMENT_REPORT", "BROKERAGE_STATEMENT_REPORT", "TRADE_REPORT"} {
		day = append(day, post(reports, `{"type":"`+kind+`","date_from":"2026-01-12","date_to":"2026-02-02"}`, "report",
			"id"), answered(409, get(report)), later(time.Minute, get(report)))
	}
	return append(day, get(reports))
}

var reference = regexp.MustCompile(`\{[a-z]+[0-9]*\}`)

// player sends traffic to a sandbox, with keys that are always the same.
type player struct {
	bank     *sandbox.Sandbox
	known    map[string]string
	token    string
	loggedIn time.Time
}

func (p *player) send(t testing.TB, i int, s step) string {
	t.Helper()
	fill := func(name string) string {
		value, ok := p.known[strings.Trim(name, "{}")]
		if !ok {
			t.Fatalf("step %d, %s %s: nobody has kept %s", i, s.method, s.path, name)
		}
		return value
	}
	path, body := reference.ReplaceAllStringFunc(s.path, fill), reference.ReplaceAllStringFunc(s.body, fill)
	address := path
	if strings.HasPrefix(path, "/") {
		address = "http://localhost" + path
	}
	r, err := http.NewRequestWithContext(t.Context(), s.method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", cmp.Or(s.media, "application/json"))
	}
	r.Header.Set("Authorization", "Bearer "+p.token)
	key := uuid.NewSHA1(uuid.NameSpaceURL, fmt.Append(nil, i)).String()
	if err := authentication.SignRequest(r, sandbox.DefaultSigningSecret, key, []byte(body)); err != nil {
		t.Fatal(err)
	}
	response, err := handlerTransport{p.bank}.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if ok := response.StatusCode/100 == 2; s.want == 0 && !ok || s.want != 0 && response.StatusCode != s.want {
		t.Fatalf("step %d, %s %s: %d %s", i, s.method, path, response.StatusCode, answer)
	}
	for name, at := range s.keep {
		p.known[name] = valueAt(t, answer, at)
	}
	return fmt.Sprintf("%s %s: %d %s", s.method, path, response.StatusCode, answer)
}

// play takes the i-th step, and returns the answers.
func (p *player) play(t testing.TB, i int, s step) (answers []string) {
	t.Helper()
	if err := p.bank.Advance(t.Context(), s.wait); err != nil {
		t.Fatal(err)
	}
	if s.wire != "" {
		if _, err := p.bank.ReceiveWire(t.Context(), sandbox.IncomingWire{PocketID: uuid.MustParse(p.known[s.wire]),
			AmountUSDC: 1_234_567, Sender: "John Smith"}); err != nil {
			t.Fatal(err)
		}
	}
	if now := p.bank.Time(); now.Sub(p.loggedIn) >= 30*time.Minute {
		answers = append(answers, p.send(t, -1-i, post("/api/v1/login/", `{"username":"sandbox","password":"sandbox"}`,
			"token", "token")))
		p.token, p.loggedIn = p.known["token"], now
	}
	return append(answers, p.send(t, i, s))
}

// openForADay opens the sandbox that a day's traffic is sent to.
func openForADay(t testing.TB, seed uint64, store sandbox.Store) *sandbox.Sandbox {
	t.Helper()
	bank, err := sandbox.New(sandbox.Config{Seed: seed, Clock: time.Date(2026, 1, 5, 14, 0, 0, 0, time.UTC),
		Store: store, CustomerUpdates: true})
	return must(t, bank, err)
}

// play sends traffic to a sandbox, and returns all answers and a digest of what the sandbox knows then. Unless it is 0,
// the sandbox is closed after so many steps, and opened again.
func play(t testing.TB, seed uint64, day []step, reopen int) (answers []string, state [sha256.Size]byte) {
	t.Helper()
	store := &statetest.Memory{}
	p := &player{bank: openForADay(t, seed, store), known: map[string]string{}}
	defer func() { _ = p.bank.Close() }()
	for i, s := range day {
		if reopen > 0 && i%reopen == reopen-1 {
			if err := p.bank.Close(); err != nil {
				t.Fatal(err)
			}
			p.bank = openForADay(t, seed, store)
		}
		answers = append(answers, p.play(t, i, s)...)
	}
	return answers, end(t, p.bank, store)
}

// end closes a sandbox in which everything must add up, and returns a digest of what it knew.
func end(t testing.TB, bank *sandbox.Sandbox, store sandbox.Store) [sha256.Size]byte {
	t.Helper()
	if _, err := bank.Balances(); err != nil {
		t.Error(err)
	}
	state, err := bank.StateHash()
	must(t, state, err)
	if err := bank.Close(); err != nil {
		t.Error(err)
	}
	if _, err := sandbox.Verify(store); err != nil {
		t.Error(err)
	}
	return state
}

// valueAt returns the value at a path in an answer, as text; null is empty.
func valueAt(t testing.TB, answer []byte, path string) string {
	t.Helper()
	var value any
	if err := json.Unmarshal(answer, &value); err != nil {
		t.Fatalf("%v: %s", err, answer)
	}
	for name := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(v) {
				t.Fatalf("%s has no %s", answer, path)
			}
			value = v[i]
		default:
			t.Fatalf("%s has no %s", answer, path)
		}
	}
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// The same seed, clock and requests make the same answers, byte for byte, and leave the same behind.
func TestADayIsRepeatedExactly(t *testing.T) {
	day := traffic(t)
	first, state := play(t, 7, day, 0)
	again, stateAgain := play(t, 7, day, 0)
	for i := range first {
		if first[i] != again[i] {
			t.Fatalf("answer %d is\n%s\nand then\n%s", i, first[i], again[i])
		}
	}
	if state != stateAgain {
		t.Errorf("the sandbox knows %x, and then %x", state, stateAgain)
	}
	other, otherState := play(t, 8, day, 0)
	if slices.Equal(first, other) || state == otherState {
		t.Error("another seed makes no difference")
	}
	t.Logf("%d requests", len(first))
}

// requestName is the name of a request, which belongs to a process.
var requestName = regexp.MustCompile(`"trace_id":"[^"]*"`)

// Whoever calls a sandbox cannot tell that it was closed and opened again in between.
func TestADayIsTheSameThoughTheSandboxIsOpenedAgain(t *testing.T) {
	day := traffic(t)
	first, state := play(t, 7, day, 0)
	again, stateAgain := play(t, 7, day, 90)
	for i := range first {
		if requestName.ReplaceAllString(first[i], "") != requestName.ReplaceAllString(again[i], "") {
			t.Fatalf("answer %d is\n%s\nand then\n%s", i, first[i], again[i])
		}
	}
	if state != stateAgain {
		t.Errorf("the sandbox knows %x, and then %x", state, stateAgain)
	}
}

// Whoever runs the sandbox learns from the log why nothing lasts any more.
func TestAStoreThatFailsIsInTheLog(t *testing.T) {
	store, log := &statetest.Memory{}, &buffer{}
	bank, err := sandbox.New(sandbox.Config{Store: store, Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = bank.Close() }()
	for _, c := range []struct {
		fail   error
		status int
	}{
		{fmt.Errorf("no room: %w", sandbox.ErrNotCommitted), http.StatusServiceUnavailable}, {nil, http.StatusOK},
		{errors.New("disk on fire"), http.StatusServiceUnavailable}, {nil, http.StatusServiceUnavailable},
	} {
		store.FailWith(c.fail)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/api/v1/login/",
			strings.NewReader(`{"username":"sandbox","password":"sandbox"}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		bank.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("after %v it is %d %s; want %d", c.fail, w.Code, w.Body, c.status)
		}
	}
	for _, why := range []string{"no room", "disk on fire"} {
		if !strings.Contains(log.String(), why) {
			t.Errorf("%q is not in the log: %s", why, log)
		}
	}
}
