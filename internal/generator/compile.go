package generator

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// compile type-checks what was made: of some documents oapi-codegen makes what is no Go. What is imported may be
// anything, since it need not be on this machine, save for packages that were made as well.
func (m *Made) compile(packages []*Made) error {
	files := token.NewFileSet()
	var parsed []*ast.File
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		file, err := parser.ParseFile(files, name, m.Files[name], parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("the templates made no Go: %w", err)
		}
		for _, spec := range file.Imports {
			if path, err := strconv.Unquote(spec.Path.Value); err == nil && spec.Name == nil {
				spec.Name = ast.NewIdent(packageName(path)) // That of one that is not there is guessed otherwise.
			}
		}
		parsed = append(parsed, file)
	}
	var first error
	configuration := types.Config{
		Importer: imports(packages),
		Error: func(err error) {
			found := types.Error{}
			if first == nil && errors.As(err, &found) && !strings.HasPrefix(found.Msg, "could not import ") {
				text, _, _ := strings.Cut(found.Msg, "\n")
				first = fmt.Errorf("the code would not compile: %s%s", within(parsed, found.Pos), text)
			}
		},
	}
	// Its own error is the first one, which may be about an import.
	m.types, _ = configuration.Check(m.Name, files, parsed, nil)
	return first
}

// imports are packages by their paths. There are no others.
type imports []*Made

// Import implements types.Importer.
func (i imports) Import(path string) (*types.Package, error) {
	for _, made := range i {
		if made.Import == path {
			return made.types, nil
		}
	}
	return nil, errors.New("it is not looked at")
}

// within names the declaration that a position is in.
func within(files []*ast.File, pos token.Pos) string {
	for _, file := range files {
		for _, d := range file.Decls {
			if pos < d.Pos() || pos >= d.End() {
				continue
			}
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv != nil {
					return baseType(d.Recv.List[0].Type) + "." + d.Name.Name + ": "
				}
				return d.Name.Name + ": "
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if one, ok := spec.(*ast.TypeSpec); ok && pos >= spec.Pos() && pos < spec.End() {
						return one.Name.Name + ": "
					}
				}
			}
		}
	}
	return ""
}
