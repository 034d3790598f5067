package generator

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/util"
	"go.yaml.in/yaml/v3"
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
	if err := c.Document.isOpenAPI(); err != nil {
		return nil, err
	}
	if c.Overlay.Text != nil && c.Overlay.empty() {
		return nil, fmt.Errorf("%s: %w", c.Overlay.Name, errEmpty)
	}
	document, err := util.LoadSwaggerWithOverlay(path, options)
	if err == nil {
		return document, nil
	}
	names := c.Document.Name
	if options.Path != "" {
		names += " with " + c.Overlay.Name
	}
	// The first line says it. The library knows the copies only.
	text, _, _ := strings.Cut(err.Error(), "\nAdditionally,")
	text = strings.NewReplacer(path, c.Document.Name, options.Path, c.Overlay.Name,
		folder+string(filepath.Separator), "").Replace(text)
	return nil, fmt.Errorf("read %s: %s", names, text)
}

// empty reports whether there is nothing in a file.
func (f File) empty() bool { return len(bytes.TrimSpace(f.Text)) == 0 }

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
		return fmt.Errorf("%s: %w", f.Name, err)
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
