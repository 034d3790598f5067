package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// ruled are the recipes that add a rule.
func ruled(t *testing.T) []recipe.Recipe {
	t.Helper()
	all := slices.DeleteFunc(recipe.All(), func(r recipe.Recipe) bool {
		return !slices.ContainsFunc(r.Steps, func(s recipe.Step) bool { return s.Undo != nil })
	})
	if len(all) == 0 {
		t.Fatal("no recipe adds a rule")
	}
	return all
}

func named(t *testing.T, name string) recipe.Recipe {
	t.Helper()
	all := recipe.All()
	i := slices.IndexFunc(all, func(r recipe.Recipe) bool { return r.Name() == name })
	if i < 0 {
		t.Fatalf("there is no recipe for %s", name)
	}
	return all[i]
}

func runnerFor(running *sandbox.Running, through func(http.RoundTripper, *http.Request) (*http.Response, error),
) *recipe.Runner {
	r := &recipe.Runner{BaseURL: running.URL, Username: sandbox.DefaultUsername,
		Password: sandbox.DefaultPassword, SigningSecret: sandbox.DefaultSigningSecret}
	if through != nil {
		r.Client = &http.Client{Transport: transport(func(request *http.Request) (*http.Response, error) {
			return through(http.DefaultTransport, request)
		})}
	}
	return r
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// mine is a rule that somebody had before, and that counts.
var mine = sandbox.Rule{Name: "mine", Match: sandbox.Match{Operation: []string{"listSubscriptions"}, Every: 1000},
	Do: sandbox.Do{Status: http.StatusServiceUnavailable}}

// A rule of a recipe acts on the recipe's own request alone: whoever does the same at the same time gets what there is
// without it.
func TestRulesOfRecipesAreForTheirOwnRequests(t *testing.T) {
	running := sandbox.Start(t, sandbox.Config{Rules: []sandbox.Rule{mine}})
	neighbour := runnerFor(running, nil)
	meanwhile := []recipe.Recipe{named(t, "listSubscriptions 200"), named(t, "createSubscription 201"),
		named(t, "updateSubscription 200")}
	met := 0
	runner := runnerFor(running, func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		if r.URL.Path != "/__sandbox/rules/" || err != nil {
			return response, err
		}
		if n := len(running.Sandbox.Rules()); n != 2 {
			t.Errorf("%d rules are in force", n)
		}
		for _, one := range meanwhile {
			if err := neighbour.Run(r.Context(), one); err != nil {
				t.Errorf("beside: %v", err)
			}
		}
		met++
		return response, nil
	})
	for _, one := range ruled(t) {
		if err := runner.Run(t.Context(), one); err != nil {
			t.Error(err)
		}
	}
	asked := len(running.Sandbox.Requests(sandbox.RequestQuery{Operation: "listSubscriptions"}))
	if left := running.Sandbox.Rules(); met != 3 || len(left) != 1 || left[0].Name != "mine" || asked != 4 ||
		left[0].Matched != asked {
		t.Errorf("met %d times, with %d lists; left are %+v", met, asked, left)
	}
}

