package project

import (
	"fmt"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"github.com/jiko-partner/partner-go/internal/generator"
	"github.com/jiko-partner/partner-go/internal/mistake"
)

// FileName is the usual name of a configuration.
const FileName = "partner.yaml"

// Configuration says what to generate.
type Configuration struct {
	// File is the name of the configuration's file. Folders and overlays are meant from its folder.
	File string
	// Outputs are the packages to make.
	Outputs []Output

	// root is the folder of the file, from the root of the system on.
	root string
	// program is how the program is called that read it, if it is known.
	program string
}

// Output is a package to make. What a configuration says once, outside of its outputs, each of them has.
type Output struct {
	// Package is the package's name.
	Package string
	// Folder is where it stands, with slashes.
	Folder string
	// Generate are its parts, of generator.Parts.
	Generate []string
	// Tags and Operations say which operations it has: all of the tags, and those named. With neither, those of the
	// package that it uses, or all.
	Tags, Operations []string
	// Split says that each tag has a file of its own.
	Split bool
	// Names are names in Go by operationId and by the name of a schema.
	Names map[string]string
	// Overlays are the names of files, with slashes.
	Overlays []string
	// Stock says that oapi-codegen's templates make the code.
	Stock bool
	// Uses is the package of another output, which has what this one lacks.
	Uses string

	// at has where each key, and each element of a list or a map, stands.
	at map[string]*yaml.Node
}

// Find finds the configuration of the working directory: in it, or in one above it, up to the root of the module.
func Find() (string, error) {
	for folder := "."; ; folder = filepath.Join("..", folder) {
		name := filepath.Join(folder, FileName)
		if _, err := os.Stat(name); err == nil {
			return name, nil
		}
		absolute, err := filepath.Abs(folder)
		if err != nil {
			return "", err
		}
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil || filepath.Dir(absolute) == absolute {
			return "", fmt.Errorf("there is no %s: partner generate --init writes one", FileName)
		}
	}
}

// Read reads a configuration. Whatever is wrong with it is in one error, of Problems; if anything is, then what the
// contract does not have is named as well.
func Read(name string, tool Tool) (*Configuration, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	c, p, err := parse(name, text)
	if err != nil {
		return nil, err
	}
	c.program = tool.Program
	if !p.any() {
		return c, nil
	}
	if _, err := c.hold(tool, false, p); err != nil {
		return nil, err
	}
	return nil, p.err()
}

