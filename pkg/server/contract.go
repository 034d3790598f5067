package server

import (
	"log/slog"
	"slices"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/contract"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// compiled is the contract as a server needs it. It never changes.
type compiled struct {
	validator *validation.Validator
	// described are the operations by their ids.
	described map[string]described
}

// described is what the contract says of an operation.
type described struct {
	method, template string
	// open says that everybody may call it, and signed that it asks for a signature.
	open, signed bool
	// file says that its body is no JSON.
	file bool
	// plain and problem are as in operation.
	plain, problem bool
}

// variant is what two servers may differ in that the contract is compiled with.
type variant struct{ development, problemDetails bool }

// compilations have the contract for each variant, once. To read and compile it takes longer than all else that New
// does, and a program may have many servers, as tests do.
var compilations = func() map[variant]func() (*compiled, error) {
	all := map[variant]func() (*compiled, error){}
	for _, v := range []variant{{false, false}, {false, true}, {true, false}, {true, true}} {
		all[v] = sync.OnceValues(func() (*compiled, error) { return compile(v) })
	}
	return all
}()

// contractFor returns the contract for a configuration.
func contractFor(config *Config) (*compiled, error) {
	return compilations[variant{config.Development, config.ProblemDetails}]()
}

func compile(v variant) (*compiled, error) {
	document, err := contract.Document()
	if err != nil {
		return nil, err
	}
	if v.problemDetails {
		documentProblems(document)
	}
	c := &compiled{described: map[string]described{}}
	for template, item := range document.Paths.Map() {
		for method, o := range item.Operations() {
			c.described[o.OperationID] = newDescribed(method, template, item, o)
		}
	}
	c.validator, err = validation.New(validation.Config{
		Document: document, Development: v.development, Logger: slog.New(slog.DiscardHandler),
		// The Nil UUID is a UUID, but all callers that forgot to set their key would share it.
		RefuseNilUUID: []string{idempotency.Header},
	})
	return c, err
}

func newDescribed(method, template string, item *openapi3.PathItem, o *openapi3.Operation) described {
	d := described{method: method, template: template, open: o.Security != nil && len(*o.Security) == 0}
	signature := o.Parameters.GetByInAndName(openapi3.ParameterInHeader, signing.HeaderSignature)
	d.signed = signature != nil && signature.Required
	d.file = o.RequestBody != nil && o.RequestBody.Value.Content.Get("application/json") == nil
	d.plain = isPlain(item, o)
	if refusal := o.Responses.Value("422"); refusal != nil {
		media := refusal.Value.Content.Get("application/json")
		d.problem = media != nil && slices.Contains(media.Schema.Value.Required, "instance")
	}
	return d
}

// isPlain reports whether an operation takes JSON, and no parameters but the key and the signature.
func isPlain(item *openapi3.PathItem, o *openapi3.Operation) bool {
	if o.RequestBody == nil || o.RequestBody.Value.Content.Get("application/json") == nil {
		return false
	}
	for _, parameter := range slices.Concat(item.Parameters, o.Parameters) {
		if p := parameter.Value; p.In != openapi3.ParameterInHeader ||
			p.Name != idempotency.Header && p.Name != signing.HeaderSignature {
			return false
		}
	}
	return true
}
