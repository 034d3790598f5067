package partnergo_test

import (
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
	// google/uuid needs database/sql/driver, which is interfaces alone.
	databases = either(exactly("database/sql"), below("github.com/jackc/pgx", "github.com/lib/pq",
		"github.com/redis/go-redis", "github.com/gomodule/redigo",
		"github.com/go-sql-driver/mysql", "github.com/mattn/go-sqlite3", "modernc.org/sqlite"))
)

// forbidden is the list of DESIGN.md: arrows that must never exist. Tests may import what they like.
var forbidden = []rule{
	{"generated code needs nothing that is written by hand", below("./gen"), below("./pkg", "./cmd", "./internal")},
	{"the client links no server", below("./pkg/partner"),
		either(chi, kin, below("./pkg/sandbox", "./pkg/validation"))},
	{"the client links no database driver", below("./pkg/partner"), databases},
	{"signing needs the standard library alone", below("./pkg/signing"), not(standard)},
	{"packages do not need the command", below("./pkg"), below("./cmd")},
	{"the sandbox is for the command and for tests", not(below("./cmd/partner", "./pkg/sandbox")),
		below("./pkg/sandbox")},
	{"the suite of stores is for tests", not(below("./pkg/idempotency/storetest")),
		below("./pkg/idempotency/storetest")},
	{"generated models and client need four modules alone", below("./gen/partnerapi"),
		not(either(standard, below("./gen/partnerapi",
			"github.com/oapi-codegen/runtime", "github.com/oapi-codegen/nullable", "github.com/google/uuid",
			"github.com/apapsch/go-jsonmerge")))},
}

func TestNoForbiddenArrowExists(t *testing.T) {
	t.Parallel()
	var arrows []arrow
	for line := range strings.Lines(goList(t, "-f", `{{.ImportPath}} {{join .Deps " "}}`, "./...")) {
		from, dependencies, _ := strings.Cut(strings.TrimSpace(line), " ")
		for _, to := range strings.Fields(dependencies) {
			arrows = append(arrows, arrow{within(from), within(to)})
		}
	}
	// A rule about a package that is gone, or is called otherwise, would forbid nothing.
	for _, from := range []string{"./gen/partnerapi", "./gen/partnerserver", "./pkg/partner", "./pkg/signing",
		"./cmd/partner"} {
		if !slices.ContainsFunc(arrows, func(a arrow) bool { return a.from == from }) {
			t.Errorf("there is no package %s", from)
		}
	}
	for _, violation := range violations(forbidden, arrows) {
		t.Error(violation)
	}
}

