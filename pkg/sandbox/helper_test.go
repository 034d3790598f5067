package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"
	"go.uber.org/goleak"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// marker is part of whatever must be in no log: credentials, identification numbers, what was sent and refused.
const marker = "Zq7mArKeR"

const (
	username = "acme"
	number   = "ssn-" + marker + "-1234"
)

var (
	password      = signing.NewSecret("password-" + marker)
	signingSecret = signing.NewSecret("signing-secret-" + marker)
)

// allTests runs the tests and ends what they shared, so that goleak sees what they left behind.
type allTests struct{ m *testing.M }

func (a allTests) Run() int {
	code := a.m.Run()
	if shared == nil {
		return code
	}
	shared.stop()
	if err := shared.check(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(allTests{m}) }

// world is a sandbox that listens, and a client that checks both what it sends and what it gets against the contract.
type world struct {
	*partner.Client
	bank   *sandbox.Sandbox
	server *httptest.Server
	log    *buffer
	// plain sends whatever a test wants to send.
	plain *http.Client
	token string
}

type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

var (
	validator = sync.OnceValue(func() *validation.Validator {
		v, err := validation.Load(partnergo.Spec(), validation.Config{})
		if err != nil {
			panic(err)
		}
		return v
	})
	shared *world
)

// open returns the sandbox that most tests share, each with customers of its own. To build one takes most of a second
// with the race detector.
func open(t testing.TB) *world {
	t.Helper()
	if shared == nil {
		shared = build(t, nil, nil)
	}
	return shared
}

// openAt returns a sandbox that nobody else uses, with a clock.
func openAt(t testing.TB, now func() time.Time) *world {
	t.Helper()
	w := build(t, now, nil)
	t.Cleanup(func() {
		w.stop()
		if err := w.check(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func build(t testing.TB, now func() time.Time, store sandbox.Store) *world {
	t.Helper()
	w := &world{log: &buffer{}}
	var err error
	w.bank, err = sandbox.New(sandbox.Config{
		Username: username, Password: password, SigningSecret: signingSecret, Now: now, Store: store,
		CustomerUpdates: true,
		// Tests call nobody. Those of deliveries have a sandbox of their own.
		DeliveryFaults: sandbox.DeliveryFaults{Lose: 1},
		Logger:         slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.server = httptest.NewServer(w.bank)
	base := &http.Transport{MaxIdleConnsPerHost: 200}
	w.plain = &http.Client{Transport: base, Timeout: 30 * time.Second}
	w.Client, err = partner.New(partner.Config{
		BaseURL: w.server.URL, Username: username, Password: password, SigningSecret: signingSecret,
		HTTPClient: &http.Client{Transport: validator().Transport(base), Timeout: 30 * time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.token = w.login(t)
	return w
}

// openWith returns a sandbox that nobody else uses, with a store. It is not stopped at the end.
func openWith(t testing.TB, store sandbox.Store) *world {
	t.Helper()
	return build(t, nil, store)
}

func (w *world) stop() {
	w.Close()
	w.plain.CloseIdleConnections()
	w.server.Close()
	_ = w.bank.Close()
}

// check says what must hold at the end of everything: no cent was made or lost, and the log shows nothing secret.
func (w *world) check() error {
	balances, err := w.bank.Balances()
	if err != nil {
		return err
	}
	var total int64
	for _, cents := range balances {
		total += cents
	}
	if total != 0 {
		return fmt.Errorf("all balances make %d", total)
	}
	if strings.Contains(w.log.String(), marker) || strings.Contains(w.log.String(), w.token) {
		return fmt.Errorf("the log shows a secret: %s", w.log)
	}
	return nil
}

func (w *world) login(t testing.TB) string {
	t.Helper()
	result, err := w.Security.Login(t.Context(), partnerapi.LoginRequest{Username: username,
		Password: password.Reveal()})
	if err != nil {
		t.Fatal(err)
	}
	return result.Token
}

// answer is what came back for a raw request.
type answer struct {
	status int
	header http.Header
	body   string
}

// raw signs and sends a request that the client would not send, or not in that way.
func (w *world) raw(t testing.TB, key, method, target, body string, change ...func(*http.Request)) answer {
	t.Helper()
	a, err := w.send(t.Context(), key, method, target, body, change...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (w *world) send(ctx context.Context, key, method, target, body string, change ...func(*http.Request)) (answer,
	error) {
	r, err := http.NewRequestWithContext(ctx, method, w.server.URL+target, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", "Bearer "+w.token)
	if err := authentication.SignRequest(r, signingSecret, key, []byte(body)); err != nil {
		return answer{}, err
	}
	for _, c := range change {
		c(r)
	}
	response, err := w.plain.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	response.Body = io.NopCloser(bytes.NewReader(b))
	if _, known := validator().Operation(method, r.URL.EscapedPath()); known {
		if err := validator().CheckResponse(response); err != nil {
			return answer{}, fmt.Errorf("%d %s: %w", response.StatusCode, b, err)
		}
	}
	return answer{response.StatusCode, response.Header, string(b)}, nil
}

// refused checks that a call was refused with a status and, at 422, at these places.
func refused(t testing.TB, err error, status int, places ...string) {
	t.Helper()
	_ = theRefusal(t, err, status, places...)
}

// theRefusal checks like refused and returns what the client made of it.
func theRefusal(t testing.TB, err error, status int, places ...string) *partner.Error {
	t.Helper()
	var refusal *partner.Error
	if !errors.As(err, &refusal) || refusal.StatusCode != status {
		t.Fatalf("%v; want a refusal with %d", err, status)
	}
	var got []string
	for _, f := range refusal.Fields {
		got = append(got, f.Location)
	}
	if !slices.Equal(got, places) {
		t.Fatalf("refused at %q; want %q: %v", got, places, err)
	}
	return refusal
}

func must[T any](t testing.TB, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func ptr[T any](v T) *T { return &v }

func consent() partnerapi.AgreementConsent {
	return partnerapi.AgreementConsent{Version: "1.0.0", Timestamp: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// person is an application that would be approved.
func person(t testing.TB) partnerapi.CreateApplicationRequest {
	t.Helper()
	profile, err := partnerapi.NewInvestmentProfile(partnerapi.EmployedInvestmentProfile{
		Income:   partnerapi.AnnualPersonalIncomeBetween100KAnd250K,
		NetWorth: partnerapi.AveragePersonalNetWorthBetween1MAnd5M, Occupation: "Investor",
	})
	if err != nil {
		t.Fatal(err)
	}
	return partnerapi.CreateApplicationRequest{
		Name: partnerapi.Name{FirstName: "Jiko", LastName: "Customer"}, IdentificationNumber: number,
		Email:       "jiko@example.com",
		PhoneNumber: "+15551234567", DateOfBirth: openapi_types.Date{Time: time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)},
		Address: partnerapi.Address{StreetAddress: "2000 Allston Way", City: "Berkeley", PostalCode: "94701",
			State: ptr("CA"), Country: "US"},
		AgreementConsent: consent(), InvestmentProfile: profile,
	}
}

// customer takes a person through the whole application.
func (w *world) customer(t testing.TB) uuid.UUID {
	t.Helper()
	a, err := w.Individuals.CreateApplication(t.Context(), person(t))
	if err == nil {
		_, err = w.Individuals.SubmitApplication(t.Context(), a.ID)
	}
	if err == nil {
		a, err = w.Individuals.GetApplication(t.Context(), a.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	id, err := a.CustomerID.Get()
	return must(t, id, err)
}

func (w *world) pocket(t testing.TB, customer uuid.UUID) uuid.UUID {
	t.Helper()
	p, err := w.Pockets.Create(t.Context(), customer,
		partnerapi.CreatePocketRequest{PocketName: "Operating", DepositStrategyID: ptr("UST-4W")})
	return must(t, p, err).ID
}

// pockets opens pockets of a new customer and pays into each of them.
func (w *world) pockets(t testing.TB, cents ...int64) (customer uuid.UUID, ids []uuid.UUID) {
	t.Helper()
	customer = w.customer(t)
	for _, amount := range cents {
		id := w.pocket(t, customer)
		if amount > 0 {
			w.fund(t, id, amount)
		}
		ids = append(ids, id)
	}
	return customer, ids
}

func (w *world) fund(t testing.TB, pocket uuid.UUID, cents int64) {
	t.Helper()
	if err := w.Sandbox.FundAccount(t.Context(), nil,
		partnerapi.FundAccountRequest{AccountID: pocket, AmountUSDC: cents}); err != nil {
		t.Fatal(err)
	}
}

func requested(cents int64) partnerapi.RequestedAmount {
	return partnerapi.RequestedAmount{Type: partnerapi.RequestedAmountTypeRequestedAmount, AmountUSDC: cents}
}

func everything() partnerapi.FullWithdrawal {
	return partnerapi.FullWithdrawal{Type: partnerapi.FullWithdrawalTypeFullWithdrawal}
}

// order is a transfer between two pockets, with changes.
func order(t testing.TB, from, to uuid.UUID, amount partnerapi.TransferAmountVariant,
	change ...func(*partnerapi.CreateInternalReallocationTransfer)) partnerapi.CreateOnUsTransferRequest {
	t.Helper()
	value, err := partnerapi.NewTransferAmount(amount)
	if err != nil {
		t.Fatal(err)
	}
	transfer := partnerapi.CreateInternalReallocationTransfer{
		FromAccount: partnerapi.JikoAccountReference{ID: from, Type: partnerapi.JikoAccountReferenceTypeJikoAccount},
		ToAccount:   partnerapi.JikoAccountReference{ID: to, Type: partnerapi.JikoAccountReferenceTypeJikoAccount},
		Amount:      value,
	}
	for _, c := range change {
		c(&transfer)
	}
	request, err := partnerapi.NewCreateOnUsTransferRequest(transfer)
	return must(t, request, err)
}

func (w *world) move(t testing.TB, from, to uuid.UUID,
	amount partnerapi.TransferAmountVariant) *partnerapi.OnUsTransfer {
	t.Helper()
	transfer, err := w.OnUsTransfers.Create(t.Context(), order(t, from, to, amount))
	return must(t, transfer, err)
}

// value is what the API says that a pocket is worth.
func (w *world) value(t testing.TB, pocket uuid.UUID) int64 {
	t.Helper()
	p, err := w.Pockets.Get(t.Context(), pocket, nil)
	return must(t, p, err).Portfolio.TotalValue.Value
}

func (w *world) expect(t testing.TB, pockets []uuid.UUID, cents ...int64) {
	t.Helper()
	for i, want := range cents {
		if got := w.value(t, pockets[i]); got != want {
			t.Errorf("pocket %d is worth %d cents; want %d", i, got, want)
		}
	}
}

// entry is what tests want to know of a transaction.
type entry struct {
	id, posting, transfer uuid.UUID
	pocket                uuid.UUID
	kind                  string
	cents                 int64 // with a sign, as the pocket sees it
	title, text           string
	time                  time.Time
}

func read(t testing.TB, transactions ...partnerapi.Transaction) []entry {
	t.Helper()
	var all []entry
	for _, transaction := range transactions {
		value, err := transaction.Value()
		if err != nil {
			t.Fatal(err)
		}
		var e entry
		var direction partnerapi.TransactionDirection
		switch v := value.(type) {
		case partnerapi.ACHTransaction:
			e = entry{v.ID, v.TransactionID, uuid.Nil, *v.PocketID, string(v.Type), v.Amount.Value, v.Title,
				v.Description, v.TimeBooked}
			direction = v.Direction
		case partnerapi.OnUsTransaction:
			e = entry{v.ID, v.TransactionID, *v.OnUsTransferID, *v.PocketID, string(v.Type), v.Amount.Value, v.Title,
				v.Description, v.TimeBooked}
			direction = v.Direction
		default:
			t.Fatalf("a transaction is a %T", v)
		}
		if direction == partnerapi.TransactionDirectionDebit {
			e.cents = -e.cents
		}
		all = append(all, e)
	}
	return all
}

func cents(entries []entry) []int64 {
	list := []int64{}
	for _, e := range entries {
		list = append(list, e.cents)
	}
	return list
}

func encode(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	return string(must(t, b, err))
}

// handlerTransport serves requests without a connection.
type handlerTransport struct{ http.Handler }

func (h handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	served := r.Clone(r.Context())
	if served.Body == nil {
		served.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, served)
	response := w.Result()
	response.Request = r
	return response, nil
}

// inProcess is a client that reaches the sandbox without a connection.
func (w *world) inProcess(t testing.TB, config partner.Config) *partner.Client {
	t.Helper()
	config.BaseURL = "http://localhost"
	config.HTTPClient = &http.Client{Transport: validator().Transport(handlerTransport{w.bank})}
	client, err := partner.New(config)
	return must(t, client, err)
}
