package generator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
)

// service is what has the operations of one tag.
type service struct {
	// Tag is the name in the document, Name the one in Go.
	Tag, Name  string
	Operations []*operation
}

// Unexported is the name of the type that implements the service.
func (s *service) Unexported() string { return codegen.LowercaseFirstCharacters(s.Name) + "Service" }

// services sorts the operations by their first tags, in the order in which the tags come. The x-service-name of a tag
// is its name in Go.
func services(tags openapi3.Tags, operations []*operation) ([]*service, error) {
	var all []*service
	for _, o := range operations {
		if len(o.Spec.Tags) == 0 {
			return nil, fmt.Errorf("operation %s has no tag, so no service", o.MiddlewareKey())
		}
		tag := o.Spec.Tags[0]
		i := slices.IndexFunc(all, func(s *service) bool { return s.Tag == tag })
		if i < 0 {
			i = len(all)
			name := codegen.SchemaNameToTypeName(tag)
			if described := tags.Get(tag); described != nil {
				if short, ok := described.Extensions["x-service-name"].(string); ok && short != "" {
					name = short
				}
			}
			all = append(all, &service{Tag: tag, Name: name})
		}
		all[i].Operations = append(all[i].Operations, o)
	}
	return all, nil
}

// ServiceMethod is the operation's name in its service: its x-service-method, or else its operationId.
func (o *operation) ServiceMethod() string {
	if name, ok := o.Spec.Extensions["x-service-method"].(string); ok && name != "" {
		return name
	}
	return o.OperationId
}

// All is the name of the iterator beside a list: AllForCustomer beside ListForCustomer.
func (o *operation) All() (string, error) {
	rest, ok := strings.CutPrefix(o.ServiceMethod(), "List")
	if !ok {
		return "", fmt.Errorf("operation %s has pages, but its method %s does not begin with List", o.MiddlewareKey(),
			o.ServiceMethod())
	}
	return "All" + rest, nil
}
