package recipe

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestPointers(t *testing.T) {
	const text = `{"a": {"b/c": 1, "d~e": 2}, "list": [{"x": 1}, {"x": 2}, {}], "none": null}`
	for _, c := range []struct {
		pointer string
		want    []any
	}{
		{"/a/b~1c", []any{1.0}}, {"/a/d~0e", []any{2.0}}, {"/list/0/x", []any{1.0}}, {"/list/*/x", []any{1.0, 2.0}},
		{"/list/3", nil}, {"/list/-1", nil}, {"/list/x", nil}, {"/a/*", nil}, {"/none", []any{nil}}, {"/none/x", nil},
		{"/b", nil},
	} {
		if got, err := find(parsed(t, text), c.pointer); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s is %v, %v; want %v", c.pointer, got, err, c.want)
		}
	}
	if got, err := find(parsed(t, text), ""); err != nil || !reflect.DeepEqual(got, []any{parsed(t, text)}) {
		t.Errorf("the whole is %v, %v", got, err)
	}
}

func TestPlacesAreChanged(t *testing.T) {
	for _, c := range []struct {
		pointer     string
		put, remove string
	}{
		{"/a/b", `{"a":{"b":7},"l":[1]}`, `{"a":{},"l":[1]}`},
		{"/a/n", `{"a":{"b":1,"n":7},"l":[1]}`, `{"a":{"b":1},"l":[1]}`},
		{"/l/0", `{"a":{"b":1},"l":[7]}`, ""}, {"/l/1", "", ""}, {"/x/y", "", ""}, {"", "7", ""}, {"/a/b/c", "", ""},
	} {
		in := `{"a":{"b":1},"l":[1]}`
		got, err := put(parsed(t, in), c.pointer, 7.0)
		if c.put == "" && err == nil || c.put != "" && (err != nil || oneLine(got) != c.put) {
			t.Errorf("%q becomes %s, %v; want %s", c.pointer, oneLine(got), err, c.put)
		}
		got, err = remove(parsed(t, in), c.pointer)
		if c.remove == "" && err == nil || c.remove != "" && (err != nil || oneLine(got) != c.remove) {
			t.Errorf("without %q it is %s, %v; want %s", c.pointer, oneLine(got), err, c.remove)
		}
	}
}

func parsed(t testing.TB, text string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}
