package sandbox_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/sandbox/fault"
)

func TestMistakesInRulesAreToldWithTheirPlaces(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", []string{"f: there is nothing in it"}},
		{"a comment alone", "# nothing\n", []string{"f: there is nothing in it"}},
		{"no YAML", "rules:\n  - do: {status: 503\n", []string{"f:2:1: did not find expected ',' or '}'"}},
		{"two documents", "rules: []\n---\nrules: []\n", []string{"f:2:1: there is more than one document"}},
		{"a text", "rules", []string{"f:1:1: rules: want a list of rules, each with match and do"}},
		{"an object for the list", "rules: {}", []string{"f:1:8: rules: want a list of rules, each with match and do"}},
		{"another key", "rule:\n  - do: {status: 503}", []string{
			`f:1:1: rule: there is no key "rule"; did you mean rules?`}},
		{"no rules", "{}", []string{"f:1:1: rules: rules is missing"}},
		{"a text for a rule", "- status", []string{"f:1:3: rules[0]: want keys and values, of: name, match, do"}},
		{"an unknown key", "- mtach: {}\n  do: {status: 503}", []string{
			`f:1:3: rules[0].mtach: there is no key "mtach"; did you mean match?`}},
		{"an unknown key of a match and of a do", "- match: {operatoin: createWire}\n  do: {staus: 503}", []string{
			`f:1:11: rules[0].match.operatoin: there is no key "operatoin"; did you mean operation?`,
			`f:2:8: rules[0].do.staus: there is no key "staus"; did you mean status?`}},
		{"a key like nothing", "- do: {status: 503, xxxxxxxxxxxx: 1}", []string{
			`f:1:21: rules[0].do.xxxxxxxxxxxx: there is no key "xxxxxxxxxxxx"`}},
		{"a key that stands twice", "- do:\n    status: 503\n    status: 502", []string{
			`f:3:5: rules[0].do.status: the key "status" stands twice`}},
		{"a key that stands twice in JSON", `{"rules": [{"do": {"status": 503, "status": 502}}]}`, []string{
			`f:1:35: rules[0].do.status: the key "status" stands twice`}},
		{"an alias", "- &a\n  do: {status: 503}\n- *a", []string{
			"f:1:3: rules have no anchors and no aliases: write out what is meant"}},
		{"a tag", "- !!map {do: {status: 503}}", []string{"f:1:3: rules have no tags"}},
		{"a merge", "- do: {<<: {status: 503}, status: 502}", []string{"f:1:8: rules[0].do: a key is a text"}},
		{"depth", "- do: {status: 503, body: " + strings.Repeat("[", 60) + strings.Repeat("]", 60) + "}", []string{
			"f:1:75: there are more than 50 lists and objects in one another"}},
		{"bytes of no text", "- name: \xff", []string{"f: it is not UTF-8"}},
		{"too many bytes", strings.Repeat("#", sandbox.MaxRuleBytes+1), []string{"f: it has more than 1048576 bytes"}},
		{"too many rules", strings.Repeat("- {}\n", sandbox.MaxRules+1), []string{
			"f:1:1: rules: there are more than 1000"}},
		{"the same name twice", "- {name: a, do: {status: 503}}\n- {name: a, do: {status: 503}}", []string{
			"f:2:10: rules[1].name: another rule is called the same"}},
		{"a name that is none", "- {name: true, do: {status: 503}}", []string{"f:1:10: rules[0].name: want a text"}},
		{"an empty name", "- {name: '', do: {status: 503}}", []string{
			"f:1:10: rules[0].name: want a text; leave the key out if there is none"}},

		{"an operation that does not exist", "- match:\n    operation: createWires\n  do: {status: 503}", []string{
			`f:2:16: rules[0].match.operation[0]: there is no operation "createWires"; did you mean createWire?`}},
		{"one of several that does not exist", "- match:\n    operation: [createWire, getWires]\n  do: {status: 503}",
			[]string{`f:2:29: rules[0].match.operation[1]: there is no operation "getWires"; did you mean getWire?`}},
		{"the same operation twice", "- match: {operation: [getWire, getWire]}\n  do: {status: 503}", []string{
			"f:1:32: rules[0].match.operation[1]: it stands twice"}},
		{"no operation in the list", "- match: {operation: []}\n  do: {status: 503}", []string{
			"f:1:22: rules[0].match.operation: want an element at least, or leave the key out"}},
		{"a customer that is no UUID", "- match: {customer: 7}\n  do: {status: 503}", []string{
			"f:1:21: rules[0].match.customer: want a UUID, such as 160c0c4b-9966-4dc1-a916-8407eb10d74e"}},
		{"the Nil UUID", "- match: {pocket: 00000000-0000-0000-0000-000000000000}\n  do: {status: 503}", []string{
			"f:1:19: rules[0].match.pocket: nothing has the Nil UUID"}},
		{"dollars", "- match: {amount: 12.50}\n  do: {status: 503}", []string{
			"f:1:19: rules[0].match.amount: want a whole number"}},
		{"an octal amount", "- match: {amount: 0100}\n  do: {status: 503}", []string{
			"f:1:19: rules[0].match.amount: want a whole number"}},
		{"an amount of more than 64 bits", "- match: {amount: 9223372036854775808}\n  do: {status: 503}", []string{
			"f:1:19: rules[0].match.amount: want a whole number"}},
		{"no amount", "- match: {amount: 0}\n  do: {status: 503}", []string{
			"f:1:19: rules[0].match.amount: want 1 or more"}},
		{"an amount below zero", "- match: {max_amount: -1}\n  do: {status: 503}", []string{
			"f:1:23: rules[0].match.max_amount: want 1 or more"}},
		{"an amount and a range", "- match: {amount: 5, max_amount: 6}\n  do: {status: 503}", []string{
			"f:1:19: rules[0].match.amount: an amount needs neither min_amount nor max_amount"}},
		{"a range without amounts", "- match: {min_amount: 6, max_amount: 5}\n  do: {status: 503}", []string{
			"f:1:23: rules[0].match.min_amount: it is more than max_amount, so that no amount is both"}},
		{"the 0th time", "- match: {nth: 0}\n  do: {status: 503}", []string{
			"f:1:16: rules[0].match.nth: want 1 or more"}},
		{"nth and every", "- match: {nth: 2, every: 3}\n  do: {status: 503}", []string{
			"f:1:16: rules[0].match.nth: every says when it acts, too: want one of them"}},
		{"nth and times", "- match: {nth: 2, times: 3}\n  do: {status: 503}", []string{
			"f:1:16: rules[0].match.nth: it acts once anyway: leave times out"}},
		{"never", "- match: {times: 0, every: -1}\n  do: {status: 503}", []string{
			"f:1:18: rules[0].match.times: want 1 or more", "f:1:28: rules[0].match.every: want 1 or more"}},
		{"a probability of more than 1", "- match: {probability: 1.5}\n  do: {status: 503}", []string{
			"f:1:24: rules[0].match.probability: want more than 0 and at most 1"}},
		{"a probability of nothing", "- match: {probability: 0}\n  do: {status: 503}", []string{
			"f:1:24: rules[0].match.probability: want more than 0 and at most 1"}},
		{"a probability that is no number", "- match: {probability: .nan}\n  do: {status: 503}", []string{
			"f:1:24: rules[0].match.probability: want a number"}},

		{"nothing to do", "- match: {nth: 1}\n  do: {}", []string{
			"f:2:7: rules[0].do: it does nothing: want a status, an outcome such as a state, or a fault"}},
		{"no do", "- match: {nth: 1}", []string{
			"f:1:3: rules[0].do: it does nothing: want a status, an outcome such as a state, or a fault"}},
		{"two kinds", "- match: {operation: createWire}\n  do: {status: 503, state: REJECTED}", []string{
			"f:2:7: rules[0].do: it does several things: want a status, an outcome such as a state, or a fault"}},
		{"a detail without a status", "- do: {detail: no}", []string{"f:1:7: rules[0].do: an answer needs a status"}},
		{"a status that is no number", "- do: {status: many}", []string{
			"f:1:16: rules[0].do.status: want a whole number"}},
		{"a status that is no refusal", "- do: {status: 302}", []string{
			"f:1:16: rules[0].do.status: want 400 to 599, or one of several statuses by which the operation succeeds"}},
		{"a status that is none", "- do: {status: 600}", []string{
			"f:1:16: rules[0].do.status: want 400 to 599, or one of several statuses by which the operation succeeds"}},
		{"a success of everything", "- do: {status: 202}", []string{
			"f:1:16: rules[0].do.status: a success needs the operation that it is one of: there is none in match"}},
		{"a success that is not the operation's", "- match: {operation: createWire}\n  do: {status: 202}", []string{
			"f:2:16: rules[0].do.status: createWire cannot be told to succeed with 202"}},
		{"a success with a detail", "- match: {operation: updateSubscription}\n  do: {status: 202, detail: no}",
			[]string{
				"f:2:16: rules[0].do.status: a success is answered with what the operation returns: " +
					"leave type, detail and body out"}},
		{"a body and a detail", "- do: {status: 404, detail: no, body: {}}", []string{
			"f:1:39: rules[0].do.body: a body is there in the place of type and detail: want one of them"}},
		{"a body that the contract does not have", "- match: {operation: createWire}\n" +
			"  do:\n    status: 422\n    body: {detail: [{msg: no}]}", []string{
			"f:4:11: rules[0].do.body: it is no 422 of createWire: body detail 0 loc is required"}},
		{"a body that some operation does not have", "- do: {status: 422, body: {detail: []}}", []string{
			"f:1:27: rules[0].do.body: it is no 422 of updatePocket: body detail must be a string"}},
		{"a body with a key twice", "- do: {status: 404, body: {a: 1, a: 2}}", []string{
			`f:1:34: rules[0].do.body.a: the key "a" stands twice`}},
		{"no days", "- match: {operation: createWire}\n  do: {state: REJECTED, days: 0}", []string{
			"f:2:31: rules[0].do.days: want 1 or more"}},
		{"no hold", "- match: {operation: createWire}\n  do: {hold: false}", []string{
			"f:2:14: rules[0].do.hold: want true, or leave it out"}},
		{"a fault of no kind", "- do: {fault: {kind: flood}}", []string{
			"f:1:22: rules[0].do.fault.kind: there is no such fault: want one of delay, bandwidth, status, html, " +
				"reset, empty, garbage, dead, truncate, chunk, slow_close, content_type, expired_token"}},
		{"a fault that is misspelled", "- do: {fault: {kind: trunkate}}", []string{
			"f:1:22: rules[0].do.fault.kind: there is no such fault: want one of delay, bandwidth, status, html, " +
				"reset, empty, garbage, dead, truncate, chunk, slow_close, content_type, expired_token; " +
				"did you mean truncate?"}},
		{"a fault that waits without a unit", "- do: {fault: {kind: delay, delay: 10}}", []string{
			"f:1:36: rules[0].do.fault.delay: want a time with its unit, such as 90s or 2d"}},
		{"a fault that waits for ever", "- do: {fault: {kind: delay, delay: 2d}}", []string{
			"f:1:36: rules[0].do.fault.delay: want a time up to 10m0s"}},
		{"a fault with an unknown key", "- do: {fault: {kidn: flood}}", []string{
			`f:1:16: rules[0].do.fault.kidn: there is no key "kidn"; did you mean kind?`}},
		{"all at once, in their order", "- do: {status: 200, detail: 'ä', typo: 1}\n" +
			"- match:\n    nth: -1\n    every: x\n", []string{
			`f:1:16: rules[0].do.status: a success needs the operation that it is one of: there is none in match`,
			`f:1:16: rules[0].do.status: a success is answered with what the operation returns: ` +
				`leave type, detail and body out`,
			`f:1:34: rules[0].do.typo: there is no key "typo"; did you mean type?`,
			`f:2:3: rules[1].do: it does nothing: want a status, an outcome such as a state, or a fault`,
			`f:3:10: rules[1].match.nth: want 1 or more`,
			`f:4:12: rules[1].match.every: want a whole number`}},
		{"a column is a character, in JSON too", "{\n\t\"rules\": [{\"name\": \"äöü\", " +
			"\"do\": {\"status\": 1}}]}", []string{
			"f:2:45: rules[0].do.status: want 400 to 599, " +
				"or one of several statuses by which the operation succeeds"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rules, err := sandbox.ReadRules("f", strings.NewReader(c.text))
			var wrong *sandbox.RulesError
			if !errors.As(err, &wrong) || rules != nil {
				t.Fatalf("%v, %v", rules, err)
			}
			if want := strings.Join(c.want, "\n"); err.Error() != want {
				t.Errorf("it says\n%s\nwant\n%s", err, want)
			}
			if one := new(sandbox.RuleProblem); !errors.As(err, &one) || one.File != "f" {
				t.Errorf("%#v is no problem in a file", one)
			}
		})
	}
}

