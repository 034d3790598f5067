package generator

import (
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
)

// The parts that a package of a consumer can have.
const (
	Models       = "models"
	Client       = "client"
	Server       = "server"
	StrictServer = "strict-server"
	Fakes        = "fakes"
)

// Parts are all parts, in the order in which they stand in a file.
var Parts = []string{Models, Client, Server, StrictServer, Fakes}

// rolesOf are the roles of a part.
var rolesOf = map[string][]string{
	Models:       {"models", "enums", "unions", "shared", "parameters"},
	Client:       {"operations", "requests", "client", "interfaces"},
	Server:       {"server", "wrappers"},
	StrictServer: {"strict", "strict-types"},
	Fakes:        {"client-fakes"},
}

// Package is what to make of a Contract.
type Package struct {
	// Name is the package's name, and that of its file where it has one.
	Name string
	// Header begins a file that is of the operations of some tags, or of all, without any; it is comments.
	Header func(tags []string) string
	// Parts are what the package has.
	Parts []string
	// Operations are the operationIds of those that it has, in any order.
	Operations []string
	// Split makes a file for each tag, one for the schemas that several tags have, and one for the rest of each part,
	// instead of one file.
	Split bool
	// Names are names in Go of operations (by operationId) and schemas (by name) that shall have another.
	Names map[string]string
	// Uses are packages that were made of the same Contract, from which this one takes what it does not have itself.
	Uses []*Made
	// Stock says that oapi-codegen's own templates make the code. There are no fakes then, and no files by tag.
	Stock bool
}

// Made is a package that was made.
type Made struct {
	// Name is the package's name, and Import its path, which whoever uses it has to set.
	Name, Import string
	// Files are the files by their names.
	Files map[string][]byte
	// declared are the names of its declarations. Those that it uses, and does not declare, may be there as false.
	declared map[string]bool
	types    *types.Package
}

// Make makes a package. The same Contract and Package make the same files.
func (c *Contract) Make(p Package) (made *Made, err error) {
	running.Lock()
	defer running.Unlock()
	defer func() { // oapi-codegen takes a document for sound.
		if cause := recover(); cause != nil {
			made, err = nil, fmt.Errorf("no code can be made of %s: %v", c.document.name, cause)
		}
	}()
	t, err := c.selected(p)
	if err != nil {
		return nil, err
	}
	if p.Stock {
		return c.makeStock(t, p)
	}
	all, operations, err := c.declare(t, p)
	if err != nil {
		return nil, err
	}
	if err := c.spelt(p, operations); err != nil {
		return nil, err
	}
	x, err := all.index()
	if err != nil {
		return nil, err
	}
	named, err := services(t.Tags, operations)
	if err != nil {
		return nil, err
	}
	made = &Made{Name: p.Name, Files: map[string][]byte{}, declared: map[string]bool{}}
	kept := x.reach(all.roots(x, operations)...)
	all.declarations = slices.DeleteFunc(all.declarations, func(d *declaration) bool { return !kept[d] })
	for name := range x.names {
		made.declared[name] = kept[x.names[name]]
	}
	if err := made.apart(p.Uses); err != nil {
		return nil, err
	}
	all.qualify(made, p.Uses...)
	files, tags := map[string][]*declaration{}, map[string][]string{}
	for i, at := range (placement{p, x, operations, named}).of(all.declarations) {
		files[at.file] = append(files[at.file], all.declarations[i])
		tags[at.file] = append(tags[at.file], at.tag)
	}
	for name, declarations := range files {
		slices.Sort(tags[name])
		of := slices.Compact(tags[name])
		if of[0] == "" { // Something in it is none's alone.
			of = nil
		}
		if made.Files[name], err = all.file(p.Header(of), p.Name, declarations); err != nil {
			return nil, err
		}
	}
	return made, made.compile(p.Uses)
}

// spelt refuses a name that would be spelt otherwise: oapi-codegen makes URL of Url, and the like. It has to have run
// before it can tell.
func (c *Contract) spelt(p Package, operations []*operation) error {
	for _, schema := range c.Schemas() {
		if to := p.Names[schema]; to != "" && codegen.SchemaNameToTypeName(to) != to {
			return fmt.Errorf("%s is not how such a name is spelt here: want %s", to, codegen.SchemaNameToTypeName(to))
		}
	}
	for _, o := range operations {
		id, _ := o.Spec.Extensions[extensionID].(string)
		if name := p.Names[id]; name != "" && name != o.OperationId {
			return fmt.Errorf("%s is not how such a name is spelt here: want %s", name, o.OperationId)
		}
	}
	return nil
}

