package mistake

import "strings"

// Nearest is what was probably meant by a name that is not known, or nothing.
func Nearest(name string, known []string) string {
	if len(name) > 100 {
		return ""
	}
	best, distance := "", len(name)/2+1
	for _, candidate := range known {
		if d := edits(strings.ToLower(name), strings.ToLower(candidate)); d < distance {
			best, distance = candidate, d
		}
	}
	return best
}

// edits is how many letters have to be changed, put in, taken out, or exchanged with their neighbours.
func edits(a, b string) int {
	from, to := []rune(a), []rune(b)
	rows := [3][]int{}
	for i := range rows {
		rows[i] = make([]int, len(to)+1)
	}
	for j := range to {
		rows[1][j+1] = j + 1
	}
	for i := range from {
		before, last, next := rows[0], rows[1], rows[2]
		next[0] = i + 1
		for j := range to {
			cost := 1
			if from[i] == to[j] {
				cost = 0
			}
			next[j+1] = min(last[j+1]+1, next[j]+1, last[j]+cost)
			if i > 0 && j > 0 && from[i] == to[j-1] && from[i-1] == to[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		rows = [3][]int{last, next, before}
	}
	return rows[1][len(to)]
}
