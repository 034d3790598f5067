package partner_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// dial returns a client of a sandbox; a program has the partner's base URL and credentials instead.
func dial() (client *partner.Client, done func()) {
	client, done, _ = dialAt()
	return client, done
}

// dialAt says where the sandbox is, too.
func dialAt() (client *partner.Client, done func(), baseURL string) {
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(bank)
	client, err = partner.New(partner.Config{
		BaseURL: server.URL, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
		SigningSecret: sandbox.DefaultSigningSecret,
	})
	if err != nil {
		panic(err)
	}
	return client, func() { client.Close(); server.Close() }, server.URL
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
	strategies, err := client.TradingStrategies.List(context.Background())
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
	fundedPockets(client)
	params := &partner.ListPocketsParams{Limit: new(1)}
	page, err := client.Pockets.List(context.Background(), params)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("a page of", len(page.Items))
	for pocket, err := range client.Pockets.All(context.Background(), params) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("pocket", pocket.PocketName)
	}
	// Output:
	// a page of 1
	// pocket A
	// pocket B
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

// A payment that is made once, though the process that made it dies before it hears so: the key comes from the business
// reference, so the process that starts again sends the same one.
func ExampleWithIdempotencyKey() {
	client, done := dial()
	defer done()
	from, to := fundedPockets(client)
	ctx := context.Background()

	pay := func(invoice string) (*partner.OnUsTransfer, error) {
		amount, err := partner.NewTransferAmount(partner.RequestedAmount{AmountUSDC: 25_00})
		if err != nil {
			return nil, err
		}
		order, err := partner.NewCreateOnUsTransferRequest(partner.CreateInternalReallocationTransfer{
			FromAccount: partner.JikoAccountReference{ID: from, Type: partner.JikoAccountReferenceTypeJikoAccount},
			ToAccount:   partner.JikoAccountReference{ID: to, Type: partner.JikoAccountReferenceTypeJikoAccount},
			Amount:      amount,
		})
		if err != nil {
			return nil, err
		}
		return client.OnUsTransfers.Create(ctx, order,
			partner.WithIdempotencyKey(partner.KeyFor("payouts", invoice)))
	}
	first, err := pay("invoice-4711")
	if err != nil {
		fmt.Println(err)
		return
	}
	// Here the process dies, and another one finds the invoice unpaid.
	again, err := pay("invoice-4711")
	if err != nil {
		fmt.Println(err)
		return
	}
	pocket, err := client.Pockets.Get(ctx, to, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("one transfer:", first.ID == again.ID)
	fmt.Println("received:", *pocket.Portfolio.TotalValue.Formatted)
	// Output:
	// one transfer: true
	// received: $25.00
}

// What the function of a fake gets says with which key a payment would go out.
func ExampleKeyFromOptions() {
	options := []partner.CallOption{partner.WithIdempotencyKey(partner.KeyFor("payouts", "invoice-4711"))}

	key, ok := partner.KeyFromOptions(options...)
	fmt.Println(ok, key == partner.KeyFor("payouts", "invoice-4711"))
	// Output: true true
}

// The fakes of a generated package get the context alone, which has the options.
func ExampleKeyFromContext() {
	ctx := partner.ContextWithOptions(context.Background(),
		partner.WithIdempotencyKey(partner.KeyFor("payouts", "invoice-4711")))

	key, ok := partner.KeyFromContext(ctx)
	fmt.Println(ok, key == partner.KeyFor("payouts", "invoice-4711"))
	// Output: true true
}

// A process that starts anew and finds a payment without a result says when that was begun. So the call fails once the
// provider has forgotten the key, instead of paying again.
func ExampleWithRepeatBefore() {
	client, done := dial()
	defer done()
	from, to := fundedPockets(client)
	amount := must(partner.NewTransferAmount(partner.RequestedAmount{AmountUSDC: 25_00}))
	order := must(partner.NewCreateOnUsTransferRequest(partner.CreateInternalReallocationTransfer{
		FromAccount: partner.JikoAccountReference{ID: from}, ToAccount: partner.JikoAccountReference{ID: to},
		Amount: amount,
	}))
	began := time.Now().Add(-2 * time.Hour) // as it was written down
	_, err := client.OnUsTransfers.Create(context.Background(), order,
		partner.WithIdempotencyKey(partner.KeyFor("payouts", "invoice-4712")),
		partner.WithRepeatBefore(began.Add(59*time.Minute)))
	var failure *partner.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Outcome)
		fmt.Println(failure.Outcome.Advice())
	}
	// Output:
	// unknown, and too late to repeat
	// look up what came of it; do not send it again, as a repeat would be a new request
}

// fundedPockets makes a customer with two pockets, the first of which has 100 dollars.
func fundedPockets(client *partner.Client) (from, to partner.PocketID) {
	ctx := context.Background()
	bundle := must(client.Individuals.ListAgreements(ctx))
	profile := must(partner.NewInvestmentProfile(partner.StudentInvestmentProfile{
		Income: partner.AnnualPersonalIncomeBelow50K, NetWorth: partner.AveragePersonalNetWorthBelow50K,
	}))
	application := must(client.Individuals.CreateApplication(ctx, partner.CreateApplicationRequest{
		Name: partner.Name{FirstName: "Jiko", LastName: "Customer"}, IdentificationNumber: "999999999",
		Email:       "jiko@example.com",
		PhoneNumber: "+15551234567", DateOfBirth: partner.NewDate(1970, time.January, 1),
		Address: partner.Address{StreetAddress: "2000 Allston Way", City: "Berkeley", PostalCode: "94701",
			Country: "US"},
		AgreementConsent:  partner.AgreementConsent{Version: bundle.Version, Timestamp: time.Now()},
		InvestmentProfile: profile,
	}))
	must(client.Individuals.SubmitApplication(ctx, application.ID))
	customer := must(must(client.Individuals.GetApplication(ctx, application.ID)).CustomerID.Get())
	first := must(client.Pockets.Create(ctx, customer,
		partner.CreatePocketRequest{PocketName: "A", DepositStrategyID: new("UST-4W")}))
	second := must(client.Pockets.Create(ctx, customer,
		partner.CreatePocketRequest{PocketName: "B", DepositStrategyID: new("UST-4W")}))
	if err := client.Sandbox.FundAccount(ctx, nil,
		partner.FundAccountRequest{AccountID: first.ID, AmountUSDC: 100_00}); err != nil {
		panic(err)
	}
	return first.ID, second.ID
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A request of one's own: an operation that the services do not have, or what a generated client makes.
func ExampleClient_Do() {
	client, done, baseURL := dialAt()
	defer done()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, baseURL+"/api/v1/agreements/", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	response, err := client.Do(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = response.Body.Close() }()
	outcome, _ := partner.OutcomeOf(response)
	fmt.Println(response.StatusCode, outcome)
	// Output: 200 done
}

// A Doer has options, and an error for every answer but 2xx.
func ExampleClient_With() {
	client, done, baseURL := dialAt()
	defer done()
	doer := client.With(partner.WithMaxRetries(0))
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet,
		baseURL+"/api/v1/customers/497f6eca-6276-4993-bfeb-53cbbbba6f08/", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	response, err := doer.Do(request)
	if err == nil {
		_ = response.Body.Close()
	}
	var failure *partner.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Operation, failure.StatusCode, failure.Outcome)
	}
	// Output: getCustomer 404 refused
}
