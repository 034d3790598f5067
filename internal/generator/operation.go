package generator

import (
	"strings"

	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
)

// operation is an operation as the templates see it.
type operation struct {
	codegen.OperationDefinition
}

func operations(definitions []codegen.OperationDefinition) []*operation {
	all := make([]*operation, len(definitions))
	for i, definition := range definitions {
		all[i] = &operation{definition}
	}
	return all
}

// MiddlewareKey is the operationId of the contract, whatever the operation is called in Go.
func (o *operation) MiddlewareKey() string {
	if id, ok := o.Spec.Extensions[extensionID].(string); ok {
		return id
	}
	return o.OperationDefinition.MiddlewareKey()
}

// Summary is a line about the operation, whatever the document breaks it into.
func (o *operation) Summary() string {
	return strings.Join(strings.Fields(o.OperationDefinition.Summary), " ")
}

// Bare reports whether the operation goes out without credentials: its security is there, and empty.
func (o *operation) Bare() bool { return o.Spec.Security != nil && len(*o.Spec.Security) == 0 }

// JSONBody is the type of the operation's JSON body, or empty when it has none.
func (o *operation) JSONBody() string {
	for _, body := range o.Bodies {
		if body.IsJSON() {
			return body.Schema.TypeDecl()
		}
	}
	return ""
}

// Upload reports whether the operation's body is a file.
func (o *operation) Upload() bool { return o.HasBody() && o.JSONBody() == "" }

// Result is the type of what the operation answers with when it succeeds, or empty when that is nothing.
func (o *operation) Result() string {
	for _, response := range o.Responses {
		if !strings.HasPrefix(response.StatusCode, "2") {
			continue
		}
		for _, content := range response.Contents {
			if content.IsJSON() {
				return content.Schema.TypeDecl()
			}
		}
	}
	return ""
}

// ItemOfResult is the type of an element of the result when that is itself an array, and empty otherwise.
func (o *operation) ItemOfResult() string {
	item, _ := strings.CutPrefix(o.Result(), "[]")
	if item == o.Result() {
		return ""
	}
	return item
}

// Returns is what a function returns that makes the operation's result or an error. A result that is an array is
// returned by value, any other by a pointer.
func (o *operation) Returns() string { return o.returns(o.Result()) }

// ImportedReturns is Returns with the types of an imported package.
func (o *operation) ImportedReturns(name string) string { return o.returns(qualify(name, o.Result())) }

func (o *operation) returns(result string) string {
	switch {
	case result == "":
		return "error"
	case o.ItemOfResult() != "":
		return "(" + result + ", error)"
	}
	return "(*" + result + ", error)"
}

// qualify puts a package's name before a type of that package. A type that is not an exported name, such as string and
// uuid.UUID, stays as it is.
func qualify(name, goType string) string {
	for _, prefix := range []string{"*", "[]"} {
		if rest, ok := strings.CutPrefix(goType, prefix); ok {
			return prefix + qualify(name, rest)
		}
	}
	if goType == "" || goType[0] < 'A' || goType[0] > 'Z' {
		return goType
	}
	return name + "." + goType
}
