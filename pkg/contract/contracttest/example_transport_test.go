package contracttest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// printing is a test that prints what it is told. A test hands over its *testing.T.
type printing struct{ watched }

func (*printing) Errorf(format string, args ...any) { fmt.Printf("FAIL "+format+"\n", args...) }
func (*printing) Logf(format string, args ...any)   { fmt.Printf(format+"\n", args...) }

// The last middleware of a client sees what it sends, signed, and so does whatever sends by the client's Do: a client
// that was generated takes the partner.Client for its http.Client.
func ExampleMiddleware() {
	t := new(printing)
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(bank)
	defer server.Close()
	client, err := partner.New(partner.Config{
		BaseURL: server.URL, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
		SigningSecret: sandbox.DefaultSigningSecret,
		Middleware:    []func(http.RoundTripper) http.RoundTripper{contracttest.Middleware(t)},
	})
	if err != nil {
		panic(err)
	}
	defer client.Close()

	list, err := client.TradingStrategies.List(context.Background())
	fmt.Println(len(list.Items), err)

	// As a client does that oapi-codegen made: yourapi.NewClient(client.BaseURL(), yourapi.WithHTTPClient(client)).
	request, _ := http.NewRequestWithContext(context.Background(), http.MethodGet,
		client.BaseURL()+"/api/v2/pockets/?limit=1000", nil)
	response, err := client.Do(request)
	if err != nil {
		panic(err)
	}
	_ = response.Body.Close()
	fmt.Println(response.StatusCode)
	// Output:
	// 4 <nil>
	// FAIL contract: listPockets: the call is not what the contract allows
	//   query limit: maximum: must be at most 100
	//   called at example_transport_test.go:46
	// 422
}

// Without a partner.Client it stands below whatever signs.
func ExampleTransport() {
	t := new(printing)
	plain := &http.Client{Transport: contracttest.Transport(t, answering(200, "application/json", strategies))}
	request, _ := http.NewRequestWithContext(context.Background(), http.MethodGet,
		"https://bank.example/api/v2/trading-strategies/", nil)
	response, err := plain.Do(request)
	if err != nil {
		panic(err)
	}
	_ = response.Body.Close()
	// Output:
	// FAIL contract: listTradingStrategies: the call is not what the contract allows
	//   header x-jiko-idempotency: required: is required
	//   header x-jiko-signature: required: is required
	//   called at example_transport_test.go:66
}
