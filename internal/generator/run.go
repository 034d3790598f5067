package generator

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/util"
)

// oapi-codegen keeps its options in global variables.
var running sync.Mutex

// Run generates, and returns the files by their names. The same Config makes the same files, byte for byte.
func Run(c Config) (map[string][]byte, error) {
	base, err := parseBase(c.Base)
	if err != nil {
		return nil, err
	}
	if len(c.Outputs) == 0 {
		return nil, errors.New("there is nothing to generate: no output is configured")
	}
	running.Lock()
	defer running.Unlock()
	document, err := c.document(base)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, file := range c.Outputs {
		output, err := parseOutput(file)
		if err != nil {
			return nil, err
		}
		for _, name := range output.Roles {
			code, err := generate(document, base, output, roles[name])
			if err != nil {
				return nil, fmt.Errorf("%s: role %s: %w", file.Name, name, err)
			}
			path := filepath.Join(filepath.Dir(file.Name), fileName(name))
			if _, twice := files[path]; twice {
				return nil, fmt.Errorf("%s: %s is made twice", file.Name, path)
			}
			files[path] = []byte(code)
		}
	}
	return files, nil
}

func generate(document *openapi3.T, base codegen.Configuration, output Output, r role) (string, error) {
	configuration, err := r.configure(base, output)
	if err != nil {
		return "", err
	}
	maps.Copy(codegen.TemplateFunctions, functions(document, output))
	defer keepNames(document)()
	return codegen.Generate(document, configuration)
}

// keepNames returns a function that gives the operations their names back: oapi-codegen overwrites them with Go names,
// and reading the document anew for each file would take longer than all the rest.
func keepNames(document *openapi3.T) (restore func()) {
	names := map[*openapi3.Operation]string{}
	for _, item := range document.Paths.Map() {
		for _, o := range item.Operations() {
			names[o] = o.OperationID
		}
	}
	return func() {
		for o, name := range names {
			o.OperationID = name
		}
	}
}

// document reads the document with its overlay applied, as the stock binary does: from files, for the library knows no
// other way.
func (c Config) document(base codegen.Configuration) (*openapi3.T, error) {
	folder, err := os.MkdirTemp("", "generator-")
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", c.Document.Name, err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	write := func(name string, text []byte) string {
		path := filepath.Join(folder, name)
		err = errors.Join(err, os.WriteFile(path, text, 0o600))
		return path
	}
	options := util.LoadSwaggerWithOverlayOpts{Strict: true, AllowRemoteRefsFrom: base.AllowRemoteRefsFrom}
	if strict := base.OutputOptions.Overlay.Strict; strict != nil {
		options.Strict = *strict
	}
	path := write("document.yaml", c.Document.Text)
	if c.Overlay.Text != nil {
		options.Path = write("overlay.yaml", c.Overlay.Text)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", c.Document.Name, err)
	}
	document, err := util.LoadSwaggerWithOverlay(path, options)
	if err != nil {
		if options.Path != "" {
			return nil, fmt.Errorf("read %s with %s: %w", c.Document.Name, c.Overlay.Name, err)
		}
		return nil, fmt.Errorf("read %s: %w", c.Document.Name, err)
	}
	return document, nil
}
