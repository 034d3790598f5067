package partner_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// A member that is left out stays as it is; one that is null is taken away.
func ExampleNull() {
	for _, change := range []partner.UpdatePocketRequest{
		{PocketName: partner.Ptr("Reserve")},
		{ReinvestmentStrategyID: partner.Value("UST-13W")},
		{ReinvestmentStrategyID: partner.Null[string]()},
	} {
		text, err := json.Marshal(change)
		fmt.Println(string(text), err)
	}
	// Output:
	// {"pocket_name":"Reserve"} <nil>
	// {"reinvestment_strategy_id":"UST-13W"} <nil>
	// {"reinvestment_strategy_id":null} <nil>
}

// A list that an update leaves out stays as it is; an empty one takes all away. A list that must be there is.
func ExampleList() {
	for _, request := range []any{
		partner.UpdateSubscriptionRequest{},
		partner.UpdateSubscriptionRequest{Events: []string{}},
		partner.SubscriptionPage{},
		partner.SubscriptionPage{Items: partner.List[partner.Subscription]{}},
	} {
		text, err := json.Marshal(request)
		fmt.Println(string(text), err)
	}
	// Output:
	// {} <nil>
	// {"events":[]} <nil>
	// {"items":[]} <nil>
	// {"items":[]} <nil>
}

// Whatever kind of transaction it is, it has an amount, a direction and a time.
func ExampleTransactionShared() {
	var page partner.TransactionPage
	err := json.Unmarshal([]byte(`{"items": [
		{"type": "ACH", "id": "497f6eca-6276-4993-bfeb-53cbbbba6f08", "amount": {"value": 2500, "currency": "USD"},
		 "transaction_id": "66f6e46c-f6a1-4af8-a1bd-49666bc01304", "direction": "CREDIT", "status": "SETTLED",
		 "title": "From Ada", "description": "Rent", "time_booked": "2026-01-02T03:04:05Z", "time_settled": null},
		{"type": "A_KIND_OF_TOMORROW", "id": "8a7ec6c0-2701-40a1-8954-68870964b50d",
		 "amount": {"value": 100, "currency": "USD"}, "transaction_id": "b5a776db-8960-4157-afe5-519b6708bb79",
		 "direction": "DEBIT", "status": "BOOKED", "title": "Fee", "description": "Monthly",
		 "time_booked": "2026-02-01T00:00:00Z", "time_settled": null}
	]}`), &page)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, transaction := range page.Items {
		shared, err := transaction.Shared()
		fmt.Println(shared.Direction, shared.Amount.Value, shared.TimeBooked.Format("Jan 2"), err)
	}
	// Output:
	// CREDIT 2500 Jan 2 <nil>
	// DEBIT 100 Feb 1 <nil>
}

func ExampleNewDate() {
	fmt.Println(partner.NewDate(1970, time.January, 1))
	// Output: 1970-01-01
}
