package contracttest

import "testing"

func TestAnEffectIsKnownAgain(t *testing.T) {
	t.Parallel()
	asked := []string{"/items", "/balance", wholeAnswer}
	for _, c := range []struct {
		name              string
		before, mid, last string
		want              int
	}{
		{"the same amount is taken again", `{"balance": 100}`, `{"balance": 90}`, `{"balance": 80}`, 1},
		{"three times the amount is taken", `{"balance": 100}`, `{"balance": 90}`, `{"balance": 60}`, 3},
		{"nothing is taken again", `{"balance": 100}`, `{"balance": 90}`, `{"balance": 90}`, 0},
		{"it comes back", `{"balance": 100}`, `{"balance": 90}`, `{"balance": 100}`, 0},
		{"something else happens to a balance", `{"balance": 100}`, `{"balance": 90}`, `{"balance": 87}`, 0},
		{"an item like it is added",
			`{"items": []}`, `{"items": [{"id": "a1", "type": "WIRE", "amount": 5}]}`,
			`{"items": [{"id": "b2", "type": "WIRE", "amount": 7}, {"id": "a1", "type": "WIRE", "amount": 5}]}`, 1},
		{"an item of another kind is added", `{"items": []}`, `{"items": [{"type": "WIRE"}]}`,
			`{"items": [{"type": "WIRE"}, {"type": "SWEEP"}]}`, 0},
		{"an item is removed", `{"items": [{"type": "A"}]}`, `{"items": [{"type": "A"}, {"type": "A"}]}`,
			`{"items": [{"type": "A"}]}`, 0},
		{"the answer is the list itself", `[]`, `[{"type": "A"}]`, `[{"type": "A"}, {"type": "A"}]`, 1},
		{"what is not asked for changes", `{"other": 1}`, `{"other": 2}`, `{"other": 3}`, 0},
	} {
		var values [3]any
		for i, text := range []string{c.before, c.mid, c.last} {
			var err error
			if values[i], err = decodeNumbers([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		first, second := effectOf(values[0], values[1]), effectOf(values[1], values[2])
		if got := second.times(first, asked); got != c.want {
			t.Errorf("%s: the effect is there %d times, not %d", c.name, got, c.want)
		}
	}
}
