package authentication

import (
	"fmt"
	"slices"
	"testing"
)

func TestRecentKeysAreKeptOfEachCaller(t *testing.T) {
	var k recentKeys
	k.swap("a", "1")
	k.swap("b", "2")
	if got := k.swap("a", "3"); !slices.Equal(got, []string{"1"}) {
		t.Errorf("%q", got)
	}
	for n := range 3 * maxRecent {
		k.swap("a", fmt.Sprint("key ", n))
	}
	got := k.swap("a", "last")
	if len(got) != maxRecent || got[maxRecent-1] != fmt.Sprint("key ", 3*maxRecent-1) {
		t.Errorf("%d keys: %q", len(got), got)
	}
}

func TestRecentKeysAreKeptOfABoundedNumberOfCallers(t *testing.T) {
	var k recentKeys
	for n := range maxCallers {
		k.swap(fmt.Sprint(n), "key")
	}
	k.swap("0", "another") // It is no new caller.
	if len(k.byCaller) != maxCallers {
		t.Errorf("%d callers", len(k.byCaller))
	}
	k.swap("one more", "key")
	if len(k.byCaller) != 1 {
		t.Errorf("%d callers", len(k.byCaller))
	}
}
