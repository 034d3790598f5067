package partner_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// dial returns a client of a sandbox; a program has the partner's base URL and credentials instead.
func dial() (client *partner.Client, done func()) {
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(bank)
	client, err = partner.New(partner.Config{
		BaseURL: server.URL, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword, SigningSecret: sandbox.DefaultSigningSecret,
	})
	if err != nil {
		panic(err)
	}
	return client, func() { client.Close(); server.Close() }
}

func ExampleNew() {
	_, err := partner.New(partner.Config{BaseURL: "http://acme.partner-api.jikoservices.com", Username: "acme"})
	fmt.Println(err)
	// Output:
	// partner: configuration: BaseURL must be https: plain http is allowed to loopback addresses only
	// Password is missing
	// SigningSecret is missing
}

func ExampleClient() {
	client, done := dial()
	defer done()
	strategies, err := client.TradingStrategies.List(context.Background(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range strategies.Items {
		fmt.Println(s.ID, s.Description)
	}
	// Output:
	// UST-4W US T-bills, 4-week, Buy-and-hold
	// UST-13W US T-bills, 13-week, Buy-and-hold
	// UST-26W US T-bills, 26-week, Buy-and-hold
	// UST-52W US T-bills, 52-week, Buy-and-hold
}

// All walks a list page by page; List gives one page.
func ExampleClient_paging() {
	client, done := dial()
	defer done()
	two := 2
	page, err := client.TradingStrategies.List(context.Background(), &partner.ListTradingStrategiesParams{Count: &two})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(page.Items), "of", page.Count)
	for strategy, err := range client.TradingStrategies.All(context.Background(), nil) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Print(strategy.ID, " ")
	}
	// Output:
	// 2 of 4
	// UST-4W UST-13W UST-26W UST-52W
}

func ExampleError() {
	client, done := dial()
	defer done()
	_, err := client.Customers.Get(context.Background(), uuid.New())
	var refusal *partner.Error
	if errors.As(err, &refusal) {
		fmt.Println(refusal.Operation, refusal.StatusCode, refusal.Detail, "attempts:", refusal.Attempts)
		fmt.Println(refusal.Outcome, "-", refusal.Outcome.Advice())
	}
	fmt.Println(errors.Is(err, partner.ErrNotFound))
	// Output:
	// getCustomer 404 Not Found attempts: 1
	// refused - nothing was done; mend what is wrong and call again with a new key
	// true
}

func ExampleWithIdempotencyKey() {
	client, done := dial()
	defer done()
	ctx := context.Background()
	key := idempotency.NewKey() // Keep it with what is to be done, before the first attempt.
	request := partnerapi.CreateBusinessApplicationRequest{}
	first, err := client.Businesses.CreateApplication(ctx, request, partner.WithIdempotencyKey(key))
	if err != nil {
		fmt.Println(err)
		return
	}
	// The answer got lost, say; the same request with the same key does not make a second application.
	again, err := client.Businesses.CreateApplication(ctx, request, partner.WithIdempotencyKey(key))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("one application:", first.ID == again.ID)
	// Output: one application: true
}
