package project

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"go/build"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/jiko-partner/partner-go/internal/generator"
)

// Tool is what generates.
type Tool struct {
	// Version is that of the module it belongs to.
	Version string
	// Program is how the program is called where no module has it as a tool; empty is partner.
	Program string
	// Libraries are the versions of generator.Libraries, by their paths, as far as they are known.
	Libraries map[string]string
	// Contract is the OpenAPI document.
	Contract generator.File
	// Base is the base configuration of the generator, and Overlay what it is told beyond the contract.
	Base, Overlay generator.File
	// StockOverlay is what oapi-codegen's own templates need to be told, too.
	StockOverlay generator.File
}

// plan is a configuration that was held against the contract.
type plan struct {
	configuration *Configuration
	tool          Tool
	outputs       []planned
	// by is what makes the files: the tool, or an earlier one that makes the same.
	by madeBy
	// between is called before each step of writing, by tests that end it there.
	between func() error
}

// planned is an output that can be made.
type planned struct {
	*Output
	contract *generator.Contract
	// asked are the tags, and askedByName the operations, that decide which operations there are.
	asked, askedByName []string
	// operations are the ids of its operations, in the order of the contract.
	operations []string
	inputs     inputs
	// importPath is that of its package.
	importPath string
}

// newPlan holds a configuration against the contract. It writes nothing.
func newPlan(c *Configuration, tool Tool) (*plan, error) { return planOf(c, tool, false) }

// planOf is newPlan. A lenient one leaves out what the contract, which may be an earlier one, does not have.
func planOf(c *Configuration, tool Tool, lenient bool) (*plan, error) {
	p := &problems{file: c.File}
	outputs, err := c.hold(tool, lenient, p)
	if err != nil {
		return nil, err
	}
	result := &plan{configuration: c, tool: tool, outputs: outputs, by: tool.made()}
	if !p.any() && !lenient {
		result.relate(p)
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	for i := range result.outputs {
		o := &result.outputs[i]
		var imports []string
		for used := result.used(o); used != nil; used = result.used(used) {
			imports = append(imports, used.importPath)
		}
		if imports != nil {
			o.inputs.Configuration["module"] = digest(imports)
		}
	}
	return result, nil
}

// hold looks whether the contract has what the outputs ask for.
func (c *Configuration) hold(tool Tool, lenient bool, p *problems) ([]planned, error) {
	bare, err := generator.Open(tool.Contract, tool.Base)
	if err != nil {
		return nil, err
	}
	digests := map[string]string{}
	for _, o := range bare.Operations() {
		digests[o.ID] = o.Digest
	}
	module, err := moduleOf(c.File)
	if err != nil {
		return nil, err
	}
	var all []planned
	contracts := map[string]*generator.Contract{}
	for i := range c.Outputs {
		o := &c.Outputs[i]
		overlays, ok := c.overlays(o, tool, p)
		if !ok {
			continue
		}
		id := overlaysID(overlays)
		if _, opened := contracts[id]; !opened {
			open := generator.Open
			if lenient {
				open = generator.OpenEarlier
			}
			if contracts[id], err = open(tool.Contract, tool.Base, overlays...); err != nil {
				if !lenient {
					err = tool.opened(c, o, err)
				}
				p.others = append(p.others, err)
			}
		}
		if contracts[id] == nil {
			continue
		}
		one := planned{Output: o, contract: contracts[id]}
		one.asked, one.askedByName = c.chosen(o)
		if missing := one.choose(); !lenient {
			missing.report(p)
		}
		if o.Folder != "" && c.parent(o, p) {
			if one.importPath, err = module.importPath(c.folder(o.Folder)); err != nil {
				p.add(o.at["output"], "%v", err)
			}
		}
		one.inputs = tool.inputs(one, digests, overlays)
		all = append(all, one)
	}
	return all, nil
}

// folder is a folder as the system names it, or a file.
func (c *Configuration) folder(name string) string {
	return filepath.Join(c.root, filepath.FromSlash(name))
}

// relative is a name from the folder of the configuration on, with slashes.
func (c *Configuration) relative(name string) string {
	relative, err := filepath.Rel(c.root, name)
	if err != nil {
		return filepath.ToSlash(name)
	}
	return filepath.ToSlash(relative)
}

// shown is a name as people see it, from where the configuration was named.
func (c *Configuration) shown(name string) string {
	return filepath.Join(filepath.Dir(c.File), filepath.FromSlash(c.relative(name)))
}

// parent looks whether the folder that the folder of an output belongs into is there. The folder itself is made.
func (c *Configuration) parent(o *Output, p *problems) bool {
	folder := c.folder(o.Folder)
	if info, err := os.Stat(folder); err == nil {
		if !info.IsDir() {
			p.add(o.at["output"], "output: %s is no folder", o.Folder)
			return false
		}
		for i := range c.Outputs {
			other := &c.Outputs[i]
			if other == o {
				break
			}
			its, err := os.Stat(c.folder(other.Folder))
			if err == nil && os.SameFile(info, its) && !strings.EqualFold(other.Folder, o.Folder) {
				p.add(o.at["output"], "output: package %s has this folder already, as %s", other.Package, other.Folder)
				return false
			}
		}
		if other, file := otherPackage(folder, o.Package, c.isOwn); other != "" {
			p.add(o.at["output"], "output: %s has package %s already, in %s", o.Folder, other, file)
			return false
		}
		return true
	}
	if _, err := os.Lstat(folder); err == nil {
		p.add(o.at["output"], "output: %s is a link to nothing", o.Folder)
		return false
	}
	parent := filepath.Dir(folder)
	info, err := os.Stat(parent)
	if err == nil && info.IsDir() {
		return true
	}
	if slices.ContainsFunc(c.Outputs, func(other Output) bool { return c.folder(other.Folder) == parent }) {
		return true // It is made for another output.
	}
	missing := parent
	for filepath.Dir(missing) != missing {
		if info, err := os.Stat(filepath.Dir(missing)); err == nil && info.IsDir() {
			break
		}
		missing = filepath.Dir(missing)
	}
	var beside []string
	if entries, err := os.ReadDir(filepath.Dir(missing)); err == nil {
		for _, entry := range entries {
			if entry.IsDir() {
				beside = append(beside, entry.Name())
			}
		}
	}
	p.add(o.at["output"], "output: there is no folder %s%s", c.relative(missing), hint(filepath.Base(missing), beside))
	return false
}

// otherPackage finds a file in a folder that is of another package. Tests, files that nobody builds, and those that are
// left out are not looked at.
func otherPackage(folder, name string, leftOut func(name string) bool) (other, file string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", ""
	}
	for _, entry := range entries {
		full := filepath.Join(folder, entry.Name())
		if filepath.Ext(full) != ".go" || strings.HasSuffix(full, "_test.go") || leftOut(full) {
			continue
		}
		if info, err := os.Stat(full); err != nil || !info.Mode().IsRegular() {
			continue
		}
		if built, err := build.Default.MatchFile(folder, entry.Name()); err != nil || !built {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), full, nil, parser.PackageClauseOnly)
		if err == nil && parsed.Name.Name != name {
			return parsed.Name.Name, entry.Name()
		}
	}
	return "", ""
}

