package generator

import (
	"strings"
)

// parameter is a parameter of a Go function.
type parameter struct{ Name, Type string }

// Parameters are what a function of the operation takes: what stands in its path, a struct of the other parameters, and
// the body.
func (o *operation) Parameters() parameters {
	var all parameters
	for _, p := range o.PathParams {
		all = append(all, parameter{p.GoVariableName(), p.TypeDef()})
	}
	if o.RequiresParamObject() {
		all = append(all, parameter{"params", "*" + o.OperationId + "Params"})
	}
	if body := o.JSONBody(); body != "" {
		all = append(all, parameter{"body", body})
	} else if o.HasBody() {
		all = append(all, parameter{"contentType", "string"}, parameter{"file", "io.Reader"})
	}
	return all
}

// ImportedParameters are Parameters with the types of an imported package.
func (o *operation) ImportedParameters(name string) parameters {
	all := o.Parameters()
	for i := range all {
		all[i].Type = qualify(name, all[i].Type)
	}
	return all
}

type parameters []parameter

// Declared is the list as a function declares it.
func (p parameters) Declared() string {
	texts := make([]string, len(p))
	for i, one := range p {
		texts[i] = one.Name + " " + one.Type
	}
	return strings.Join(texts, ", ")
}

// Names is the list as a call passes it on.
func (p parameters) Names() string {
	texts := make([]string, len(p))
	for i, one := range p {
		texts[i] = one.Name
	}
	return strings.Join(texts, ", ")
}

// Segments are expressions of the path parameters as texts.
func (o *operation) Segments() string {
	texts := make([]string, len(o.PathParams))
	for i, p := range o.PathParams {
		switch name := p.GoVariableName(); {
		case p.SchemaFormat() == "uuid":
			texts[i] = name + ".String()"
		case p.SchemaType() == "string":
			texts[i] = "string(" + name + ")"
		default:
			texts[i] = "fmt.Sprint(" + name + ")"
		}
	}
	return strings.Join(texts, ", ")
}
