package generator_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	// What the stock code needs. To build this test is to fetch it, and to have it compiled.
	_ "github.com/go-chi/chi/v5"
	_ "github.com/google/uuid"
	_ "github.com/oapi-codegen/nullable"
	_ "github.com/oapi-codegen/runtime"
	_ "github.com/oapi-codegen/runtime/strictmiddleware/nethttp"
	_ "github.com/oapi-codegen/runtime/types"

	"github.com/jiko-partner/partner-go/internal/generator"
)

// Whoever has the document and oapi-codegen needs none of our templates.
func TestWhatTheStockBinaryMakesCompiles(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it builds the generator and looks at 90,000 lines of its code")
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	binary := filepath.Join(folder, "oapi-codegen")
	run(t, root, "go", "build", "-o", binary, "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen")
	for name, configuration := range map[string]string{
		"base": "oapi-codegen.yaml",
		"strict": write(t, filepath.Join(folder, "strict.yaml"), `package: strict
generate: {models: true, chi-server: true, strict-server: true}
output-options: {overlay: {path: gen/stock.overlay.yaml}}
`),
	} {
		code := run(t, root, binary, "--config", configuration, "openapi.yaml")
		if lines := strings.Count(code, "\n"); lines < 20_000 {
			t.Errorf("%s: %d lines only", name, lines)
		}
		typed(t, &generator.Made{Name: name, Import: name, Files: map[string][]byte{"stock.go": []byte(code)}})
	}
}

// run runs a command, offline, and returns what it prints.
func run(t *testing.T, folder, name string, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, arguments...)
	command.Dir = folder
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	var stderr strings.Builder
	command.Stderr = &stderr
	text, err := command.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(arguments, " "), err, stderr.String())
	}
	return string(text)
}

// write writes a file and returns its name.
func write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
