package spec_test

import (
	"fmt"

	"github.com/jiko-partner/partner-go/pkg/spec"
)

func ExampleDocument() {
	doc, err := spec.Document()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(doc.Paths.Value("/api/v1/transfers/on-us/").Post.OperationID)
	// Output: createOnUsTransfer
}
