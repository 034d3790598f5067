package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

func TestRecipesArePrinted(t *testing.T) {
	t.Parallel()
	lines := execute(t, nil, "", "sandbox", "recipes")
	if got := strings.Count(lines.stdout, "\n"); got != len(recipe.All()) || lines.status != exitOK {
		t.Errorf("%d lines for %d recipes: %s", got, len(recipe.All()), lines.stderr)
	}
	if !strings.Contains(lines.stdout, "closeAccountPortal 412\tClose it twice.\n") {
		t.Errorf("a recipe is no line: %s", lines.stdout)
	}
	text := execute(t, nil, "", "sandbox", "recipes", "CLOSEACCOUNTPORTAL", "412").stdout
	for _, want := range []string{
		"# closeAccountPortal 412: Close it twice.", "# portal: ",
		"POST /api/v1/jiko-accounts/${account_id}/portals/${portal_id}/close/\n    → 204",
		"POST /api/v1/jiko-accounts/${account_id}/portals/${portal_id}/close/\n    → 412",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
	if strings.Contains(text, "# closeAccountPortal 404") {
		t.Errorf("another recipe is in %s", text)
	}
	var all []recipe.Recipe
	out := execute(t, nil, "", "sandbox", "recipes", "WireStatus", "--json").stdout
	if err := json.Unmarshal([]byte(out), &all); err != nil || len(all) != 3 || all[0].Object != "WireStatus" {
		t.Errorf("JSON: %v: %s", err, out)
	}
	all = nil
	out = execute(t, nil, "", "sandbox", "recipes", "listSubscriptions", "404", "--json").stdout
	if err := json.Unmarshal([]byte(out), &all); err != nil || len(all) != 1 || len(all[0].Steps) != 3 ||
		all[0].Steps[1].Undo == nil || all[0].Steps[1].Undo.Method+" "+all[0].Steps[1].Undo.Path !=
		"DELETE /__sandbox/rules/recipe-${mark}/" {
		t.Errorf("what is to be taken back: %v: %s", err, out)
	}
}

func TestRecipesAreFollowed(t *testing.T) {
	t.Parallel()
	own := execute(t, nil, "", "sandbox", "recipes", "--check", "createPocket")
	if own.status != exitOK || !strings.HasPrefix(own.stdout, "3 of 3 pairs; ") {
		t.Errorf("%d %s%s", own.status, own.stdout, own.stderr)
	}
	running := sandbox.Start(t)
	there := execute(t, nil, "", "sandbox", "recipes", "--check", "--url", running.URL+"/", "PocketStatus", "OPEN")
	if there.status != exitOK || !strings.HasPrefix(there.stdout, "1 of 1 states; ") {
		t.Errorf("%d %s%s", there.status, there.stdout, there.stderr)
	}
	wrong := execute(t, environment{"JIKO_PASSWORD": hidden}, "", "sandbox", "recipes", "--check", "--url", running.URL,
		"PocketStatus", "OPEN")
	if wrong.status != exitFailure || !strings.HasPrefix(wrong.stdout, "0 of 1 states; ") ||
		!strings.Contains(wrong.stderr, "PocketStatus OPEN, application step 1, createApplication: login: 401") ||
		strings.Contains(wrong.stderr, hidden) {
		t.Errorf("%d %s%s", wrong.status, wrong.stdout, wrong.stderr)
	}
}

func TestRecipesAreForASandboxAlone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, want string
		arguments  []string
		status     int
	}{
		{"no server", "refused", []string{"--check", "--url", "http://127.0.0.1:1"}, exitFailure},
		{"no URL", "it is no URL", []string{"--check", "--url", "http://%"}, exitUsage},
		{"no recipe", "no recipe has all of these words", []string{"createWire", "418"}, exitUsage},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out := execute(t, nil, "", append([]string{"sandbox", "recipes"}, c.arguments...)...)
			if out.status != c.status || !strings.Contains(out.stderr, c.want) {
				t.Errorf("%d %s", out.status, out.stderr)
			}
		})
	}
}

// The guides have the same recipes and magic values. UPDATE=1 puts them there.
func TestTheGuidesHaveTheRecipes(t *testing.T) {
	t.Parallel()
	head, _, _ := strings.Cut(guide(t, "recipes.md"), "\n## Answers\n")
	inGuide(t, "recipes.md", head+recipesOfTheGuide(recipe.All()))
}

