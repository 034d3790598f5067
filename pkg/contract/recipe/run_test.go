package recipe_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// A runner notices an answer that is not what the recipe says, or not what the contract says.
func TestARunnerSaysWhatIsWrong(t *testing.T) {
	health := recipe.Step{Operation: "getHealth", Method: http.MethodGet, Path: "/health", Status: http.StatusOK}
	for _, c := range []struct {
		name, want string
		status     int
		body       string
		change     func(*recipe.Step)
	}{
		{"nothing", "", 200, `"OK"`, func(s *recipe.Step) { s.Want = map[string]any{"": "OK"} }},
		{"another status", "200 in the place of 202", 200, `"OK"`, func(s *recipe.Step) { s.Status = 202 }},
		{"another value", `is [OK] and not WELL`, 200, `"OK"`,
			func(s *recipe.Step) { s.Want = map[string]any{"": "WELL"} }},
		{"nothing to keep", "there is nothing to keep at /id", 200, `"OK"`,
			func(s *recipe.Step) { s.Keep = map[string]string{"id": "/id"} }},
		{"another form", "200 is not an answer of the contract", 200, `{"status": "OK"}`, func(*recipe.Step) {}},
		{"what nobody can make", `nobody can make a "moon"`, 200, `"OK"`,
			func(s *recipe.Step) { s.Make = map[string]recipe.Made{"x": "moon"} }},
		{"no Base64", "illegal base64", 200, `"OK"`,
			func(s *recipe.Step) { s.File = &recipe.File{Media: "image/png", Base64: "!"} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(c.status)
				_, _ = fmt.Fprint(w, c.body)
			}))
			defer server.Close()
			step := health
			c.change(&step)
			r := recipe.Recipe{Operation: "getHealth", Status: 200, Way: "Ask.", Steps: []recipe.Step{step}}
			err := (&recipe.Runner{BaseURL: server.URL}).Run(t.Context(), r)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) ||
				!strings.HasPrefix(err.Error(), "getHealth 200: step 1, ")) {
				t.Errorf("%v; want %q", err, c.want)
			}
		})
	}
}

func TestARunnerGoesOnWithoutAFailure(t *testing.T) {
	running := sandbox.Start(t)
	runner := &recipe.Runner{BaseURL: running.URL, Username: sandbox.DefaultUsername,
		Password: sandbox.DefaultPassword, SigningSecret: signing.NewSecret("another one")}
	recipes := slices.DeleteFunc(recipe.All(), func(r recipe.Recipe) bool {
		return r.Operation != "getHealth" && r.Operation != "listAgreements" && r.Object != "HealthStatus"
	})
	report := runner.Check(t.Context(), recipes)
	if got := report.String(); got != "2 of 3 pairs, 1 of 1 states" || len(report.Failures) != 1 ||
		!strings.Contains(report.Failures[0].Error(), "listAgreements 200: step 1, listAgreements: 401") {
		t.Errorf("%s: %v", got, report.Failures)
	}
}

// A program's own tests follow a recipe to where they begin.
func ExampleRunner() {
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = bank.Close() }()
	server := httptest.NewServer(bank)
	defer server.Close()
	runner := &recipe.Runner{BaseURL: server.URL, Username: sandbox.DefaultUsername,
		Password: sandbox.DefaultPassword, SigningSecret: sandbox.DefaultSigningSecret}
	recipes := slices.DeleteFunc(recipe.All(), func(r recipe.Recipe) bool { return r.Operation != "login" })
	report := runner.Check(context.Background(), recipes)
	fmt.Println(report, report.Failures)
	// Output: 3 of 3 pairs []
}

func ExampleWrite() {
	recipes := slices.DeleteFunc(recipe.All(), func(r recipe.Recipe) bool { return r.Name() != "login 401" })
	_ = recipe.Write(os.Stdout, recipes)
	// Output:
	// # Sign requests as docs/sandbox.md says, but for those to /__sandbox/.
	// # Log in first, and again when the clock has moved.
	//
	// # login 401: Send another password.
	//   POST /api/v1/login/
	//     {"password":"not the password","username":"${username}"}
	//     → 401
}
