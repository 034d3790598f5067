package generator

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
)

//go:embed templates
var templates embed.FS

// group is a part of what oapi-codegen generates, with the templates that it runs for it.
type group struct {
	turnOn    func(*codegen.GenerateOptions)
	templates []string
}

var groups = []group{
	{func(o *codegen.GenerateOptions) { o.Models = true }, []string{
		"constants.tmpl", "typedef.tmpl", "param-types.tmpl", "request-bodies.tmpl", "additional-properties.tmpl",
		"union.tmpl", "union-and-additional-properties.tmpl",
	}},
	{func(o *codegen.GenerateOptions) { o.Client = true }, []string{"client.tmpl", "client-with-responses.tmpl"}},
	// The strict server is one for a server.
	{func(o *codegen.GenerateOptions) { o.ChiServer, o.Strict = true, true }, []string{
		"chi/chi-interface.tmpl", "chi/chi-middleware.tmpl", "chi/chi-handler.tmpl",
		"strict/strict-responses.tmpl", "strict/strict-interface.tmpl", "strict/strict-http.tmpl",
	}},
}

// role is one generated file: the templates of oapi-codegen that run for it, each with ours that replaces it, or stock.
// All other templates of their groups are empty for it. Several of ours, with spaces between them, run one after the
// other, and what they make is apart.
type role struct {
	templates map[string]string
	// imports says that the code uses another package, see Output.Import; dot, that it does so without naming it.
	imports, dot bool
}

// stock stands for the template that oapi-codegen has itself.
const stock = ""

// empty is a template that makes nothing. One without an action would not replace another, and one without a line break
// would be taken for the name of a file.
const empty = "{{- \"\" -}}\n"

// between is between what two templates make in place of one. No Go has it.
const between = "\x00"

// collecting is the role that makes nothing.
const collecting = "collecting"

// roles are the parts that code can be generated in.
var roles = map[string]role{
	// The types of the schemas, without those of the enums.
	"models": {templates: map[string]string{
		"typedef.tmpl": "models.tmpl", "additional-properties.tmpl": stock,
		"union-and-additional-properties.tmpl": stock,
	}},
	// The enums and their constants.
	"enums": {templates: map[string]string{"typedef.tmpl": "enum-types.tmpl", "constants.tmpl": "enums.tmpl"}},
	// What the unions among the models can do.
	"unions": {templates: map[string]string{"union.tmpl": "unions.tmpl"}},
	// What all variants of a union have.
	"shared": {templates: map[string]string{"typedef.tmpl": "shared.tmpl"}},
	// The types of the operations' parameters.
	"parameters": {templates: map[string]string{"param-types.tmpl": stock}},
	// The operations.
	"operations": {templates: map[string]string{"client.tmpl": "operations.tmpl"}},
	// A builder of its request per operation.
	"requests": {templates: map[string]string{"client.tmpl": "requests.tmpl"}},
	// A plain client that sends what the builders make.
	"client": {templates: map[string]string{"client.tmpl": "client.tmpl"}},
	// An interface of that client per tag, and a fake of each.
	"interfaces":   {templates: map[string]string{"client.tmpl": "interfaces.tmpl"}},
	"client-fakes": {templates: map[string]string{"client.tmpl": "client-fakes.tmpl"}},
	// Nothing; see Contract.declare.
	collecting: {templates: map[string]string{"client.tmpl": "collect.tmpl"}},

	// The server's interface and its routes on chi.
	"server": {
		templates: map[string]string{"chi/chi-interface.tmpl": stock, "chi/chi-handler.tmpl": stock},
		imports:   true, dot: true,
	},
	// What reads the parameters of a request for the server.
	"wrappers": {templates: map[string]string{"chi/chi-middleware.tmpl": stock}, imports: true, dot: true},
	// The strict server's interface and its bridge to the server.
	"strict": {
		templates: map[string]string{
			"strict/strict-interface.tmpl": "strict.tmpl", "strict/strict-http.tmpl": "strict-handler.tmpl",
		},
		imports: true, dot: true,
	},
	// What the methods of the strict server get and return.
	"strict-types": {
		templates: map[string]string{"strict/strict-interface.tmpl": "strict-types.tmpl"}, imports: true, dot: true,
	},

	// The names of a package of models as a package's own.
	"aliases": {
		templates: map[string]string{
			"constants.tmpl": "alias-enums.tmpl", "typedef.tmpl": "alias-models.tmpl",
			"param-types.tmpl": "alias-parameters.tmpl", "union.tmpl": "alias-unions.tmpl",
		},
		imports: true,
	},
	// An interface per tag, with a method per operation, that sends requests through pkg/partner's transport.
	"services": {templates: map[string]string{"client.tmpl": "services.tmpl"}, imports: true},
	// A fake of each service.
	"fakes": {templates: map[string]string{"client.tmpl": "fakes.tmpl"}, imports: true},
}

// ofClient is the template of a role that has no other, and that in the place of oapi-codegen's client, or empty.
func (r role) ofClient() string {
	if len(r.templates) > 1 {
		return ""
	}
	return r.templates["client.tmpl"]
}

// fileName is the name of the file that a role becomes.
func fileName(role string) string { return strings.ReplaceAll(role, "-", "_") + ".gen.go" }

// configure completes the base configuration for a role of an output.
func (r role) configure(base codegen.Configuration, output Output) (codegen.Configuration, error) {
	c := base
	c.PackageName, c.Generate = output.Package, codegen.GenerateOptions{}
	c.OutputOptions.UserTemplates = map[string]string{}
	c.AdditionalImports = slices.Clone(base.AdditionalImports)
	if r.imports && output.Import != "" {
		used := codegen.AdditionalImport{Package: output.Import}
		if r.dot {
			used.Alias = "."
		}
		c.AdditionalImports = append(c.AdditionalImports, used)
	}
	replace := func(name, ours string) error {
		var texts []string
		for file := range strings.FieldsSeq(ours) {
			text, err := templates.ReadFile("templates/" + file)
			if err != nil {
				return err
			}
			texts = append(texts, string(text))
		}
		c.OutputOptions.UserTemplates[name] = strings.Join(texts, between)
		return nil
	}
	if err := replace("imports.tmpl", "imports.tmpl"); err != nil {
		return c, err
	}
	for _, g := range groups {
		if !slices.ContainsFunc(g.templates, func(name string) bool { _, ok := r.templates[name]; return ok }) {
			continue
		}
		g.turnOn(&c.Generate)
		for _, name := range g.templates {
			switch ours, ok := r.templates[name]; {
			case !ok:
				c.OutputOptions.UserTemplates[name] = empty
			case ours != stock:
				if err := replace(name, ours); err != nil {
					return c, err
				}
			}
		}
	}
	c = c.UpdateDefaults()
	if err := c.Validate(); err != nil {
		return c, fmt.Errorf("the configuration: %w", err)
	}
	return c, nil
}
