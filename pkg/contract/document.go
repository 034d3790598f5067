package contract

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/getkin/kin-openapi/openapi3"
)

// Document returns the contract with all references resolved. It is the caller's alone: a new one each time. It fails
// only if the package was built wrongly.
func Document() (*openapi3.T, error) {
	var d document
	if err := json.Unmarshal([]byte(compact), &d); err != nil {
		return nil, fmt.Errorf("contract: decoding the contract: %w", err)
	}
	doc := d.openAPI()
	if err := openapi3.NewLoader().ResolveRefsIn(doc, nil); err != nil {
		return nil, fmt.Errorf("contract: resolving the contract's references: %w", err)
	}
	return doc, nil
}

// Digest identifies what Document returns: the SHA-256 of it, in hexadecimal. Two programs with the same digest were
// built with contracts that allow and promise the same.
func Digest() string {
	sum := sha256.Sum256([]byte(compact))
	return hex.EncodeToString(sum[:])
}
