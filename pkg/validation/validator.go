package validation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Validator checks messages against one contract. It is immutable and safe for concurrent use.
type Validator struct {
	config
	routes node
	// ends are where the paths of the contract end, by their templates.
	ends map[string]*node
	// names are all member names in the contract, the only ones that errors may mention.
	names map[string]bool
}

// operation is what the contract says of an operation, looked up once.
type operation struct {
	Operation
	parameters []*parameter
	// body is nil where the contract asks for none.
	body *requestBody
	// responses are by status: 200, 2XX or default.
	responses map[string]*response
}

type requestBody struct {
	required bool
	allowed  []media
}

type response struct {
	headers []*parameter
	allowed []media
}

// Load parses a contract, in YAML or JSON, and calls [New]. References to other files are refused.
func Load(spec []byte, options ...Option) (*Validator, error) {
	doc, err := openapi3.NewLoader().LoadFromData(spec)
	if err != nil {
		return nil, fmt.Errorf("validation: parsing the contract: %w", err)
	}
	return New(doc, options...)
}

// New builds a Validator. It fails when doc is nil, is not valid OpenAPI 3.0, or asks for something that this package
// cannot check: a body that is neither JSON nor binary, a parameter that is an object or in an unusual style, a path
// segment that is only partly a parameter, a schema that is one of its own variants. doc must not be changed
// afterwards.
func New(doc *openapi3.T, options ...Option) (*Validator, error) {
	c, err := newConfig(options)
	if err != nil {
		return nil, err
	}
	if doc == nil {
		return nil, errors.New("validation: the contract is nil")
	}
	if !doc.IsOpenAPI30() {
		return nil, errors.New("validation: the contract is not OpenAPI 3.0")
	}
	// Examples are the business of a linter, and checking them takes most of the time.
	if err := doc.Validate(context.Background(), openapi3.DisableExamplesValidation()); err != nil {
		return nil, fmt.Errorf("validation: the contract is invalid: %w", err)
	}
	survey, err := surveySchemas(doc)
	if err != nil {
		return nil, err
	}
	v := &Validator{config: c, names: survey.names, ends: make(map[string]*node)}
	requests, responses := newCompiler(Request, c), newCompiler(Response, c)
	paths := doc.Paths.Map()
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		end, names, err := v.routes.insert(path)
		if err != nil {
			return nil, fmt.Errorf("validation: %w", err)
		}
		v.ends[path] = end
		for method, o := range paths[path].Operations() {
			end.methods[method], err = newOperation(requests, responses, Operation{o.OperationID, method, path},
				paths[path].Parameters, o, names)
			if err != nil {
				return nil, fmt.Errorf("validation: %s %s: %w", method, path, err)
			}
		}
	}
	requests.findRecursion()
	responses.findRecursion()
	return v, nil
}

func newOperation(requests, responses *compiler, name Operation, shared openapi3.Parameters, o *openapi3.Operation,
	path []string) (*operation, error) {
	op := &operation{Operation: name, responses: make(map[string]*response)}
	parameters := slices.Clone(o.Parameters)
	for _, ref := range shared {
		if o.Parameters.GetByInAndName(ref.Value.In, ref.Value.Name) == nil {
			parameters = append(parameters, ref)
		}
	}
	for _, ref := range parameters {
		if ref.Value.In == openapi3.ParameterInHeader && isReserved(ref.Value.Name) {
			continue
		}
		p, err := newParameter(requests, ref.Value)
		if err != nil {
			return nil, err
		}
		if p.in == openapi3.ParameterInPath {
			if p.position = slices.Index(path, p.name); p.position < 0 {
				return nil, fmt.Errorf("the path has no parameter %s", p.name)
			}
		}
		op.parameters = append(op.parameters, p)
	}
	var err error
	if o.RequestBody != nil {
		op.body = &requestBody{required: o.RequestBody.Value.Required}
		if op.body.allowed, err = newMedia(requests, o.RequestBody.Value.Content); err != nil {
			return nil, err
		}
	}
	for status, ref := range o.Responses.Map() {
		res := new(response)
		if res.allowed, err = newMedia(responses, ref.Value.Content); err != nil {
			return nil, fmt.Errorf("response %s: %w", status, err)
		}
		for _, header := range slices.Sorted(maps.Keys(ref.Value.Headers)) {
			if isReserved(header) {
				continue
			}
			declared := ref.Value.Headers[header].Value.Parameter
			declared.In, declared.Name = openapi3.ParameterInHeader, header
			p, err := newParameter(responses, &declared)
			if err != nil {
				return nil, fmt.Errorf("response %s: %w", status, err)
			}
			res.headers = append(res.headers, p)
		}
		op.responses[strings.ToUpper(status)] = res
	}
	return op, nil
}

// isReserved reports whether OpenAPI takes a header out of the parameters, as it describes it elsewhere.
func isReserved(header string) bool {
	switch http.CanonicalHeaderKey(header) {
	case "Accept", "Content-Type", "Authorization":
		return true
	}
	return false
}

