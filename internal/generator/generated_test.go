package generator_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// The tests look at the whole repository, from its root.
func TestMain(m *testing.M) {
	if err := os.Chdir(filepath.Join("..", "..")); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// configurations returns the configurations of the generator by the names of their files.
func configurations(t *testing.T) map[string]tree {
	t.Helper()
	files, err := filepath.Glob("oapi-codegen*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]tree{}
	for _, file := range files {
		all[file] = yamlFile(t, file)
	}
	return all
}

// Several packages come out of one document; a name that only one of them has would not compile, or worse, would.
func TestTheConfigurationsOfTheGeneratorAgree(t *testing.T) {
	all := configurations(t)
	for _, name := range []string{"oapi-codegen.yaml", "oapi-codegen.server.yaml", "oapi-codegen.client.yaml",
		"oapi-codegen.fakes.yaml"} {
		if all[name] == nil {
			t.Errorf("there is no %s", name)
		}
	}
	models := all["oapi-codegen.yaml"]
	if models.sub("output-options")["nullable-type"] != true {
		t.Error("nullable-type is off: an absent member and a null one would be the same")
	}
	for name, config := range all {
		for _, option := range []string{"name-normalizer", "additional-initialisms", "overlay", "type-mapping",
			"nullable-type", "skip-prune", "prefer-skip-optional-pointer-on-container-types"} {
			a, b := models.sub("output-options")[option], config.sub("output-options")[option]
			if a == nil || !reflect.DeepEqual(a, b) {
				t.Errorf("%s: %s is %v, for the models %v", name, option, b, a)
			}
		}
		if config.sub("compatibility")["always-prefix-enum-values"] != true {
			t.Errorf("%s: always-prefix-enum-values is off", name)
		}
		// The generator says nothing about the key that its documentation names in places.
		if _, ok := config["compatibility-options"]; ok {
			t.Errorf("%s: compatibility-options does not parse; the key is compatibility", name)
		}
		if remote, ok := config["allow-remote-refs-from"].([]any); !ok || len(remote) != 0 {
			t.Errorf("%s: allow-remote-refs-from is %v, want an empty list", name, config["allow-remote-refs-from"])
		}
		for template, file := range config.sub("output-options").sub("user-templates") {
			if _, err := os.Stat(file.(string)); err != nil {
				t.Errorf("%s: template %s: %v", name, template, err)
			}
		}
	}
}

func TestEachConfigurationIsRunAndMakesItsFile(t *testing.T) {
	directives, err := os.ReadFile("generate.go")
	if err != nil {
		t.Fatal(err)
	}
	files, made := generated(t), map[string]bool{}
	for name, config := range configurations(t) {
		if !strings.Contains(string(directives), " --config "+name+" openapi.yaml\n") {
			t.Errorf("generate.go does not run %s", name)
		}
		output, _ := config["output"].(string)
		if _, ok := files[filepath.FromSlash(output)]; !ok || made[output] {
			t.Errorf("%s makes %q, which is not there or is made twice", name, output)
		}
		made[output] = true
	}
	// The compact contract has a generator of its own.
	text, err := os.ReadFile(filepath.Join("pkg", "contract", "doc.go"))
	if err != nil || !strings.Contains(string(text),
		"//go:generate go run github.com/jiko-partner/partner-go/internal/generator/compact ../../openapi.yaml "+
			"document.gen.go contract\n") {
		t.Errorf("pkg/contract does not generate document.gen.go: %v", err)
	}
	made["pkg/contract/document.gen.go"] = true
	for name := range files {
		if !made[filepath.ToSlash(name)] {
			t.Errorf("no configuration makes %s", name)
		}
	}
}

func TestEveryGeneratedFileSaysSo(t *testing.T) {
	// https://go.dev/s/generatedcode
	marker := regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)
	for name, text := range generated(t) {
		if !strings.HasSuffix(name, ".gen.go") {
			t.Errorf("%s does not end in .gen.go", name)
		}
		head, _, _ := strings.Cut(text, "\nimport ")
		if !marker.MatchString(head) {
			t.Errorf("%s does not say that it is generated", name)
		}
		if float := regexp.MustCompile(`\bfloat(32|64)\b`).FindString(text); float != "" {
			t.Errorf("%s has a %s", name, float)
		}
	}
}

func TestGeneratedNamesAreIdiomatic(t *testing.T) {
	found := 0
	for name, text := range generated(t) {
		if strings.HasPrefix(filepath.ToSlash(name), "gen/partnerserver/") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		known, seen := initialisms(t), map[string]bool{}
		ast.Inspect(file, func(n ast.Node) bool {
			if ident, ok := n.(*ast.Ident); ok && !seen[ident.Name] {
				seen[ident.Name] = true
				found++
				if fault := faultOf(ident.Name, known); fault != "" {
					t.Errorf("%s: %s", ident.Name, fault)
				}
			}
			return true
		})
	}
	if found < 1000 {
		t.Errorf("looked at %d names only", found)
	}
}

func TestFaultsOfNames(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault bool
	}{
		{"ACHOrigination", false}, {"AchOrigination", true}, {"ListACH", false}, {"CreateAch", true},
		{"AccountID", false}, {"AccountId", true}, {"accountID", false}, {"accountId", true}, {"id", false}, {"Identification", false}, {"Idempotency", false},
		{"SetCardPIN", false}, {"SetCardPin", true}, {"PinRequest", true}, {"Pinned", false},
		{"URL", false}, {"DownloadUrl", true}, {"url", false}, {"SSN", false}, {"SsnType", true}, {"KycStatus", true},
		{"JSON200", true}, {"GetCustomer200Response", true}, {"Status422", true}, {"N201", true}, {"Response4XX", true},
		{"BETWEEN50KAnd200K", false}, {"Document1099B", false}, {"ProofOf501Status", false},
	} {
		if got := faultOf(c.name, initialisms(t)); (got != "") != c.fault {
			t.Errorf("%s: fault %q", c.name, got)
		}
	}
}

