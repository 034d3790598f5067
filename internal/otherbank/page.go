package otherbank

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// An item stands in a list.
type item struct {
	number int64
	id     string
	value  any
}

var limitForm = regexp.MustCompile(`^([1-9][0-9]?|100)$`)

var paging = query{"limit": like(limitForm.MatchString, "1 to 100 are wanted"), "cursor": anyText}

// with are the parameters of a list, with those that all lists have.
func with(q query) query {
	all := query{}
	for _, some := range []query{paging, q} {
		for name, f := range some {
			all[name] = f
		}
	}
	return all
}

// page is the part of a list that a call asks for. A cursor names the item that it is before or behind, so that what is
// put into the list or taken out of it moves nothing else.
func (b *Bank) page(c *call, asked map[string][]string, items []item) answer {
	place := func(i item) string {
		if b.mood.ByID {
			return i.id
		}
		return fmt.Sprintf("%015d", i.number)
	}
	compare := func(a, z string) int {
		if b.mood.NewestFirst {
			return strings.Compare(z, a)
		}
		return strings.Compare(a, z)
	}
	slices.SortFunc(items, func(a, z item) int { return compare(place(a), place(z)) })
	limit := 30
	if len(asked["limit"]) > 0 {
		limit, _ = strconv.Atoi(asked["limit"][0])
	}
	if most := b.mood.MostOnPage; most > 0 {
		limit = min(limit, most)
	}
	first, last := 0, min(limit, len(items))
	if len(asked["cursor"]) > 0 && asked["cursor"][0] != "" {
		way, at, ok := openCursor(asked["cursor"][0])
		behind := len(items)
		for i := range items {
			if d := compare(place(items[i]), at); d > 0 || d == 0 && way == "before" {
				behind = i
				break
			}
		}
		switch {
		case !ok && !b.mood.AnyCursor:
			return b.refused(c, unfit("cursor", "Nobody was given that cursor", "query", "cursor"))
		case ok && way == "before":
			first, last = max(0, behind-limit), behind
		case ok:
			first, last = behind, min(behind+limit, len(items))
		}
	}
	shown := make([]any, 0, limit)
	for _, i := range items[first:last] {
		shown = append(shown, i.value)
	}
	result := map[string]any{"items": shown}
	isFull := b.mood.EagerNext && last-first == limit
	if !b.mood.Sparse {
		result["object_type"], result["prev_page"], result["next_page"] = "CursorList", nil, nil
	}
	if last > first && (last < len(items) || isFull) {
		result["next_page"] = seal("behind", place(items[last-1]))
	}
	if last > first && first > 0 {
		result["prev_page"] = seal("before", place(items[first]))
	}
	return answer{200, result}
}

func seal(way, at string) string {
	return "c." + base64.RawURLEncoding.EncodeToString([]byte(way+" "+at))
}

func openCursor(cursor string) (way, at string, ok bool) {
	sealed, ok := strings.CutPrefix(cursor, "c.")
	text, err := base64.RawURLEncoding.DecodeString(sealed)
	way, at, hasBoth := strings.Cut(string(text), " ")
	return way, at, ok && err == nil && hasBoth
}