func newMedia(compile *compiler, content openapi3.Content) ([]media, error) {
	var allowed []media
	for _, name := range slices.Sorted(maps.Keys(content)) {
		m := media{name: strings.ToLower(name), json: isJSON(name)}
		if strings.Contains(name, ";") {
			return nil, fmt.Errorf("the media type %s has parameters, which cannot be checked", name)
		}
		ref := content[name].Schema
		if !m.json && ref != nil && !compile.unchecked(m.name) &&
			(!ref.Value.Type.Is(openapi3.TypeString) || ref.Value.Format != "binary") {
			return nil, fmt.Errorf(
				"the media type %s is neither JSON nor binary and cannot be checked: see WithUnchecked", name)
		}
		if m.json && ref != nil {
			var err error
			if m.schema, err = compile.compile(ref.Value); err != nil {
				return nil, fmt.Errorf("the media type %s: %w", name, err)
			}
		}
		allowed = append(allowed, m)
	}
	return allowed, nil
}

// Operation returns the operation of a method and an escaped path, as (*url.URL).EscapedPath returns it. A literal
// segment wins over a parameter, and a trailing slash counts. ok is false when the contract has no such path or not
// with that method.
func (v *Validator) Operation(method, escapedPath string) (op Operation, ok bool) {
	end, _ := v.find(escapedPath)
	if end == nil || end.methods[method] == nil {
		return Operation{}, false
	}
	return end.methods[method].Operation, true
}

// CheckRequest returns an *[Error] when r differs from the contract, and nil otherwise. It works on requests that
// arrived as well as on requests that are to be sent. A JSON body is read, up to the limit, and put back: r.Body then
// yields the same bytes, and r.ContentLength is right. A binary body of known length is not touched.
//
// A missing header parameter content-length is taken from r.ContentLength. The nil UUID is refused in
// x-jiko-idempotency.
func (v *Validator) CheckRequest(r *http.Request) error {
	if e := v.checkRequest(r, ""); e != nil {
		return e
	}
	return nil
}

// find returns where a path ends, below the base path, and the values of its parameters.
func (v *Validator) find(escapedPath string) (*node, []string) {
	path, ok := strings.CutPrefix(escapedPath, v.basePath)
	if !ok {
		return nil, nil
	}
	return v.routes.find(path)
}

// checkRequest finds the operation by pattern, if a router has matched one, and checks the request against it.
func (v *Validator) checkRequest(r *http.Request, pattern string) *Error {
	op, values, e := v.operation(r, pattern)
	if e != nil {
		return e
	}
	return v.checkAgainst(r, op, values)
}

// operation returns what a request calls, and the values of the path's parameters.
func (v *Validator) operation(r *http.Request, pattern string) (*operation, []string, *Error) {
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	path := r.URL.EscapedPath()
	end, values := v.find(path)
	if pattern != "" {
		end, values = v.matched(pattern, strings.TrimPrefix(path, v.basePath), end, values)
	}
	if end == nil {
		return nil, nil, &Error{Status: http.StatusNotFound, Direction: Request}
	}
	op := end.methods[method]
	if op == nil {
		return nil, nil, &Error{
			Status: http.StatusMethodNotAllowed, Direction: Request, Operation: Operation{Path: end.template},
			Allow: end.allow(),
		}
	}
	return op, values, nil
}

func (v *Validator) checkAgainst(r *http.Request, op *operation, values []string) *Error {
	rep := report{v: v, direction: Request}
	if !wellFormed(r.URL.RawQuery) {
		rep.add([]any{"query"}, "query_invalid", "must be well-formed")
	}
	var few [4]string
	c := newChecker()
	c.pairs = appendPairs(c.pairs[:0], r.URL.RawQuery)
	in := request{Request: r, path: values, query: c.pairs}
	for _, p := range op.parameters {
		if texts := p.appendTexts(few[:0], &in); !p.matches(c, texts) {
			p.explain(&rep, texts)
		}
	}
	c.release()
	if e := v.checkRequestBody(r, op, &rep); e != nil {
		return e
	}
	if len(rep.found) > 0 {
		return &Error{
			Status: http.StatusUnprocessableEntity, Direction: Request, Operation: op.Operation, Violations: rep.found,
		}
	}
	return nil
}

