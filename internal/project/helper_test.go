package project_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jiko-partner/partner-go/internal/generator"
	"github.com/jiko-partner/partner-go/internal/project"
)

// root is the folder of the repository from a test on.
const root = "../.."

func file(t testing.TB, name string) generator.File {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return generator.File{Name: name, Text: text}
}

// library is one that decides what is made.
const library = "github.com/oapi-codegen/oapi-codegen/v2"

// tool is `partner generate` with the small document that the generator's own tests have.
func tool(t testing.TB) project.Tool {
	t.Helper()
	const folder = "internal/generator/testdata/"
	return project.Tool{Version: "v1.2.3", Libraries: map[string]string{library: "v2.5.0"},
		Contract: file(t, folder+"openapi.yaml"),
		Base:     file(t, folder+"oapi-codegen.yaml"), Overlay: file(t, folder+"overlay.yaml"),
		StockOverlay: generator.File{Name: "stock.overlay.yaml", Text: []byte(
			action("  - {target: $.info, update: {title: stock}}\n"))}}
}

// repository is a folder with a module and files of its own.
func repository(t testing.TB, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	write(t, folder, "go.mod", "module example.com/consumer\n\ngo 1.26.0\n")
	for name, text := range files {
		write(t, folder, name, text)
	}
	return folder
}

// ready has the files of what the tool makes of two: making it takes most of the time of many tests.
var ready struct {
	once  sync.Once
	files map[string]string
}

// generated is a repository of two in which the tool has generated.
func generated(t testing.TB) string {
	t.Helper()
	ready.once.Do(func() {
		folder := repository(t, map[string]string{project.FileName: two})
		generate(t, folder, tool(t))
		files := map[string]string{}
		for _, name := range names(t, folder) {
			files[name] = read(t, folder, name)
		}
		ready.files = files
	})
	if ready.files == nil {
		t.Fatal("another test could not generate")
	}
	return repository(t, ready.files)
}

func write(t testing.TB, folder, name, text string) {
	t.Helper()
	name = filepath.Join(folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, folder, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// configured reads the configuration of a repository.
func configured(t testing.TB, folder string) *project.Configuration {
	t.Helper()
	c, err := project.Read(filepath.Join(folder, project.FileName), tool(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// generate generates, and fails the test if that fails.
func generate(t testing.TB, folder string, with project.Tool) project.Result {
	t.Helper()
	result, err := project.Generate(configured(t, folder), with)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// check checks, and fails the test if that cannot tell.
func check(t testing.TB, folder string, with project.Tool) project.Report {
	t.Helper()
	report, err := project.Check(configured(t, folder), with)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// names are the names of all files of a folder, from it on.
func names(t testing.TB, folder string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(folder, func(name string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, err = filepath.Rel(folder, name)
			all = append(all, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// lines are the Lines of a report as a text.
func lines(report project.Report) string { return strings.Join(report.Lines(), "\n") }
