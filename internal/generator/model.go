package generator

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
)

// models are the types of the schemas, as Go declares them.
type models struct {
	Types []*model
	// Lists and Maps say that a type has a List or a Map.
	Lists, Maps bool
	directions  directions
}

// model is the type of a schema.
type model struct {
	codegen.TypeDefinition
	// Declaration is what stands behind its name.
	Declaration string
	// properties are those of an object.
	properties []codegen.Property
}

// modelsOf makes models of oapi-codegen's types. oapi-codegen drops an empty list that is optional, sends null for a
// nil one that is required, and has a pointer for what is required and write-only.
func modelsOf(document *openapi3.T, definitions []codegen.TypeDefinition) *models {
	all := &models{directions: directionsOf(document)}
	for _, definition := range definitions {
		parent := definition.JsonName
		if document.Components.Schemas[parent] == nil {
			parent, _, _ = strings.Cut(parent, ".") // It is a part of a schema, named by its path.
		}
		schema := all.schema(definition.Schema, parent, true)
		one := &model{TypeDefinition: definition, Declaration: schema.TypeDecl()}
		if isStruct(schema) {
			one.properties = schema.Properties
		}
		if isAlias := definition.IsAlias() || schema.GoType != definition.Schema.GoType && !isStruct(schema); isAlias {
			one.Declaration = "= " + one.Declaration // A type of its own would not have the methods.
		}
		all.Types = append(all.Types, one)
	}
	return all
}

// Enum reports whether the type is an enum, which is declared beside its constants.
func (m *model) Enum() bool { return len(m.Schema.EnumValues) > 0 }

// Only is the value that an enum has wherever it stands: it has no other, and is required. It is empty for the rest: an
// optional CLOSED that somebody left empty by mistake must not close anything.
func (m *models) Only(enum *model) string {
	if len(enum.Schema.EnumValues) != 1 || enum.Schema.GoType != "string" {
		return ""
	}
	required := false
	for _, one := range m.Types {
		for _, p := range one.properties {
			switch is := p.Schema.TypeDecl() == enum.TypeName; {
			case is && p.Required && !p.Nullable:
				required = true
			case is, strings.HasSuffix(p.Schema.TypeDecl(), "["+enum.TypeName+"]"),
				strings.HasSuffix(p.Schema.TypeDecl(), "]"+enum.TypeName):
				return ""
			}
		}
	}
	if !required {
		return ""
	}
	for _, value := range enum.Schema.EnumValues {
		return value
	}
	return ""
}

// Name is the name of the type.
func (m *model) Name() string { return m.TypeName }

// Fields are the fields of an object, for a comment.
func (m *model) Fields() []field { return fieldsOf(m.properties) }

// field is a field of a struct, as a comment shows it: the names stand in a column, the types without a package.
type field struct{ Name, Type string }

func fieldsOf(properties []codegen.Property) []field {
	all, width := make([]field, len(properties)), 0
	for _, p := range properties {
		width = max(width, len(p.GoFieldName()))
	}
	for i, p := range properties {
		all[i] = field{fmt.Sprintf("%-*s", width, p.GoFieldName()),
			strings.NewReplacer("openapi_types.", "", "nullable.", "").Replace(p.GoTypeDef())}
	}
	return all
}

// Secrets are the properties that must not be printed: texts that are write-only, or passwords.
func (m *model) Secrets() []codegen.Property {
	var all []codegen.Property
	for i, p := range m.properties {
		original := m.Schema.Properties[i]
		if p.Schema.TypeDecl() == "string" && !p.Nullable && (original.WriteOnly || p.Schema.OAPISchema != nil &&
			p.Schema.OAPISchema.Format == "password") {
			all = append(all, p)
		}
	}
	return all
}

// isStruct reports whether a schema is declared as a struct.
func isStruct(schema codegen.Schema) bool {
	return schema.RefType == "" && strings.HasPrefix(schema.GoType, "struct {")
}

// schema returns a schema with the Go types of its lists, maps and properties put right. One that must not be null is
// always: it stands in a list, for instance, or is required. parent is the schema of the document that it is a part of.
func (m *models) schema(schema codegen.Schema, parent string, always bool) codegen.Schema {
	switch {
	case schema.RefType != "":
	case schema.ArrayType != nil && strings.HasPrefix(schema.GoType, "[]"):
		item := m.schema(*schema.ArrayType, parent, true).TypeDecl()
		switch before := schema.GoType[len("[]"):]; {
		case strings.HasPrefix(before, "*"):
			item = "*" + item
		case strings.HasPrefix(before, "nullable.Nullable["):
			item = "nullable.Nullable[" + item + "]"
		}
		schema.GoType = "[]" + item
		if always {
			schema.GoType, m.Lists = "List["+item+"]", true
		}
	case strings.HasPrefix(schema.GoType, "map[string]"):
		value := schema.GoType[len("map[string]"):]
		if schema.AdditionalPropertiesType != nil {
			pointer := value[:len(value)-len(strings.TrimPrefix(value, "*"))]
			value = pointer + m.schema(*schema.AdditionalPropertiesType, parent, true).TypeDecl()
		}
		schema.GoType = "map[string]" + value
		if always {
			schema.GoType, m.Maps = "Map["+value+"]", true
		}
	case isStruct(schema):
		properties := make([]codegen.Property, len(schema.Properties))
		for i, p := range schema.Properties {
			properties[i] = m.property(p, parent)
		}
		schema.Properties = properties
		schema.GoType = codegen.GenStructFromSchema(schema)
	}
	return schema
}

