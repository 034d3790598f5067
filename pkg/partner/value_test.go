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

func ExampleNewDate() {
	fmt.Println(partner.NewDate(1970, time.January, 1))
	// Output: 1970-01-01
}
