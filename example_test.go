package partnergo_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	router "github.com/go-chi/chi/v5"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/contract"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
	"github.com/jiko-partner/partner-go/pkg/idempotency/redisstore"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// Example is the README's first piece of code, against a sandbox.
func Example() {
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(bank)
	defer server.Close()
	if err := firstCall(context.Background(), server.URL); err != nil {
		fmt.Println(err)
	}
	// Output: agreements 1.0.0
}

func firstCall(ctx context.Context, baseURL string) error {
	client, err := partner.New(partner.Config{
		BaseURL:       baseURL, // or Partner: "acme", Environment: partner.EnvironmentSandbox
		Username:      "sandbox",
		Password:      partner.NewSecret("sandbox"),
		SigningSecret: partner.NewSecret("sandbox-signing-secret"),
	})
	if err != nil {
		return err
	}
	defer client.Close()

	bundle, err := client.Individuals.ListAgreements(ctx)
	if err != nil {
		return err // a *partner.Error: operation, status, request id, idempotency key, outcome
	}
	fmt.Println("agreements", bundle.Version)
	return nil
}

// Example_ownKey is the README's second piece of code: a transfer that can be sent again.
func Example_ownKey() {
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(bank)
	defer server.Close()
	client, err := partner.New(partner.Config{
		BaseURL: server.URL, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
		SigningSecret: sandbox.DefaultSigningSecret,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	amount, err := partner.NewTransferAmount(partner.RequestedAmount{
		Type: partner.RequestedAmountTypeRequestedAmount, AmountUSDC: 10_00,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	pocket := func() partner.JikoAccountReference {
		return partner.JikoAccountReference{Type: partner.JikoAccountReferenceTypeJikoAccount, ID: uuid.New()}
	}
	order, err := partner.NewCreateOnUsTransferRequest(partner.CreateInternalReallocationTransfer{
		FromAccount: pocket(), ToAccount: pocket(), Amount: amount,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()

	const invoice = "invoice-4711"

	key := partner.KeyFor("payouts", invoice)
	transfer, err := client.OnUsTransfers.Create(ctx, order, partner.WithIdempotencyKey(key))
	if refusal := (*partner.Error)(nil); errors.As(err, &refusal) {
		fmt.Println(refusal.StatusCode, refusal.Fields[0].Location, refusal.IdempotencyKey == key, transfer == nil)
	}
	// Output: 422 body.from_account.id true true
}

// Example_serve is the README's third piece of code: a service that lets through what its contract allows, and executes
// a repeated request once.
func Example_serve() {
	doc, err := contract.Document()
	if err != nil {
		fmt.Println(err)
		return
	}
	paid := 0
	pay := func(w http.ResponseWriter, _ *http.Request) {
		paid++
		w.WriteHeader(http.StatusAccepted)
	}
	r := router.NewRouter()
	if err := protect(r, doc); err != nil {
		fmt.Println(err)
		return
	}
	r.Post("/api/v1/sandbox/fund/", pay)
	for _, cents := range []string{"500", "500", "-1"} {
		body := `{"account_id":"160c0c4b-9966-4dc1-a916-8407eb10d74e","amount_usdc":` + cents + `}`
		request := httptest.NewRequest("POST", "/api/v1/sandbox/fund/", strings.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		if err := authentication.SignRequest(request, signing.NewSecret("secret"),
			"497f6eca-6276-4993-bfeb-53cbbbba6f08", []byte(body)); err != nil {
			fmt.Println(err)
			return
		}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, request)
		fmt.Println(w.Code, w.Header().Get(idempotency.HeaderReplayed) == "true")
	}
	fmt.Println("paid", paid)
	// Output:
	// 202 false
	// 202 true
	// 422 false
	// paid 1
}

func protect(r router.Router, doc *openapi3.T) error {
	validator, err := validation.New(validation.Config{Document: doc}) // any OpenAPI 3.0 document
	if err != nil {
		return err
	}
	guard, err := idempotency.New(idempotency.Config{Store: new(idempotency.Memory)})
	if err != nil {
		return err
	}
	r.Use(validator.Middleware, guard.Middleware)
	return nil
}

// What changes for Redis.
func inRedis(addr string) (idempotency.Store, error) {
	client := redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true})
	store, err := redisstore.New(client, redisstore.Config{})
	return store, err
}

// What changes for PostgreSQL.
func inPostgreSQL(ctx context.Context, url string) (idempotency.Store, error) {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return nil, err
	}
	store, err := pgstore.NewTransactional(pool, pgstore.Config{}) // or New, for effects that are elsewhere
	return store, err
}

func TestReadmesStoresAreMade(t *testing.T) {
	if store, err := inRedis("127.0.0.1:1"); err != nil || store == nil {
		t.Errorf("Redis: %v", err)
	}
	// Neither connects before it is used.
	if store, err := inPostgreSQL(t.Context(), "postgres://127.0.0.1:1/db"); err != nil || store == nil {
		t.Errorf("PostgreSQL: %v", err)
	}
}
