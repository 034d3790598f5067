package partnergo_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/jiko-partner/partner-go"

// arrow says that one package imports another, directly or not. Packages of this module begin with a dot, since the
// standard library has an internal and a cmd as well.
type arrow struct{ from, to string }

// A rule forbids arrows from some packages to others.
type rule struct {
	name     string
	from, to func(path string) bool
}

var (
	chi = below("github.com/go-chi/chi")
	kin = below("github.com/getkin/kin-openapi")
	sql = either(exactly("database/sql"), below("github.com/jackc/pgx", "github.com/lib/pq",
		"github.com/go-sql-driver/mysql", "github.com/mattn/go-sqlite3", "github.com/ncruces/go-sqlite3",
		"modernc.org/sqlite"))
	// google/uuid needs database/sql/driver, which is interfaces alone.
	databases = either(sql, below("github.com/redis/go-redis", "github.com/gomodule/redigo"))
	// What knows this API: its contract, what is generated from it, and all that is built on them. What is left is for
	// any API.
	knowsTheAPI = either(exactly("."), below("./gen", "./pkg/contract", "./pkg/partner", "./pkg/authentication",
		"./pkg/server", "./pkg/sandbox", "./pkg/webhook", "./pkg/card", "./pkg/signing", "./pkg/idempotency"))
)

// forbidden are the arrows that must never exist. Tests may import what they like.
var forbidden = []rule{
	{"generated code needs nothing that is written by hand", below("./gen"), below("./pkg", "./cmd", "./internal")},
	{"generated models and client need four modules alone", below("./gen/partnerapi"),
		not(either(standard, below("./gen/partnerapi", "github.com/oapi-codegen/runtime",
			"github.com/oapi-codegen/nullable", "github.com/google/uuid", "github.com/apapsch/go-jsonmerge")))},
	{"the client links no server", below("./pkg/partner"),
		either(chi, kin, below("./pkg/authentication", "./pkg/validation", "./pkg/sandbox", "./pkg/server"))},
	{"the client links no database driver", below("./pkg/partner"), databases},
	{"signing needs the standard library alone", below("./pkg/signing"), not(standard)},
	{"the codes of ACH need the standard library alone", below("./pkg/ach"), not(standard)},
	{"the other bank needs the standard library alone", below("./internal/otherbank"), not(standard)},
	{"the other bank is for tests", not(below("./internal/otherbank")), below("./internal/otherbank")},
	{"what is on the wire needs the standard library alone", below("./internal/wire"), not(standard)},
	{"packages do not need the command", below("./pkg"), below("./cmd")},
	{"the sandbox is for the command and for tests", not(below("./cmd/partner", "./pkg/sandbox")),
		below("./pkg/sandbox")},
	{"the sandbox's file is for the command", not(below("./cmd/partner", "./pkg/sandbox/sqlitestore")),
		below("./pkg/sandbox/sqlitestore")},
	{"recipes are for the command and for contract tests",
		not(below("./cmd/partner", "./pkg/contract/recipe", "./pkg/contract/contracttest")),
		below("./pkg/contract/recipe")},
	{"the sandbox links no SQL driver", sandboxWithoutFile, sql},
	{"the bank knows no HTTP", below("./pkg/sandbox/internal/bank", "./pkg/sandbox/internal/ledger"),
		either(exactly("net/http"), below("./gen/partnerserver"))},
	{"contract tests know no sandbox", below("./pkg/contract/contracttest", "./pkg/contract/recipe"),
		below("./pkg/sandbox")},
	{"validation knows no API", below("./pkg/validation"), knowsTheAPI},
	{"rapid adds flags to every program that links it",
		not(below("./pkg/validation/schemagen/rapidgen", "./pkg/idempotency/storetest", "./pkg/sandbox/storetest")),
		below("pgregory.net/rapid")},
	{"the suite of stores is for tests", not(below("./pkg/idempotency/storetest")),
		below("./pkg/idempotency/storetest")},
	{"the suite of the sandbox's stores is for tests", not(below("./pkg/sandbox/storetest")),
		below("./pkg/sandbox/storetest")},
	{"the store in memory is for tests", not(below("./pkg/sandbox/internal/state/statetest")),
		below("./pkg/sandbox/internal/state/statetest")},
	{"a program does not make what it is made of", either(below("./pkg", "./gen")),
		below("./internal/generator", "./internal/project")},
}