// property returns a property as a field of a Go struct should have it.
func (m *models) property(p codegen.Property, parent string) codegen.Property {
	p.Extensions = maps.Clone(p.Extensions)
	if p.Required {
		// What goes one way only is there whenever the object is.
		p.WriteOnly = p.WriteOnly && m.directions.answered[parent]
		p.ReadOnly = p.ReadOnly && m.directions.requested[parent]
	}
	always := p.Required && !p.Nullable && !p.WriteOnly && !p.ReadOnly
	p.Schema = m.schema(p.Schema, parent, always)
	container := strings.HasPrefix(p.Schema.TypeDecl(), "[]") || strings.HasPrefix(p.Schema.TypeDecl(), "map[")
	switch {
	case p.Required && p.Nullable:
		// nil is null: there is nothing to be left out, and an unset nullable.Nullable would be the zero value.
		p.Required, p.Nullable = false, false
		p.Schema.SkipOptionalPointer = container
		p.Extensions["x-omitempty"] = false
	case container && !always && !p.Nullable:
		p.Extensions["x-omitempty"], p.Extensions["x-omitzero"] = false, true
	}
	return p
}

// directions are the names of the document's schemas that are a part of requests, and of answers.
type directions struct{ requested, answered map[string]bool }

func directionsOf(document *openapi3.T) directions {
	d := directions{map[string]bool{}, map[string]bool{}}
	for _, item := range document.Paths.Map() {
		for _, o := range item.Operations() {
			if o.RequestBody != nil && o.RequestBody.Value != nil {
				reachContent(d.requested, o.RequestBody.Value.Content)
			}
			for _, response := range o.Responses.Map() {
				if response.Value != nil {
					reachContent(d.answered, response.Value.Content)
				}
			}
		}
	}
	return d
}

func reachContent(names map[string]bool, content openapi3.Content) {
	for _, mediaType := range content {
		reach(names, mediaType.Schema)
	}
}

// reach adds the names of a schema and of all that it refers to.
func reach(names map[string]bool, ref *openapi3.SchemaRef) {
	if ref == nil || ref.Value == nil {
		return
	}
	if name, ok := strings.CutPrefix(ref.Ref, "#/components/schemas/"); ok {
		if names[name] {
			return
		}
		names[name] = true
	}
	s := ref.Value
	for _, p := range s.Properties {
		reach(names, p)
	}
	for _, part := range slices.Concat(s.AllOf, s.OneOf, s.AnyOf) {
		reach(names, part)
	}
	reach(names, s.Items)
	reach(names, s.AdditionalProperties.Schema)
}

// sealed reports whether each variant of a union is a schema of its own. The variants of others are numbered.
func sealed(union codegen.TypeDefinition) bool {
	for i, element := range union.Schema.UnionElements {
		if element.String() == fmt.Sprintf("%s%d", union.TypeName, i) {
			return false
		}
	}
	return true
}

// required returns the members that a variant of a union must have, and not as null, by the variant's place in the
// union.
func required(union codegen.TypeDefinition, variant int) []string {
	schema := union.Schema.OAPISchema
	return requiredOf(slices.Concat(schema.OneOf, schema.AnyOf)[variant].Value)
}

func requiredOf(schema *openapi3.Schema) []string {
	var members []string
	for _, name := range schema.Required {
		if property := schema.Properties[name]; property == nil || property.Value == nil || !property.Value.Nullable {
			members = append(members, name)
		}
	}
	for _, part := range schema.AllOf {
		members = append(members, requiredOf(part.Value)...)
	}
	slices.Sort(members)
	return slices.Compact(members)
}

// alternative is another name that a list may have for its items.
type alternative struct{ Member, Field string }

// alsoItems is where a list may have its items instead of in items, by its x-items-also, or nil.
func alsoItems(list codegen.TypeDefinition) *alternative {
	if list.Schema.OAPISchema == nil {
		return nil
	}
	member, ok := list.Schema.OAPISchema.Extensions["x-items-also"].(string)
	if !ok {
		return nil
	}
	return &alternative{member, codegen.SchemaNameToTypeName(member)}
}

// constant is a value of an enum.
type constant struct{ Name, Value string }

// constantsOf returns the constants of an enum by names that read as Go: TypePartnerCustomerFunding rather than
// TypePARTNERCUSTOMERFUNDING. A list of x-enum-varnames wins. The null of a nullable enum is not a constant: the
// field's type says it.
func constantsOf(enum codegen.EnumDefinition) []constant {
	values := enum.GetValues()
	_, named := enum.Schema.OAPISchema.Extensions["x-enum-varnames"]
	var all []constant
	for _, key := range codegen.SortedMapKeys(values) {
		value := values[key]
		if value == "<nil>" {
			continue
		}
		name := key
		if !named {
			// A word before the value keeps the rules for the beginning of a name out of it.
			name = enum.TypeName + codegen.SchemaNameToTypeName(strings.ToLower("value_" + value))[len("value"):]
		}
		all = append(all, constant{name, value})
	}
	return all
}
