package contracttest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// An operation is one of the contract, with what tests ask of it.
type operation struct {
	partnerapi.Operation
	declared *openapi3.Operation
	// parameters are those of the path, the query and the headers, without what every request has.
	parameters []*openapi3.Parameter
}

var operations = sync.OnceValue(func() []*operation {
	d := recipe.Document()
	var all []*operation
	for _, known := range partnerapi.Operations() {
		item := d.Paths.Value(known.Path)
		o := &operation{Operation: known, declared: item.GetOperation(known.Method)}
		for _, list := range []openapi3.Parameters{item.Parameters, o.declared.Parameters} {
			for _, p := range list {
				if !isCredential(p.Value.Name) {
					o.parameters = append(o.parameters, p.Value)
				}
			}
		}
		all = append(all, o)
	}
	return all
})

func isCredential(name string) bool {
	return strings.EqualFold(name, "x-jiko-idempotency") || strings.EqualFold(name, "x-jiko-signature") ||
		strings.EqualFold(name, "content-length")
}

// operationByID returns an operation of the contract, or nil.
func operationByID(id string) *operation {
	for _, o := range operations() {
		if o.ID == id {
			return o
		}
	}
	return nil
}

func (o *operation) tag() string {
	if len(o.declared.Tags) == 0 {
		return ""
	}
	return o.declared.Tags[0]
}

// isRead reports whether a call changes nothing.
func (o *operation) isRead() bool { return o.Method == http.MethodGet }

// in are the parameters in a place: path, query or header.
func (o *operation) in(place string) []*openapi3.Parameter {
	var found []*openapi3.Parameter
	for _, p := range o.parameters {
		if p.In == place {
			found = append(found, p)
		}
	}
	return found
}

// pathParameters are what parameters of paths are called.
var pathParameters = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for _, o := range operations() {
		for _, p := range o.in("path") {
			names[p.Name] = true
		}
	}
	return names
})

// json is the schema of the JSON body, or nil.
func (o *operation) json() *openapi3.MediaType {
	if o.declared.RequestBody == nil {
		return nil
	}
	return o.declared.RequestBody.Value.Content[mediaJSON]
}

// names reports whether the contract names a status for the operation, other than by its default.
func (o *operation) names(status int) bool {
	return o.declared.Responses.Value(strconv.Itoa(status)) != nil
}

// shows reports whether the contract has a place in an answer of a status: * is any index.
func (o *operation) shows(status int, pointer string) bool {
	response := o.declared.Responses.Status(status)
	if response == nil || response.Value.Content[mediaJSON] == nil || response.Value.Content[mediaJSON].Schema == nil {
		return false
	}
	schema := response.Value.Content[mediaJSON].Schema.Value
	for _, name := range unescaped(pointer) {
		if name == "*" {
			if schema.Items == nil {
				return false
			}
			schema = schema.Items.Value
			continue
		}
		if schema = propertyOf(schema, name); schema == nil {
			return false
		}
	}
	return true
}

// source is where the contract speaks of something: of the operation, or of what is below it.
func (o *operation) source(below ...string) string {
	place := "#/paths/" + escapePointer(o.Path) + "/" + strings.ToLower(o.Method)
	for _, name := range below {
		place += "/" + escapePointer(name)
	}
	return place
}

func escapePointer(name string) string {
	if !strings.ContainsAny(name, "~/") {
		return name
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// evidence is what the operation's existence rests on.
func (o *operation) evidence() string {
	text, _ := o.declared.Extensions["x-evidence"].(string)
	return text
}

// Tag is a part of the contract.
type Tag struct {
	Name string
	// Operations are the ids of those that it has, in the order of the contract.
	Operations []string
}

// Tags are the parts of the contract, in its order.
func Tags() []Tag {
	var tags []Tag
	for _, o := range operations() {
		i := slices.IndexFunc(tags, func(t Tag) bool { return t.Name == o.tag() })
		if i < 0 {
			i, tags = len(tags), append(tags, Tag{Name: o.tag()})
		}
		tags[i].Operations = append(tags[i].Operations, o.ID)
	}
	return tags
}
