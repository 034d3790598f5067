package sandbox_test

import (
	"context"
	"fmt"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// What was told to subscribers, or would have been if there were any, is there page by page.
func ExampleSandbox_Events() {
	bank, pocket, err := bankWithPocket()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = bank.Close() }()
	ctx := context.Background()
	for range 2 {
		in := sandbox.IncomingWire{PocketID: pocket, AmountUSDC: 1_000_00, Sender: "Acme, Inc."}
		if _, err := bank.ReceiveWire(ctx, in); err != nil {
			fmt.Println(err)
			return
		}
	}
	for query := (sandbox.EventQuery{Limit: 1}); ; {
		page, err := bank.Events(ctx, query)
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, e := range page.Events {
			if e.Type == "transfers.wire.in.success" {
				fmt.Println(e.Type, len(e.Deliveries))
			}
		}
		if page.Next == 0 {
			break
		}
		query.Below = page.Next
	}
	fmt.Println(bank.Check())
	// Output:
	// transfers.wire.in.success 0
	// transfers.wire.in.success 0
	// <nil>
}
