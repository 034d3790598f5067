package torture

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// created is a success that names an effect.
func created(effect string) response {
	return response{status: 201, mediaType: "application/json",
		body: fmt.Appendf(nil, `{"reference":"order-1","effect":%q}`, effect)}
}

func replay(r response) response {
	r.replayed = true
	return r
}

var (
	inProgress = response{status: 409, body: []byte(`{"type":"idempotency_in_progress"}`)}
	inDoubt    = response{status: 409, body: []byte(`{"type":"idempotency_outcome_unknown"}`)}
	failure    = response{status: 500, replayed: true, body: []byte(`"a failure"`)}
	noStore    = response{status: 503, body: []byte(`{"type":"idempotency_store_unavailable"}`)}
	reused     = response{status: 422, body: []byte(`{"type":"idempotency_key_reused"}`)}
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	first, second := row{ID: 1, Key: "k", Reference: "order-1", Effect: "A"},
		row{ID: 2, Key: "k", Reference: "order-1", Effect: "B"}
	stranger, other := row{ID: 3, Key: "x", Reference: "order-1", Effect: "C"},
		row{ID: 4, Key: "k", Reference: "order-1-other", Effect: "D"}
	anonymous := created("A")
	anonymous.location = "/elsewhere"
	for _, c := range []struct {
		name    string
		variant Variant
		answers []response
		abuse   []response
		rows    []row
		// want is what is wrong, if anything is.
		want string
	}{
		{"one effect, acknowledged and replayed", VariantRedis, []response{created("A"), replay(created("A"))},
			[]response{reused}, []row{first}, ""},
		{"one effect in a transaction", VariantTransactional, []response{noStore, inProgress, created("A")}, nil,
			[]row{first}, ""},
		{"in doubt and done", VariantPostgres, []response{{}, inProgress, inDoubt}, nil, []row{first}, ""},
		{"in doubt and not done", VariantPostgres, []response{{}, inDoubt}, nil, nil, ""},
		{"failed and done", VariantRedis, []response{failure}, nil, []row{first}, ""},
		{"failed and not done", VariantRedis, []response{failure}, nil, nil, ""},
		{"acknowledged, then in doubt", VariantRedis, []response{created("A"), inDoubt}, nil, []row{first}, ""},

		{"two effects", VariantRedis, []response{created("A")}, nil, []row{first, second}, "it took effect 2 times"},
		{"two effects in a transaction", VariantTransactional, []response{created("A")}, nil, []row{first, second},
			"it took effect 2 times"},
		{"two effects of a request in doubt", VariantRedis, []response{inDoubt}, nil, []row{first, second},
			"it took effect 2 times"},
		{"an acknowledged effect that is not there", VariantPostgres, []response{created("A")}, nil, nil,
			"acknowledged effect is missing"},
		{"another effect than the acknowledged one", VariantPostgres, []response{created("A")}, nil, []row{second},
			"acknowledged effect is missing"},
		{"acknowledged, gone and in doubt", VariantRedis, []response{created("A"), inDoubt}, nil, nil,
			"acknowledged effect is missing"},
		{"no effect in a transaction", VariantTransactional, []response{inDoubt}, nil, nil, "it took no effect"},
		{"in doubt in a transaction", VariantTransactional, []response{inDoubt}, nil, []row{first},
			"the final answer is not a success"},
		{"a replay of another response", VariantRedis, []response{created("A"), replay(created("B"))}, nil,
			[]row{first}, "two successes differ"},
		{"a replay with another header", VariantRedis, []response{created("A"), replay(anonymous)}, nil, []row{first},
			"two successes differ"},
		{"a second execution", VariantRedis, []response{created("A"), created("B")}, nil, []row{first, second},
			"two successes differ"},
		{"a refusal", VariantRedis, []response{reused}, nil, nil, "it was refused"},
		{"no final answer", VariantRedis, []response{{}, noStore, inProgress}, nil, nil, "there is no final answer"},
		{"an effect of a key that nobody used", VariantRedis, []response{created("A")}, nil, []row{first, stranger},
			"an effect that nobody asked for"},
		{"an effect of another request", VariantRedis, []response{inDoubt}, nil, []row{other},
			"an effect that nobody asked for"},
		{"another request that is executed", VariantRedis, []response{created("A")}, []response{created("D")},
			[]row{first}, "another request with its key"},
		{"another request that is answered", VariantRedis, []response{created("A")}, []response{replay(created("A"))},
			[]row{first}, "another request with its key"},
	} {
		r := &request{key: "k", reference: "order-1"}
		for _, a := range c.answers {
			r.note(a)
			if a.final() {
				r.settle(a)
			}
		}
		for _, a := range c.abuse {
			r.noteAbuse(a)
		}
		verdict := judge(c.variant, []*request{r}, c.rows)
		var wrong []string
		for _, p := range verdict.Problems {
			wrong = append(wrong, p.Wrong...)
		}
		if all := strings.Join(wrong, "\n"); (all == "") != (c.want == "") || !strings.Contains(all, c.want) {
			t.Errorf("%s: %q, want %q", c.name, all, c.want)
		}
		if verdict.Effects != len(c.rows) {
			t.Errorf("%s: %d effects", c.name, verdict.Effects)
		}
	}
}

func TestProblemsAreListedWithTheirRows(t *testing.T) {
	t.Parallel()
	r := &request{key: "k", reference: "order-1"}
	r.note(created("A"))
	r.settle(created("A"))
	rows := []row{{ID: 17, Key: "k", Reference: "order-1", Effect: "A"},
		{ID: 18, Key: "k", Reference: "order-1", Effect: "B"}}
	result := Result{Variant: VariantRedis, Verdict: judge(VariantRedis, []*request{r}, rows)}
	for range 40 {
		result.Problems = append(result.Problems, Problem{Key: "other"})
	}
	report := Report{Results: []Result{result}}
	var text strings.Builder
	if err := report.Write(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"key k\n", "took effect 2 times", "row 17: ", "row 18: ", "effect B", "and 21 more",
		"FAILED for 41 keys"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, &text)
		}
	}
	if err := report.Err(); err == nil || !strings.Contains(err.Error(), "41 keys") {
		t.Errorf("the error is %v", err)
	}
}

func TestThePlanOfASeedIsAlwaysTheSameButForItsKeys(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed, count := rapid.Uint64().Draw(t, "seed"), rapid.IntRange(0, 50).Draw(t, "count")
		one, two := plan(count, newRandom(seed, 0, 0)), plan(count, newRandom(seed, 0, 0))
		keys := make(map[string]bool)
		for i, r := range one {
			if fmt.Sprint(r.burst, r.later, r.abuse, r.reference) != fmt.Sprint(two[i].burst, two[i].later,
				two[i].abuse, two[i].reference) {
				t.Errorf("request %d differs", i)
			}
			if r.sends() < 1 || r.sends() > mostSends || r.burst < 1 {
				t.Errorf("request %d is sent %d times, %d at once", i, r.sends(), r.burst)
			}
			keys[r.key], keys[two[i].key] = true, true
		}
		if len(one) != count || len(keys) != 2*count {
			t.Errorf("%d requests and %d keys", len(one), len(keys))
		}
	})
}