// It is over before TestTheGuideHasTheRules, which writes the same file, goes on: that is parallel, and this is not.
func TestTheGuideHasTheMagicValues(t *testing.T) {
	text := between(t, guide(t, "sandbox.md"), "magic values", magicOfTheGuide(sandbox.MagicRules()))
	inGuide(t, "sandbox.md", between(t, text, "states", statesOfTheGuide(recipe.All())))
}

func guide(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("../../docs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// inGuide holds a guide against what it should be.
func inGuide(t *testing.T, name, want string) {
	t.Helper()
	if want == guide(t, name) {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Fatalf("docs/%s is out of date: UPDATE=1 go test ./cmd/partner -run %s", name, t.Name())
	}
	if err := os.WriteFile("../../docs/"+name, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// between puts a table between two comments of a guide.
func between(t *testing.T, text, comment, table string) string {
	t.Helper()
	before, rest, found := strings.Cut(text, "<!-- "+comment+" -->\n")
	_, after, ended := strings.Cut(rest, "<!-- end -->\n")
	if !found || !ended {
		t.Fatalf("there is no place for %s", comment)
	}
	return before + "<!-- " + comment + " -->\n\n" + table + "\n<!-- end -->\n" + after
}

// magicOfTheGuide is a table of the magic values. Those of the codes of ACH are a line each.
func magicOfTheGuide(rules []sandbox.Rule) string {
	var b strings.Builder
	b.WriteString("| value | operation | what happens |\n|---|---|---|\n")
	written := map[string]bool{}
	for _, r := range rules {
		value, does := "`"+r.Match.Name+"`", "`"+r.Do.State+"`"
		switch {
		case r.Do.Return != "":
			value, does = "account number `99000000NN`", "comes back with the return `RNN`"
		case r.Do.Correction != "":
			value, does = "account number `98000000NN`", "is corrected with `CNN`"
		case r.Match.AccountNumber != "":
			value = "account number `" + r.Match.AccountNumber + "`"
		case r.Match.Amount != 0:
			value = fmt.Sprintf("`%d` cents", r.Match.Amount)
		}
		if r.Do.Reason != "" {
			does += ", `" + r.Do.Reason + "`"
		}
		switch {
		case r.Do.Hold && r.Do.State == "":
			does = "waits until somebody decides"
		case r.Do.Hold:
			does += " until somebody decides"
		}
		if len(r.Do.Documents) > 0 {
			does += ", for `" + strings.Join(r.Do.Documents, "`, `") + "`"
		}
		line := fmt.Sprintf("| %s | `%s` | %s |\n", value, strings.Join(r.Match.Operation, "`, `"), does)
		if !written[line] {
			written[line] = true
			b.WriteString(line)
		}
	}
	return b.String()
}

// isCode reports whether a recipe is that of a code of ACH.
func isCode(r recipe.Recipe) bool { return r.Object == "ACHReturn" || r.Object == "ACHCorrection" }

// statesOfTheGuide is a list of the objects with their states. Of more than a few codes it has the first and the last.
func statesOfTheGuide(recipes []recipe.Recipe) string {
	var b strings.Builder
	for len(recipes) > 0 {
		object, last, states := recipes[0].Object, recipes[0], []string(nil)
		for len(recipes) > 0 && recipes[0].Object == object {
			states = append(states, "`"+recipes[0].State+"`")
			recipes = recipes[1:]
		}
		if isCode(last) {
			states = []string{states[0] + " to " + states[len(states)-1]}
		}
		if object != "" {
			b.WriteString(wrapped("`" + object + "`: " + strings.Join(states, ", ")))
		}
	}
	return b.String()
}

// recipesOfTheGuide are tables of the recipes, with a name where it is another one than above.
func recipesOfTheGuide(recipes []recipe.Recipe) string {
	var answers, states strings.Builder
	before := ""
	for i, r := range recipes {
		to, name, value, way := &answers, r.Operation, fmt.Sprint(r.Status), r.Way
		if r.Operation == "" {
			to, name, value = &states, r.Object, "`"+r.State+"`"
		}
		if isCode(r) { // There are many, and they have one way: it is written once, with the last of them.
			if i+1 < len(recipes) && isCode(recipes[i+1]) && recipes[i+1].Object == r.Object {
				continue
			}
			value, way = "each", strings.TrimSuffix(way, r.State[1:]+".")+"NN."
		}
		title := "`" + name + "`"
		if name == before {
			title = ""
		}
		before = name
		fmt.Fprintf(to, "| %s | %s | %s |\n", title, value, way)
	}
	return "\n## Answers\n\n| operation | status | way |\n|---|---|---|\n" + answers.String() +
		"\n## States\n\n| object | state | way |\n|---|---|---|\n" + states.String()
}