// Parse is Read for a text that was read, without a contract.
func Parse(name string, text []byte) (*Configuration, error) {
	c, p, err := parse(name, text)
	if err == nil {
		err = p.err()
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

func parse(name string, text []byte) (*Configuration, *problems, error) {
	p := &problems{file: name}
	root, err := one(name, text)
	if err != nil {
		return nil, nil, err
	}
	if filepath.Ext(name) == manifestSuffix {
		return nil, nil, &Problem{File: name, Text: "a configuration cannot be called like its manifest: want .yaml"}
	}
	absolute, err := filepath.Abs(name)
	if err != nil {
		return nil, nil, fmt.Errorf("find the configuration: %w", err)
	}
	c := &Configuration{File: name, root: filepath.Dir(absolute)}
	c.decode(root, p)
	return c, p, nil
}

// one parses a file that has one object of YAML.
func one(name string, text []byte) (*yaml.Node, error) {
	root, err := mistake.Document(name, text)
	if err != nil {
		return nil, err
	}
	if root.Kind != yaml.MappingNode {
		return nil, problemAt(name, root, "want keys and values, such as package: bank")
	}
	return root, nil
}

// The keys of an output, which may stand outside of the outputs too, save for those that name one.
var (
	keys = []string{"package", "output", "generate", "tags", "operations", "split", "names", "overlays", "templates",
		"uses"}
	owned = []string{"package", "output", "uses"}
)

// decode reads the configuration as a whole.
func (c *Configuration) decode(root *yaml.Node, p *problems) {
	var outputs *yaml.Node
	common := Output{at: map[string]*yaml.Node{}}
	seen := map[string]*yaml.Node{}
	for key, value := range pairs(root, p) {
		if key.Value == "outputs" {
			outputs = value
			continue
		}
		seen[key.Value] = key
		common.decode(key, value, append(slices.Clone(keys), "outputs"), p)
	}
	if outputs == nil {
		common.complete(root, p)
		c.Outputs = []Output{common}
	} else {
		for _, key := range owned {
			if at := seen[key]; at != nil {
				p.add(at, "%s belongs into one of the outputs, as there are several", key)
			}
		}
		if outputs.Kind != yaml.SequenceNode || len(outputs.Content) == 0 {
			p.add(outputs, "outputs: want a list of outputs")
			return
		}
		for _, node := range outputs.Content {
			if node = resolved(node); node.Kind != yaml.MappingNode {
				p.add(node, "outputs: want keys and values, such as package: bank")
				continue
			}
			o := common
			o.at, o.Names = maps.Clone(common.at), maps.Clone(common.Names)
			for key, value := range pairs(node, p) {
				o.decode(key, value, keys, p)
			}
			o.complete(node, p)
			c.Outputs = append(c.Outputs, o)
		}
	}
	c.relate(p)
}

// pairs walks an object. A key that stands twice is a mistake.
func pairs(object *yaml.Node, p *problems) func(func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		seen := map[string]bool{}
		for i := 0; i+1 < len(object.Content); i += 2 {
			key, value := object.Content[i], resolved(object.Content[i+1])
			if key.Tag == "!!merge" {
				p.add(key, "keys are not merged: what stands outside of the outputs is for each of them")
				continue
			}
			if key.Kind != yaml.ScalarNode {
				p.add(key, "a key is a text")
				continue
			}
			if seen[key.Value] {
				p.add(key, "%s stands twice", key.Value)
				continue
			}
			seen[key.Value] = true
			if !yield(key, value) {
				return
			}
		}
	}
}

// resolved follows an alias, but keeps where that stands.
func resolved(node *yaml.Node) *yaml.Node {
	if node.Kind != yaml.AliasNode {
		return node
	}
	copied := *node.Alias
	copied.Line, copied.Column = node.Line, node.Column
	return &copied
}

// decode reads a key of an output.
func (o *Output) decode(key, value *yaml.Node, known []string, p *problems) {
	o.at[key.Value] = value
	switch key.Value {
	case "package":
		if o.Package = text(key, value, p); o.Package != "" && (!token.IsIdentifier(o.Package) || o.Package == "_" ||
			strings.ContainsFunc(o.Package, unicode.IsUpper)) {
			p.add(value, "package: %q is no name for a package of Go", o.Package)
		} else if len(o.Package) > maxName {
			p.add(value, "package: the name is longer than %d letters", maxName)
		} else if o.Package == "main" || o.Package == "documentation" || strings.HasPrefix(o.Package, "_") {
			p.add(value, "package: nobody can import a package called %s", o.Package)
		}
	case "output":
		o.Folder = folder(key, value, p)
	case "generate":
		o.Generate = o.list(key, value, p)
		for i, name := range o.Generate {
			if !slices.Contains(generator.Parts, name) {
				p.add(o.at[element(key.Value, i)], "generate: there is no %q%s", name, hint(name, generator.Parts))
			}
		}
	case "tags":
		o.Tags = o.list(key, value, p)
	case "operations":
		o.Operations = o.list(key, value, p)
	case "split":
		if value.Tag == "!!bool" && value.Decode(&o.Split) == nil {
			return
		}
		o.Split = choice(key, value, []string{"none", "tag"}, p) == "tag"
	case "names":
		o.names(key, value, p)
	case "overlays":
		o.Overlays = o.list(key, value, p)
	case "templates":
		o.Stock = choice(key, value, []string{"ours", "stock"}, p) == "stock"
	case "uses":
		o.Uses = text(key, value, p)
	default:
		p.add(key, "there is no key %s%s", key.Value, hint(key.Value, known))
		if meant := mistake.Nearest(key.Value, known); o.at[meant] == nil {
			o.at[meant] = value // It is not missing besides.
		}
	}
}

// element is the name in Output.at of an element of a list, or of what a map has for a key.
func element(key string, of any) string { return fmt.Sprintf("%s[%v]", key, of) }

// text reads a text that is not empty.
func text(key, value *yaml.Node, p *problems) string {
	if value.Kind != yaml.ScalarNode || value.Value == "" || value.Tag == "!!null" {
		p.add(value, "%s: want a text", key.Value)
		return ""
	}
	return value.Value
}

// choice reads one of a few words.
func choice(key, value *yaml.Node, words []string, p *problems) string {
	word := text(key, value, p)
	if word != "" && !slices.Contains(words, word) {
		p.add(value, "%s: want %s, not %q%s", key.Value, strings.Join(words, " or "), word, hint(word, words))
	}
	return word
}

// folder reads a folder below that of the configuration, or beside it.
func folder(key, value *yaml.Node, p *problems) string {
	name := text(key, value, p)
	switch {
	case name == "":
		return ""
	case path.IsAbs(name), filepath.IsAbs(name), strings.Contains(name, `\`):
		p.add(value, "%s: want a folder from the one of this file on, with slashes, such as internal/bank", key.Value)
		return ""
	}
	if slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool { return len(part) > maxName }) {
		p.add(value, "%s: a name is longer than %d letters", key.Value, maxName)
		return ""
	}
	return path.Clean(name)
}

// maxName is how many letters the names of packages and folders may have: file systems have names of 255.
const maxName = 200

// list reads a list of different texts.
func (o *Output) list(key, value *yaml.Node, p *problems) []string {
	if value.Kind != yaml.SequenceNode {
		p.add(value, "%s: want a list, such as [%s]", key.Value, exampleOf(key.Value))
		return nil
	}
	if len(value.Content) == 0 {
		p.add(value, "%s: the list is empty%s", key.Value,
			map[bool]string{true: "; leave the key out"}[key.Value != "generate"])
	}
	var all []string
	seen := map[string]bool{}
	for _, node := range value.Content {
		one := text(key, resolved(node), p)
		if one != "" && seen[one] {
			p.add(node, "%s: %s stands twice", key.Value, one)
		}
		seen[one] = true
		o.at[element(key.Value, len(all))] = node
		all = append(all, one)
	}
	return all
}

// exampleOf is an element that the list of a key may have.
func exampleOf(key string) string {
	return map[string]string{"generate": "models, client", "tags": "Pockets", "operations": "getHealth",
		"overlays": "bank.overlay.yaml"}[key]
}

// names reads what has another name in Go.
func (o *Output) names(key, value *yaml.Node, p *problems) {
	if value.Kind != yaml.MappingNode {
		p.add(value, "names: want names, such as createOnUsTransfer: Pay")
		return
	}
	o.Names = map[string]string{}
	taken := map[string]string{}
	for of, name := range pairs(value, p) {
		is := text(key, name, p)
		switch {
		case is == "":
		case !token.IsIdentifier(is) || !token.IsExported(is):
			p.add(name, "names: %q is no name that Go exports", is)
		case taken[is] != "":
			p.add(name, "names: %s and %s cannot both be %s", taken[is], of.Value, is)
		}
		taken[is] = of.Value
		o.Names[of.Value], o.at[element("names", of.Value)] = is, of
	}
}

// complete looks whether an output has all that it must have, once all of its keys are read.
func (o *Output) complete(node *yaml.Node, p *problems) {
	for _, key := range []string{"package", "output", "generate"} {
		if o.at[key] == nil {
			p.add(node, "%s is missing", key)
		}
	}
	if slices.Contains(o.Generate, generator.StrictServer) && !slices.Contains(o.Generate, generator.Server) {
		o.Generate = append(slices.Clone(o.Generate), generator.Server)
	}
	if !o.Stock {
		return
	}
	if o.Split {
		p.add(o.at["split"], "split: oapi-codegen's own templates make one file")
	}
	if i := slices.Index(o.Generate, generator.Fakes); i >= 0 {
		p.add(o.at[element("generate", i)], "generate: oapi-codegen's own templates make no fakes")
	}
}

// relate looks at how the outputs go together, as far as they say enough.
func (c *Configuration) relate(p *problems) {
	for i := range c.Outputs {
		o := &c.Outputs[i]
		for j := range c.Outputs[:i] {
			if before := &c.Outputs[j]; o.Folder != "" && strings.EqualFold(before.Folder, o.Folder) {
				p.add(o.at["output"], "output: package %s has the folder %s already", before.Package, o.Folder)
			} else if o.Package != "" && before.Package == o.Package && (o.uses(c, before) || before.uses(c, o)) {
				p.add(o.at["package"], "package: two packages that use each other cannot both be %s", o.Package)
			}
		}
		if o.Uses == "" {
			continue
		}
		switch used := c.used(o); {
		case used == nil:
			p.add(o.at["uses"], "uses: there is no output of a package %s%s", o.Uses, hint(o.Uses, c.packages(o)))
		case used == o:
			p.add(o.at["uses"], "uses: a package does not use itself")
		case used.uses(c, o):
			p.add(o.at["uses"], "uses: %s uses %s", used.Package, o.Package)
		case c.twice(o) != "":
			p.add(o.at["generate"], "generate: %s is in a package that %s uses already", c.twice(o), o.Package)
		case len(c.called(o.Uses)) > 1:
			p.add(o.at["uses"], "uses: several outputs are of a package %s: name a folder", o.Uses)
		}
	}
	for i := range c.Outputs {
		o := &c.Outputs[i]
		if o.Uses != "" && c.used(o) == nil {
			continue // What that would have is not known.
		}
		for n, part := range o.Generate {
			if needed := needs[part]; needed != "" && !c.has(o, needed, len(c.Outputs)) {
				at := o.at[element("generate", n)]
				if at == nil {
					at = o.at["generate"]
				}
				p.add(at, "generate: %s needs %s: add it, or say by uses which package has it", part, needed)
			}
		}
	}
}

// needs says which part another one is made on.
var needs = map[string]string{
	generator.Client: generator.Models, generator.Server: generator.Models, generator.StrictServer: generator.Models,
	generator.Fakes: generator.Client,
}

// has reports whether an output has a part, or uses one that has, or a word that is meant to be a part: which it is can
// only be guessed. It follows as many uses as there may be.
func (c *Configuration) has(o *Output, part string, most int) bool {
	for _, one := range o.Generate {
		if one == part || !slices.Contains(generator.Parts, one) {
			return true
		}
	}
	used := c.used(o)
	return used != nil && most > 0 && c.has(used, part, most-1)
}

// twice is a part that an output has, and another one that it uses, in however many steps: which one the rest is made
// on would be left to chance.
func (c *Configuration) twice(o *Output) string {
	used := c.used(o)
	for range c.Outputs {
		if used == nil {
			break
		}
		for _, part := range o.Generate {
			if slices.Contains(used.Generate, part) {
				return part
			}
		}
		used = c.used(used)
	}
	return ""
}

// used is the output that an output uses, or nil.
func (c *Configuration) used(o *Output) *Output {
	if o.Uses == "" {
		return nil
	}
	if called := c.called(o.Uses); len(called) > 0 {
		return called[0]
	}
	return nil
}

// called are the outputs of a package or a folder.
func (c *Configuration) called(name string) []*Output {
	var all []*Output
	for i := range c.Outputs {
		if c.Outputs[i].Package == name {
			all = append(all, &c.Outputs[i])
		}
	}
	if len(all) == 1 {
		return all
	}
	for i := range c.Outputs {
		if c.Outputs[i].Folder == path.Clean(name) {
			return []*Output{&c.Outputs[i]}
		}
	}
	return all
}

// uses reports whether an output uses another one, in however many steps.
func (o *Output) uses(c *Configuration, other *Output) bool {
	used := c.used(o)
	for range c.Outputs {
		if used == nil || used == other {
			return used == other
		}
		used = c.used(used)
	}
	return false
}

// chosen are the tags and the operations that an output asks for, or the package that it uses, if it does not say.
func (c *Configuration) chosen(o *Output) (tags, operations []string) {
	for range c.Outputs {
		used := c.used(o)
		if len(o.Tags)+len(o.Operations) > 0 || used == nil {
			break
		}
		o = used
	}
	return o.Tags, o.Operations
}

// packages are the names of all outputs but one.
func (c *Configuration) packages(but *Output) []string {
	var all []string
	for i := range c.Outputs {
		if o := &c.Outputs[i]; o != but {
			all = append(all, o.Package)
		}
	}
	return all
}