// selected returns the document with the operations of a package alone, and the names that it has for things.
func (c *Contract) selected(p Package) (*openapi3.T, error) {
	chosen, err := c.document.only(p.Operations, p.Names)
	if err != nil {
		return nil, err
	}
	t, err := chosen.open()
	if err != nil {
		return nil, err
	}
	for _, item := range t.Paths.Map() {
		for _, o := range item.Operations() {
			if len(o.Tags) == 0 && !p.Stock {
				return nil, fmt.Errorf("operation %s has no tag", o.OperationID)
			}
			if name := p.Names[o.OperationID]; name != "" {
				o.Extensions = maps.Clone(o.Extensions)
				if o.Extensions == nil {
					o.Extensions = map[string]any{}
				}
				o.Extensions[extensionID], o.OperationID = o.OperationID, name
			}
		}
	}
	return t, nil
}

// extensionID has the operationId of the contract where the Go name is another.
const extensionID = "x-operation-id"

// declare runs the templates.
func (c *Contract) declare(t *openapi3.T, p Package) (*code, []*operation, error) {
	all := new(code)
	var collected []*operation
	output := Output{Package: p.Name}
	base := c.base
	base.OutputOptions.SkipPrune = false
	collect := func(definitions []codegen.OperationDefinition) string {
		collected = operations(definitions)
		return ""
	}
	names := []string{collecting}
	for _, part := range Parts {
		if slices.Contains(p.Parts, part) {
			names = append(names, rolesOf[part]...)
		}
	}
	codegen.TemplateFunctions["collect"] = collect
	defer delete(codegen.TemplateFunctions, "collect")
	// Most of a run is reading all of oapi-codegen's templates: what can be made together is.
	first := role{templates: map[string]string{}}
	if slices.Contains(names, "models") {
		maps.Copy(first.templates, roles["models"].templates)
		names = names[1:] // The models are the first of the others.
	}
	ofClient, files := names[:1:1], []string{roles[collecting].ofClient()}
	for _, name := range names[1:] {
		if file := roles[name].ofClient(); file != "" {
			ofClient, files = append(ofClient, name), append(files, file)
		}
	}
	first.templates["client.tmpl"] = strings.Join(files, " ")
	text, err := generate(t, base, output, first)
	if err != nil {
		return nil, nil, inOurWords(err)
	}
	texts := map[string]string{}
	for i, part := range strings.Split(text, between) {
		if i >= len(ofClient) {
			return nil, nil, errors.New("the contract has the byte 0 in a text")
		}
		if i > 0 {
			part = "package " + p.Name + "\n" + part
		}
		texts[ofClient[i]] = part
	}
	for _, name := range names {
		text, made := texts[name]
		if !made {
			text, err = generate(t, base, output, roles[name])
		}
		if err == nil {
			err = all.add(name, text)
		}
		if err != nil {
			return nil, nil, inOurWords(fmt.Errorf("role %s: %w", name, err))
		}
	}
	return all, collected, nil
}

// duplicate is how the library says that two types would have one name.
var duplicate = regexp.MustCompile(`duplicate typename '(\w+)'`)

func inOurWords(err error) error {
	if found := duplicate.FindStringSubmatch(err.Error()); found != nil {
		return &NameError{Name: found[1]}
	}
	return err
}

// roots are what a package is made for: the models of its operations, and all functions and other types that it
// exports.
func (c *code) roots(x *index, operations []*operation) []*declaration {
	var all []*declaration
	need := func(goType string) {
		for _, name := range typeNames(goType) {
			if d := x.names[name]; d != nil {
				all = append(all, d)
			}
		}
	}
	for _, o := range operations {
		for _, p := range o.Parameters() {
			need(p.Type)
		}
		for _, a := range o.Answers() {
			need(a.JSON)
		}
	}
	for _, d := range c.declarations {
		if slices.Contains(rolesOf[Models], d.role) {
			continue
		}
		if d.receiver == "" && (!d.value && slices.ContainsFunc(d.names, token.IsExported) || len(d.names) == 0) {
			all = append(all, d)
		}
	}
	return all
}

// typeNames are the names of which a type is made up.
func typeNames(goType string) []string {
	return strings.FieldsFunc(goType, func(r rune) bool {
		return r != '_' && r < '0' || r > '9' && r < 'A' || r > 'Z' && r < 'a' && r != '_' || r > 'z' && r < 0x80
	})
}

