package generator_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/internal/generator"
)

func TestAConfigurationThatIsWrongIsNamed(t *testing.T) {
	output := func(text string) func(*generator.Config) {
		return func(c *generator.Config) {
			c.Outputs = []generator.File{{Name: "x/generate.yaml", Text: []byte(text)}}
		}
	}
	for name, c := range map[string]struct {
		change func(*generator.Config)
		want   []string
	}{
		"an unknown key of an output": {output("package: x\nroles: [models]\nrole: client\n"),
			[]string{"x/generate.yaml", "role"}},
		"an unknown role":     {output("package: x\nroles: [modles]\n"), []string{"x/generate.yaml", `"modles"`}},
		"a role twice":        {output("package: x\nroles: [models, models]\n"), []string{"x/generate.yaml", "twice"}},
		"no roles":            {output("package: x\n"), []string{"x/generate.yaml", "roles"}},
		"no package":          {output("roles: [models]\n"), []string{"x/generate.yaml", "package"}},
		"a server on nothing": {output("package: x\nroles: [server]\n"), []string{"x/generate.yaml", "import"}},
		"no YAML":             {output("{"), []string{"x/generate.yaml"}},
		"nothing at all":      {output(""), []string{"x/generate.yaml: there is nothing in it"}},
		"a comment alone":     {output("# later\n"), []string{"x/generate.yaml: there is nothing in it"}},
		"two documents":       {output("package: x\nroles: [models]\n---\npackage: y\n"), []string{"x/generate.yaml"}},
		"no output":           {func(c *generator.Config) { c.Outputs = nil }, []string{"no output"}},
		"one folder twice": {func(c *generator.Config) { c.Outputs = append(c.Outputs, c.Outputs[0]) },
			[]string{"generate.yaml", "made twice"}},
		"an unknown key of the base": {func(c *generator.Config) {
			c.Base.Text = append(c.Base.Text, "compatibility-options: {}\n"...)
		}, []string{"oapi-codegen.yaml", "compatibility-options"}},
		"templates in the base": {func(c *generator.Config) {
			c.Base.Text = append(c.Base.Text, "  user-templates: {client.tmpl: x}\n"...)
		}, []string{"oapi-codegen.yaml", "user-templates"}},
		"an option that the library refuses": {func(c *generator.Config) {
			c.Base.Text = append(c.Base.Text, "import-mapping: {'#/x': y}\n"...)
		}, []string{"generate.yaml", "import-mapping"}},
		"a broken document": {func(c *generator.Config) { c.Document.Text = []byte("openapi: [") },
			[]string{"openapi.yaml"}},
		"an empty base": {func(c *generator.Config) { c.Base.Text = nil },
			[]string{"oapi-codegen.yaml: there is nothing in it"}},
		"an empty document": {func(c *generator.Config) { c.Document.Text = []byte(" \n") },
			[]string{"openapi.yaml: there is nothing in it"}},
		"a document that is something else": {func(c *generator.Config) { c.Document.Text = []byte("name: x\n") },
			[]string{"openapi.yaml: it is no OpenAPI document"}},
		"a document that is a list": {func(c *generator.Config) { c.Document.Text = []byte("- x\n") },
			[]string{"openapi.yaml: it is no OpenAPI document"}},
		"a Swagger document": {func(c *generator.Config) { c.Document.Text = []byte(`{"swagger": "2.0"}`) },
			[]string{"openapi.yaml: it is Swagger 2.0"}},
		"a document of tomorrow": {func(c *generator.Config) { c.Document.Text = []byte("openapi: 4.0.0\n") },
			[]string{"openapi.yaml: it is OpenAPI 4.0.0"}},
		"a document in pieces": {func(c *generator.Config) {
			c.Document.Text = []byte(strings.Replace(string(c.Document.Text), "'#/components/schemas/PetList'",
				"'other.yaml#/PetList'", 1))
		}, []string{"openapi.yaml", "disallowed external reference", "other.yaml#/PetList"}},
		"an empty overlay": {func(c *generator.Config) { c.Overlay.Text = []byte("\n") },
			[]string{"overlay.yaml:1:1: there is nothing in it"}},
		"an overlay without actions": {func(c *generator.Config) {
			c.Overlay.Text = []byte("overlay: 1.0.0\ninfo: {title: x, version: '1'}\n")
		}, []string{"internal/generator/testdata/overlay.yaml:1:1: it is no valid overlay", "at least one action"}},
		"a broken overlay": {func(c *generator.Config) { c.Overlay.Text = []byte("actions: [") },
			[]string{"overlay.yaml:1:1: did not find expected"}},
		"an overlay with a broken target": {func(c *generator.Config) {
			c.Overlay.Text = append(c.Overlay.Text, "  - {target: '$.paths[', remove: true}\n"...)
		}, []string{"testdata/overlay.yaml:14:14: unmatched ["}},
		"an overlay that meets nothing": {func(c *generator.Config) {
			c.Overlay.Text = append(c.Overlay.Text, "  - {target: $.paths.nowhere, remove: true}\n"...)
		}, []string{"testdata/overlay.yaml:14:14: ", `the target "$.paths.nowhere" is not in the document`}},
		"an operation without a tag": {func(c *generator.Config) {
			c.Document.Text = []byte(strings.ReplaceAll(string(c.Document.Text), "      tags: [Health]\n", ""))
		}, []string{"services", "getHealth", "no tag"}},
		"pages of a method that is not a list": {func(c *generator.Config) {
			c.Document.Text = []byte(strings.ReplaceAll(string(c.Document.Text), "listVisits", "visits"))
		}, []string{"visits", "List"}},
		"pages of what has no name": {func(c *generator.Config) {
			c.Document.Text = []byte(strings.ReplaceAll(string(c.Document.Text),
				"items: {$ref: '#/components/schemas/Visit'}", "items: {type: string}"))
		}, []string{"listVisits", "schema of their own"}},
	} {
		t.Run(name, func(t *testing.T) {
			config := golden(t)
			c.change(&config)
			files, err := generator.Run(config)
			if err == nil {
				t.Fatalf("it made %d files", len(files))
			}
			for _, want := range c.want {
				if !strings.Contains(filepath.ToSlash(err.Error()), want) {
					t.Errorf("%q does not name %s", err, want)
				}
			}
			if strings.Contains(err.Error(), os.TempDir()) || strings.Contains(err.Error(), "generator-") {
				t.Errorf("%q names a file that nobody knows", err)
			}
		})
	}
}

