package generator_test

import (
	"bytes"
	"flag"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/internal/generator"
)

var update = flag.Bool("update", false, "write the golden files of the templates anew")

const testdata = "internal/generator/testdata"

// golden is the configuration of the small document in testdata.
func golden(t *testing.T) generator.Config {
	t.Helper()
	config, err := generator.Load(filepath.FromSlash(testdata+"/oapi-codegen.yaml"),
		filepath.FromSlash(testdata+"/openapi.yaml"), filepath.FromSlash(testdata+"/golden"))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func TestTheTemplatesMakeTheGoldenFiles(t *testing.T) {
	files, err := generator.Run(golden(t))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := generator.Write(files); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if want := read(t, name); want != string(files[name]) {
			t.Errorf("%s has changed: look at what `go test ./internal/generator -update` makes of it", name)
		}
	}
	there, err := filepath.Glob(testdata + "/golden/*/*.gen.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range there {
		if files[name] == nil {
			t.Errorf("no configuration makes %s", name)
		}
	}
}

func TestTheGoldenFilesCompile(t *testing.T) {
	vet := exec.CommandContext(t.Context(), "go", "vet")
	for _, folder := range []string{"api", "server", "services", "fakes"} {
		vet.Args = append(vet.Args, "./"+testdata+"/golden/"+folder)
	}
	if text, err := vet.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}

// Each role, made alone by a run of its own, is what it is beside the others: nothing is left over from one to the
// next.
func TestRunsDoNotInfluenceEachOther(t *testing.T) {
	config := golden(t)
	together, err := generator.Run(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, output := range config.Outputs {
		before, list, _ := strings.Cut(string(output.Text), "roles: [")
		list, after, _ := strings.Cut(list, "]")
		for role := range strings.SplitSeq(list, ", ") {
			alone := config
			alone.Outputs = []generator.File{{Name: output.Name,
				Text: []byte(before + "roles: [" + role + "]" + after)}}
			files, err := generator.Run(alone)
			if err != nil || len(files) != 1 {
				t.Fatalf("%s, %s: %d files, %v", output.Name, role, len(files), err)
			}
			for name, text := range files {
				if !bytes.Equal(text, together[name]) {
					t.Errorf("%s is another when it is made alone", name)
				}
			}
		}
	}
}
