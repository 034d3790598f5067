package mistake

import (
	"bytes"
	"errors"
	"io"

	"go.yaml.in/yaml/v3"
)

// ErrEmpty says that a file has nothing in it.
var ErrEmpty = errors.New("there is nothing in it")

// Document parses a file that has one document of YAML, and returns its root. It fails with a *Problem.
func Document(name string, text []byte) (*yaml.Node, error) {
	var document, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, &Problem{File: name, Text: ErrEmpty.Error()}
	case err != nil:
		return nil, Syntax(name, text, err)
	case len(document.Content) == 0:
		return nil, &Problem{File: name, Text: ErrEmpty.Error()}
	}
	switch err := decoder.Decode(&more); {
	case err == nil:
		return nil, &Problem{File: name, Line: more.Line, Column: more.Column, Text: "there is more than one document"}
	case !errors.Is(err, io.EOF):
		return nil, Syntax(name, text, err)
	}
	return document.Content[0], nil
}
