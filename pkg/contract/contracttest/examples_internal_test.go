package contracttest

import (
	"strings"
	"testing"
)

// What an example names that there is not becomes what there is, and the rest of it stays.
func TestAnExampleNamesWhatThereIs(t *testing.T) {
	t.Parallel()
	const id = "497f6eca-6276-4993-bfeb-53cbbbba6f08"
	for name, c := range map[string]struct{ example, base, want, unknown string }{
		"an id that the request has": {`{"a":{"id":"` + id + `"},"name":"x"}`, `{"a":{"id":"${pocket_id}"},"name":"y"}`,
			`{"a":{"id":"${pocket_id}"},"name":"x"}`, "body /a/id"},
		"an id that has been made": {`{"customer_id":"` + id + `"}`, `{}`, `{"customer_id":"${customer_id}"}`,
			"body /customer_id"},
		"ids that have been made": {`{"customer_ids":["` + id + `"]}`, `{}`, `{"customer_ids":["${customer_id}"]}`,
			"body /customer_ids/*"},
		"an id that nobody has made": {`{"wire_id":"` + id + `"}`, `{}`, `{"wire_id":"` + id + `"}`, "body /wire_id"},
		"an address": {`{"url":"https://a.example"}`, `{"url":"http://127.0.0.1/"}`,
			`{"url":"http://127.0.0.1/"}`, ""},
		"money": {`{"amount_usdc":100}`, `{"amount_usdc":1}`, `{"amount_usdc":100}`,
			"body /amount_usdc"},
		"a kind of amount":   {`{"amount":{"type":"MAX"}}`, `{}`, `{"amount":{"type":"MAX"}}`, ""},
		"what has succeeded": {`{"wire_id":"1"}`, `{"wire_id":"1"}`, `{"wire_id":"1"}`, ""},
	} {
		got, unknown := adapt(body(c.example), body(c.base), nil, map[string]string{"customer_id": "${customer_id}"})
		if string(got) != c.want || strings.Join(unknown, " ") != c.unknown {
			t.Errorf("%s: %s, unknown %q", name, got, unknown)
		}
	}
}

// The example that a request was made from tells what of the examples is made up.
func TestWhatIsMadeUpIsWhereTheRequestDiffers(t *testing.T) {
	t.Parallel()
	bodies := []namedBody{{"other", body(`{"kind":"B","version":"1","name":"z"}`)},
		{"own", body(`{"kind":"A","version":"1","name":"x","list":["p"]}`)}}
	got := fictionOf(body(`{"kind":"A","version":"1.0.0","name":"x","list":["q"]}`), bodies)
	if strings.Join(got, " ") != "/version /list/0" {
		t.Errorf("%q", got)
	}
}

// A member may be called by a number, and an element is.
func TestAPlaceIsCutAsItIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, pointer, want string }{
		{`{"0":1,"1":2}`, "/0", `{"1":2}`}, {`[1,2]`, "/0", `[2]`}, {`{"a":[{"0":1}]}`, "/a/0/0", `{"a":[{}]}`},
		{`[1,2]`, "/2", ""}, {`[1,2]`, "/x", ""}, {`{"a":1}`, "", ""}, {`{"a":1}`, "/b", ""}, {`1`, "/0", ""},
	} {
		if got, ok := cut([]byte(c.text), c.pointer); string(got) != c.want || ok != (c.want != "") {
			t.Errorf("%s without %s: %s %t", c.text, c.pointer, got, ok)
		}
	}
}

// A body of nothing has no end to be cut off.
func TestSpellingsAreOfAnyBody(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "{", "{}", "[]", "null"} {
		for _, v := range spellings() {
			v.apply(step{Media: mediaJSON, Body: text(content)})
		}
	}
}

func TestElementsAreToldApartByTheirIDs(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]string{
		`{"items":[{"id":"1"},{"trade_id":"2"},{"statement_id":"3"}]}`:          "1 2 3",
		`{"items":[{"event":{"event_id":"1"}},{"card_id":"2"}]}`:                "1 2",
		`{"items":[{"card_order_id":"1","card_id":"9"},{"card_order_id":"2"}]}`: "1 2",
		`{"portals":[{"id":"1"}]}`:                                              "1",
		`[{"transaction_id":"1"}]`:                                              "1",
		`{"items":[{"name":"x"}]}`:                                              `{"name":"x"}`,
		`{"id":"1"}`:                                                            "",
	} {
		value, err := decodeNumbers([]byte(list))
		if got := strings.Join(idsOf(value), " "); err != nil || got != want {
			t.Errorf("%s: %q", list, got)
		}
	}
}

func TestAPlaceHasNoIndex(t *testing.T) {
	t.Parallel()
	for want, location := range map[string][]any{
		"body /a~1b/*/c":       {"body", "a/b", 3, "c"},
		"body /a/*":            {"body", "a", "0"},
		"body":                 {"body"},
		"query filter[status]": {"query", "filter[status]", 0},
		"header x-a":           {"header", "x-a"},
		"":                     nil,
	} {
		if got := placeOf(location); got != want {
			t.Errorf("%v: %q, want %q", location, got, want)
		}
	}
}
