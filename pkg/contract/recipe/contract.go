package recipe

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// document is the contract with its examples.
var document = sync.OnceValue(func() *openapi3.T {
	d, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		panic(err) // It is part of the program.
	}
	return d
})

// Document returns the contract with its examples and links, which recipes take their bodies from. It is everybody's,
// and must not be changed.
func Document() *openapi3.T { return document() }

// operation is one of the contract.
type operation struct {
	partnerapi.Operation
	declared *openapi3.Operation
}

func operationByID(id string) (operation, bool) {
	for _, o := range partnerapi.Operations() {
		if o.ID == id {
			return operation{o, document().Paths.Value(o.Path).GetOperation(o.Method)}, true
		}
	}
	return operation{}, false
}

// parameters are those in a place: the path, the query or the header.
func (o operation) parameters(in string) []*openapi3.Parameter {
	var all []*openapi3.Parameter
	for _, list := range []openapi3.Parameters{document().Paths.Value(o.Path).Parameters, o.declared.Parameters} {
		for _, p := range list {
			if p.Value.In == in {
				all = append(all, p.Value)
			}
		}
	}
	return all
}

// parameter is one of an operation.
type parameter = openapi3.Parameter

func isID(p *parameter) bool { return p.Schema.Value.Format == "uuid" }

// exampleOf is the example of a parameter as text.
func exampleOf(p *openapi3.Parameter) string {
	for _, v := range []any{p.Example, p.Schema.Value.Example} {
		if v != nil {
			return fmt.Sprint(v)
		}
	}
	if len(p.Schema.Value.Enum) > 0 {
		return fmt.Sprint(p.Schema.Value.Enum[0])
	}
	return ""
}

const jsonMedia = "application/json"

// body is the example of the body with a name, or the first one by its name; nil if the operation has no JSON body.
func (o operation) body(name string) (any, error) {
	if o.declared.RequestBody == nil || o.declared.RequestBody.Value.Content[jsonMedia] == nil {
		if name != "" {
			return nil, fmt.Errorf("%s has no JSON body", o.ID)
		}
		return nil, nil
	}
	content := o.declared.RequestBody.Value.Content[jsonMedia]
	names := slices.Sorted(maps.Keys(content.Examples))
	var value any
	switch {
	case name != "" && content.Examples[name] == nil:
		return nil, fmt.Errorf("%s has no example %q, but %s", o.ID, name, strings.Join(names, ", "))
	case name != "":
		value = content.Examples[name].Value.Value
	case len(names) > 0:
		value = content.Examples[names[0]].Value.Value
	case content.Example != nil:
		value = content.Example
	default:
		value = content.Schema.Value.Example
	}
	return plain(value)
}

// plain is a value as JSON has it, and a copy.
func plain(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var copied any
	return copied, json.Unmarshal(text, &copied)
}

// Pairs returns each operation of the contract with each status that it names for it, in the contract's order. What it
// has for all others, its default, is none.
func Pairs() []Pair {
	var pairs []Pair
	for _, known := range partnerapi.Operations() {
		o, _ := operationByID(known.ID)
		for _, status := range slices.Sorted(maps.Keys(o.declared.Responses.Map())) {
			if n, err := strconv.Atoi(status); err == nil {
				pairs = append(pairs, Pair{o.ID, n})
			}
		}
	}
	return pairs
}

// notStates are enumerations that are called a status and are those of a request alone.
var notStates = []string{"SettableCardStatus"}

// alsoStates are enumerations whose values are like those of a status: what is reached by something that happens.
var alsoStates = []string{"TransferStateReason", "EventType", "StatementType"}

// States returns each value of each enumeration of the contract that is a status, by the names of these, and in the
// contract's order of those.
func States() []State {
	var states []State
	schemas := document().Components.Schemas
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		isStatus := strings.HasSuffix(name, "Status") && !slices.Contains(notStates, name)
		if !isStatus && !slices.Contains(alsoStates, name) {
			continue
		}
		for _, value := range schemas[name].Value.Enum {
			if text, ok := value.(string); ok { // And not null, which says that there is none.
				states = append(states, State{name, text})
			}
		}
	}
	return states
}
