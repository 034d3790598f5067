package partnergo

import _ "embed"

//go:embed openapi.yaml
var spec []byte

// Spec returns a copy of the contract, openapi.yaml, as it stands in the repository.
func Spec() []byte {
	return append([]byte(nil), spec...)
}
