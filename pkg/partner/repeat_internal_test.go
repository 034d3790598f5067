package partner

import (
	"strings"
	"testing"
)

func TestEveryMemberOfARefusalIsLookedAt(t *testing.T) {
	words := newRepeats(nil)
	body := []byte(`{"ctx":{"a":1},"input":{"b":2},"one":1,"two":2,"code":"DUPLICATE_REQUEST"}`)
	for range 100 { // Members come in any order.
		if !words.find(&answer{body: body}) {
			t.Fatal("a member is overlooked")
		}
	}
}

// What is too deep to be looked at may say anything.
func TestARefusalIsLookedIntoToADepth(t *testing.T) {
	words := newRepeats(nil)
	for depth, want := range map[int]bool{1: false, maxRepeatDepth: false, maxRepeatDepth + 1: true, 100: true} {
		for open, end := range map[string]string{`{"a":`: "}", "[": "]"} {
			body := strings.Repeat(open, depth) + "1" + strings.Repeat(end, depth)
			if got := words.find(&answer{body: []byte(body)}); got != want {
				t.Errorf("%d levels of %s: %v", depth, open, got)
			}
		}
	}
}
