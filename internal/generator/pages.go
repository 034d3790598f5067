package generator

import (
	"fmt"
	"path"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
)

// pages says how a list is walked.
type pages struct {
	// By is cursor or offset, the name of the query parameter that says where a page begins; Field is its field.
	By, Field string
	// Type is the type of the parameter.
	Type string
	// Item is the type of an item.
	Item string
}

// Pages says how the operation's list is walked. It is nil when the operation has no pages.
func (o *operation) Pages() (*pages, error) {
	for _, parameter := range o.QueryParams {
		if parameter.ParamName != "cursor" && parameter.ParamName != "offset" {
			continue
		}
		p := &pages{By: parameter.ParamName, Field: parameter.GoName(), Type: "string"}
		if p.By == "offset" {
			p.Type = "int"
		}
		for _, response := range o.Responses {
			if !strings.HasPrefix(response.StatusCode, "2") {
				continue
			}
			for _, content := range response.Contents {
				if items := itemsOf(content.Schema.OAPISchema); items != nil && items.Ref != "" {
					p.Item = codegen.SchemaNameToTypeName(path.Base(items.Ref))
				}
			}
		}
		if p.Item == "" {
			return nil, fmt.Errorf("operation %s has pages, but no items that are a schema of their own",
				o.MiddlewareKey())
		}
		return p, nil
	}
	return nil, nil
}

// itemsOf finds what the member items of a list is an array of.
func itemsOf(schema *openapi3.Schema) *openapi3.SchemaRef {
	if schema == nil {
		return nil
	}
	if items := schema.Properties["items"]; items != nil && items.Value != nil {
		return items.Value.Items
	}
	for _, part := range schema.AllOf {
		if items := itemsOf(part.Value); items != nil {
			return items
		}
	}
	return nil
}
