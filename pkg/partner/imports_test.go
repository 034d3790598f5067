package partner_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Whoever calls the API imports this package, and no other of this module for what it is made of.
func TestOneImportIsEnoughForACaller(t *testing.T) {
	inner := []string{"/gen/partnerapi", "/pkg/signing", "/pkg/idempotency"}
	root := filepath.Join("..", "..")
	files := []string{"example_test.go", filepath.Join("..", "card", "example_test.go"),
		filepath.Join("partnertest", "example_test.go"), filepath.Join(root, "otelpartner", "example_test.go"),
		filepath.Join(root, "examples", "payout", "main.go"), filepath.Join("testdata", "stock", "main.go")}
	demo, err := filepath.Glob(filepath.Join(root, "cmd", "partner", "internal", "demo", "*.go"))
	if err != nil || len(demo) == 0 {
		t.Fatal(demo, err)
	}
	for _, file := range append(files, demo...) {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imported := range parsed.Imports {
			path, err := strconv.Unquote(imported.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if path = strings.TrimPrefix(path, "github.com/jiko-partner/partner-go"); slices.Contains(inner, path) {
				t.Errorf("%s imports %s", file, path)
			}
		}
	}
	for _, file := range []string{"doc.go", filepath.Join("..", "card", "doc.go"),
		filepath.Join(root, "otelpartner", "doc.go")} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"partnerapi.", "idempotency.KeyFor(", "signing.NewSecret("} {
			if strings.Contains(string(text), name) {
				t.Errorf("%s shows %s", file, name)
			}
		}
	}
}
