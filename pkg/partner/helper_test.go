package partner_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// clock is a clock that only sleeping moves.
type clock struct {
	mu    sync.Mutex
	at    time.Time
	waits []time.Duration
}

func newClock(clients ...*partner.Client) *clock {
	c := &clock{at: time.Now()}
	for _, client := range clients {
		partner.SetClock(client, c.now, c.sleep)
	}
	return c
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) sleep(d time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waits, c.at = append(c.waits, d), c.at.Add(d)
	return true
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func (c *clock) waited() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waits
}

// configured is a client of the server with a configuration that change completes.
func (a *api) configured(t *testing.T, change func(*partner.Config)) *partner.Client {
	t.Helper()
	config := partner.Config{BaseURL: a.URL, Username: "user", Password: signing.NewSecret("password-marker"),
		SigningSecret: secret}
	if change != nil {
		change(&config)
	}
	client, err := partner.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// sent is a request that a script got.
type sent struct {
	key, body, token string
}

// script serves one step after the other, and the last one for ever.
type script struct {
	mu    sync.Mutex
	steps []http.HandlerFunc
	got   []sent
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Reading it all lets the server notice when the client hangs up.
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	step := s.steps[min(len(s.got), len(s.steps)-1)]
	s.got = append(s.got, sent{r.Header.Get(idempotency.Header), string(body), r.Header.Get("Authorization")})
	s.mu.Unlock()
	step(w, r)
}

func (s *script) requests() []sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got
}

// reset has the steps begin anew.
func (s *script) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = nil
}

// scripted is a server that runs through steps.
func scripted(t *testing.T, steps ...http.HandlerFunc) (*api, *script) {
	t.Helper()
	s := &script{steps: steps}
	return newAPI(t, s.ServeHTTP), s
}

// status answers with a status and a body that fits an error.
func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { answer(w, code, `{"detail":"no"}`) }
}

// statusWith is status with headers, in pairs.
func statusWith(code int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		answer(w, code, `{"detail":"no"}`)
	}
}

// raw answers with any media type and body.
func raw(code int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// hangUp closes the connection without an answer.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// hang does not answer until the client has gone.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// breakOff promises more than it sends.
func breakOff(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "1000")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, `{"id":`)
	}
}

func agreementsOK(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, agreements) }

const transferOK = `{"id":"497f6eca-6276-4993-bfeb-53cbbbba6f08","object_type":"OnUsTransfer","status":"COMPLETED",` +
	`"reason":null,"fees":[],"transfer":{"type":"INTERNAL_REALLOCATION",` +
	`"from_account":{"type":"JIKO_ACCOUNT","id":"8a7ec6c0-2701-40a1-8954-68870964b50d"},` +
	`"to_account":{"type":"JIKO_ACCOUNT","id":"b5a776db-8960-4157-afe5-519b6708bb79"},` +
	`"amount":{"value":1,"currency":"USD","formatted":"$0.01"}}}`

func transferCreated(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusCreated, transferOK)
}

// order is a transfer between two pockets.
func order(t testing.TB, from, to uuid.UUID, cents int64) partner.CreateOnUsTransferRequest {
	t.Helper()
	amount, err := partner.NewTransferAmount(partner.RequestedAmount{Type: partner.RequestedAmountTypeRequestedAmount,
		AmountUSDC: cents})
	if err != nil {
		t.Fatal(err)
	}
	reference := func(id uuid.UUID) partner.JikoAccountReference {
		return partner.JikoAccountReference{ID: id, Type: partner.JikoAccountReferenceTypeJikoAccount}
	}
	text := "description-marker"
	request, err := partner.NewCreateOnUsTransferRequest(partner.CreateInternalReallocationTransfer{
		Description: &text, FromAccount: reference(from), ToAccount: reference(to), Amount: amount,
	})
	if err != nil {
		t.Fatal(err)
	}
	return request
}

// pay is a write, read a read.
func pay(ctx context.Context, t testing.TB, client *partner.Client, options ...partner.CallOption) error {
	t.Helper()
	_, err := client.OnUsTransfers.Create(ctx, order(t, uuid.MustParse("8a7ec6c0-2701-40a1-8954-68870964b50d"),
		uuid.MustParse("b5a776db-8960-4157-afe5-519b6708bb79"), 1), options...)
	return err
}

func read(ctx context.Context, client *partner.Client, options ...partner.CallOption) error {
	_, err := client.Individuals.ListAgreements(ctx, options...)
	return err
}

// roundTripper is a function as a transport.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// stubAnswer is an answer without a server.
func stubAnswer(r *http.Request, code int, body string) *http.Response {
	return &http.Response{
		StatusCode: code, Request: r, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader([]byte(body))), ContentLength: int64(len(body)),
	}
}

// tokens is a TokenSource of a function.
type tokens func(refused string) (string, error)

func (f tokens) Token(_ context.Context, refused string) (string, error) { return f(refused) }

func goodToken(string) (string, error) { return "token-marker", nil }

// logBuffer collects what is logged, for all levels.
type logBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

func (b *logBuffer) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
