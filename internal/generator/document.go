package generator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/speakeasy-api/openapi/overlay"
	"gopkg.in/yaml.v3"
)

// document is an OpenAPI document with its overlays applied, as JSON. oapi-codegen changes the one that it works on, so
// it gets a new one each time.
type document struct {
	name  string
	value any
	text  []byte
}

// newDocument applies overlays to a document, one after the other. An action whose target is not there is an error,
// unless lenient.
func newDocument(file File, lenient bool, overlays ...File) (document, error) {
	if err := file.isOpenAPI(); err != nil {
		return document{}, err
	}
	var root yaml.Node
	if err := yaml.Unmarshal(file.Text, &root); err != nil {
		return document{}, Syntax(file, err)
	}
	var wrong []error
	for _, o := range overlays {
		if err := o.applyTo(&root, lenient); err != nil {
			wrong = append(wrong, err)
		}
	}
	if wrong != nil {
		return document{}, errors.Join(wrong...)
	}
	plain(&root)
	var value any
	if err := root.Decode(&value); err != nil {
		return document{}, Syntax(file, err)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return document{}, fmt.Errorf("%s: %w", file.Name, err)
	}
	return document{file.Name, value, text}, nil
}

// open returns the document as oapi-codegen wants it.
func (d document) open() (*openapi3.T, error) {
	t, err := openapi3.NewLoader().LoadFromData(d.text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.name, err)
	}
	if t.Paths == nil {
		t.Paths = openapi3.NewPaths()
	}
	if t.Components == nil {
		t.Components = &openapi3.Components{}
	}
	return t, nil
}

// plain makes texts of what JSON has no form for: dates, and the names of members.
func plain(node *yaml.Node) {
	for i, below := range node.Content {
		if below.Kind == yaml.ScalarNode &&
			(node.Kind == yaml.MappingNode && i%2 == 0 && below.Tag != "!!merge" || below.Tag == "!!timestamp") {
			below.Tag = "!!str"
		}
		plain(below)
	}
}

// applyTo applies an overlay to a document. All actions that cannot be are named; with lenient, those that meet nothing
// are left out.
func (f File) applyTo(root *yaml.Node, lenient bool) error {
	if f.empty() {
		return Syntax(f, io.EOF)
	}
	var node, more yaml.Node
	all := new(overlay.Overlay)
	decoder := yaml.NewDecoder(bytes.NewReader(f.Text))
	if err := decoder.Decode(&node); err != nil {
		return Syntax(f, err)
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return &Problem{f.Name, more.Line, more.Column, "there is more than one document"}
	}
	if at := endless(&node, map[*yaml.Node]bool{}); at != nil {
		return &Problem{f.Name, at.Line, at.Column, "the anchor " + at.Value + " contains itself"}
	}
	if err := node.Decode(all); err != nil {
		return Syntax(f, err)
	}
	if err := all.Validate(); err != nil {
		line, column := actionAt(&node, actionOf(err))
		text := "it is no valid overlay: " + strings.ReplaceAll(err.Error(), "\n", "; ")
		return &Problem{f.Name, line, column, text}
	}
	var wrong []error
	for i, action := range all.Actions {
		one := *all
		one.Actions = []overlay.Action{action}
		text := ""
		if !action.Remove && action.Update.IsZero() && action.Copy == "" {
			text = "the action does nothing: want update, remove or copy"
		} else if _, err := one.ApplyToStrict(root); err != nil &&
			(!lenient || !strings.Contains(err.Error(), metNothing)) {
			text = strings.TrimPrefix(err.Error(), "error applying overlay (strict): ")
			text = strings.ReplaceAll(text, "selector ", "the target ")
			text = strings.ReplaceAll(text, metNothing, "is not in the document")
		}
		if text != "" {
			line, column := actionAt(&node, i)
			wrong = append(wrong, &Problem{f.Name, line, column, text})
		}
	}
	return errors.Join(wrong...)
}

// endless finds an alias within what it stands for, or nil. Each node is looked at once: whether it is being looked at,
// or was, is in seen.
func endless(node *yaml.Node, seen map[*yaml.Node]bool) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		if seen[node.Alias] {
			return node
		}
		return endless(node.Alias, seen)
	}
	if _, done := seen[node]; done {
		return nil
	}
	seen[node] = true
	for _, below := range node.Content {
		if at := endless(below, seen); at != nil {
			return at
		}
	}
	seen[node] = false
	return nil
}

// metNothing is how the library says that there is nothing where an action should be applied.
const metNothing = "did not match any targets"

// actionIndex is how the library names an action.
var actionIndex = regexp.MustCompile(`action at index (\d+)`)

// actionOf is the index of the action that an error of the library is about, or -1.
func actionOf(err error) int {
	if found := actionIndex.FindStringSubmatch(err.Error()); found != nil {
		if i, err := strconv.Atoi(found[1]); err == nil {
			return i
		}
	}
	return -1
}

// actionAt is where the target of an action stands in the text of an overlay.
func actionAt(overlay *yaml.Node, i int) (line, column int) {
	actions := member(overlay.Content[0], "actions")
	if actions == nil || i < 0 || i >= len(actions.Content) {
		return 1, 1
	}
	action := actions.Content[i]
	if target := member(action, "target"); target != nil {
		action = target
	}
	return action.Line, action.Column
}

// member returns a member of an object, or nil.
func member(object *yaml.Node, name string) *yaml.Node {
	if object.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(object.Content); i += 2 {
		if object.Content[i].Value == name {
			return object.Content[i+1]
		}
	}
	return nil
}

// isOpenAPI says why a file cannot be an OpenAPI document. The library would take nearly everything for one.
func (f File) isOpenAPI() error {
	var version struct {
		OpenAPI string `yaml:"openapi"`
		Swagger string `yaml:"swagger"`
	}
	err := yaml.Unmarshal(f.Text, &version)
	mismatch := new(yaml.TypeError)
	switch {
	case err != nil && !errors.As(err, &mismatch):
		return Syntax(f, err)
	case version.Swagger != "":
		return fmt.Errorf("%s: it is Swagger %s: convert it to OpenAPI 3", f.Name, version.Swagger)
	case f.empty():
		return fmt.Errorf("%s: %w", f.Name, errEmpty)
	case version.OpenAPI == "":
		return fmt.Errorf("%s: it is no OpenAPI document: there is no member openapi", f.Name)
	case !strings.HasPrefix(version.OpenAPI, "3."):
		return fmt.Errorf("%s: it is OpenAPI %s, not 3", f.Name, version.OpenAPI)
	}
	return nil
}
