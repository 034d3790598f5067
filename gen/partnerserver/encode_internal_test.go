package partnerserver

import (
	"encoding/json"
	"testing"

	"github.com/oapi-codegen/nullable"
	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// page has a field of each kind that answers have.
type page struct {
	Count    int64                     `json:"count"`
	Items    partnerapi.List[part]     `json:"items"`
	Left     *string                   `json:"left,omitempty"`
	More     partnerapi.List[string]   `json:"more"`
	Next     nullable.Nullable[string] `json:"next,omitempty"`
	Optional []string                  `json:"optional,omitzero"`
	Part     part                      `json:"part"`
	Text     string                    `json:"text"`
	Until    *int                      `json:"until"`
}

type part struct {
	Items partnerapi.List[string] `json:"items"`
}

// What is encoded piece by piece is what json.Marshal makes in one.
func TestAnAnswerIsEncodedAsMarshalDoesIt(t *testing.T) {
	text := rapid.SampledFrom([]string{"", "a", `<"é">`, "\u2028", `"items":[]`})
	texts := rapid.OneOf(rapid.Just[[]string](nil), rapid.SliceOfN(text, 0, 12))
	parts := rapid.Custom(func(t *rapid.T) part { return part{texts.Draw(t, "texts")} })
	inPieces, whole := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		p := page{
			Count: rapid.Int64().Draw(t, "count"), Items: rapid.SliceOfN(parts, 0, 12).Draw(t, "items"),
			More: texts.Draw(t, "more"), Optional: texts.Draw(t, "optional"), Part: parts.Draw(t, "part"),
			Text: text.Draw(t, "text"), Left: rapid.Ptr(text, true).Draw(t, "left"),
			Until: rapid.Ptr(rapid.Int(), true).Draw(t, "until"),
		}
		if rapid.Bool().Draw(t, "next") {
			p.Next = nullable.NewNullableWithValue(p.Text)
		}
		if whole++; len(p.Items) >= 8 || len(p.More) >= 8 {
			inPieces++
		}
		for _, body := range []any{
			p, &p, p.Part, p.Text, p.Count, p.Items, p.Optional, map[string]any{"page": p}, nil,
		} {
			want, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			if list, ok := body.([]string); ok && list == nil {
				want = []byte("[]")
			}
			if got, err := encode(body); err != nil || string(got) != string(want) {
				t.Fatalf("%s, %v; want %s", got, err, want)
			}
		}
	})
	if inPieces == 0 || inPieces == whole {
		t.Errorf("%d of %d pages were long", inPieces, whole)
	}
}

// What cannot be encoded fails as a whole, wherever it stands.
func TestAnAnswerWithAnEmptyUnionIsNotEncoded(t *testing.T) {
	good, err := partnerapi.NewTransaction(partnerapi.ACHTransaction{})
	if err != nil {
		t.Fatal(err)
	}
	long := make(partnerapi.List[partnerapi.Transaction], 20)
	for i := range long {
		long[i] = good
	}
	if _, err := encode(partnerapi.TransactionPage{Items: long}); err != nil {
		t.Error(err)
	}
	long[19] = partnerapi.Transaction{}
	for name, body := range map[string]any{
		"in a list": partnerapi.TransactionPage{Items: long},
		"by itself": partnerapi.Transaction{},
		"beside long": struct {
			Items partnerapi.List[string] `json:"items"`
			One   partnerapi.Transaction  `json:"one"`
		}{Items: make(partnerapi.List[string], 20)},
	} {
		if text, err := encode(body); err == nil {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// Encoding a page costs what it would with a plain slice.
func BenchmarkAnswerOf50Transactions(b *testing.B) {
	page := partnerapi.TransactionPage{Items: make(partnerapi.List[partnerapi.Transaction], 50)}
	for i := range page.Items {
		var err error
		if page.Items[i], err = partnerapi.NewTransaction(partnerapi.ACHTransaction{Title: "A title"}); err != nil {
			b.Fatal(err)
		}
	}
	plain := struct {
		Items []partnerapi.Transaction `json:"items"`
	}{page.Items}
	for name, run := range map[string]func() ([]byte, error){
		"List, as answers are":  func() ([]byte, error) { return encode(page) },
		"List, by json.Marshal": func() ([]byte, error) { return json.Marshal(page) },
		"a plain slice":         func() ([]byte, error) { return json.Marshal(plain) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