func TestWhatIsNotThereIsNamed(t *testing.T) {
	for _, arguments := range [][3]string{
		{"nowhere.yaml", "openapi.yaml", "gen"}, {"oapi-codegen.yaml", "nowhere.yaml", "gen"},
		{"oapi-codegen.yaml", "openapi.yaml", "nowhere.yaml"},
	} {
		if _, err := generator.Load(arguments[0], arguments[1], arguments[2]); err == nil ||
			!strings.Contains(err.Error(), "nowhere.yaml") {
			t.Errorf("%q: %v", arguments, err)
		}
	}
	base := filepath.Join(t.TempDir(), "base.yaml")
	if err := os.WriteFile(base, []byte("output-options: {overlay: {path: nowhere.yaml}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := generator.Load(base, "openapi.yaml", "gen"); err == nil ||
		!strings.Contains(err.Error(), "nowhere.yaml") {
		t.Errorf("an overlay that is not there: %v", err)
	}
}

// The library keeps its options in global variables; two runs at a time must not meet there.
func TestRunsAtTheSameTimeAreOneAfterTheOther(t *testing.T) {
	config := golden(t)
	config.Outputs = config.Outputs[:1]
	failures := make(chan error)
	for range 4 {
		go func() {
			_, err := generator.Run(config)
			failures <- err
		}()
	}
	for range 4 {
		if err := <-failures; err != nil {
			t.Error(err)
		}
	}
}

func TestWriteReplacesWholeFiles(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "below", "x.gen.go")
	if err := generator.Write(map[string][]byte{name: []byte("one")}); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(name)
	if err != nil || before.Mode().Perm() != 0o644 {
		t.Fatal(before, err)
	}
	if err := generator.Write(map[string][]byte{name: []byte("one")}); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(name); err != nil || !os.SameFile(before, after) {
		t.Error("a file that has its content already was written")
	}
	if err := generator.Write(map[string][]byte{name: []byte("two")}); err != nil || read(t, name) != "two" {
		t.Error(read(t, name), err)
	}
	// What cannot be written leaves nothing behind.
	if err := os.Mkdir(filepath.Join(folder, "taken"), 0o700); err != nil {
		t.Fatal(err)
	}
	taken := filepath.Join(folder, "taken")
	if err := generator.Write(map[string][]byte{taken: []byte("x")}); err == nil ||
		!strings.Contains(err.Error(), taken) {
		t.Error(err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 2 {
		t.Error(entries, err)
	}
}
