package server

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/authentication"
)

// operation is what the chain needs to know of an operation of the contract.
type operation struct {
	// requirement is what it asks of a caller.
	requirement authentication.Requirement
	// problem says that the contract documents its 422 in the second shape, {type, instance, detail, trace_id}.
	problem bool
	// plain says that nothing but its media type and its length can be wrong with the head of a signed request.
	plain bool
	// handler decodes the parameters, runs the operation and writes what it returns.
	handler http.Handler
	// template is the path with the names of its parameters in braces, the only element of templates.
	templates []string
	// parameters are the names of the path's parameters, in the order of the path.
	parameters []string
}

// unknown is an operation that the contract does not have. A request for it is authenticated all the same, as strictly
// as possible, and refused afterwards: a stranger does not learn what there is.
var unknown operation

// newOperations takes from the contract what each operation asks for, and from the generated router what runs it.
func (s *Server) newOperations(contract map[string]described) (map[string]*operation, error) {
	handlers, err := s.newHandlers()
	if err != nil {
		return nil, err
	}
	operations := make(map[string]*operation, len(contract))
	for id, d := range contract {
		o := &operation{
			handler: handlers[d.method+" "+d.template], templates: []string{d.template},
			parameters: parametersOf(d.template), plain: d.plain, problem: d.problem,
		}
		if o.handler == nil {
			return nil, fmt.Errorf("the generated server does not fit the contract at %s %s", d.method, d.template)
		}
		o.requirement.Open = d.open
		o.requirement.SignatureOptional = !d.signed && s.config.AcceptUnsignedUploads
		if d.file {
			o.requirement.MaxBodyBytes, o.requirement.ReadTimeout = s.config.MaxFileBytes, fileTimeout
		}
		operations[id] = o
	}
	return operations, nil
}

// newHandlers returns what runs each operation, by method and path. It is taken out of the generated router, which
// would find the operation a second time, and by other rules than those by which it was checked.
func (s *Server) newHandlers() (map[string]http.Handler, error) {
	strict, err := partnerserver.NewStrictHandler(s.config.API, s.answerFailure, s.config.Middlewares...)
	if err != nil {
		return nil, err
	}
	router := chi.NewRouter()
	partnerserver.HandlerWithOptions(strict, partnerserver.ChiServerOptions{
		BaseRouter: router,
		ErrorHandlerFunc: func(w http.ResponseWriter, r *http.Request, err error) {
			s.answerFailure(w, r, &partnerserver.BadRequestError{Err: err})
		},
	})
	handlers := map[string]http.Handler{}
	return handlers, chi.Walk(router, func(method, template string, handler http.Handler,
		_ ...func(http.Handler) http.Handler) error {
		handlers[method+" "+template] = handler
		return nil
	})
}

func parametersOf(template string) []string {
	var names []string
	for segment := range strings.SplitSeq(template, "/") {
		if strings.HasPrefix(segment, "{") {
			names = append(names, strings.Trim(segment, "{}"))
		}
	}
	return names
}

// operate runs the operation that was found.
func (s *Server) operate(w http.ResponseWriter, r *http.Request) {
	e := exchangeOf(r.Context())
	s.endCheck(e)
	if e.operation.handler == nil { // The validator has refused it.
		s.answerFailure(w, r, errors.New("an operation that the contract does not have was let through"))
		return
	}
	e.setRoute(r)
	e.operation.handler.ServeHTTP(w, r)
}

// setRoute leaves the values of the path's parameters where the generated code reads them. They are escaped if the URL
// has a RawPath, as chi has them and the generated code takes them.
func (e *exchange) setRoute(r *http.Request) {
	path := r.URL.Path
	if r.URL.RawPath != "" {
		path = r.URL.EscapedPath() // A RawPath that does not belong to the Path is not what was checked.
	}
	values := e.values[:0]
	template := e.operation.templates[0]
	for len(values) < len(e.operation.parameters) {
		var name, value string
		name, template, _ = strings.Cut(template, "/")
		value, path, _ = strings.Cut(path, "/")
		if strings.HasPrefix(name, "{") {
			values = append(values, value)
		}
	}
	e.route.URLParams = chi.RouteParams{Keys: e.operation.parameters, Values: values}
	e.route.RoutePatterns = e.operation.templates
	e.routed = true
}
