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

// compilations are by whether a server is for development, and whether it answers with problem details. To read and
// compile the contract takes longer than all else that New does, and a program may have many servers, as tests do.
var compilations = func() (all [2][2]func() (*compiled, error)) {
	for i, development := range []bool{false, true} {
		for j, problemDetails := range []bool{false, true} {
			all[i][j] = sync.OnceValues(func() (*compiled, error) { return compile(development, problemDetails) })
		}
	}
	return all
}()

// contractFor returns the contract for a configuration.
func contractFor(config *Config) (*compiled, error) {
	i, j := 0, 0
	if config.Development {
		i = 1
	}
	if config.ProblemDetails {
		j = 1
	}
	return compilations[i][j]()
}

func compile(development, problemDetails bool) (*compiled, error) {
	document, err := contract.Document()
	if err != nil {
		return nil, err
	}
	if problemDetails {
		documentProblems(document)
	}
	c := &compiled{described: map[string]described{}}
	for template, item := range document.Paths.Map() {
		for method, o := range item.Operations() {
			c.described[o.OperationID] = newDescribed(method, template, item, o)
		}
	}
	c.validator, err = validation.New(validation.Config{
		Document: document, Development: development, Logger: slog.New(slog.DiscardHandler),
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
