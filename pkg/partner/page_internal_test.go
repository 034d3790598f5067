package partner

import (
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/oapi-codegen/nullable"
	"pgregory.net/rapid"
)

// fakePage is a page of a list of numbers.
type fakePage struct {
	items []int
	next  nullable.Nullable[string]
	count int64
}

// fakeList is a list of numbers, cut into pages; a cursor or an offset is a place in it. An error comes instead of the
// page that begins at or after failAt.
type fakeList struct {
	items    []int
	size     int
	failAt   int
	fetched  []string
	repeatTo string
}

var errFake = errors.New("no page")

func (l *fakeList) cut(from int) ([]int, int, error) {
	if l.failAt >= 0 && from >= l.failAt {
		return nil, 0, errFake
	}
	from = min(from, len(l.items))
	to := min(from+l.size, len(l.items))
	return l.items[from:to], to, nil
}

func (l *fakeList) byCursor(at *string) (*fakePage, error) {
	from := 0
	text := "-"
	if at != nil {
		text = *at
		from, _ = strconv.Atoi(text)
	}
	l.fetched = append(l.fetched, text)
	items, to, err := l.cut(from)
	if err != nil {
		return nil, err
	}
	page := &fakePage{items: items, next: nullable.NewNullNullable[string]()}
	switch {
	case to < len(l.items):
		page.next.Set(strconv.Itoa(to))
	case l.repeatTo != "":
		page.next.Set(l.repeatTo)
	}
	return page, nil
}

func (l *fakeList) byOffset(at *int) (*fakePage, error) {
	from := 0
	text := "-"
	if at != nil {
		from, text = *at, strconv.Itoa(*at)
	}
	l.fetched = append(l.fetched, text)
	items, _, err := l.cut(from)
	if err != nil {
		return nil, err
	}
	return &fakePage{items: items, count: int64(len(l.items))}, nil
}

func numbers(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// walk collects what comes before the error, and stops after limit items when that is positive.
func (l *fakeList) walk(t interface{ Fatalf(string, ...any) }, cursor bool, start int, limit int) (got []int,
	failure error) {
	each := func(item int, err error) bool {
		if failure != nil {
			t.Fatalf("something came after the error: %d, %v", item, err)
		}
		if err != nil {
			if item != 0 {
				t.Fatalf("an item came with the error: %d", item)
			}
			failure = err
			return true
		}
		got = append(got, item)
		return limit <= 0 || len(got) < limit
	}
	if cursor {
		var at *string
		if start >= 0 {
			text := strconv.Itoa(start)
			at = &text
		}
		cursorPages(at, l.byCursor, func(p *fakePage) ([]int, string) { return p.items, cursorOf(p.next) })(each)
		return got, failure
	}
	var at *int
	if start >= 0 {
		at = &start
	}
	offsetPages(at, l.byOffset, func(p *fakePage) ([]int, int64) { return p.items, p.count })(each)
	return got, failure
}

func TestAWalkIsWhatItsModelIs(t *testing.T) {
	for _, cursor := range []bool{true, false} {
		rapid.Check(t, func(t *rapid.T) {
			list := &fakeList{
				items: numbers(rapid.IntRange(0, 40).Draw(t, "items")), size: rapid.IntRange(1, 12).Draw(t, "page"),
				failAt: rapid.IntRange(-1, 50).Draw(t, "fail at"),
			}
			start := rapid.IntRange(-1, 45).Draw(t, "start")
			limit := rapid.IntRange(0, 45).Draw(t, "break after")
			got, err := list.walk(t, cursor, start, limit)

			var want []int
			var wantErr error
			pages := 0
			for from := max(start, 0); ; from += list.size {
				pages++
				if list.failAt >= 0 && from >= list.failAt {
					wantErr = errFake
					break
				}
				to := min(from+list.size, len(list.items))
				if from < to {
					want = append(want, list.items[from:to]...)
				}
				if limit > 0 && len(want) >= limit {
					want = want[:limit]
					break
				}
				if to >= len(list.items) {
					break
				}
			}
			if !slices.Equal(got, want) || !errors.Is(err, wantErr) {
				t.Fatalf("got %v, %v; want %v, %v", got, err, want, wantErr)
			}
			if len(list.fetched) != pages {
				t.Fatalf("%d pages were fetched (%q), want %d", len(list.fetched), list.fetched, pages)
			}
		})
	}
}

func TestAListWhoseCursorsRepeatEndsWithAnError(t *testing.T) {
	for _, c := range []struct {
		name     string
		start    int
		repeatTo string
		items    int
		pages    int
	}{
		{"to the page itself", -1, "8", 10, 5},
		{"to a page in the middle", -1, "4", 10, 5},
		{"to where the caller started", 4, "4", 6, 3},
		{"to where the caller started, at once", 8, "8", 2, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			list := &fakeList{items: numbers(10), size: 2, failAt: -1, repeatTo: c.repeatTo}
			got, err := list.walk(t, true, c.start, 0)
			if !errors.Is(err, ErrCursorRepeated) || len(got) != c.items || len(list.fetched) != c.pages {
				t.Errorf("%v, %v after %q", got, err, list.fetched)
			}
		})
	}
}

func TestAnEmptyPage(t *testing.T) {
	// In a cursor list there may be more behind it.
	n := 0
	pages := cursorPages(nil, func(*string) (*fakePage, error) {
		n++
		page := &fakePage{next: nullable.NewNullNullable[string]()}
		if n < 3 {
			page.next.Set(strconv.Itoa(n))
		} else {
			page.items = []int{7}
		}
		return page, nil
	}, func(p *fakePage) ([]int, string) { return p.items, cursorOf(p.next) })
	var got []int
	for item, err := range pages {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, item)
	}
	if !slices.Equal(got, []int{7}) || n != 3 {
		t.Errorf("%v after %d pages", got, n)
	}

	// In an offset list there is not, whatever count says.
	n = 0
	for _, err := range offsetPages(nil, func(*int) (*fakePage, error) { n++; return &fakePage{count: 1000}, nil },
		func(p *fakePage) ([]int, int64) { return p.items, p.count }) {
		t.Error("an item came", err)
	}
	if n != 1 {
		t.Errorf("%d pages", n)
	}
}

func TestACursorThatIsEmptyOrAbsentEndsTheList(t *testing.T) {
	for name, next := range map[string]nullable.Nullable[string]{"absent": nil,
		"null": nullable.NewNullNullable[string](), "empty": nullable.NewNullableWithValue("")} {
		n := 0
		for _, err := range cursorPages(nil, func(*string) (*fakePage,
			error) {
			n++
			return &fakePage{items: []int{1}, next: next}, nil
		},
			func(p *fakePage) ([]int, string) { return p.items, cursorOf(p.next) }) {
			if err != nil {
				t.Error(err)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d pages", name, n)
		}
	}
}

func TestACursorThatMayNotBeLeftOutIsAPointer(t *testing.T) {
	empty, cursor := "", "next"
	for want, next := range map[*string]*string{&empty: nil, &cursor: &cursor} {
		if got := cursorOf(next); got != *want {
			t.Errorf("%q, want %q", got, *want)
		}
	}
}
