package contracttest

import (
	"encoding/json"
	"testing"
)

func decoded(t *testing.T, text string) any {
	t.Helper()
	v, err := decodeNumbers([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWorthsAreComparedIfTheyAreOfTheSameMoment(t *testing.T) {
	t.Parallel()
	const noon, later = `"pricing_timestamp":"2026-03-02T12:00:00Z"`, `"pricing_timestamp":"2026-03-02T12:00:01Z"`
	for _, c := range []struct {
		name, a, b string
		want       bool
	}{
		{"neither says of which moment it is", `{"total_value":1}`, `{"total_value":2}`, true},
		{"both are of the same moment", `{"portfolio":{` + noon + `,"appreciation_per_second":0.1}}`,
			`{"portfolio":{` + noon + `,"appreciation_per_second":0.1}}`, true},
		{"one is of a later moment", `{"portfolio":{` + noon + `}}`, `{"portfolio":{` + later + `}}`, false},
		{"one is of no moment", `{"portfolio":{` + noon + `}}`, `{"portfolio":{}}`, false},
		{"one of a list is of a later moment", `[{` + noon + `},{` + noon + `}]`,
			`[{` + noon + `},{` + later + `}]`, false},
		{"they earn by the second from no moment on", `{"appreciation_per_second":"0.01"}`,
			`{"appreciation_per_second":"0.01"}`, false},
		{"they earn nothing", `{"appreciation_per_second":"0.00"}`, `{"appreciation_per_second":0}`, true},
	} {
		if got := isPricedAlike(decoded(t, c.a), decoded(t, c.b)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// A worth of another moment says nothing of what was moved.
func TestMoneyThatMovesByItselfIsNotDecided(t *testing.T) {
	t.Parallel()
	pocket := func(value, moment string) *exchange {
		s := step{Operation: "getPocket", Method: "GET", Path: "/p/a"}
		e := &exchange{step: s, value: decoded(t, `{"portfolio":{"total_value":{"value":`+value+
			`},"pricing_timestamp":"`+moment+`"}}`)}
		e.sent.Target, e.answer.Status = s.Path, 200
		return e
	}
	fund := &exchange{step: step{Operation: "fundAccount", Method: "POST"}, value: decoded(t, `{"status":"COMPLETED"}`)}
	fund.sent.Body, fund.answer.Status = []byte(`{"amount_usdc":100}`), 200
	for _, c := range []struct {
		name, value, moment string
		want                int
	}{
		{"what was moved", "200", "2026-03-02T12:00:00Z", 0},
		{"a cent more, at the same moment", "201", "2026-03-02T12:00:00Z", 2},
		{"a cent more, at a later moment", "201", "2026-03-02T12:00:01Z", 0},
	} {
		before, after := pocket("100", "2026-03-02T12:00:00Z"), pocket(c.value, c.moment)
		all := []*exchange{before, before, fund, after}
		tr := &trace{}
		for _, e := range all {
			tr.steps, tr.exchanges = append(tr.steps, e.step), append(tr.exchanges, []*exchange{e})
		}
		found := judges[judgeMoved](nil, tr, 3,
			map[string]string{"operation": "fundAccount", "from": "nobody", "to": "a"})
		if len(found) != c.want {
			t.Errorf("%s: %v", c.name, found)
		}
		if c.moment != "2026-03-02T12:00:00Z" && len(tr.effectBetween(1, 3).numbers) > 0 {
			t.Errorf("%s: %v", c.name, tr.effectBetween(1, 3))
		}
	}
}

// A number of few characters may have more digits than there is memory.
func TestNumbersWithoutBoundsAreNotReckonedWith(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"1": true, "-1.50": true, "1e3": true, "1E-12": true,
		"1e999999999": false, "1e-999999999": false, "1E+99999999999999999999": false, "": false} {
		if _, ok := rational(json.Number(text)); ok != want {
			t.Errorf("%q: %v", text, ok)
		}
	}
	huge, one := decoded(t, `{"a":1e999999999}`), decoded(t, `{"a":1}`)
	if e := effectOf(one, huge); len(e.numbers) > 0 {
		t.Error(e)
	}
	if pointer, differs := disagreement("", one, huge, false); differs {
		t.Error(pointer)
	}
}
