package schemagen_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/pkg/validation"
	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
	"github.com/jiko-partner/partner-go/pkg/validation/schemagen"
)

var contract = sync.OnceValue(func() *openapi3.T {
	document, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		panic(err)
	}
	return document
})

// target is a schema of the contract, with the way that its values go.
type target struct {
	name   string
	config schemagen.Config
}

// bodies are the schemas of all JSON bodies of requests, parameters those of all parameters, and answers those of the
// bodies of answers.
func targets() (bodies, parameters, answers []target) {
	for _, path := range slices.Sorted(maps.Keys(contract().Paths.Map())) {
		item := contract().Paths.Value(path)
		for _, method := range slices.Sorted(maps.Keys(item.Operations())) {
			o := item.Operations()[method]
			if o.RequestBody != nil {
				if media := o.RequestBody.Value.Content["application/json"]; media != nil {
					bodies = append(bodies, target{o.OperationID, schemagen.Config{Schema: media.Schema}})
				}
			}
			for _, p := range o.Parameters {
				if p.Value.Schema != nil {
					parameters = append(parameters, target{o.OperationID + " " + p.Value.Name,
						schemagen.Config{Schema: p.Value.Schema}})
				}
			}
			for _, status := range slices.Sorted(maps.Keys(o.Responses.Map())) {
				media := o.Responses.Value(status).Value.Content["application/json"]
				if media != nil && media.Schema != nil {
					answers = append(answers, target{o.OperationID + " " + status,
						schemagen.Config{Schema: media.Schema, Direction: validation.DirectionResponse}})
				}
			}
		}
	}
	return bodies, parameters, answers
}

func all() []target {
	bodies, parameters, answers := targets()
	return slices.Concat(bodies, parameters, answers)
}

func generator(t testing.TB, config schemagen.Config) *schemagen.Generator {
	t.Helper()
	gen, err := schemagen.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return gen
}

// oracle compiles a schema anew, so that nothing of a generator is in it.
func oracle(t testing.TB, config schemagen.Config) *schema.Schema {
	t.Helper()
	names := schema.NewSurvey()
	if err := names.Add(config.Schema); err != nil {
		t.Fatal(err)
	}
	direction := schema.DirectionRequest
	if config.Direction == validation.DirectionResponse {
		direction = schema.DirectionResponse
	}
	compiled, err := schema.NewCompiler(schema.Config{Direction: direction, Survey: names,
		RefuseUnknown: config.RefuseUnknown, Reveal: true}).Compile(config.Schema)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func faults(s *schema.Schema, text []byte) []string {
	var list []string
	for _, f := range s.Check(new(schema.Checker), text, 20) {
		pointer := ""
		for _, step := range f.Pointer {
			pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(fmt.Sprint(step))
		}
		list = append(list, f.Rule+" "+pointer)
	}
	return list
}

// load makes a schema of its JSON, which may refer to components.
func load(t testing.TB, text, components string) *openapi3.SchemaRef {
	t.Helper()
	ref, err := tryLoad(text, components)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func tryLoad(text, components string) (*openapi3.SchemaRef, error) {
	document, err := openapi3.NewLoader().LoadFromData([]byte(`{"openapi": "3.0.3",
		"info": {"title": "t", "version": "1"}, "paths": {},
		"components": {"schemas": {"Subject": ` + text + components + `}}}`))
	if err != nil {
		return nil, err
	}
	return document.Components.Schemas["Subject"], nil
}
