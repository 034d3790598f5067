package bench

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/legacy"
	nethttpmiddleware "github.com/oapi-codegen/nethttp-middleware"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/pkg/contract"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// Names of the validators.
const (
	PkgValidation     = "pkg/validation"
	NetHTTPMiddleware = "nethttp-middleware"
	NetHTTPDefaults   = "the same, with defaults"
	KinOpenAPI        = "kin-openapi"
	LibOpenAPI        = "libopenapi-validator"
	NoValidation      = "no validation"
)

// Validator holds requests to a contract in its own way.
type Validator struct {
	Name string
	// New loads a contract and returns the middleware. A request that is refused is answered with a status from 400 on.
	New func(contract []byte) (func(http.Handler) http.Handler, error)
}

// Start is what a program that serves this repository's contract does at its start, in one way.
type Start struct {
	Name string
	Load func() (func(http.Handler) http.Handler, error)
}

// Starts returns pkg/validation with the document of pkg/contract, as pkg/server uses it, and everything that reads the
// contract as it stands, pkg/validation too.
func Starts() []Start {
	starts := []Start{{PkgValidation, func() (func(http.Handler) http.Handler, error) {
		doc, err := contract.Document()
		if err != nil {
			return nil, err
		}
		v, err := validation.New(validation.Config{Document: doc})
		if err != nil {
			return nil, err
		}
		return v.Middleware, nil
	}}}
	for _, v := range Validators() {
		switch v.Name {
		case NoValidation, NetHTTPDefaults: // The latter starts as NetHTTPMiddleware does.
			continue
		case PkgValidation:
			v.Name = "the same, from YAML"
		}
		starts = append(starts, Start{v.Name, func() (func(http.Handler) http.Handler,
			error) {
			return v.New(partnergo.Spec())
		}})
	}
	return starts
}

// Validators returns pkg/validation, its peers, and none at all, in this order. None looks at tokens or at the host,
// and only NetHTTPDefaults writes the contract's defaults into requests, as nethttp-middleware does unless it is told
// not to.
func Validators() []Validator {
	return []Validator{
		{PkgValidation, func(contract []byte) (func(http.Handler) http.Handler, error) {
			v, err := validation.Load(contract, validation.Config{})
			if err != nil {
				return nil, err
			}
			return v.Middleware, nil
		}},
		{NetHTTPMiddleware, func(contract []byte) (func(http.Handler) http.Handler, error) {
			return newNetHTTPMiddleware(contract, filterOptions())
		}},
		{NetHTTPDefaults, func(contract []byte) (func(http.Handler) http.Handler, error) {
			return newNetHTTPMiddleware(contract, openapi3filter.Options{
				AuthenticationFunc: openapi3filter.NoopAuthenticationFunc})
		}},
		{KinOpenAPI, newKinOpenAPI},
		{LibOpenAPI, newLibOpenAPI},
		{NoValidation, func([]byte) (func(http.Handler) http.Handler, error) {
			return func(next http.Handler) http.Handler { return next }, nil
		}},
	}
}

// filterOptions are kin-openapi's: with SkipSettingDefaults it leaves the request alone, as pkg/validation does, and is
// faster.
func filterOptions() openapi3filter.Options {
	return openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, SkipSettingDefaults: true}
}

// newNetHTTPMiddleware uses the error handler that its authors recommend; it is also the faster one.
func newNetHTTPMiddleware(contract []byte, options openapi3filter.Options) (func(http.Handler) http.Handler, error) {
	doc, err := openapi3.NewLoader().LoadFromData(contract)
	if err != nil {
		return nil, err
	}
	return nethttpmiddleware.OapiRequestValidatorWithOptions(doc, &nethttpmiddleware.Options{
		Options:              options,
		DoNotValidateServers: true,
		ErrorHandlerWithOpts: func(_ context.Context, _ error, w http.ResponseWriter, _ *http.Request,
			o nethttpmiddleware.ErrorHandlerOpts) {
			w.WriteHeader(o.StatusCode)
		},
	}), nil
}

// newKinOpenAPI uses the library alone, with the faster one of its two routers.
func newKinOpenAPI(contract []byte) (func(http.Handler) http.Handler, error) {
	doc, err := openapi3.NewLoader().LoadFromData(contract)
	if err != nil {
		return nil, err
	}
	doc.Servers = nil
	router, err := legacy.NewRouter(doc, openapi3.DisableExamplesValidation())
	if err != nil {
		return nil, err
	}
	options := filterOptions()
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			route, values, err := router.FindRoute(r)
			if err != nil {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			input := &openapi3filter.RequestValidationInput{Request: r, PathParams: values, Route: route,
				Options: &options}
			if err := openapi3filter.ValidateRequest(r.Context(), input); err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			next.ServeHTTP(w, r)
		})
	}, nil
}

// newLibOpenAPI has all of its caches, which it fills here, and the call that starts no goroutines.
func newLibOpenAPI(contract []byte) (func(http.Handler) http.Handler, error) {
	document, err := libopenapi.NewDocument(contract)
	if err != nil {
		return nil, err
	}
	v, errs := validator.NewValidator(document, config.WithoutSecurityValidation(),
		config.WithRegexCache(new(sync.Map)))
	if len(errs) > 0 {
		return nil, fmt.Errorf("libopenapi-validator: %w", errs[0])
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if ok, _ := v.ValidateHttpRequestSync(r); !ok {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			next.ServeHTTP(w, r)
		})
	}, nil
}