// statusCode finds the status of a response in a name: a caller has no use for it.
var statusCode = regexp.MustCompile(`(JSON|Response|Status|Default|\bN)([1-5]\d\d|[1-5]XX)|([1-5]\d\d|[1-5]XX)(JSON|Response|Application|Body|Headers|$)`)

// faultOf says what is wrong with a Go name. initialisms are those of the configuration, in upper case.
func faultOf(name string, initialisms []string) string {
	for _, word := range wordsOf(name) {
		if word[0] >= 'A' && word[0] <= 'Z' && word != strings.ToUpper(word) && slices.Contains(initialisms, strings.ToUpper(word)) {
			return word + " is an initialism"
		}
	}
	if status := statusCode.FindString(name); status != "" {
		return "a status leaks into it"
	}
	return ""
}

// wordsOf splits a Go name into its words. A run of capitals is one word, without the capital that starts the next.
func wordsOf(name string) []string {
	var all []string
	for _, word := range regexp.MustCompile(`[A-Z]+[a-z]*|[a-z]+`).FindAllString(name, -1) {
		capitals := strings.IndexFunc(word, unicode.IsLower)
		if capitals > 1 {
			all = append(all, word[:capitals-1])
			word = word[capitals-1:]
		}
		all = append(all, word)
	}
	return all
}

// initialisms is the list of the configuration, and what the generator and every Go programmer know.
func initialisms(t *testing.T) []string {
	t.Helper()
	return append(words(yamlFile(t, "oapi-codegen.yaml").sub("output-options")["additional-initialisms"]),
		"API", "HTTP", "HTTPS", "ID", "IP", "JSON", "URI", "URL", "UUID", "XML")
}

// generated returns the text of each file under gen, and of every other generated file of this module.
func generated(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if _, err := os.Stat(filepath.Join(name, "go.mod")); name != "." && (err == nil || d.Name() == ".git" || d.Name() == "node_modules") {
				return fs.SkipDir // A module of its own, or none of ours.
			}
			return nil
		}
		if strings.HasSuffix(name, "_test.go") {
			return nil
		}
		if !strings.HasPrefix(filepath.ToSlash(name), "gen/") && !strings.HasSuffix(name, ".gen.go") {
			return nil
		}
		text, err := os.ReadFile(name)
		files[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func yamlFile(t *testing.T, name string) tree {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var file tree
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return file
}

// tree is a mapping of a YAML document.
type tree map[string]any

func (t tree) sub(key string) tree {
	v, _ := t[key].(tree)
	return v
}

func words(v any) []string {
	values, _ := v.([]any)
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i], _ = v.(string)
	}
	return texts
}
