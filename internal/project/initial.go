package project

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/jiko-partner/partner-go/internal/generator"
)

// Initial is a configuration to begin with, with a comment on each key.
//
//go:embed initial.yaml
var Initial []byte

// Schema is the JSON Schema of a configuration, for editors.
//
//go:embed schema.json
var Schema []byte

// SchemaOf is Schema with what the contract has, for editors to offer. Anything else may be in an overlay, and is not
// refused.
func SchemaOf(tool Tool) ([]byte, error) {
	contract, err := generator.Open(tool.Contract, tool.Base)
	if err != nil {
		return nil, err
	}
	var tags, ids []string
	for _, o := range contract.Operations() {
		tags, ids = append(tags, o.Tags...), append(ids, o.ID)
	}
	slices.Sort(tags)
	var schema map[string]any
	if err := json.Unmarshal(Schema, &schema); err != nil {
		return nil, err
	}
	definitions := schema["definitions"].(map[string]any) //nolint:forcetypeassert // A test reads what comes of it.
	for _, known := range []struct {
		definition, of string
		names          []string
	}{
		{"tags", "items", slices.Compact(tags)},
		{"operations", "items", ids},
		{"names", "propertyNames", slices.Concat(ids, contract.Schemas())},
	} {
		definition := definitions[known.definition].(map[string]any) //nolint:forcetypeassert // As above.
		names, _ := definition[known.of].(map[string]any)
		if names == nil {
			names = map[string]any{}
		}
		names["anyOf"] = []any{map[string]any{"enum": known.names}, map[string]any{"minLength": 1}}
		definition[known.of] = names
	}
	var text bytes.Buffer
	err = WriteJSON(&text, schema)
	return text.Bytes(), err
}

// Init writes Initial, unless there is something already.
func Init(name string) error {
	switch _, err := os.Lstat(name); {
	case err == nil:
		return fmt.Errorf("%s is there already", name)
	case !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("look for %s: %w", name, err)
	}
	if err := generator.Replace(name, generator.Temporary, Initial); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