// rooms are the packages by the floor that they are on. A package belongs to the deepest room that it is below. A room
// may use what is on the floors under it, and nothing above.
var rooms = []struct {
	path  string
	floor int
}{
	{"./internal/wire", 0},
	{"./gen/partnerapi", 1}, {"./gen/partnerserver", 2},
	{"./pkg/signing", 1}, {"./pkg/idempotency", 1}, {"./pkg/contract", 1}, {"./pkg/card", 1},
	{"./pkg/ach", 1},
	{"./pkg/authentication", 2}, {"./pkg/validation", 2}, {"./pkg/webhook", 2}, {"./pkg/webhook/delivery", 2},
	{"./pkg/contract/recipe", 2}, {"./pkg/contract/contracttest", 2},
	{"./pkg/partner", 3}, {"./pkg/server", 3},
	{"./pkg/sandbox", 4},
	{"./cmd/partner", 5},
}

// neighbours are the arrows that may exist within a floor.
var neighbours = []arrow{
	{"./pkg/card", "./pkg/signing"},
	{"./pkg/contract/recipe", "./pkg/validation"}, {"./pkg/contract/recipe", "./pkg/authentication"},
	{"./pkg/contract/contracttest", "./pkg/validation"}, {"./pkg/contract/contracttest", "./pkg/contract/recipe"},
	// By way of the recipes, since an arrow may be indirect.
	{"./pkg/contract/contracttest", "./pkg/authentication"},
	{"./pkg/webhook/delivery", "./pkg/webhook"},
}

// climbing says which arrows go up, or to a neighbour, though they must not.
func climbing(arrows []arrow) []string {
	var all []string
	for _, a := range arrows {
		from, to := roomOf(a.from), roomOf(a.to)
		if from < 0 || to < 0 || from == to {
			continue
		}
		known := slices.Contains(neighbours, arrow{rooms[from].path, rooms[to].path})
		generated := strings.HasPrefix(rooms[to].path, "./gen/") && !strings.HasPrefix(rooms[from].path, "./gen/")
		switch {
		case generated: // Generated code is under all that is written by hand.
		case rooms[to].floor > rooms[from].floor:
			all = append(all, fmt.Sprintf("a floor uses what is below it: %s → %s", a.from, a.to))
		case rooms[to].floor == rooms[from].floor && !known:
			all = append(all, fmt.Sprintf("neighbours do not know each other: %s → %s", a.from, a.to))
		}
	}
	return all
}

// roomOf returns the index of the deepest room that a package is in, or -1.
func roomOf(path string) int {
	deepest := -1
	for i, room := range rooms {
		if below(room.path)(path) && (deepest < 0 || len(room.path) > len(rooms[deepest].path)) {
			deepest = i
		}
	}
	return deepest
}

func sandboxWithoutFile(path string) bool {
	return below("./pkg/sandbox")(path) && !below("./pkg/sandbox/sqlitestore")(path)
}

func TestNoForbiddenArrowExists(t *testing.T) {
	t.Parallel()
	arrows := arrowsOf(t)
	// A rule about a package that is gone, or is called otherwise, would forbid nothing.
	for _, room := range rooms {
		if !slices.ContainsFunc(arrows, func(a arrow) bool { return a.from == room.path }) {
			t.Errorf("there is no package %s", room.path)
		}
	}
	for _, a := range arrows {
		if below("./pkg", "./gen")(a.from) && roomOf(a.from) < 0 {
			t.Fatalf("%s is in no room: say on which floor it is", a.from)
		}
	}
	for _, violation := range append(violations(forbidden, arrows), climbing(arrows)...) {
		t.Error(violation)
	}
}

// kin-openapi, which describes a schema, knows HTTP. Whoever checks a value against a schema does not.
func TestSchemasAreCheckedWithoutHTTP(t *testing.T) {
	t.Parallel()
	imports := strings.Fields(goList(t, "-f", `{{join .Imports " "}}`, "./pkg/validation/internal/schema"))
	if len(imports) == 0 || slices.Contains(imports, "net/http") {
		t.Errorf("it imports %q", imports)
	}
}

