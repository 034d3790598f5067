package contract

import (
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// kin-openapi's own decoder reads an object twice and once more for each level above it. These types are what the
// generated document has, so that encoding/json reads it in one go; a test holds the result to kin-openapi's, member by
// member, and unknown members to none at all.
type (
	document struct {
		OpenAPI    string                        `json:"openapi"`
		Info       info                          `json:"info"`
		Paths      map[string]pathItem           `json:"paths"`
		Security   openapi3.SecurityRequirements `json:"security"`
		Components struct {
			Parameters      map[string]parameter                `json:"parameters"`
			Responses       map[string]response                 `json:"responses"`
			Schemas         map[string]*schema                  `json:"schemas"`
			SecuritySchemes map[string]*openapi3.SecurityScheme `json:"securitySchemes"`
		} `json:"components"`
	}
	info struct {
		Title   string `json:"title"`
		Version string `json:"version"`
	}
	pathItem struct {
		Delete *operation `json:"delete"`
		Get    *operation `json:"get"`
		Patch  *operation `json:"patch"`
		Post   *operation `json:"post"`
		Put    *operation `json:"put"`
	}
	operation struct {
		OperationID string                         `json:"operationId"`
		Tags        []string                       `json:"tags"`
		Deprecated  bool                           `json:"deprecated"`
		Parameters  []parameter                    `json:"parameters"`
		RequestBody *body                          `json:"requestBody"`
		Responses   map[string]response            `json:"responses"`
		Security    *openapi3.SecurityRequirements `json:"security"`
	}
	parameter struct {
		Ref        string  `json:"$ref"`
		In         string  `json:"in"`
		Name       string  `json:"name"`
		Style      string  `json:"style"`
		Explode    *bool   `json:"explode"`
		Required   bool    `json:"required"`
		Deprecated bool    `json:"deprecated"`
		Schema     *schema `json:"schema"`
	}
	body struct {
		Required bool             `json:"required"`
		Content  map[string]media `json:"content"`
	}
	response struct {
		Ref     string           `json:"$ref"`
		Content map[string]media `json:"content"`
	}
	media struct {
		Schema *schema `json:"schema"`
	}
	schema struct {
		Ref                  string             `json:"$ref"`
		Type                 string             `json:"type"`
		Format               string             `json:"format"`
		Enum                 []any              `json:"enum"`
		Nullable             bool               `json:"nullable"`
		ReadOnly             bool               `json:"readOnly"`
		WriteOnly            bool               `json:"writeOnly"`
		Deprecated           bool               `json:"deprecated"`
		Minimum              *float64           `json:"minimum"`
		Maximum              *float64           `json:"maximum"`
		ExclusiveMinimum     *bool              `json:"exclusiveMinimum"`
		ExclusiveMaximum     *bool              `json:"exclusiveMaximum"`
		MultipleOf           *float64           `json:"multipleOf"`
		MinLength            uint64             `json:"minLength"`
		MaxLength            *uint64            `json:"maxLength"`
		Pattern              string             `json:"pattern"`
		MinItems             uint64             `json:"minItems"`
		MaxItems             *uint64            `json:"maxItems"`
		UniqueItems          bool               `json:"uniqueItems"`
		Items                *schema            `json:"items"`
		MinProperties        uint64             `json:"minProperties"`
		MaxProperties        *uint64            `json:"maxProperties"`
		Required             []string           `json:"required"`
		Properties           map[string]*schema `json:"properties"`
		AdditionalProperties *additional        `json:"additionalProperties"`
		AllOf                []*schema          `json:"allOf"`
		OneOf                []*schema          `json:"oneOf"`
		AnyOf                []*schema          `json:"anyOf"`
		Not                  *schema            `json:"not"`
		Discriminator        *discriminator     `json:"discriminator"`
	}
	discriminator struct {
		PropertyName string                         `json:"propertyName"`
		Mapping      map[string]openapi3.MappingRef `json:"mapping"`
	}
	// additional is true, false or a schema. kin-openapi's decoder is good enough for the few there are.
	additional = openapi3.AdditionalProperties
)

func (d *document) openAPI() *openapi3.T {
	doc := &openapi3.T{
		OpenAPI: d.OpenAPI, Info: &openapi3.Info{Title: d.Info.Title, Version: d.Info.Version}, Security: d.Security,
		Paths: openapi3.NewPathsWithCapacity(len(d.Paths)),
		Components: &openapi3.Components{
			Schemas: schemas(d.Components.Schemas), Responses: responses(d.Components.Responses),
			Parameters: openapi3.ParametersMap{}, SecuritySchemes: openapi3.SecuritySchemes{},
		},
	}
	for name, p := range d.Components.Parameters {
		doc.Components.Parameters[name] = p.openAPI()
	}
	for name, scheme := range d.Components.SecuritySchemes {
		doc.Components.SecuritySchemes[name] = &openapi3.SecuritySchemeRef{Value: scheme}
	}
	for path, item := range d.Paths {
		doc.Paths.Set(path, &openapi3.PathItem{
			Delete: item.Delete.openAPI(), Get: item.Get.openAPI(), Patch: item.Patch.openAPI(),
			Post: item.Post.openAPI(), Put: item.Put.openAPI(),
		})
	}
	return doc
}

func (o *operation) openAPI() *openapi3.Operation {
	if o == nil {
		return nil
	}
	op := &openapi3.Operation{
		OperationID: o.OperationID, Tags: slices.Clone(o.Tags), Deprecated: o.Deprecated, Security: o.Security,
		Responses: openapi3.NewResponsesWithCapacity(len(o.Responses)),
	}
	for _, p := range o.Parameters {
		op.Parameters = append(op.Parameters, p.openAPI())
	}
	if o.RequestBody != nil {
		op.RequestBody = &openapi3.RequestBodyRef{
			Value: &openapi3.RequestBody{Required: o.RequestBody.Required, Content: content(o.RequestBody.Content)}}
	}
	for status, r := range responses(o.Responses) {
		op.Responses.Set(status, r)
	}
	return op
}

func (p *parameter) openAPI() *openapi3.ParameterRef {
	if p.Ref != "" {
		return &openapi3.ParameterRef{Ref: p.Ref}
	}
	return &openapi3.ParameterRef{Value: &openapi3.Parameter{
		In: p.In, Name: p.Name, Style: p.Style, Explode: p.Explode, Required: p.Required, Deprecated: p.Deprecated,
		Schema: p.Schema.openAPI(),
	}}
}

func responses(all map[string]response) openapi3.ResponseBodies {
	converted := make(openapi3.ResponseBodies, len(all))
	for status, r := range all {
		ref := &openapi3.ResponseRef{Ref: r.Ref}
		if r.Ref == "" {
			ref.Value = &openapi3.Response{Description: new(string), Content: content(r.Content)}
		}
		converted[status] = ref
	}
	return converted
}

func content(all map[string]media) openapi3.Content {
	if all == nil {
		return nil
	}
	converted := make(openapi3.Content, len(all))
	for name, m := range all {
		converted[name] = &openapi3.MediaType{Schema: m.Schema.openAPI()}
	}
	return converted
}

func schemas(all map[string]*schema) openapi3.Schemas {
	if all == nil {
		return nil
	}
	converted := make(openapi3.Schemas, len(all))
	for name, s := range all {
		converted[name] = s.openAPI()
	}
	return converted
}

func list(all []*schema) openapi3.SchemaRefs {
	if all == nil {
		return nil
	}
	converted := make(openapi3.SchemaRefs, len(all))
	for i, s := range all {
		converted[i] = s.openAPI()
	}
	return converted
}

func (s *schema) openAPI() *openapi3.SchemaRef {
	if s == nil {
		return nil
	}
	if s.Ref != "" {
		return &openapi3.SchemaRef{Ref: s.Ref}
	}
	value := &openapi3.Schema{
		Format: s.Format, Enum: s.Enum, Nullable: s.Nullable, ReadOnly: s.ReadOnly, WriteOnly: s.WriteOnly,
		Deprecated: s.Deprecated,
		Min:        s.Minimum, Max: s.Maximum, MultipleOf: s.MultipleOf, MinLength: s.MinLength, MaxLength: s.MaxLength,
		Pattern:      s.Pattern,
		ExclusiveMin: openapi3.ExclusiveBound{Bool: s.ExclusiveMinimum},
		ExclusiveMax: openapi3.ExclusiveBound{Bool: s.ExclusiveMaximum},
		MinItems:     s.MinItems, MaxItems: s.MaxItems, UniqueItems: s.UniqueItems, Items: s.Items.openAPI(),
		MinProps: s.MinProperties,
		MaxProps: s.MaxProperties, Required: slices.Clip(s.Required), Properties: schemas(s.Properties),
		AllOf: list(s.AllOf), OneOf: list(s.OneOf), AnyOf: list(s.AnyOf), Not: s.Not.openAPI(),
	}
	if s.Type != "" {
		value.Type = &openapi3.Types{s.Type}
	}
	if s.AdditionalProperties != nil {
		value.AdditionalProperties = *s.AdditionalProperties
	}
	if s.Discriminator != nil {
		value.Discriminator = &openapi3.Discriminator{PropertyName: s.Discriminator.PropertyName,
			Mapping: s.Discriminator.Mapping}
	}
	return &openapi3.SchemaRef{Value: value}
}