// checkRequestBody adds violations to rep, and returns an Error when the body is not worth a look.
func (v *Validator) checkRequestBody(r *http.Request, op *operation, rep *report) *Error {
	length := bodyLength(r)
	fail := func(status int) *Error {
		return &Error{Status: status, Direction: Request, Operation: op.Operation}
	}
	if op.body == nil {
		if length > v.maxBodyBytes {
			return fail(http.StatusRequestEntityTooLarge)
		}
		return nil
	}
	missing := func() {
		if op.body.required {
			rep.add([]any{"body"}, "required", "is required")
		}
	}
	if length == 0 {
		missing()
		return nil
	}
	m := selectMedia(op.body.allowed, r.Header)
	if m == nil || isEncoded(r.Header) {
		e := fail(http.StatusUnsupportedMediaType)
		e.Accept = mediaNames(op.body.allowed)
		return e
	}
	limit := v.maxBodyBytes
	if !m.json {
		limit = maxBinaryBytes
	}
	if length > limit {
		return fail(http.StatusRequestEntityTooLarge)
	}
	if !m.json && (length > 0 || len(rep.found) > 0) {
		// Its length is known, or it will be refused whatever it is: there is no need to hold it in memory.
		return nil
	}
	data, tooLarge, err := readRequest(r, length, limit)
	var tooLargeForServer *http.MaxBytesError
	switch {
	case tooLarge || errors.As(err, &tooLargeForServer):
		return fail(http.StatusRequestEntityTooLarge)
	case err != nil:
		e := fail(http.StatusBadRequest)
		e.cause = err
		return e
	}
	r.ContentLength = int64(len(data))
	switch {
	case len(data) == 0:
		missing()
	case m.json:
		rep.checkText(m.schema, data, "body")
	}
	return nil
}

// CheckResponse returns an *[Error] when r differs from what the contract says of the answers to r.Request, and nil
// otherwise; it returns another error when r.Request is nil. A status that is not documented is checked as its range,
// such as 4XX, or as the default response. A JSON body is read, up to the limit, and put back: r.Body then yields the
// same bytes.
func (v *Validator) CheckResponse(r *http.Response) error {
	if r.Request == nil || r.Request.URL == nil {
		return errors.New("validation: the response does not say what request it answers")
	}
	if e := v.checkResponse(r); e != nil {
		return e
	}
	return nil
}

func (v *Validator) checkResponse(r *http.Response) *Error {
	rep := v.newReport(Response)
	e := &Error{Status: r.StatusCode, Direction: Response}
	method := r.Request.Method
	if method == "" {
		method = http.MethodGet
	}
	end, _ := v.find(r.Request.URL.EscapedPath())
	switch {
	case end == nil:
		rep.add([]any{"path"}, "path", "must be a path of the contract")
	case end.methods[method] == nil:
		e.Operation.Path = end.template
		rep.add([]any{"path"}, "method", "must be called with one of: "+strings.Join(end.allow(), ", "))
	default:
		return v.checkAnswer(r, end.methods[method])
	}
	e.Violations = rep.found
	return e
}

// checkAnswer checks what answers an operation.
func (v *Validator) checkAnswer(r *http.Response, op *operation) *Error {
	rep := v.newReport(Response)
	e := &Error{Status: r.StatusCode, Direction: Response, Operation: op.Operation}
	if res := op.response(r.StatusCode); res == nil {
		rep.add([]any{"status"}, "status", "must be a documented one")
	} else {
		c := newChecker()
		for _, p := range res.headers {
			if texts := r.Header[p.canonical]; !p.matches(c, texts) {
				p.explain(rep, texts)
			}
		}
		c.release()
		e.cause = v.checkResponseBody(r, op.Method, res, rep)
	}
	if len(rep.found) == 0 {
		return nil
	}
	e.Violations = rep.found
	return e
}

func (op *operation) response(status int) *response {
	for _, name := range []string{strconv.Itoa(status), strconv.Itoa(status/100) + "XX", "DEFAULT"} {
		if res := op.responses[name]; res != nil {
			return res
		}
	}
	return nil
}

// checkResponseBody adds violations to rep and returns why the body could not be read, if so.
func (v *Validator) checkResponseBody(r *http.Response, method string, res *response, rep *report) error {
	if method == http.MethodHead || r.StatusCode < 200 || r.StatusCode == http.StatusNoContent ||
		r.StatusCode == http.StatusNotModified ||
		len(res.allowed) == 0 {
		return nil
	}
	if r.Body == nil || r.Body == http.NoBody {
		rep.add([]any{"body"}, "required", "is required")
		return nil
	}
	if isEncoded(r.Header) {
		rep.add([]any{"header", "content-encoding"}, "content_encoding",
			"must be identity: an encoded body cannot be checked")
		return nil
	}
	m := selectMedia(res.allowed, r.Header)
	if m == nil {
		rep.add([]any{"header", "content-type"}, "media_type",
			"must be one of: "+strings.Join(mediaNames(res.allowed), ", "))
		return nil
	}
	if !m.json {
		return nil
	}
	data, again, tooLarge, err := readBody(r.Body, r.ContentLength, v.maxBodyBytes)
	r.Body = again
	switch {
	case tooLarge:
		large := v.tooLarge()
		rep.add(large.Location, large.Rule, large.Message)
	case err != nil:
		rep.add([]any{"body"}, "unreadable", "must be readable to its end")
		return err
	case len(data) == 0:
		rep.add([]any{"body"}, "required", "is required")
	default:
		rep.checkText(m.schema, data, "body")
	}
	return nil
}

func (v *Validator) tooLarge() Violation {
	return Violation{[]any{"body"}, "max_bytes", "must have at most " + strconv.FormatInt(v.maxBodyBytes, 10) +
		" bytes"}
}
