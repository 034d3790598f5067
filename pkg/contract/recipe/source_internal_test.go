package recipe

import (
	"strings"
	"testing"
)

func TestMistakesOfRecipesAreTold(t *testing.T) {
	const things = `
one: {is: One, steps: [{call: createApplication, keep: {application_id: /id}}]}
two: {is: Two, needs: [one], steps: [{call: getApplication}]}
`
	for _, c := range []struct{ name, things, pairs, states, want string }{
		{"a key that there is not", "", "getHealth: {200: {way: Ask., wait: 1}}", "", "line 1: field wait not found"},
		{"an operation that there is not", "", "getMoon: {200: {way: Ask.}}", "", "the contract has no getMoon 200"},
		{"a status that there is not", "", "getHealth: {201: {way: Ask.}}", "", "the contract has no getHealth 201"},
		{"no way", "", "", "A: {B: {call: getHealth}}", "A B: it does not say the way"},
		{"no steps", "", "", "A: {B: {way: Wait.}}", "A B: it has no steps"},
		{"another operation that there is not", "", "", "A: {B: {way: Go., call: getMoon}}",
			"step 1, getMoon: the contract has no such operation"},
		{"an id that nobody has", "", "", "A: {B: {way: Go., call: getApplication}}",
			"nothing has been kept as application_id"},
		{"a variable that nobody has", "", "", `A: {B: {way: Go., call: getHealth, want: {"": "${moon}"}}}`,
			"nothing has been kept as moon"},
		{"a parameter that the path does not have", "", "", `A: {B: {way: Go., call: getHealth, path: {moon: x}}}`,
			"it names a parameter that the path does not have"},
		{"a query that there is not", "", "", "A: {B: {way: Go., call: listPockets, query: {moon: x}}}",
			"it has no parameter moon"},
		{"an example that there is not", "", "", "A: {B: {way: Go., call: createSubscription, body: moon}}",
			`no example "moon", but applicationStatuses`},
		{"a body where there is none", "", "", "A: {B: {way: Go., call: getHealth, body: moon}}", "has no JSON body"},
		{"a place that there is not", "", "", "A: {B: {way: Go., call: login, set: {/a/b: 1}}}", "there is no a"},
		{"no pointer", "", "", "A: {B: {way: Go., call: login, set: {a: 1}}}", "no JSON pointer"},
		{"no pointer to want", "", "", "A: {B: {way: Go., call: login, want: {a: 1}}}", "no JSON pointer"},
		{"no pointer to keep", "", "", "A: {B: {way: Go., call: login, keep: {a: b}}}", "no JSON pointer"},
		{"a clock that moves twice", "", "", "A: {B: {way: Go., clock: {by: 1d, run: until_quiet}}}", "is of one kind"},
		{"a clock that does not move", "", "", "A: {B: {way: Go., clock: {}}}", "is of one kind"},
		{"what nobody can make", "", "", "A: {B: {way: Go., make: {x: moon}}}", `nobody can make a "moon"`},
		{"a control with a path", "", "", "A: {B: {way: Go., control: x/, path: {a: b}}}", "an operation alone has"},
		{"a variable that the answer alone has", "", "",
			`A: {B: {way: Go., control: x/, keep: {y: /y}, undo: {control: "DELETE x/${y}/"}}}`,
			"nothing has been kept as y"},
		{"an operation that is undone", "", "", "A: {B: {way: Go., call: getHealth, undo: {control: x/}}}",
			"it has what a control alone has"},
		{"a clock that is undone", "", "", "A: {B: {way: Go., clock: {by: 1d}, undo: {control: x/}}}",
			"a request to a control alone can be undone"},
		{"what is undone by nothing", "", "", "A: {B: {way: Go., control: x/, undo: {status: 204}}}",
			"a request to a control alone can be undone, and by another one"},
		{"what is undone in another way", "", "", "A: {B: {way: Go., control: x/, undo: {clock: {by: 1d}}}}",
			"field clock not found"},
		{"a thing that is undone", "a: {is: A, steps: [{control: x/, undo: {control: x/}}]}", "",
			"A: {B: {way: Go., needs: [a], call: getHealth}}", `the thing "a" has something to undo`},
		{"a thing that there is not", things, "", "A: {B: {way: Go., needs: [moon], call: getHealth}}",
			`no thing "moon"`},
		{"a thing without a word", "moon: {steps: []}", "", "A: {B: {way: Go., needs: [moon], call: getHealth}}",
			`"moon" does not say what it is`},
		{"a thing that needs itself", "a: {is: A, needs: [b]}\nb: {is: B, needs: [a]}", "",
			"A: {B: {way: Go., needs: [a], call: getHealth}}", `"a" needs itself`},
		{"a thing that is wrong", "a: {is: A, steps: [{call: getApplication}]}", "",
			"A: {B: {way: Go., needs: [a], call: getHealth}}", `the thing "a": step 1, getApplication: nothing`},
		{"nothing", things, "", "A: {B: {way: Go., needs: [two], call: submitApplication}}", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := loadFiles([]byte(c.things), []byte(c.pairs), []byte(c.states))
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v; want %q", err, c.want)
			}
		})
	}
}

// Each thing that is written down is needed by a recipe.
func TestEveryThingIsNeeded(t *testing.T) {
	var things map[string]thingSource
	if err := decode("things.yaml", thingsFile, &things); err != nil {
		t.Fatal(err)
	}
	for _, r := range All() {
		for _, thing := range r.Things {
			delete(things, thing.Name)
		}
	}
	for name := range things {
		t.Errorf("nothing needs %s", name)
	}
}