// qualify puts the name of a package that is used before what is its own. The name is another than the package's where
// something else in the code, or in the language, has that.
func (c *code) qualify(made *Made, packages ...*Made) {
	if c.imports == nil {
		c.imports = map[string]imported{}
	}
	names := make([]string, len(packages))
	for i, used := range packages {
		name := used.Name
		for c.words[name] || c.imports[name].path != "" || types.Universe.Lookup(name) != nil || name == "init" ||
			made.declared[name] {
			name += "pkg"
		}
		names[i], c.imports[name] = name, imported{path: used.Import}
		if path.Base(used.Import) != name {
			c.imports[name] = imported{used.Import, name}
		}
	}
	for _, d := range c.declarations {
		var b strings.Builder
		at := 0
		slices.SortFunc(d.uses, func(a, b use) int { return a.at - b.at })
		for _, u := range slices.Clone(d.uses) {
			i := slices.IndexFunc(packages, func(used *Made) bool { return used.declared[u.name] })
			if made.declared[u.name] || i < 0 {
				continue
			}
			b.WriteString(d.text[at:u.at] + names[i] + ".")
			at = u.at
			d.uses = append(d.uses, use{name: names[i]})
		}
		d.text = b.String() + d.text[at:]
	}
}

// apart refuses a name that two packages have: which of them the code means would be left to chance.
func (m *Made) apart(packages []*Made) error {
	for _, name := range slices.Sorted(maps.Keys(m.declared)) {
		if !m.declared[name] || !token.IsExported(name) {
			continue
		}
		for _, used := range packages {
			if used.declared[name] {
				return &NameError{name, "one of package " + m.Name + ", one of package " + used.Name}
			}
		}
	}
	return nil
}

var errStock = errors.New("oapi-codegen's own templates make no fakes, and one file only")

// makeStock makes a package by oapi-codegen's own templates. A package that it uses is imported by a dot, if it has
// anything that is needed.
func (c *Contract) makeStock(t *openapi3.T, p Package) (*Made, error) {
	if p.Split || slices.Contains(p.Parts, Fakes) {
		return nil, errStock
	}
	_, operations, err := c.declare(t, Package{Name: p.Name})
	if err != nil {
		return nil, err
	}
	if err := c.spelt(p, operations); err != nil {
		return nil, err
	}
	configuration := c.base
	configuration.PackageName = p.Name
	configuration.OutputOptions.SkipPrune = false
	configuration.Generate = codegen.GenerateOptions{
		Models: slices.Contains(p.Parts, Models), Client: slices.Contains(p.Parts, Client),
		ChiServer: slices.Contains(p.Parts, Server), Strict: slices.Contains(p.Parts, StrictServer),
	}
	restore := keepNames(t)
	made, err := p.runStock(t, configuration)
	if err != nil {
		return nil, err
	}
	if err := made.apart(p.Uses); err != nil {
		return nil, err
	}
	imports := slices.Clone(configuration.AdditionalImports)
	for _, used := range p.Uses {
		if made.needs(used) {
			imports = append(imports, codegen.AdditionalImport{Alias: ".", Package: used.Import})
		}
	}
	if len(imports) > len(configuration.AdditionalImports) {
		restore()
		configuration.AdditionalImports = imports
		if made, err = p.runStock(t, configuration); err != nil {
			return nil, err
		}
	}
	return made, made.compile(p.Uses)
}

func (p Package) runStock(t *openapi3.T, configuration codegen.Configuration) (*Made, error) {
	text, err := codegen.Generate(t, configuration.UpdateDefaults())
	if err != nil {
		return nil, inOurWords(err)
	}
	var all code
	if err := all.add("stock", text); err != nil {
		return nil, err
	}
	x, err := all.index()
	if err != nil {
		return nil, err
	}
	for _, outer := range x.methods["ClientWithResponses"] { // Its own methods would hide those of the Client within.
		for _, inner := range x.methods["Client"] {
			if outer.method == inner.method {
				return nil, &NameError{outer.method, "two operations, of which one has the word WithResponse behind it"}
			}
		}
	}
	made := &Made{Name: p.Name, declared: map[string]bool{}, Files: map[string][]byte{
		goFile(p.Name): []byte(strings.TrimSpace(p.Header(nil)) + "\n\n" + text)}}
	for _, d := range all.declarations {
		for _, name := range d.names {
			made.declared[name] = true
		}
		for _, u := range d.uses {
			if token.IsExported(u.name) && x.names[u.name] == nil {
				made.declared[u.name] = false
			}
		}
	}
	return made, nil
}

// needs reports whether a package uses a name that another one declares, and not itself.
func (m *Made) needs(other *Made) bool {
	for name, own := range m.declared {
		if !own && other.declared[name] {
			return true
		}
	}
	return false
}
