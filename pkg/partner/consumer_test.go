package partner_test

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// maxIndirect is how many modules a program takes on that needs the client and nothing else.
const maxIndirect = 4

// consumer is a module in a folder of its own that needs this one, as a stranger's repository does. It requires what go
// get would have it require, and is built offline, of what building this repository has fetched.
type consumer struct {
	folder, root string
	// indirect are the modules that it takes on besides this one.
	indirect []string
}

func newConsumer(t *testing.T, files map[string]string) consumer {
	t.Helper()
	_, file, _, _ := runtime.Caller(0)
	c := consumer{folder: t.TempDir(), root: filepath.Dir(filepath.Dir(filepath.Dir(file)))}
	sums, err := os.ReadFile(filepath.Join(c.root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	c.write(t, "go.sum", string(sums))
	// The modules that have a package which pkg/partner needs. Asking go get or go mod tidy for them would take the
	// network.
	modules := c.run(t, c.root, nil, "go", "list", "-deps", "-f",
		"{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", "./pkg/partner")
	requirements := "require github.com/jiko-partner/partner-go v0.0.0\n\nrequire (\n"
	for module := range strings.Lines(modules) {
		if module = strings.TrimSpace(module); module != "" && !slices.Contains(c.indirect, module) {
			c.indirect = append(c.indirect, module)
			requirements += "\t" + module + " // indirect\n"
		}
	}
	c.write(t, "go.mod", "module example.com/consumer\n\ngo 1.26.0\n\n"+requirements+
		")\n\nreplace github.com/jiko-partner/partner-go => "+c.root+"\n")
	for name, text := range files {
		c.write(t, name, text)
	}
	return c
}

func (c consumer) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(c.folder, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs a command in a folder and returns what it prints.
func (c consumer) run(t *testing.T, folder string, environment []string, name string, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, arguments...)
	command.Dir = folder
	command.Env = append(os.Environ(), environment...)
	text, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(arguments, " "), err, text)
	}
	return string(text)
}

// build builds the module's program. It fails if a requirement is missing.
func (c consumer) build(t *testing.T) (program string) {
	t.Helper()
	program = filepath.Join(c.folder, "program")
	environment := []string{"GOFLAGS=-mod=readonly", "GOPROXY=off", "GOWORK=off"}
	// Nobody debugs it, and without what that needs it is linked faster.
	c.run(t, c.folder, environment, "go", "build", "-ldflags=-s -w", "-o", program, ".")
	return program
}

func TestAConsumerTakesOnFewModules(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program")
	}
	t.Parallel()
	c := newConsumer(t, map[string]string{"main.go": `package main

import (
	"fmt"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

func main() {
	_, err := partner.New(partner.Config{Username: "acme"})
	fmt.Println(err)
}
`})
	if text := c.run(t, c.folder, nil, c.build(t)); !strings.Contains(text, "SigningSecret is missing") {
		t.Errorf("it prints %q", text)
	}
	if n := len(c.indirect); n == 0 || n > maxIndirect {
		t.Errorf("it has %d indirect requirements, want 1 to %d: %q", n, maxIndirect, c.indirect)
	}
}

// A client that oapi-codegen makes with its own templates and without our overlay has both headers as parameters of
// every operation. It signs by the raw door and leaves them out.
func TestAStockClientSignsByTheDoor(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a generator and a program")
	}
	t.Parallel()
	source, err := os.ReadFile(filepath.Join("testdata", "stock", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	c := newConsumer(t, map[string]string{"main.go": string(source), "stock.yaml": `package: main
generate: {models: true, client: true}
allow-remote-refs-from: []
output-options: {include-tags: [Security, Individuals, Customers]}
`})
	// Unlike go build, go run keeps what it has linked for the next time.
	c.run(t, c.root, nil, "go", "run", "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen",
		"--config", filepath.Join(c.folder, "stock.yaml"), "-o", filepath.Join(c.folder, "stock.gen.go"),
		"openapi.yaml")
	program := c.build(t)

	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(bank)
	defer server.Close()
	got := c.run(t, c.folder, []string{"JIKO_BASE_URL=" + server.URL, "JIKO_USERNAME=" + sandbox.DefaultUsername,
		"JIKO_PASSWORD=" + sandbox.DefaultPassword.Reveal(),
		"JIKO_SIGNING_SECRET=" + sandbox.DefaultSigningSecret.Reveal()}, program)
	const want = `login 200 true
agreements 200 1.0.0 done true
application 201 once true
another under the key true
missing 404 refused true
missing true getApplication 404 refused
`
	if got != want {
		t.Errorf("it prints\n%s\nwant\n%s", got, want)
	}
}
