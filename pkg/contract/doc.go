// Package contract has the contract as a kin-openapi document, for middleware and tools that want one:
//
//	doc, err := contract.Document()
//	if err != nil {
//		return err
//	}
//	validator, err := validation.New(validation.Config{Document: doc})
//	if err != nil {
//		return err
//	}
//	router.Use(validator.Middleware)
//
// What [Document] returns has everything that decides what is valid, the tags of the operations, and nothing that is
// for people alone: no descriptions, no examples, no defaults, no x-evidence, no links and no callbacks. That makes it
// quick to load, which counts in programs that start often. The whole document is
// [github.com/jiko-partner/partner-go.Spec].
package contract

//go:generate go run github.com/jiko-partner/partner-go/internal/generator/compact ../../openapi.yaml document.gen.go contract
