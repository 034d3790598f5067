package project_test

import (
	"bytes"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"

	"github.com/jiko-partner/partner-go/internal/project"
)

// compiled is a repository whose module has what the generated code imports.
func compiled(t *testing.T, configuration string) string {
	t.Helper()
	mod := read(t, root, "go.mod")
	mod = strings.Replace(mod, "module github.com/jiko-partner/partner-go", "module example.com/consumer", 1)
	return repository(t, map[string]string{"go.mod": mod, "go.sum": read(t, root, "go.sum"),
		project.FileName: configuration})
}

// against compares, and returns what is breaking and what is not, each as a text.
func against(t *testing.T, folder string, with project.Tool, before string) (breaking, rest []string) {
	t.Helper()
	there := names(t, folder)
	all, err := project.Against(t.Context(), configured(t, folder), with, before)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(there, names(t, folder)) {
		t.Errorf("something was written: %v", names(t, folder))
	}
	for _, one := range all {
		text := one.Package + ": " + one.Text
		if one.Breaking {
			breaking = append(breaking, text)
		} else {
			rest = append(rest, text)
		}
	}
	return breaking, rest
}

// earlier is a contract in which an operation and a schema have other names, and its overlay.
func earlier(t *testing.T, with project.Tool) (contract, overlay string) {
	t.Helper()
	contract = string(with.Contract.Text)
	for old, now := range map[string]string{"operationId: createPet\n": "operationId: addPet\n",
		"    PetKind:": "    PetSort:", "schemas/PetKind": "schemas/PetSort"} {
		if !strings.Contains(contract, old) {
			t.Fatalf("the contract has no %q", old)
		}
		contract = strings.ReplaceAll(contract, old, now)
	}
	return contract, string(with.Overlay.Text)
}

func TestTheNamesOfAnEarlierContractAreCompared(t *testing.T) {
	t.Parallel()
	with := tool(t)
	// What the configuration names may be new, too.
	folder := compiled(t, two+"operations: [createPet]\noverlays: [own.yaml]\n")
	write(t, folder, "own.yaml", action("  - {target: $.components.schemas.PetKind, update: {description: new}}\n"))
	contract, overlay := earlier(t, with)
	before := t.TempDir()
	write(t, before, "openapi.yaml", contract)
	write(t, before, "overlay.yaml", overlay+"  - {target: $.components.schemas.Nothing, remove: true}\n")
	breaking, rest := against(t, folder, with, before)
	for _, want := range []string{"bank: (*Client).AddPet: removed", "banktest: FakePets.AddPetFunc: removed",
		"bank: PetSort: removed"} {
		if !slices.Contains(breaking, want) {
			t.Errorf("there is no %q in %q", want, breaking)
		}
	}
	if want := "bank: PetKind: added"; !slices.Contains(rest, want) {
		t.Errorf("there is no %q in %q", want, rest)
	}
	if breaking, rest = against(t, folder, with, root+"/internal/generator/testdata"); len(breaking)+len(rest) > 0 {
		t.Errorf("the same contract: %q, %q", breaking, rest)
	}
}

func TestTheNamesOfWhatWasGeneratedAreCompared(t *testing.T) {
	t.Parallel()
	with := tool(t)
	before := compiled(t, two)
	generate(t, before, with)
	one, _, _ := strings.Cut(two, "  - {package: banktest")
	less := strings.Replace(one, ", Pet Visits", "", 1)
	for _, c := range []struct {
		name, text, from string
		want             []string
	}{
		{"another folder", strings.Replace(two, "output: bank,", "output: my,", 1), ".",
			[]string{"bank: package bank in bank: changed to bank in my"}},
		{"the folder of one package, elsewhere",
			"package: bank\noutput: x\ngenerate: [models, client]\ntags: [Pets, Pet Visits]\n", "bank", nil},
		{"less, and other names", less + "names: {Pet: Animal}\n", ".", []string{"bank: (*Client).ListVisits: removed",
			"bank: Pet: removed", "banktest: package banktest: removed"}},
	} {
		breaking, _ := against(t, compiled(t, c.text), with, filepath.Join(before, c.from))
		if len(c.want) < 2 && len(breaking) > len(c.want) {
			t.Errorf("%s: %q", c.name, breaking)
		}
		for _, want := range c.want {
			if !slices.Contains(breaking, want) {
				t.Errorf("%s: there is no %q in %q", c.name, want, breaking)
			}
		}
	}
	// A copy may be anywhere.
	copied := t.TempDir()
	for _, name := range names(t, filepath.Join(before, "bank")) {
		write(t, copied, name, read(t, before, "bank/"+name))
	}
	folder := compiled(t, less)
	const want = "bank: (*Client).ListVisits: removed"
	if breaking, _ := against(t, folder, with, copied); !slices.Contains(breaking, want) {
		t.Errorf("%q", breaking)
	}
	// Without a manifest the folders say which package is which.
	remove(t, before, "partner.lock")
	if breaking, _ := against(t, folder, with, before); !slices.Contains(breaking, want) {
		t.Errorf("%q", breaking)
	}
}

func TestWhatCannotBeComparedIsNamed(t *testing.T) {
	t.Setenv("GOPROXY", "off")
	const contract = root + "/internal/generator/testdata"
	folder, with := repository(t, map[string]string{project.FileName: two, "x.txt": ""}), tool(t)
	for before, want := range map[string]string{
		"1.2.0": "there is no folder 1.2.0; a version is called v1.2.0", "./nowhere": "there is no folder ./nowhere",
		filepath.Join(folder, "x.txt"): "is no folder", "v1.2.0": "version v1.2.0: ", "main": "version main: ",
		folder:   "has neither an openapi.yaml, nor a partner.lock, nor the folders of the outputs",
		contract: "no required module provides package github.com/oapi-codegen/",
	} {
		_, err := project.Against(t.Context(), configured(t, folder), with, before)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", before, err)
		}
	}
}

// A version comes from the proxy of modules that the go command knows, whatever this repository pins.
func TestTheNamesOfAnEarlierVersionAreCompared(t *testing.T) {
	with := tool(t)
	contract, overlay := earlier(t, with)
	source, proxy := t.TempDir(), t.TempDir()
	const mod = "module " + project.ModulePath + "\n\ngo 1.26.0\n"
	for name, text := range map[string]string{"go.mod": mod, "openapi.yaml": contract, "overlay.yaml": overlay} {
		write(t, source, name, text)
	}
	var archive bytes.Buffer
	version := module.Version{Path: project.ModulePath, Version: "v1.2.0"}
	if err := zip.CreateFromDir(&archive, version, source); err != nil {
		t.Fatal(err)
	}
	at := path.Join(project.ModulePath, "@v")
	write(t, proxy, path.Join(at, "v1.2.0.zip"), archive.String())
	write(t, proxy, path.Join(at, "v1.2.0.mod"), mod)
	write(t, proxy, path.Join(at, "v1.2.0.info"), `{"Version": "v1.2.0"}`)
	write(t, proxy, path.Join(at, "list"), "v1.2.0\n")
	t.Setenv("GOPROXY", "file://"+filepath.ToSlash(proxy))
	t.Setenv("GOSUMDB", "off")
	folder := compiled(t, two)
	const want = "bank: (*Client).AddPet: removed"
	if breaking, _ := against(t, folder, with, "v1.2.0"); !slices.Contains(breaking, want) {
		t.Errorf("%q", breaking)
	}
}
