package sandbox_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// walk goes through every list that has cursors, one item at a time: it meets what one large page has, in the same
// order, and each page leads back to the one before.
func (c *exampleCalls) walk(t *testing.T) {
	ids := strings.NewReplacer("{customer_id}", c.customer, "{account_id}", c.pocket, "{pocket_id}", c.pocket)
	for path, item := range c.document.Paths.Map() {
		if item.Get == nil || item.Get.Parameters.GetByInAndName("query", "cursor") == nil {
			continue
		}
		orders := []string{""}
		if item.Get.Parameters.GetByInAndName("query", "order") != nil {
			orders = []string{"&order=asc", "&order=desc"}
		}
		for _, order := range orders {
			t.Run(item.Get.OperationID+order, func(t *testing.T) { c.walkList(t, ids.Replace(path), order) })
		}
	}
}

func (c *exampleCalls) walkList(t *testing.T, path, order string) {
	page := func(query string) (items []any, previous, next any) {
		t.Helper()
		a := c.raw(t, uuid.NewString(), http.MethodGet, path+"?"+query+order, "")
		if a.status != http.StatusOK {
			t.Fatalf("%s: %d %s", query, a.status, a.body)
		}
		list := parsed(t, a.body).(map[string]any)
		return list["items"].([]any), list["prev_page"], list["next_page"]
	}
	at := func(cursor any) string { return "limit=1&cursor=" + url.QueryEscape(cursor.(string)) }
	all, _, _ := page("limit=100")
	if len(all) == 0 {
		t.Fatal("the list is empty")
	}
	query := "limit=1"
	for i, want := range all {
		items, previous, next := page(query)
		if encode(t, items) != encode(t, []any{want}) || (previous == nil) != (i == 0) ||
			next == nil && i < len(all)-1 {
			t.Fatalf("item %d of %d is %s, between %v and %v; want %s", i, len(all), encode(t, items), previous, next,
				encode(t, want))
		}
		if previous != nil {
			if back, _, _ := page(at(previous)); encode(t, back) != encode(t, all[i-1:i]) {
				t.Fatalf("before item %d is %s; want %s", i, encode(t, back), encode(t, all[i-1]))
			}
		}
		if next != nil {
			query = at(next)
		}
	}
}
