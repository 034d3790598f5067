package partner_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// go doc shows no field of an alias, so that its comment has them.
func TestTheCommentOfAnAliasHasItsFields(t *testing.T) {
	comments := map[string]string{}
	for _, one := range documented(t).Types {
		comments[one.Name] = one.Doc
	}
	checked := 0
	for name, fields := range fieldsOf(t, "models.gen.go", "shared.gen.go") {
		comment, ok := comments[name]
		if !ok || name == "Error" {
			continue // This package leaves it out, and has an Error of its own.
		}
		checked++
		for _, field := range fields {
			if !regexp.MustCompile(`(?m)^\t` + field + ` +\S`).MatchString(comment) {
				t.Errorf("the comment of %s has no %s", name, field)
			}
		}
		if !strings.Contains(comment, "[partnerapi."+name+"]") {
			t.Errorf("the comment of %s does not say where it is", name)
		}
	}
	if checked < 200 {
		t.Errorf("%d aliases only", checked)
	}
}

// What go doc lists before the types is short: the constants of an enum are with their type.
func TestTheConstantsOfAnEnumAreDocumentedWithItsType(t *testing.T) {
	shown := documented(t)
	if n := len(shown.Consts); n > 10 {
		t.Errorf("%d groups of constants come before all else", n)
	}
	enums := 0
	for _, one := range shown.Types {
		enums += min(len(one.Consts), 1)
	}
	if enums < 50 {
		t.Errorf("%d enums only", enums)
	}
}

// documented is this package as go doc sees it.
func documented(t *testing.T) *doc.Package {
	t.Helper()
	var files []*ast.File
	set := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	shown, err := doc.NewFromFiles(set, files, "github.com/jiko-partner/partner-go/pkg/partner")
	if err != nil {
		t.Fatal(err)
	}
	return shown
}

// fieldsOf returns the exported fields of the structs in files of gen/partnerapi.
func fieldsOf(t *testing.T, names ...string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join("..", "..", "gen", "partnerapi", name))
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || !spec.Name.IsExported() {
				return true
			}
			if object, ok := spec.Type.(*ast.StructType); ok {
				for _, field := range object.Fields.List {
					if field.Names[0].IsExported() {
						all[spec.Name.Name] = append(all[spec.Name.Name], field.Names[0].Name)
					}
				}
			}
			return true
		})
	}
	return all
}