func TestAClientOnlyProgramLinksNeitherAServerNorADatabaseDriver(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "main.go")
	imports := []string{"./gen/partnerapi", "./pkg/partner", "./pkg/signing", "./pkg/idempotency"}
	source := "package main\n\nimport (\n"
	for _, path := range imports {
		source += fmt.Sprintf("\t_ %q\n", module+path[1:])
	}
	if err := os.WriteFile(program, []byte(source+")\n\nfunc main() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	linked := strings.Fields(goList(t, "-deps", program))
	for _, path := range imports {
		if !slices.Contains(linked, module+path[1:]) {
			t.Errorf("%s is not linked: the test looks at the wrong program", path)
		}
	}
	allowed := either(below(imports...), exactly("./internal/wire"), not(below("./gen", "./pkg", "./cmd", "./internal")))
	for _, path := range linked {
		path := within(path)
		if chi(path) || kin(path) || databases(path) || !allowed(path) {
			t.Errorf("a client-only program links %s", path)
		}
	}
}

func TestTheRulesForbidWhatTheySay(t *testing.T) {
	for _, c := range []struct {
		from, to string
		// broken is the beginning of the rule's name, or nothing.
		broken string
	}{
		{"./gen/partnerapi", "./pkg/partner",
			"generated code needs nothing; generated models and client need four modules"},
		{"./gen/partnerserver", "./pkg/signing", "generated code needs nothing"},
		{"./gen/partnerserver", "./gen/partnerapi", ""},
		{"./gen/partnerserver", "github.com/go-chi/chi/v5", ""},
		{"./generate/x", "./pkg/partner", ""},
		{"./gen/partnerapi", "internal/abi", ""},
		{"./gen/partnerapi", "cmd/internal/objabi", ""},

		{"./pkg/partner", "github.com/go-chi/chi/v5/middleware", "the client links no server"},
		{"./pkg/partner", "github.com/getkin/kin-openapi/openapi3", "the client links no server"},
		{"./pkg/partner", "./pkg/validation", "the client links no server"},
		{"./pkg/partner", "./pkg/sandbox", "the client links no server; the sandbox is for the command"},
		{"./pkg/partner", "database/sql", "the client links no database driver"},
		{"./pkg/partner", "github.com/jackc/pgx/v5/pgxpool", "the client links no database driver"},
		{"./pkg/partner", "database/sql/driver", ""},
		{"./pkg/partner", "./gen/partnerapi", ""},
		{"./pkg/partner", "./pkg/signing", ""},
		{"./pkg/partner", "./pkg/idempotency", ""},
		{"./pkg/partnership", "github.com/go-chi/chi/v5", ""},
		{"./pkg/server", "github.com/go-chi/chi/v5", ""},

		{"./pkg/signing", "./pkg/idempotency", "signing needs the standard library alone"},
		{"./pkg/signing", "./internal/x", "signing needs the standard library alone"},
		{"./pkg/signing", ".", "signing needs the standard library alone"},
		{"./pkg/signing", "github.com/google/uuid", "signing needs the standard library alone"},
		{"./pkg/signing", "golang.org/x/crypto/hkdf", "signing needs the standard library alone"},
		{"./pkg/signing", "crypto/hmac", ""},
		{"./pkg/signing", "internal/abi", ""},
		{"./pkg/signing", "vendor/golang.org/x/crypto/cryptobyte", ""},

		{"./pkg/idempotency/redisstore", "./cmd/partner/internal/demo", "packages do not need the command"},
		{"./cmd/partner", "./cmd/partner/internal/demo", ""},

		{"./pkg/idempotency/redisstore", "./pkg/idempotency/storetest", "the suite of stores is for tests"},
		{"./pkg/idempotency/storetest", "./pkg/idempotency", ""},

		{"./pkg/contract", "./pkg/sandbox", "the sandbox is for the command"},
		{"./pkg/server", "./pkg/sandbox/bank", "the sandbox is for the command"},
		{"./examples/quickstart", "./pkg/sandbox", "the sandbox is for the command"},
		{".", "./pkg/sandbox", "the sandbox is for the command"},
		{"./cmd/partner", "./pkg/sandbox", ""},
		{"./cmd/partner/internal/demo", "./pkg/sandbox", ""},
		{"./internal/testserver", "./pkg/sandbox", "the sandbox is for the command"},
		{"./pkg/sandbox/bank", "./pkg/sandbox", ""},

		{"./gen/partnerapi", "github.com/go-chi/chi/v5", "generated models and client need four modules"},
		{"./gen/partnerapi", "github.com/oapi-codegen/runtime-extra", "generated models and client need four modules"},
		{"./gen/partnerapi", ".", "generated models and client need four modules"},
		{"./gen/partnerapi", "github.com/oapi-codegen/runtime/types", ""},
		{"./gen/partnerapi", "github.com/oapi-codegen/nullable", ""},
		{"./gen/partnerapi", "github.com/google/uuid", ""},
		{"./gen/partnerapi", "github.com/apapsch/go-jsonmerge/v2", ""},
		{"./gen/partnerapi", "net/http", ""},
		{"./gen/partnerapi", "vendor/golang.org/x/net/http2/hpack", ""},
	} {
		got := violations(forbidden, []arrow{{c.from, c.to}})
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
