package project

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/exp/apidiff"
	"golang.org/x/tools/go/packages"

	"github.com/jiko-partner/partner-go/internal/generator"
)

// ModulePath is the module whose versions Against knows.
const ModulePath = "github.com/jiko-partner/partner-go"

// Change is what becomes of a generated identifier.
type Change struct {
	// Package is that of the output.
	Package string `json:"package"`
	// Text says what and how, as apidiff does.
	Text string `json:"text"`
	// Breaking says that code that uses it may not compile any more.
	Breaking bool `json:"breaking"`
}

var (
	// version is one of a module, and query what go mod download takes for one: a branch, or latest.
	version = regexp.MustCompile(`^v\d+(\.\d+\.\d+([-+].*)?)?$`)
	query   = regexp.MustCompile(`^[\w.+~-]+$`)
	number  = regexp.MustCompile(`^\d+(\.\d+)*$`)
)

// Against compares the identifiers that would be generated with those of before, and writes nothing. Before is a
// version of this module, v1.2.0 or latest or a branch, whose contract is taken from the cache of modules or the
// network; or a folder with an openapi.yaml; or a folder with what was generated: the one of an earlier configuration
// and its manifest, one with the folders of the outputs, or that of one package. Breaking changes come first.
func Against(ctx context.Context, c *Configuration, tool Tool, before string) ([]Change, error) {
	now, err := newPlan(c, tool)
	if err != nil {
		return nil, err
	}
	before, err = folderOf(ctx, before)
	if err != nil {
		return nil, err
	}
	last := make([]*types.Package, len(now.outputs))
	var all []Change
	switch _, err := os.Stat(filepath.Join(before, "openapi.yaml")); {
	case err == nil:
		then, err := now.earlier(before)
		if err != nil {
			return nil, err
		}
		if last, err = then.typed(ctx); err != nil {
			return nil, err
		}
	case errors.Is(err, os.ErrNotExist):
		if all, err = now.found(ctx, before, last); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("read the contract of before: %w", err)
	}
	next, err := now.typed(ctx)
	if err != nil {
		return nil, err
	}
	var moved []string // from, to
	for i := range now.outputs {
		if last[i] != nil && last[i].Path() != next[i].Path() {
			moved = append(moved, last[i].Path()+".", next[i].Path()+".")
		}
	}
	for i, o := range now.outputs {
		if last[i] == nil {
			continue // There was no such package.
		}
		for _, change := range apidiff.Changes(last[i], next[i]).Changes {
			if !onlyMoved(change.Message, moved) {
				all = append(all, Change{o.Package, change.Message, !change.Compatible})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Change) int {
		switch {
		case a.Breaking == b.Breaking:
			return strings.Compare(a.Text, b.Text)
		case a.Breaking:
			return -1
		}
		return 1
	})
	return all, nil
}

// changed is how apidiff says that a type became another.
var changed = regexp.MustCompile(`changed from (.*) to (.*)$`)

// onlyMoved reports whether a change is none but for the folders of packages.
func onlyMoved(text string, moved []string) bool {
	found := changed.FindStringSubmatch(text)
	return found != nil && strings.NewReplacer(moved...).Replace(found[1]) == found[2]
}

// folderOf returns a folder for what is a folder, or a version.
func folderOf(ctx context.Context, before string) (string, error) {
	if !version.MatchString(before) {
		switch info, err := os.Stat(before); {
		case err == nil && info.IsDir():
			return before, nil
		case err == nil:
			return "", fmt.Errorf("%s is no folder", before)
		case number.MatchString(before):
			return "", fmt.Errorf("there is no folder %s; a version is called v%[1]s", before)
		case !query.MatchString(before):
			return "", fmt.Errorf("there is no folder %s", before)
		}
	}
	return download(ctx, before)
}

// earlier is the plan with the contract of a folder, and with what the generator was told of it there. What that lacks
// of the configuration is left out.
func (l *plan) earlier(folder string) (*plan, error) {
	tool := l.tool
	for file, name := range map[*generator.File]string{&tool.Contract: "openapi.yaml", &tool.Overlay: "overlay.yaml",
		&tool.StockOverlay: "gen/stock.overlay.yaml"} {
		name = filepath.Join(folder, filepath.FromSlash(name))
		switch text, err := os.ReadFile(name); {
		case err == nil:
			*file = generator.File{Name: name, Text: text}
		case !errors.Is(err, os.ErrNotExist):
			return nil, fmt.Errorf("read the contract of before: %w", err)
		}
	}
	return planOf(l.configuration, tool, true)
}

// download returns the folder of a version of this module.
func download(ctx context.Context, version string) (string, error) {
	command := exec.CommandContext(ctx, "go", "mod", "download", "-json", ModulePath+"@"+version)
	command.Dir = os.TempDir() // In a module it might note the version in go.sum.
	command.Env = append(os.Environ(), "GOWORK=off")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	text, err := command.Output()
	var answer struct{ Dir, Error string }
	if unreadable := json.Unmarshal(text, &answer); err == nil {
		err = unreadable
	}
	switch {
	case answer.Error != "":
		return "", fmt.Errorf("version %s: %s", version, answer.Error)
	case err != nil:
		return "", fmt.Errorf("version %s: %w: %s", version, err, strings.TrimSpace(stderr.String()))
	}
	return answer.Dir, nil
}

// typed makes the outputs in memory, and their types.
func (l *plan) typed(ctx context.Context) ([]*types.Package, error) {
	all, err := l.make()
	if err != nil {
		return nil, err
	}
	overlay := map[string][]byte{}
	for i, one := range all {
		folder := l.configuration.folder(l.outputs[i].Folder)
		alone, err := emptied(folder, one.Name) // Only what is made counts.
		if err != nil {
			return nil, err
		}
		maps.Copy(overlay, alone)
		for name, text := range one.files {
			overlay[filepath.Join(folder, name)] = text
		}
	}
	paths := make([]string, len(all))
	for i, o := range l.outputs {
		paths[i] = o.importPath
	}
	return load(ctx, l.configuration.folder("."), overlay, paths...)
}

// found puts the types of what was generated before in the places of the outputs. It returns which packages are gone,
// or elsewhere.
func (l *plan) found(ctx context.Context, folder string, last []*types.Package) ([]Change, error) {
	earlier, err := l.before(folder)
	if err != nil {
		return nil, err
	}
	var changes []Change
	found := false
	for _, one := range earlier {
		if !hasGo(one.folder) {
			continue
		}
		found = true
		i := slices.IndexFunc(l.outputs, func(o planned) bool { return o.Package == one.name })
		if i < 0 || last[i] != nil {
			i = slices.IndexFunc(l.outputs, func(o planned) bool { return o.Folder == one.output })
		}
		if i < 0 {
			changes = append(changes, Change{one.name, "package " + one.name + ": removed", true})
			continue
		}
		if o := l.outputs[i]; o.Package != one.name || o.Folder != one.output {
			changes = append(changes, Change{o.Package, fmt.Sprintf("package %s in %s: changed to %s in %s", one.name,
				one.output, o.Package, o.Folder), true})
		}
		if last[i], err = l.loadEarlier(ctx, one, l.outputs[i]); err != nil {
			return nil, err
		}
	}
	if !found {
		return nil, fmt.Errorf("%s has neither an openapi.yaml, nor a %s, nor the folders of the outputs", folder,
			filepath.Base(l.configuration.manifestName()))
	}
	return changes, nil
}

// loadEarlier returns the types of a package that was generated. One that is in no module stands where the output
// would.
func (l *plan) loadEarlier(ctx context.Context, one earlierPackage, now planned) (*types.Package, error) {
	folder, path, overlay := one.folder, ".", map[string][]byte(nil)
	if _, err := moduleOf(filepath.Join(one.folder, FileName)); err != nil {
		folder, path = l.configuration.folder("."), now.importPath
		if overlay, err = standIn(l.configuration.folder(now.Folder), one.name, one.folder); err != nil {
			return nil, err
		}
	}
	typed, err := load(ctx, folder, overlay, path)
	if err != nil {
		return nil, err
	}
	return typed[0], nil
}

// standIn are the files of a folder, as if they stood in another one, and nothing else did there.
func standIn(folder, packageName, from string) (map[string][]byte, error) {
	overlay, err := emptied(folder, packageName)
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(from, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		if overlay[filepath.Join(folder, filepath.Base(name))], err = os.ReadFile(name); err != nil {
			return nil, fmt.Errorf("read what was generated: %w", err)
		}
	}
	return overlay, nil
}

// emptied has nothing in the place of each file of Go in a folder.
func emptied(folder, packageName string) (map[string][]byte, error) {
	overlay := map[string][]byte{}
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("look for what is there: %w", err)
	}
	for _, entry := range entries {
		if filepath.Ext(entry.Name()) == ".go" {
			overlay[filepath.Join(folder, entry.Name())] = []byte("package " + packageName + "\n")
		}
	}
	return overlay, nil
}

