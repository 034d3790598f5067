package sandbox_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// In a test, the sandbox runs in process. Nothing is left of it when the test ends.
func ExampleNew() {
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = bank.Close() }()
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
	strategies, err := client.TradingStrategies.List(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strategies.Items[0].ID)
	// Output: UST-4W
}

// At the end of a test, every cent should be somewhere.
func ExampleSandbox_Balances() {
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	balances, err := bank.Balances() // fails when the ledger contradicts itself
	fmt.Println(len(balances), balances[uuid.Nil], err)
	// Output: 1 0 <nil>
}
