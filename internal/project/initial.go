package project

import (
	_ "embed"
	"errors"
	"fmt"
	"os"

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