// overlays reads the overlays of an output, after those of the generator.
func (c *Configuration) overlays(o *Output, tool Tool, p *problems) ([]generator.File, bool) {
	all := []generator.File{tool.Overlay}
	if o.Stock {
		all = append(all, tool.StockOverlay)
	}
	ok := true
	for i, name := range o.Overlays {
		text, err := os.ReadFile(c.folder(name))
		if err != nil {
			cause := err
			if wrapped := (*os.PathError)(nil); errors.As(err, &wrapped) {
				cause = wrapped.Err
			}
			p.add(o.at[element("overlays", i)], "overlays: %s: %v%s", name, cause, c.beside(name))
			ok = false
			continue
		}
		all = append(all, generator.File{Name: c.shown(c.folder(name)), Text: text})
	}
	return all, ok
}

// beside names the file that was probably meant by one that is not there.
func (c *Configuration) beside(name string) string {
	entries, err := os.ReadDir(filepath.Dir(c.folder(name)))
	if err != nil {
		return ""
	}
	var names []string
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), path.Ext(name)) {
			names = append(names, path.Join(path.Dir(name), entry.Name()))
		}
	}
	return hint(name, names)
}

func overlaysID(overlays []generator.File) string {
	sum := sha256.New()
	for _, o := range overlays {
		fmt.Fprintf(sum, "%d %s %d ", len(o.Name), o.Name, len(o.Text))
		sum.Write(o.Text)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// choose finds the operations of an output, and returns what it names that the contract does not have.
func (o *planned) choose() missing {
	all := o.contract.Operations()
	var tags, ids []string
	for _, one := range all {
		ids = append(ids, one.ID)
		tags = append(tags, one.Tags...)
		if len(o.asked)+len(o.askedByName) == 0 || slices.Contains(o.askedByName, one.ID) ||
			slices.ContainsFunc(one.Tags, func(tag string) bool { return slices.Contains(o.asked, tag) }) {
			o.operations = append(o.operations, one.ID)
		}
	}
	var m missing
	look := func(key string, of any, name, what string, known []string) {
		if name == "" || slices.Contains(known, name) {
			return
		}
		meant := ""
		if len(m) < maxProblems { // What is shown.
			meant = hint(name, known)
		}
		text := fmt.Sprintf("%s: the contract has no %s %s%s", key, what, name, meant)
		m = append(m, missed{o.at[element(key, of)], text})
	}
	for i, tag := range o.Tags {
		look("tags", i, tag, "tag", tags)
	}
	for i, id := range o.Operations {
		look("operations", i, id, "operation", ids)
	}
	things := slices.Concat(ids, o.contract.Schemas())
	for _, name := range slices.Sorted(maps.Keys(o.Names)) {
		look("names", name, name, "operation or schema", things)
	}
	return m
}

// missing is what a configuration names and the contract does not have.
type missing []missed

type missed struct {
	at   *yaml.Node
	text string
}

func (m missing) report(p *problems) {
	for _, one := range m {
		p.add(one.at, "%s", one.text)
	}
}

// relate looks whether the package that an output uses has its operations, under the same names.
func (l *plan) relate(p *problems) {
	for i := range l.outputs {
		o := &l.outputs[i]
		used := l.used(o)
		if used == nil {
			continue
		}
		for _, id := range o.operations {
			if !slices.Contains(used.operations, id) {
				p.add(o.at["uses"], "uses: package %s does not have the operation %s", used.Package, id)
				break
			}
		}
		if used.contract != o.contract || used.Stock != o.Stock {
			p.add(o.at["uses"], "uses: package %s has other overlays or templates", used.Package)
		}
		if !maps.Equal(used.Names, o.Names) {
			p.add(o.at["uses"], "uses: package %s has other names", used.Package)
		}
	}
}

// used is the output that another one uses, or nil.
func (l *plan) used(o *planned) *planned {
	used := l.configuration.used(o.Output)
	for i := range l.outputs {
		if l.outputs[i].Output == used && used != nil {
			return &l.outputs[i]
		}
	}
	return nil
}

// inputs are what the files of an output are made of, as digests.
type inputs struct {
	// Package and Folder say which output it is.
	Package string `json:"package"`
	Folder  string `json:"folder"`
	// Operations has a digest of each operation in the contract, and Applied one of what overlays have made of it.
	Operations map[string]string `json:"operations"`
	Applied    map[string]string `json:"applied"`
	// Configuration has a digest of the value of each key, with the content of overlays.
	Configuration map[string]string `json:"configuration"`
}

func (t Tool) inputs(o planned, digests map[string]string, overlays []generator.File) inputs {
	i := inputs{o.Package, o.Folder, map[string]string{}, map[string]string{}, map[string]string{}}
	for _, applied := range o.contract.Operations() {
		if id := applied.ID; slices.Contains(o.operations, id) {
			i.Operations[id], i.Applied[id] = digests[id], applied.Digest // That of an overlay is in no contract.
		}
	}
	generate := slices.Sorted(slices.Values(o.Generate))
	own := make([][2]string, len(o.Overlays))
	for i, file := range overlays[len(overlays)-len(o.Overlays):] {
		own[i] = [2]string{o.Overlays[i], string(file.Text)}
	}
	templates := "ours"
	if o.Stock {
		templates = "stock"
	}
	for key, value := range map[string]any{
		"package": o.Package, "output": o.Folder, "generate": generate,
		"tags": slices.Sorted(slices.Values(o.asked)), "operations": slices.Sorted(slices.Values(o.askedByName)),
		"split": o.Split, "names": o.Names, "overlays": own, "templates": templates, "uses": o.Uses,
	} {
		i.Configuration[key] = digest(value)
	}
	return i
}

// digest is a short one of a value.
func digest(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // It is made of texts, lists and maps.
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// identity tells tools apart that may make other files of the same contract.
func (t Tool) identity() string {
	return digest([]any{t.Libraries, generator.Identity(), marker, headerFormat, string(t.Base.Text),
		string(t.Overlay.Text), string(t.StockOverlay.Text)})
}

// made is what a manifest knows of the tool.
func (t Tool) made() madeBy { return madeBy{t.Version, t.identity(), t.Libraries} }
