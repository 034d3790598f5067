package sandbox

import (
	"encoding/base64"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func self(s string) string { return s }

// walk pages forward from the beginning, or back from before an item, and returns all that it saw and the last cursors.
func walk(t *rapid.T, items []string, limit int, cursor *string, back bool) (pages [][]string, last cursors) {
	for range len(items) + 2 {
		page, ends, ok := paginate(items, self, cursor, &limit)
		if !ok || len(page) > limit {
			t.Fatalf("a page of %d, %t", len(page), ok)
		}
		pages, last = append(pages, page), ends
		next := ends.next
		if back {
			next = ends.prev
		}
		name, err := next.Get()
		if err != nil {
			return pages, last
		}
		cursor = &name
	}
	t.Fatal("the walk does not end")
	return nil, last
}

func TestEveryItemIsSeenOnceThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,4}`), 0, 40, self).Draw(t, "items")
		limit := rapid.IntRange(1, 12).Draw(t, "limit")
		there, last := walk(t, items, limit, nil, false)
		if got := slices.Concat(there...); !slices.Equal(got, items) {
			t.Fatalf("there: %v", got)
		}
		previous, err := last.prev.Get()
		if err != nil {
			if len(there) > 1 {
				t.Fatal("there is no way back")
			}
			return
		}
		back, first := walk(t, items, rapid.IntRange(1, 12).Draw(t, "limit back"), &previous, true)
		slices.Reverse(back)
		if got := slices.Concat(back...); !slices.Equal(got, slices.Concat(there[:len(there)-1]...)) {
			t.Fatalf("back: %v", got)
		}
		if !first.prev.IsNull() {
			t.Fatal("something stands before the first page")
		}
	})
}

// Whatever is added before and behind in the meantime, nothing that was there at the start repeats or is left out.
func TestAddedItemsDisturbNoWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,4}`), 1, 40, self).Draw(t, "items")
		from := rapid.IntRange(0, len(all)-1).Draw(t, "from")
		to := rapid.IntRange(from+1, len(all)).Draw(t, "to")
		limit := rapid.IntRange(1, 5).Draw(t, "limit")
		var seen []string
		var cursor *string
		start := from
		for {
			page, ends, ok := paginate(all[from:to], self, cursor, &limit)
			if !ok {
				t.Fatal("the cursor is no longer good")
			}
			seen = append(seen, page...)
			next, err := ends.next.Get()
			if err != nil {
				break
			}
			cursor = &next
			from = rapid.IntRange(0, from).Draw(t, "added before")
			to = rapid.IntRange(to, len(all)).Draw(t, "added behind")
		}
		if !slices.Equal(seen, all[start:to]) {
			t.Fatalf("saw %v; want %v", seen, all[start:to])
		}
	})
}

func TestCursorsThatAreRefused(t *testing.T) {
	items := []string{"a", "b", "c"}
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for _, c := range []struct {
		name, cursor string
		ok           bool
		want         []string
	}{
		{"an empty one is the beginning", "", true, []string{"a", "b", "c"}},
		{"after the first", encode("after:a"), true, []string{"b", "c"}},
		{"after the last", encode("after:c"), true, nil},
		{"before the last", encode("before:c"), true, []string{"a", "b"}},
		{"before the first", encode("before:a"), true, nil},
		{"no direction", encode("b"), false, nil},
		{"another direction", encode("beside:b"), false, nil},
		{"an item that is not there", encode("after:d"), false, nil},
		{"no item", encode("after:"), false, nil},
		{"no base64", "after:a", false, nil},
		{"padded base64", base64.URLEncoding.EncodeToString([]byte("after:a ")), false, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			page, _, ok := paginate(items, self, &c.cursor, nil)
			if ok != c.ok || !slices.Equal(page, c.want) {
				t.Errorf("%v, %t; want %v, %t", page, ok, c.want, c.ok)
			}
		})
	}
	many := make([]string, 100)
	for i := range many {
		many[i] = strings.Repeat("x", i+1)
	}
	if page, _, _ := paginate(many, self, nil, nil); len(page) != defaultLimit {
		t.Errorf("a page has %d without a limit; want %d", len(page), defaultLimit)
	}
}

func TestMask(t *testing.T) {
	for number, want := range map[string]string{
		"999991234": "*****1234", "12345": "*****2345", "1234": "*********", "1": "*********", "": "*********",
		"ÄÖÜ🙂xyz": "*****🙂xyz",
	} {
		if got := mask(number); got != want {
			t.Errorf("mask(%q) = %q; want %q", number, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.String().Draw(t, "number")
		shown := strings.TrimLeft(mask(number), "*")
		if runes := []rune(shown); len(runes) > 4 || !strings.HasSuffix(number, shown) {
			t.Fatalf("mask(%q) = %q", number, mask(number))
		}
	})
}

func TestUSD(t *testing.T) {
	for cents, want := range map[int64]string{
		0: "$0.00", 5: "$0.05", 99: "$0.99", 100: "$1.00", 99_999: "$999.99", 100_000: "$1,000.00",
		123_456_789: "$1,234,567.89",
		-5:          "-$0.05", -100_000: "-$1,000.00", 1<<63 - 1: "$92,233,720,368,547,758.07",
	} {
		if got := usd(cents); *got.Formatted != want || got.Value != cents || got.Currency != "USD" {
			t.Errorf("usd(%d) = %s %s", cents, *got.Formatted, got.Currency)
		}
	}
}

func TestShare(t *testing.T) {
	if r, ok := share(nil); !ok || r.Sign() != 0 {
		t.Errorf("share of nothing = %v, %t; who has none owns nothing", r, ok)
	}
	rapid.Check(t, func(t *rapid.T) {
		// Thousandths from -0.5 to 1.5, and any text at all.
		thousandths := rapid.Int64Range(-500, 1500).Draw(t, "thousandths")
		want := big.NewRat(thousandths, 1000)
		text := want.FloatString(3)
		got, ok := share(&text)
		if ok != (thousandths >= 0 && thousandths <= 1000) || ok && got.Cmp(want) != 0 {
			t.Fatalf("share(%q) = %v, %t", text, got, ok)
		}
		anything := rapid.StringMatching(`[0-9.eE+\-/_ xn]{0,12}`).Draw(t, "text")
		if r, ok := share(&anything); ok && (r.Sign() < 0 || r.Cmp(big.NewRat(1, 1)) > 0 ||
			strings.ContainsAny(anything, "eE+-/_ xn")) {
			t.Fatalf("share(%q) = %v", anything, r)
		}
	})
}
