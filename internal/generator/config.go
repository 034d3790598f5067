package generator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
	"go.yaml.in/yaml/v3"

	"github.com/jiko-partner/partner-go/internal/mistake"
)

// OutputFile is the name that the configuration of an output has, in the folder of the output.
const OutputFile = "generate.yaml"

// File is a text and the name that errors give it.
type File struct {
	// Name is a path with the separators of the system.
	Name string
	// Text is the whole content.
	Text []byte

	// only are the actions of an overlay to apply, where it is not all of them.
	only map[int]bool
}

// Config says what to generate, and from what.
type Config struct {
	// Document is the OpenAPI document, as YAML or JSON. It refers to no other file.
	Document File
	// Overlay is an OpenAPI Overlay, applied to the document first. Without a Text there is none.
	Overlay File
	// Base is the configuration of oapi-codegen with which every output begins. Its package and its generate section
	// are for the stock binary; here each output has its own.
	Base File
	// Outputs are the configurations of the packages to make. The code goes to the folder of the Name.
	Outputs []File
}

// Output is the configuration of one package, as YAML. A key that is not here is an error.
type Output struct {
	// Package is the package's name.
	Package string `yaml:"package"`
	// Roles are the parts to generate. Each becomes a file: strict-types becomes strict_types.gen.go.
	Roles []string `yaml:"roles"`
	// Import is the path of the package whose names this one uses: the models for a server, the services for fakes.
	Import string `yaml:"import,omitempty"`
	// Exclude are types of the document that get no alias here.
	Exclude []string `yaml:"exclude,omitempty"`
}

// Load reads a configuration from disk: the base and the document by their names, the overlay that the base names, from
// the folder of the base, and the generate.yaml of each folder that is one of folders or below one.
func Load(base, document string, folders ...string) (Config, error) {
	var c Config
	for name, file := range map[string]*File{base: &c.Base, document: &c.Document} {
		var err error
		if *file, err = load(name); err != nil {
			return Config{}, err
		}
	}
	configuration, err := parseBase(c.Base)
	if err != nil {
		return Config{}, err
	}
	if overlay := configuration.OutputOptions.Overlay.Path; overlay != "" {
		if c.Overlay, err = load(filepath.Join(filepath.Dir(base), filepath.FromSlash(overlay))); err != nil {
			return Config{}, err
		}
	}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || entry.Name() != OutputFile {
				return err
			}
			output, err := load(name)
			c.Outputs = append(c.Outputs, output)
			return err
		})
		if err != nil {
			return Config{}, fmt.Errorf("look for outputs: %w", err)
		}
	}
	slices.SortFunc(c.Outputs, func(a, b File) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
	return c, nil
}

func load(name string) (File, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return File{}, fmt.Errorf("read the configuration: %w", err)
	}
	return File{Name: name, Text: text}, nil
}

// parseBase reads the base configuration the way the stock binary does, but knows every key.
func parseBase(file File) (codegen.Configuration, error) {
	var base struct {
		codegen.Configuration `yaml:",inline"`
		Output                string `yaml:"output,omitempty"`
	}
	if err := parse(file, &base); err != nil {
		return codegen.Configuration{}, err
	}
	if len(base.OutputOptions.UserTemplates) > 0 {
		return codegen.Configuration{}, fmt.Errorf("%s: user-templates: the templates are this package's", file.Name)
	}
	return base.Configuration, nil
}

// parseOutput reads the configuration of an output.
func parseOutput(file File) (Output, error) {
	var output Output
	if err := parse(file, &output); err != nil {
		return Output{}, err
	}
	wrong := func(text string, values ...any) (Output, error) {
		return Output{}, fmt.Errorf("%s: %w", file.Name, fmt.Errorf(text, values...))
	}
	if output.Package == "" {
		return wrong("there is no package")
	}
	if len(output.Roles) == 0 {
		return wrong("there are no roles")
	}
	for i, name := range output.Roles {
		r, ok := roles[name]
		switch {
		case !ok:
			return wrong("there is no role %q", name)
		case slices.Contains(output.Roles[:i], name):
			return wrong("role %s stands twice", name)
		case r.imports && output.Import == "":
			return wrong("role %s needs an import", name)
		}
	}
	return output, nil
}

// parse decodes a file of YAML that has no unknown keys.
func parse(file File, into any) error {
	decoder := yaml.NewDecoder(bytes.NewReader(file.Text))
	decoder.KnownFields(true)
	switch err := decoder.Decode(into); {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%s: %w", file.Name, mistake.ErrEmpty)
	case err != nil:
		return fmt.Errorf("%s: %w", file.Name, err)
	}
	if err := decoder.Decode(new(any)); err == nil {
		return fmt.Errorf("%s: %w", file.Name, errors.New("there is more than one document"))
	}
	return nil
}
