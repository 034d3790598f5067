package validation

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
)

// compiler looks up once what the contract says of each operation.
type compiler struct {
	config              *Config
	requests, responses *schema.Compiler
	// nilUUIDs are the canonical names of headers that refuse the nil UUID, with whether an operation has them.
	nilUUIDs map[string]bool
}

func newCompiler(config *Config) (*compiler, error) {
	formats, err := config.formats()
	if err != nil {
		return nil, err
	}
	survey, err := surveyOf(config.Document)
	if err != nil {
		return nil, fmt.Errorf("validation: %w", err)
	}
	request := schema.Config{Direction: schema.DirectionRequest, Survey: survey, Formats: formats,
		RefuseUnknown: config.RefuseUnknown, Reveal: config.Development}
	response := request
	response.Direction = schema.DirectionResponse
	return &compiler{config, schema.NewCompiler(request), schema.NewCompiler(response), config.nilUUIDs()}, nil
}

// surveyOf takes in the schemas that the operations of a contract use.
func surveyOf(document *openapi3.T) (*schema.Survey, error) {
	survey := schema.NewSurvey()
	var failed error
	add := func(ref *openapi3.SchemaRef) {
		if err := survey.Add(ref); err != nil && failed == nil {
			failed = err
		}
	}
	content := func(content openapi3.Content) {
		for _, media := range content {
			add(schemaOf(media))
		}
	}
	parameters := func(list openapi3.Parameters) {
		for _, p := range list {
			add(p.Value.Schema)
			content(p.Value.Content)
		}
	}
	for _, item := range document.Paths.Map() {
		parameters(item.Parameters)
		for _, o := range item.Operations() {
			parameters(o.Parameters)
			if o.RequestBody != nil {
				content(o.RequestBody.Value.Content)
			}
			for _, response := range o.Responses.Map() {
				content(response.Value.Content)
				for _, header := range response.Value.Headers {
					add(header.Value.Schema)
					content(header.Value.Content)
				}
			}
		}
	}
	return survey, failed
}

// operation compiles an operation. path has the names of its path's parameters.
func (c *compiler) operation(name Operation, shared openapi3.Parameters, o *openapi3.Operation, path []string) (
	*operation, error) {
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
		p, err := newParameter(c.requests, ref.Value)
		if err != nil {
			return nil, err
		}
		if p.in == openapi3.ParameterInPath {
			if p.position = slices.Index(path, p.name); p.position < 0 {
				return nil, fmt.Errorf("the path has no parameter %s", p.name)
			}
		}
		if _, refused := c.nilUUIDs[p.canonical]; refused && p.in == openapi3.ParameterInHeader {
			p.refuseNil, c.nilUUIDs[p.canonical] = true, true
		}
		if p.place == inQuery {
			op.queried = append(op.queried, p.name)
		}
		op.parameters = append(op.parameters, p)
	}
	var err error
	if o.RequestBody != nil {
		op.body = &requestBody{required: o.RequestBody.Value.Required}
		if op.body.allowed, err = c.media(c.requests, o.RequestBody.Value.Content); err != nil {
			return nil, err
		}
	}
	for status, ref := range o.Responses.Map() {
		res := new(response)
		if res.allowed, err = c.media(c.responses, ref.Value.Content); err != nil {
			return nil, fmt.Errorf("response %s: %w", status, err)
		}
		for _, header := range slices.Sorted(maps.Keys(ref.Value.Headers)) {
			if isReserved(header) {
				continue
			}
			declared := ref.Value.Headers[header].Value.Parameter
			declared.In, declared.Name = openapi3.ParameterInHeader, header
			p, err := newParameter(c.responses, &declared)
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

func (c *compiler) media(schemas *schema.Compiler, content openapi3.Content) ([]media, error) {
	var allowed []media
	for _, name := range slices.Sorted(maps.Keys(content)) {
		m := media{name: strings.ToLower(name), json: isJSON(name), most: -1}
		if strings.Contains(name, ";") {
			return nil, fmt.Errorf("the media type %s has parameters, which cannot be checked", name)
		}
		ref := schemaOf(content[name])
		if !m.json && ref != nil && !c.config.isUnchecked(m.name) {
			if !ref.Value.Type.Is(openapi3.TypeString) || ref.Value.Format != "binary" {
				return nil, fmt.Errorf(
					"the media type %s is neither JSON nor binary and cannot be checked: see Config.Unchecked", name)
			}
			if err := m.bound(ref.Value); err != nil {
				return nil, fmt.Errorf("the media type %s: %w", name, err)
			}
		}
		if m.json {
			var err error
			if m.schema, err = schemas.Compile(ref); err != nil {
				return nil, fmt.Errorf("the media type %s: %w", name, err)
			}
		}
		allowed = append(allowed, m)
	}
	return allowed, nil
}