// The tests above look at what go list says; an import that must not exist has to show up there.
func TestABreachIsNoticed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, imports string
		broken        string
	}{
		{"pkg/signing/breach.go", "pkg/idempotency", "signing needs the standard library alone: ./pkg/signing"},
		{"gen/partnerapi/breach.go", "pkg/signing", "generated code needs nothing that is written by hand"},
		{"pkg/partner/breach.go", "pkg/authentication", "the client links no server: ./pkg/partner"},
		{"pkg/validation/breach.go", "pkg/contract", "validation knows no API: ./pkg/validation"},
		{"pkg/idempotency/breach.go", "pkg/card", "neighbours do not know each other: ./pkg/idempotency"},
		{"pkg/card/breach.go", "pkg/webhook", "a floor uses what is below it: ./pkg/card"},
	} {
		t.Run(c.imports+" in "+c.file, func(t *testing.T) {
			t.Parallel()
			folder, err := filepath.Abs(".")
			if err != nil {
				t.Fatal(err)
			}
			source := filepath.Join(t.TempDir(), "breach.go")
			name := filepath.Base(filepath.Dir(c.file))
			text := fmt.Sprintf("package %s\n\nimport _ %q\n", name, module+"/"+c.imports)
			if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			overlay, err := json.Marshal(map[string]any{
				"Replace": map[string]string{filepath.Join(folder, filepath.FromSlash(c.file)): source},
			})
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "overlay.json")
			if err := os.WriteFile(file, overlay, 0o600); err != nil {
				t.Fatal(err)
			}
			// A breach may close a circle, which is an error of its own.
			arrows := arrowsOf(t, "-e", "-overlay", file)
			found := append(violations(forbidden, arrows), climbing(arrows)...)
			if !slices.ContainsFunc(found, func(v string) bool { return strings.HasPrefix(v, c.broken) }) {
				t.Errorf("%s imports %s, and nobody says %q, but %q", c.file, c.imports, c.broken, found)
			}
		})
	}
}

func TestAClientOnlyProgramLinksNeitherAServerNorADatabaseDriver(t *testing.T) {
	t.Parallel()
	imports := []string{"./gen/partnerapi", "./pkg/partner", "./pkg/partner/reconcile", "./pkg/signing",
		"./pkg/idempotency"}
	allowed := either(below(append(imports, "./internal/wire")...), not(below("./gen", "./pkg", "./cmd", "./internal")))
	for _, path := range linked(t, imports...) {
		if chi(path) || kin(path) || databases(path) || !allowed(path) {
			t.Errorf("a client-only program links %s", path)
		}
	}
}

func TestAProgramThatUsesTheSandboxLinksNoDatabaseDriver(t *testing.T) {
	t.Parallel()
	for _, path := range linked(t, "./pkg/partner", "./pkg/sandbox") {
		if databases(path) {
			t.Errorf("a program that uses the sandbox links %s", path)
		}
	}
}

// linked returns what a program links that imports some packages.
func linked(t *testing.T, imports ...string) []string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "main.go")
	source := "package main\n\nimport (\n"
	for _, path := range imports {
		source += fmt.Sprintf("\t_ %q\n", module+path[1:])
	}
	if err := os.WriteFile(program, []byte(source+")\n\nfunc main() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, path := range strings.Fields(goList(t, "-deps", program)) {
		all = append(all, within(path))
	}
	for _, path := range imports {
		if !slices.Contains(all, path) {
			t.Errorf("%s is not linked: the test looks at the wrong program", path)
		}
	}
	return all
}

