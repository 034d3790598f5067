package validation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// Validator checks messages against one contract. It is immutable and safe for concurrent use.
type Validator struct {
	config Config
	router *router
	// maxQueried is how many parameters of a query are read.
	maxQueried int
}

// Load parses a contract, in YAML or JSON, and calls New with it in place of Config.Document, which must be nil.
// References to other files are refused.
func Load(spec []byte, config Config) (*Validator, error) {
	if config.Document != nil {
		return nil, errors.New("validation: Load takes the contract from its text, but Config.Document has one as well")
	}
	if err := checkText(spec); err != nil {
		return nil, err
	}
	document, err := openapi3.NewLoader().LoadFromData(spec)
	if err != nil {
		return nil, fmt.Errorf("validation: parsing the contract: %w", err)
	}
	config.Document = document
	return New(config)
}

// Must is New for contracts that are part of the program. It panics where New fails.
func Must(config Config) *Validator {
	v, err := New(config)
	if err != nil {
		panic(err)
	}
	return v
}

// New builds a Validator. It fails when Config.Document is missing, is not valid OpenAPI 3.0, or asks for something
// that this package cannot check: a body that is neither JSON nor binary, a parameter that is an object or in an
// unusual style, a path segment that is only partly a parameter, a schema that is one of its own variants.
func New(config Config) (*Validator, error) {
	config, err := config.resolve()
	if err != nil {
		return nil, err
	}
	document := config.Document
	if err := validate(document); err != nil {
		return nil, fmt.Errorf("validation: the contract is invalid: %w", err)
	}
	compile, err := newCompiler(&config)
	if err != nil {
		return nil, err
	}
	paths := document.Paths.Map()
	templates := slices.Sorted(maps.Keys(paths))
	router, names, err := newRouter(config.BasePath, templates)
	if err != nil {
		return nil, fmt.Errorf("validation: %w", err)
	}
	v := &Validator{config: config, router: router, maxQueried: queryLimit()}
	for i, end := range router.ends {
		item := paths[end.template]
		for method, o := range item.Operations() {
			end.methods[method], err = compile.operation(Operation{o.OperationID, method, end.template},
				item.Parameters, o,
				names[i])
			if err != nil {
				return nil, fmt.Errorf("validation: %s %s: %w", method, end.template, err)
			}
		}
	}
	for name, used := range compile.nilUUIDs {
		if !used {
			return nil, fmt.Errorf("validation: no operation has the header %s of Config.RefuseNilUUID", name)
		}
	}
	v.config.Document = nil // All that is needed of it has been compiled.
	return v, nil
}

// With returns a validator that checks the same, with the contract that v has compiled, and treats messages as config
// says. It takes no time next to New. It fails when config has one of the fields that a contract is compiled with:
// Document, BasePath, Formats, Unchecked, RefuseNilUUID, RefuseUnknown and Development stay as they are.
func (v *Validator) With(config Config) (*Validator, error) {
	if err := v.usable(); err != nil {
		return nil, err
	}
	if config.compiles() {
		return nil, errors.New("validation: Validator.With takes a Config that changes nothing of the contract")
	}
	config, err := config.treatment()
	if err != nil {
		return nil, err
	}
	config.BasePath, config.Formats, config.Unchecked = v.config.BasePath, v.config.Formats, v.config.Unchecked
	config.RefuseNilUUID, config.RefuseUnknown = v.config.RefuseNilUUID, v.config.RefuseUnknown
	config.Development = v.config.Development
	return &Validator{config: config, router: v.router, maxQueried: v.maxQueried}, nil
}

// validate checks that a document is one. kin-openapi panics over some that were put together by hand and lack a part.
func validate(document *openapi3.T) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("a part of it is nil that must not be")
		}
	}()
	// Examples are the business of a linter, and checking them takes most of the time.
	return document.Validate(context.Background(), openapi3.DisableExamplesValidation()) //nolint:wrapcheck // New does
}

// usable returns an error if New has not made the validator.
func (v *Validator) usable() error {
	if v == nil || v.router == nil {
		return errors.New("validation: a Validator that is nil or was not made by New")
	}
	return nil
}