// To find what was meant by each of a million names would take minutes.
func TestAFileOfMistakesIsNotReadForMinutes(t *testing.T) {
	t.Parallel()
	rule := "- {match: {operation: [" + strings.Repeat("x,", 480) + "]}}\n"
	_, err := sandbox.ReadRules("f", strings.NewReader(strings.Repeat(rule, sandbox.MaxRules)))
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 101 {
		t.Errorf("%d lines", len(lines))
	}
}

func TestManyMistakesAreCut(t *testing.T) {
	t.Parallel()
	_, err := sandbox.ReadRules("f", strings.NewReader(strings.Repeat("- {}\n", 150)))
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 101 || lines[100] != "f: and 50 mistakes more" {
		t.Errorf("%d lines: %s", len(lines), lines[len(lines)-1])
	}
}

func FuzzReadRules(f *testing.F) {
	for _, text := range []string{
		"- do: {status: 503}",
		`{"rules": [{"name": "a", "match": {"operation": ["getWire"], "nth": 2}, "do": {"status": 404}}]}`,
		"- match: {probability: 1e-3, amount: 1_000, account_number: 0123}\n  do: {status: 422, body: {detail: []}}",
		"a: &a [*a]", "- &a {do: {status: 503}}\n- *a", "- ? [a]\n  : b", "- do: {fault: {kind: status}}", "\ufeff- {}",
		"- do: 2026-01-05", "- do: {fault: {kind: delay, delay: 150ms, jitter: 1d}}",
		`["\ud83d\ude00", 1e400, -0, {"": null}]`,
		"- match: {customer: 160c0c4b-9966-4dc1-a916-8407eb10d74e}\n  do: {state: X}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		rules, err := sandbox.ReadRules("f", strings.NewReader(string(text)))
		wrong := new(sandbox.RulesError)
		switch {
		case err == nil:
			again, err := sandbox.ReadRules("f", strings.NewReader(encode(t, rules)))
			if err != nil || encode(t, again) != encode(t, rules) {
				t.Errorf("%s is read again as %s: %v", encode(t, rules), encode(t, again), err)
			}
		case !errors.As(err, &wrong) || len(wrong.Problems) == 0 || rules != nil:
			t.Errorf("%v, %v", rules, err)
		}
	})
}

func TestRulesAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		rules := rapid.SliceOfN(rapid.Custom(aRule), 0, 5).Draw(r, "rules")
		for i := range rules {
			rules[i].Name += strings.Repeat("'", i) // No two are the same.
		}
		text := encode(t, map[string]any{"rules": rules})
		read, err := sandbox.ReadRules("f", strings.NewReader(text))
		if err != nil || encode(t, read) != encode(t, append([]sandbox.Rule{}, rules...)) {
			r.Errorf("%s is read as %s: %v", text, encode(t, read), err)
		}
	})
}

func aRule(r *rapid.T) sandbox.Rule {
	text := rapid.StringMatching(`[a-zA-Zäß0-9"\\: 😀]{0,8}x`)
	some := func(name string) int { return rapid.IntRange(0, 3).Draw(r, name) }
	return sandbox.Rule{
		Name: text.Draw(r, "name"),
		Match: sandbox.Match{
			Operation: rapid.SampledFrom([][]string{nil, {"createWire"}, {"getWire", "listWires"}}).
				Draw(r, "operation"),
			Amount: rapid.Int64Range(0, 3).Draw(r, "amount"), AccountNumber: text.Draw(r, "account_number"),
			Every: some("every"), Times: some("times"),
			Probability: rapid.Float64Range(0, 1).Draw(r, "probability"),
		},
		Do: rapid.SampledFrom([]sandbox.Do{
			{Status: 503, Detail: "no"}, {Status: 404, Body: []byte(`{"a":[1,true,null,"b"]}`)},
			{Status: 418, Type: "teapot"}, {Fault: &fault.Fault{Kind: fault.Delay, Delay: time.Second}},
		}).Draw(r, "do"),
	}
}