func TestTheRulesForbidWhatTheySay(t *testing.T) {
	for _, c := range []struct {
		from, to string
		// broken are the beginnings of the names of the rules, or nothing.
		broken string
	}{
		{"./gen/partnerapi", "./pkg/partner",
			"generated code needs nothing; generated models and client need four modules; a floor uses"},
		{"./gen/partnerserver", "./pkg/signing", "generated code needs nothing"},
		{"./gen/partnerserver", "./gen/partnerapi", ""},
		{"./gen/partnerserver", "github.com/go-chi/chi/v5", ""},
		{"./generate/x", "./pkg/partner", ""},
		{"./gen/partnerapi", "internal/abi", ""},
		{"./gen/partnerapi", "cmd/internal/objabi", ""},
		{"./gen/partnerapi", "github.com/go-chi/chi/v5", "generated models and client need four modules"},
		{"./gen/partnerapi", "github.com/oapi-codegen/runtime-extra", "generated models and client need four modules"},
		{"./gen/partnerapi", ".", "generated models and client need four modules"},
		{"./gen/partnerapi", "github.com/oapi-codegen/runtime/types", ""},
		{"./gen/partnerapi", "github.com/oapi-codegen/nullable", ""},
		{"./gen/partnerapi", "github.com/google/uuid", ""},
		{"./gen/partnerapi", "github.com/apapsch/go-jsonmerge/v2", ""},
		{"./gen/partnerapi", "net/http", ""},
		{"./gen/partnerapi", "vendor/golang.org/x/net/http2/hpack", ""},

		{"./pkg/partner", "github.com/go-chi/chi/v5/middleware", "the client links no server"},
		{"./pkg/partner", "github.com/getkin/kin-openapi/openapi3", "the client links no server"},
		{"./pkg/partner", "./pkg/validation", "the client links no server"},
		{"./pkg/partner", "./pkg/authentication", "the client links no server"},
		{"./pkg/partner/partnertest", "./pkg/server", "the client links no server; neighbours do not know"},
		{"./pkg/partner", "./pkg/sandbox", "the client links no server; the sandbox is for the command; a floor uses"},
		{"./pkg/partner/reconcile", "./pkg/validation", "the client links no server"},
		{"./pkg/partner", "database/sql", "the client links no database driver"},
		{"./pkg/partner", "github.com/jackc/pgx/v5/pgxpool", "the client links no database driver"},
		{"./pkg/partner", "github.com/redis/go-redis/v9", "the client links no database driver"},
		{"./pkg/partner", "database/sql/driver", ""},
		{"./pkg/partner", "./gen/partnerapi", ""},
		{"./pkg/partner", "./pkg/signing", ""},
		{"./pkg/partner", "./pkg/idempotency", ""},
		{"./pkg/partner", "./pkg/card", ""},
		{"./pkg/partnership", "github.com/go-chi/chi/v5", ""},
		{"./pkg/server", "github.com/go-chi/chi/v5", ""},
		{"./pkg/server", "./pkg/partner", "neighbours do not know"},
		{"./pkg/server", "./pkg/validation", ""},

		{"./pkg/signing", "./pkg/idempotency", "signing needs the standard library alone; neighbours do not know"},
		{"./pkg/signing", "./internal/x", "signing needs the standard library alone"},
		{"./pkg/signing", "golang.org/x/crypto/hkdf", "signing needs the standard library alone"},
		{"./pkg/signing", "crypto/hmac", ""},
		{"./pkg/signing", "vendor/golang.org/x/crypto/chacha20", ""},
		{"./internal/otherbank", "./pkg/signing", "the other bank needs the standard library alone"},
		{"./internal/otherbank", "net/http", ""},
		{"./pkg/contract/contracttest", "./internal/otherbank", "the other bank is for tests"},
		{"./internal/wire", "github.com/google/uuid", "what is on the wire needs the standard library alone"},

		{"./pkg/card", "./pkg/signing", ""},
		{"./pkg/idempotency", "./pkg/signing", "neighbours do not know"},
		{"./pkg/idempotency/pgstore", "./pkg/idempotency", ""},
		{"./pkg/contract", "./pkg/validation", "a floor uses"},
		{"./pkg/contract/contracttest", "./pkg/validation", ""},
		{"./pkg/contract/contracttest", "./pkg/contract", ""},
		{"./pkg/contract/contracttest", "./pkg/sandbox",
			"the sandbox is for; contract tests know no sandbox; a floor uses"},
		{"./pkg/authentication", "./pkg/signing", ""},
		{"./pkg/authentication", "./pkg/validation", "neighbours do not know"},
		{"./pkg/validation", "./internal/wire", ""},
		{"./pkg/validation", "./pkg/signing", "validation knows no API"},
		{"./pkg/validation", "./pkg/contract", "validation knows no API"},
		{"./pkg/validation", ".", "validation knows no API"},
		{"./pkg/validation", "./pkg/validation/internal/schema", ""},
		{"./pkg/validation/schemagen", "./pkg/contract", "validation knows no API"},
		{"./pkg/validation/schemagen", "pgregory.net/rapid", "rapid adds flags"},
		{"./pkg/validation/schemagen/rapidgen", "pgregory.net/rapid", ""},
		{"./pkg/idempotency/storetest", "pgregory.net/rapid", ""},
		{"./pkg/idempotency", "pgregory.net/rapid", "rapid adds flags"},
		{"./pkg/sandbox/storetest", "pgregory.net/rapid", ""},
		{"./pkg/sandbox", "pgregory.net/rapid", "rapid adds flags"},

		{"./pkg/server", "./cmd/partner", "packages do not need the command; a floor uses"},
		{"./pkg/server", "cmd/internal/objabi", ""},
		{"./pkg/server", "./pkg/sandbox", "the sandbox is for the command; a floor uses"},
		{"./examples/payout", "./pkg/sandbox", "the sandbox is for the command"},
		{"./cmd/partner", "./pkg/sandbox", ""},
		{"./cmd/partner/internal/demo", "./pkg/sandbox", ""},
		{"./internal/testserver", "./pkg/sandbox", "the sandbox is for the command"},
		{"./pkg/sandbox/internal/api", "./pkg/sandbox", ""},
		{"./pkg/sandbox/internal/bank", "net/http", "the bank knows no HTTP"},
		{"./pkg/sandbox/internal/bank", "./gen/partnerserver", "the bank knows no HTTP"},
		{"./pkg/sandbox/internal/api", "net/http", ""},
		{"./pkg/sandbox", "./pkg/sandbox/sqlitestore", "the sandbox's file is for the command"},
		{"./cmd/partner", "./pkg/sandbox/sqlitestore", ""},
		{"./pkg/sandbox", "./pkg/contract/recipe", "recipes are for the command"},
		{"./cmd/partner", "./pkg/contract/recipe", ""},
		{"./pkg/sandbox", "modernc.org/sqlite", "the sandbox links no SQL driver"},
		{"./pkg/sandbox/sqlitestore", "modernc.org/sqlite", ""},
		{"./pkg/sandbox", "./pkg/server", ""},
		{"./pkg/server", "./internal/generator", "a program does not make what it is made of"},
		{"./pkg/server", "./pkg/idempotency/storetest", "the suite of stores is for tests"},
		{"./pkg/sandbox/sqlitestore", "./pkg/sandbox/storetest", "the suite of the sandbox's stores is for tests"},
		{"./pkg/sandbox", "./pkg/sandbox/internal/state/statetest", "the store in memory is for tests"},
	} {
		arrows := []arrow{{c.from, c.to}}
		got := append(violations(forbidden, arrows), climbing(arrows)...)
		var want []string
		if c.broken != "" {
			want = strings.Split(c.broken, "; ")
		}
		if !slices.EqualFunc(got, want, strings.HasPrefix) {
			t.Errorf("%q → %q breaks %q, want %q", c.from, c.to, got, want)
		}
	}
}

