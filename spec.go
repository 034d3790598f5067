package partnergo

import _ "embed"

var (
	//go:embed openapi.yaml
	spec []byte
	//go:embed oapi-codegen.yaml
	generatorConfig []byte
	//go:embed overlay.yaml
	overlay []byte
	//go:embed gen/stock.overlay.yaml
	stockOverlay []byte
)

// Spec returns a copy of the contract, openapi.yaml, as it stands in the repository.
func Spec() []byte { return append([]byte(nil), spec...) }

// GeneratorConfig returns a copy of oapi-codegen.yaml, with which code of the contract is generated.
func GeneratorConfig() []byte { return append([]byte(nil), generatorConfig...) }

// Overlay returns a copy of overlay.yaml, which says what the generator has to know beyond the contract.
func Overlay() []byte { return append([]byte(nil), overlay...) }

// StockOverlay returns a copy of the overlay that oapi-codegen's own templates need besides.
func StockOverlay() []byte { return append([]byte(nil), stockOverlay...) }
