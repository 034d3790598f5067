package contract_test

import (
	"fmt"

	"github.com/jiko-partner/partner-go/pkg/contract"
)

func ExampleDocument() {
	doc, err := contract.Document()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(doc.Paths.Value("/api/v1/transfers/on-us/").Post.OperationID)
	// Output: createOnUsTransfer
}
