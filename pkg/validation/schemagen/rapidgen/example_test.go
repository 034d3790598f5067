package rapidgen_test

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/validation/schemagen/rapidgen"
)

// A property test of a decoder: what the contract allows, it reads.
func Example() {
	_ = func(t *testing.T) {
		valid := rapidgen.Valid(generator(t))
		rapid.Check(t, func(t *rapid.T) {
			var order body
			if err := json.Unmarshal(valid.Draw(t, "body"), &order); err != nil {
				t.Fatal(err)
			}
		})
	}
}
