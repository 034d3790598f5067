package validation_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The package serves any contract: what this module's API asks for beyond its document is an option. Tests may know
// more, and so may import paths.
func TestNoFileKnowsThisAPI(t *testing.T) {
	files := 0
	for _, dir := range []string{".", "internal/schema", "internal/schematest"} {
		for _, path := range sources(t, dir) {
			files++
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(text)) {
				line = strings.ToLower(strings.TrimSpace(line))
				if strings.HasPrefix(line, `"github.com/jiko-partner/partner-go/`) {
					for _, known := range []string{"contract", "gen/", "signing", "idempotency", `partner-go"`} {
						if strings.Contains(line, known) {
							t.Errorf("%s imports %s", path, line)
						}
					}
					continue
				}
				for _, word := range []string{"jiko", "x-jiko", "wire_id", "/api/v", "partner"} {
					if strings.Contains(line, word) {
						t.Errorf("%s knows %s: %s", path, word, line)
					}
				}
			}
		}
	}
	if files < 40 {
		t.Errorf("only %d files were read", files)
	}
}

// No two files need each other, directly or not: each can be read with those below it.
func TestFilesDoNotNeedEachOtherInCircles(t *testing.T) {
	for _, dir := range []string{".", "internal/schema", "internal/schematest"} {
		arrows := arrowsBetweenFiles(t, dir)
		if len(arrows) < 3 {
			t.Errorf("%s: only %d files need another", dir, len(arrows))
		}
		// Files that need none, then those that need these alone, and so on. What stays is a circle.
		for {
			before := len(arrows)
			for from, to := range arrows {
				if !slices.ContainsFunc(slices.Collect(maps.Keys(to)),
					func(file string) bool { return arrows[file] != nil }) {
					delete(arrows, from)
				}
			}
			if len(arrows) == before {
				break
			}
		}
		for from, to := range arrows {
			t.Errorf("%s: %s is in a circle, or needs one, by %v", dir, from, slices.Sorted(maps.Keys(to)))
		}
	}
}

// The documentation of internal/schema lists its files in the order in which they can be read.
func TestTheListOfFilesIsInOrder(t *testing.T) {
	text, err := os.ReadFile("internal/schema/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ = bytes.Cut(text, []byte("# Files"))
	order := map[string]int{"doc": 0}
	for _, row := range regexp.MustCompile(`(?m)^//\t\w+ {2,}(.*)$`).FindAllSubmatch(text, -1) {
		for _, file := range strings.Fields(string(row[1])) {
			order[file] = len(order)
		}
	}
	name := func(path string) string { return strings.TrimSuffix(filepath.Base(path), ".go") }
	files := sources(t, "internal/schema")
	for _, path := range files {
		if _, listed := order[name(path)]; !listed {
			t.Errorf("%s is not listed", path)
		}
	}
	if len(order) != len(files) {
		t.Errorf("%d files are listed; there are %d", len(order), len(files))
	}
	for from, used := range arrowsBetweenFiles(t, "internal/schema") {
		for to := range used {
			if order[name(to)] > order[name(from)] {
				t.Errorf("%s stands before %s, which it uses", name(from), name(to))
			}
		}
	}
}

func sources(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(paths, func(path string) bool { return strings.HasSuffix(path, "_test.go") })
}

// arrowsBetweenFiles finds out which files of a package use something that is declared in which others.
func arrowsBetweenFiles(t *testing.T, dir string) map[string]map[string]bool {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	for _, path := range sources(t, dir) {
		file, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	info := &types.Info{Uses: make(map[*ast.Ident]types.Object)}
	// Other packages are left out, and so are the errors that this leads to.
	config := types.Config{Importer: nothing{}, Error: func(error) {}}
	pkg, _ := config.Check(dir, fset, files, info)
	arrows := make(map[string]map[string]bool)
	for identifier, object := range info.Uses {
		from, to := fset.Position(identifier.Pos()).Filename, fset.Position(object.Pos()).Filename
		if object.Pkg() != pkg || from == to {
			continue
		}
		if arrows[from] == nil {
			arrows[from] = make(map[string]bool)
		}
		arrows[from][to] = true
	}
	return arrows
}

type nothing struct{}

func (nothing) Import(path string) (*types.Package, error) {
	return nil, fmt.Errorf("%s is left out", path)
}
