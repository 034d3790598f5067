package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/jiko-partner/partner-go/internal/mistake"
)

// ruleNodes parses a text in JSON or YAML. JSON has a parser of its own: YAML has most of it, but neither all of its
// escapes nor all of its numbers. It fails with a *mistake.Problem.
func ruleNodes(file string, text []byte) (*yaml.Node, error) {
	if !json.Valid(text) {
		return mistake.Document(file, text)
	}
	d := &jsonNodes{decoder: json.NewDecoder(bytes.NewReader(text)), text: text, line: 1, column: 1}
	d.decoder.UseNumber()
	return d.node(), nil
}

// jsonNodes makes nodes of a text that is JSON, so that whatever reads them knows where they stand.
type jsonNodes struct {
	decoder *json.Decoder
	text    []byte
	// line and column are those of the offset.
	offset, line, column int
}

// next returns the next token, and a node with its place.
func (d *jsonNodes) next() (json.Token, *yaml.Node) {
	at := int(d.decoder.InputOffset())
	for at < len(d.text) && strings.IndexByte(" \t\r\n,:", d.text[at]) >= 0 {
		at++
	}
	for d.offset < at {
		r, size := utf8.DecodeRune(d.text[d.offset:])
		d.offset += size
		d.column++
		if r == '\n' {
			d.line, d.column = d.line+1, 1
		}
	}
	token, err := d.decoder.Token()
	if err != nil { // The text is valid.
		panic(fmt.Sprintf("sandbox: %v in valid JSON", err))
	}
	return token, &yaml.Node{Line: d.line, Column: d.column}
}

func (d *jsonNodes) node() *yaml.Node {
	token, node := d.next()
	node.Kind = yaml.ScalarNode
	switch value := token.(type) {
	case string:
		node.Tag, node.Value = "!!str", value
	case json.Number:
		node.Tag, node.Value = "!!int", value.String()
		if strings.ContainsAny(node.Value, ".eE") {
			node.Tag = "!!float"
		}
	case bool:
		node.Tag, node.Value = "!!bool", fmt.Sprint(value)
	case json.Delim:
		node.Kind = yaml.SequenceNode
		if value == '{' {
			node.Kind = yaml.MappingNode
		}
		for d.decoder.More() { // In an object, names and values take turns.
			node.Content = append(node.Content, d.node())
		}
		d.next()
	default:
		node.Tag, node.Value = "!!null", "null"
	}
	return node
}