// violations says which arrows break which rules.
func violations(rules []rule, arrows []arrow) []string {
	var all []string
	for _, r := range rules {
		for _, a := range arrows {
			if r.from(a.from) && r.to(a.to) {
				all = append(all, fmt.Sprintf("%s: %s → %s", r.name, a.from, a.to))
			}
		}
	}
	return all
}

// below matches packages, and what is below them. It does not match others whose names begin alike.
func below(paths ...string) func(string) bool {
	return func(path string) bool {
		return slices.ContainsFunc(paths, func(parent string) bool {
			return path == parent || strings.HasPrefix(path, parent+"/")
		})
	}
}

func exactly(path string) func(string) bool {
	return func(other string) bool { return path == other }
}

// standard matches the standard library, with what it vendors. Its paths begin with an element that has no dot.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

func either(matches ...func(string) bool) func(string) bool {
	return func(path string) bool {
		return slices.ContainsFunc(matches, func(match func(string) bool) bool { return match(path) })
	}
}

func not(match func(string) bool) func(string) bool {
	return func(path string) bool { return !match(path) }
}

func within(path string) string {
	if rest, ok := strings.CutPrefix(path, module); ok {
		return "." + rest
	}
	return path
}

// arrowsOf returns the arrows of this module.
func arrowsOf(t *testing.T, flags ...string) []arrow {
	t.Helper()
	var arrows []arrow
	arguments := append(slices.Clone(flags), "-f", `{{.ImportPath}} {{join .Deps " "}}`, "./...")
	for line := range strings.Lines(goList(t, arguments...)) {
		from, dependencies, _ := strings.Cut(strings.TrimSpace(line), " ")
		for _, to := range strings.Fields(dependencies) {
			arrows = append(arrows, arrow{within(from), within(to)})
		}
	}
	return arrows
}

func goList(t *testing.T, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", append([]string{"list"}, arguments...)...)
	var stderr strings.Builder
	command.Stderr = &stderr
	text, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	return string(text)
}
