package generator_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"go.yaml.in/yaml/v3"

	"github.com/jiko-partner/partner-go/internal/generator"
)

// The tests look at the whole repository, from its root.
func TestMain(m *testing.M) {
	if err := os.Chdir(filepath.Join("..", "..")); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// Several packages come out of one document by one base configuration.
func TestTheBaseConfigurationIsWhatTheNamesRestOn(t *testing.T) {
	base := yamlFile(t, "oapi-codegen.yaml")
	options := base.sub("output-options")
	if options["nullable-type"] != true {
		t.Error("nullable-type is off: an absent member and a null one would be the same")
	}
	for _, option := range []string{"name-normalizer", "additional-initialisms", "overlay", "type-mapping",
		"nullable-type", "skip-prune", "prefer-skip-optional-pointer-on-container-types"} {
		if options[option] == nil {
			t.Errorf("%s is not set", option)
		}
	}
	if base.sub("compatibility")["always-prefix-enum-values"] != true {
		t.Error("always-prefix-enum-values is off")
	}
	if remote, ok := base["allow-remote-refs-from"].([]any); !ok || len(remote) != 0 {
		t.Errorf("allow-remote-refs-from is %v, want an empty list", base["allow-remote-refs-from"])
	}
	// What it makes is printed: a file of it would be one more that nobody compares.
	if output, ok := base["output"]; ok {
		t.Errorf("the stock binary would write %v", output)
	}
}

func TestEachGeneratedFileIsWhatItsConfigurationMakes(t *testing.T) {
	const base, document, folders = "oapi-codegen.yaml", "openapi.yaml", "gen pkg"
	if !strings.Contains(read(t, "generate.go"),
		"\n//go:generate go run ./internal/generator/generate "+base+" "+document+" "+folders+"\n") {
		t.Error("generate.go does not run the generator")
	}
	config, err := generator.Load(base, document, strings.Fields(folders)...)
	if err != nil {
		t.Fatal(err)
	}
	made, err := generator.Run(config)
	if err != nil {
		t.Fatal(err)
	}
	// The compact contract has a generator of its own.
	if !strings.Contains(read(t, filepath.Join("pkg", "contract", "doc.go")),
		"//go:generate go run github.com/jiko-partner/partner-go/internal/generator/compact ../../openapi.yaml "+
			"document.gen.go contract\n") {
		t.Error("pkg/contract does not generate document.gen.go")
	}
	files := generated(t)
	made[filepath.Join("pkg", "contract", "document.gen.go")] = nil
	for name, text := range files {
		switch want, ok := made[name]; {
		case !ok:
			t.Errorf("no configuration makes %s", name)
		case want != nil && string(want) != text:
			t.Errorf("%s is stale", name)
		}
	}
	for name := range made {
		if _, ok := files[name]; !ok {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestNoGeneratedFileIsTooLongToOpen(t *testing.T) {
	for name, text := range generated(t) {
		if n := strings.Count(text, "\n"); n > 5000 {
			t.Errorf("%s has %d lines, want at most 5000: split its role in two", name, n)
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

// Go's tools see only a paragraph of its own.
func TestWhatIsDeprecatedIsSeenAsThat(t *testing.T) {
	mark := regexp.MustCompile(`(?m)^(.*)\n([ \t]*)// Deprecated: `)
	found := 0
	for name, text := range generated(t) {
		for _, m := range mark.FindAllStringSubmatch(text, -1) {
			found++
			if strings.HasPrefix(strings.TrimSpace(m[1]), "//") && m[1] != m[2]+"//" {
				t.Errorf("%s: a mark right below %q", name, m[1])
			}
		}
	}
	if found < 10 {
		t.Errorf("looked at %d marks only", found)
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
		{"AccountID", false}, {"AccountId", true}, {"accountID", false}, {"accountId", true},
		{"id", false}, {"Identification", false}, {"Idempotency", false},
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
var statusCode = regexp.MustCompile(`(JSON|Response|Status|Default|\bN)([1-5]\d\d|[1-5]XX)|` +
	`([1-5]\d\d|[1-5]XX)(JSON|Response|Application|Body|Headers|$)`)

// faultOf says what is wrong with a Go name. initialisms are those of the configuration, in upper case.
func faultOf(name string, initialisms []string) string {
	for _, word := range wordsOf(name) {
		if word[0] >= 'A' && word[0] <= 'Z' && word != strings.ToUpper(word) &&
			slices.Contains(initialisms, strings.ToUpper(word)) {
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

// generated returns the text of each file under gen, but for its doc.go, and of every other generated file of this
// module.
func generated(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if _, err := os.Stat(filepath.Join(name, "go.mod")); name != "." && (err == nil ||
				slices.Contains([]string{".git", "node_modules", "testdata"}, d.Name())) {
				return fs.SkipDir // A module of its own, or none of ours, or a test's.
			}
			return nil
		}
		if strings.HasSuffix(name, "_test.go") || d.Name() == "doc.go" || !strings.HasSuffix(name, ".go") {
			return nil
		}
		if !strings.HasPrefix(filepath.ToSlash(name), "gen/") && !strings.HasSuffix(name, ".gen.go") {
			return nil
		}
		files[name] = read(t, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func yamlFile(t *testing.T, name string) tree {
	t.Helper()
	var file tree
	if err := yaml.Unmarshal([]byte(read(t, name)), &file); err != nil {
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