// earlierPackage is a package that was generated: its name, the folder of its output, and where that is now.
type earlierPackage struct{ name, output, folder string }

// before returns the packages that a manifest in a folder knows; without one, those where the outputs would be below
// it; or else the one that it is itself.
func (l *plan) before(folder string) ([]earlierPackage, error) {
	c := *l.configuration
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	c.root, c.File = absolute, filepath.Join(folder, filepath.Base(c.File))
	m, err := c.readManifest(c.manifestName())
	if err != nil {
		return nil, err
	}
	var all []earlierPackage
	if m != nil {
		for _, o := range m.Outputs {
			all = append(all, earlierPackage{o.Package, o.Folder, c.folder(o.Folder)})
		}
		return all, nil
	}
	for _, o := range l.outputs {
		if hasGo(c.folder(o.Folder)) {
			all = append(all, earlierPackage{o.Package, o.Folder, c.folder(o.Folder)})
		}
	}
	if len(all) > 0 {
		return all, nil
	}
	for _, o := range l.outputs {
		other, _ := otherPackage(absolute, o.Package, func(string) bool { return false })
		if other == "" && hasGo(absolute) {
			return []earlierPackage{{o.Package, o.Folder, absolute}}, nil // Wherever it is, it is meant.
		}
	}
	return nil, nil
}

