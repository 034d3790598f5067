package sandbox_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// A bad day is a line in a test: the second time that somebody asks for the strategies, there are none.
func ExampleSandbox_SetRules() {
	bank, err := sandbox.New(sandbox.Config{Rules: []sandbox.Rule{{
		Name:  "no strategies",
		Match: sandbox.Match{Operation: []string{"listTradingStrategies"}, Nth: 2},
		Do:    sandbox.Do{Status: 418, Detail: "come back tomorrow"},
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = bank.Close() }()
	server := httptest.NewServer(bank)
	defer server.Close()
	client, err := partner.New(partner.Config{BaseURL: server.URL, Username: sandbox.DefaultUsername,
		Password: sandbox.DefaultPassword, SigningSecret: sandbox.DefaultSigningSecret})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	for range 2 {
		_, err := client.TradingStrategies.List(context.Background())
		fmt.Println(err != nil)
	}
	for _, rule := range bank.Rules() {
		fmt.Printf("%s: %d of %d\n", rule.Name, rule.Acted, rule.Matched)
	}
	fmt.Println(bank.SetRules()) // From here on there are none.
	// Output:
	// false
	// true
	// no strategies: 1 of 2
	// <nil>
}

// Mistakes are told with their places, all at once.
func ExampleReadRules() {
	_, err := sandbox.ReadRules("rules.yaml", strings.NewReader(`
- match:
    operation: createWires
  do: {status: 503}
- do: {status: 5030}
`))
	fmt.Println(err)
	// Output:
	// rules.yaml:3:16: rules[0].match.operation[0]: there is no operation "createWires"; did you mean createWire?
	// rules.yaml:5:16: rules[1].do.status: want 400 to 599, or one of several statuses by which the operation succeeds
}