// Whatever becomes of a recipe, the rules are those that there were, with what they had counted.
func TestRulesOfRecipesAreTakenBack(t *testing.T) {
	running := sandbox.Start(t, sandbox.Config{Rules: []sandbox.Rule{mine}})
	if err := runnerFor(running, nil).Run(t.Context(), named(t, "listSubscriptions 200")); err != nil {
		t.Fatal(err)
	}
	errLost := errors.New("the line is broken")
	isRule := func(r *http.Request) bool {
		return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/rules/")
	}
	for _, c := range []struct {
		name string
		// wants are in the error, and nothing is in it that says otherwise. None means that there is no error.
		wants   []string
		undone  bool
		change  func(*recipe.Recipe)
		through func(end func(), next http.RoundTripper, r *http.Request) (*http.Response, error)
	}{
		{name: "all goes well", undone: true},
		{name: "a later step has another answer", undone: true, wants: []string{"step 3, updateSubscription: 202"},
			change: func(r *recipe.Recipe) { r.Steps[len(r.Steps)-1].Status = http.StatusTeapot }},
		{name: "somebody does not wait for the end", undone: true, wants: []string{context.Canceled.Error()},
			through: func(end func(), next http.RoundTripper, r *http.Request) (*http.Response, error) {
				response, err := next.RoundTrip(r)
				if isRule(r) {
					end()
				}
				return response, err
			}},
		{name: "the answer to the rule is lost", undone: true, wants: []string{"step 2", errLost.Error()},
			through: func(_ func(), next http.RoundTripper, r *http.Request) (*http.Response, error) {
				response, err := next.RoundTrip(r)
				if isRule(r) && err == nil {
					return nil, errors.Join(errLost, response.Body.Close())
				}
				return response, err
			}},
		{name: "the rule is refused", undone: true, wants: []string{"step 2, POST /__sandbox/rules/: 422"},
			change: func(r *recipe.Recipe) { r.Steps[1].Body = map[string]any{"do": map[string]any{"status": 99}} }},
		{name: "the rule is gone already", undone: true, wants: []string{"undo, DELETE", "404 in the place of 204"},
			through: func(_ func(), next http.RoundTripper, r *http.Request) (*http.Response, error) {
				response, err := next.RoundTrip(r)
				if rules := running.Sandbox.Rules(); isRule(r) {
					if err := running.Sandbox.RemoveRule(rules[len(rules)-1].Name); err != nil {
						t.Error(err)
					}
				}
				return response, err
			}},
		{name: "the rule cannot be taken back", wants: []string{"undo, DELETE", errLost.Error()},
			through: func(_ func(), next http.RoundTripper, r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodDelete {
					return nil, errLost
				}
				return next.RoundTrip(r)
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, end := context.WithCancel(t.Context())
			defer end()
			one := named(t, "updateSubscription 202")
			one.Steps = slices.Clone(one.Steps)
			if c.change != nil {
				c.change(&one)
			}
			var through func(http.RoundTripper, *http.Request) (*http.Response, error)
			if c.through != nil {
				through = func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
					return c.through(end, next, r)
				}
			}
			before := fmt.Sprintf("%+v", running.Sandbox.Rules())
			err := runnerFor(running, through).Run(ctx, one)
			if (err == nil) != (len(c.wants) == 0) {
				t.Errorf("%v; want %q", err, c.wants)
			}
			for _, want := range c.wants {
				if err != nil && !strings.Contains(err.Error(), want) {
					t.Errorf("%v; want %q", err, want)
				}
			}
			wants := strings.Join(c.wants, "\n")
			if err != nil && strings.Contains(err.Error(), "undo") != strings.Contains(wants, "undo") {
				t.Errorf("%v; want %q and no more", err, c.wants)
			}
			if after := fmt.Sprintf("%+v", running.Sandbox.Rules()); (after == before) != c.undone {
				t.Errorf("%s became %s", before, after)
			}
		})
	}
}

func ExampleWrite_undo() {
	recipes := slices.DeleteFunc(recipe.All(), func(r recipe.Recipe) bool {
		return r.Name() != "listSubscriptions 404"
	})
	var text strings.Builder
	_ = recipe.Write(&text, recipes)
	_, told, _ := strings.Cut(text.String(), "moved.\n\n")
	fmt.Print(told)
	// Output:
	// # listSubscriptions 404: Add a rule for it, for the one request that has an id of your own as its cursor.
	//   make mark: a new UUID
	//   POST /__sandbox/rules/
	//     {"do":{"status":404},"match":{"id":"${mark}","operation":"listSubscriptions"},"name":"recipe-${mark}"}
	//     → 201
	//   GET /api/v1/subscriptions/?cursor=${mark}
	//     → 404
	//   at the end, also if a step has failed:
	//   DELETE /__sandbox/rules/recipe-${mark}/
	//     → 204
}
