// Package nearest finds the name that was probably meant by one that is unknown.
//
//	name, ok := nearest.Of("limt", slices.Values([]string{"limit", "offset"})) // limit
//
// The answer is a name of the contract and never the sender's, so it may be shown to everybody.
package nearest

import (
	"iter"
	"unicode"
)

// maxLength bounds the names that are compared, which takes the square of their length.
const maxLength = 64

// Of returns the known name that differs least from another one, in no more than a third of its characters; case does
// not count. It reports false if there is none. Of several it returns the first one.
func Of(name string, known iter.Seq[string]) (string, bool) {
	best, found := "", false
	least := 0
	text := []rune(name)
	if len(text) > maxLength {
		return "", false
	}
	for candidate := range known {
		other := []rune(candidate)
		most := (max(len(text), len(other)) + 2) / 3
		if found {
			most = min(most, least-1)
		}
		if n, ok := distance(text, other, most); ok {
			best, found, least = candidate, true, n
		}
	}
	return best, found
}

// distance counts the characters that are to be inserted, left out, replaced or exchanged with their neighbour to make
// one name the other. It reports false when that are more than most.
func distance(a, b []rune, most int) (n int, ok bool) {
	if len(a)-len(b) > most || len(b)-len(a) > most || len(b) > maxLength || most < 0 {
		return 0, false
	}
	var rows [3][maxLength + 1]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if same(a[i-1], b[j-1]) {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && same(a[i-1], b[j-2]) && same(a[i-2], b[j-1]) {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)], last[len(b)] <= most
}

func same(a, b rune) bool { return a == b || unicode.ToLower(a) == unicode.ToLower(b) }
