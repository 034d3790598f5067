package schemagen

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/validation"
	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
)

// ErrNoValue is what a schema is refused for that no value was found for.
var ErrNoValue = errors.New("no value was found that the schema accepts")

// Config says what to generate.
type Config struct {
	// Schema is what values are for: that of a body, a parameter, or anything else of a document that kin-openapi has
	// loaded. Required.
	Schema *openapi3.SchemaRef
	// Direction says which members must not be there: those that are readOnly in a request, which is the default, or
	// those that are writeOnly in a response.
	Direction validation.Direction
	// RefuseUnknown is that of validation.Config: members that no schema names are wrong, unless one says that others
	// are welcome.
	RefuseUnknown bool
	// NUL lets texts have U+0000, which JSON can hold, and many a database cannot.
	NUL bool
}

func (c *Config) isResponse() bool { return c.Direction == validation.DirectionResponse }

// Generator makes values for a schema. It is immutable and safe for concurrent use.
type Generator struct {
	root *node
	nul  bool
	// checkers are *schema.Checker.
	checkers sync.Pool
	survey   func() *survey
}

// New prepares a schema. It fails for one that pkg/validation cannot check, that has more than 20,000 combinations of
// variants, or that no value is found for, which is an ErrNoValue.
func New(config Config) (*Generator, error) {
	switch {
	case config.Schema == nil || config.Schema.Value == nil:
		return nil, errors.New("schemagen: Config.Schema is missing")
	case config.Direction == "":
		config.Direction = validation.DirectionRequest
	case config.Direction != validation.DirectionRequest && config.Direction != validation.DirectionResponse:
		return nil, fmt.Errorf("schemagen: there is no direction %q", config.Direction)
	}
	names := schema.NewSurvey()
	if err := names.Add(config.Schema); err != nil {
		return nil, fmt.Errorf("schemagen: %w", err)
	}
	direction := schema.DirectionRequest
	if config.isResponse() {
		direction = schema.DirectionResponse
	}
	b := builder{config: config, nodes: make(map[string]*node), pins: make(map[choice]*openapi3.Schema),
		compiler: schema.NewCompiler(schema.Config{Direction: direction, Survey: names,
			RefuseUnknown: config.RefuseUnknown, Reveal: true})}
	g := &Generator{nul: config.NUL, root: b.build([]*openapi3.Schema{config.Schema.Value})}
	if b.err != nil {
		return nil, fmt.Errorf("schemagen: %w", b.err)
	}
	g.checkers.New = func() any { return new(schema.Checker) }
	b.measure()
	b.bury(g)
	g.survey = sync.OnceValue(func() *survey { return newSurvey(g, config) })
	if _, err := g.DrawValid(zero{}); err != nil {
		return nil, err
	}
	return g, nil
}

// maxTries bounds how often a value is made anew because the schema refuses what was made.
const maxTries = 64

// DrawValid makes a value that the schema accepts.
func (g *Generator) DrawValid(src Source) (json.RawMessage, error) {
	for try := range maxTries {
		d := g.drawer(src, try)
		if v, ok := d.value(g.root, 0, nil); ok {
			if text := encode(v); g.accepts(g.root, text) {
				return text, nil
			}
		}
	}
	return nil, fmt.Errorf("schemagen: %w in %d tries", ErrNoValue, maxTries)
}

// accepts asks pkg/validation.
func (g *Generator) accepts(n *node, text []byte) bool {
	c, _ := g.checkers.Get().(*schema.Checker)
	ok := n.oracle.Accepts(c, text)
	if c.Forget() {
		g.checkers.Put(c)
	}
	return ok
}

// faults returns what is wrong with a text.
func (g *Generator) faults(text []byte) []schema.Fault {
	c, _ := g.checkers.Get().(*schema.Checker)
	faults := g.root.oracle.Check(c, text, 20)
	if c.Forget() {
		g.checkers.Put(c)
	}
	return faults
}

// drawer returns what makes a value. After a few tries that failed it no longer makes what is simplest, since that may
// be what a schema refuses: it only begins where the source is.
func (g *Generator) drawer(src Source, try int) *drawer {
	effort := 20_000
	if try > 2 {
		src, effort = shuffled(src, try), 4000
	}
	return &drawer{Generator: g, src: src, small: 300, effort: effort}
}

func shuffled(src Source, try int) Source {
	return NewSource(word(src)<<8 + uint64(try)) //nolint:gosec // it is not negative
}