func hasGo(folder string) bool {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	return err == nil && len(files) > 0
}

// load returns the types of packages, from what the compiler says of them. What go/packages itself makes types of is,
// with files that are in memory alone, the source of all that they import.
func load(ctx context.Context, folder string, overlay map[string][]byte, paths ...string) ([]*types.Package, error) {
	found, err := packages.Load(&packages.Config{
		Context: ctx, Dir: folder, Overlay: overlay, Mode: packages.NeedName | packages.NeedExportFile |
			packages.NeedImports | packages.NeedDeps,
	}, paths...)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", strings.Join(paths, ", "), err)
	}
	typed := make([]*types.Package, len(paths))
	for i, path := range paths {
		j := slices.IndexFunc(found, func(p *packages.Package) bool { return p.PkgPath == path || path == "." })
		if j < 0 {
			return nil, fmt.Errorf("load %s: there is no such package", path)
		}
		var wrong []packages.Error
		packages.Visit(found[j:j+1], nil, func(p *packages.Package) { wrong = append(wrong, p.Errors...) })
		if len(wrong) > 0 {
			return nil, fmt.Errorf("load %s (does go.mod have what it imports?): %w", path, wrong[0])
		}
		exported := importer.ForCompiler(token.NewFileSet(), "gc", func(string) (io.ReadCloser, error) {
			return os.Open(found[j].ExportFile)
		})
		if typed[i], err = exported.Import(found[j].PkgPath); err != nil {
			return nil, fmt.Errorf("load %s: %w", path, err)
		}
	}
	return typed, nil
}
