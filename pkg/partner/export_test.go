package partner

import "time"

// SetClock replaces the clock of a Client, and the waiting: sleep is called instead of it, and says whether the call
// goes on.
func SetClock(c *Client, now func() time.Time, sleep func(time.Duration) bool) {
	if now != nil {
		c.core.now = now
	}
	if sleep != nil {
		c.core.sleep = func(_ <-chan struct{}, d time.Duration) bool { return sleep(d) }
	}
}

// SetLoginTimeout replaces how long a login may take.
func SetLoginTimeout(c *Client, d time.Duration) { c.core.tokens.(*tokenCache).timeout = d }

// Counted is what the connections of a Client's own transport are wrapped in.
var Counted = counted

// Kinds are the kinds of a reply, as the table in docs/client.md has them.
var Kinds = []string{"unsent", "lost", "unclear", "turned away", "refused", "known", "broken", "done"}

// OnConclusion has f called with the kind of each reply and with what was known before it.
func OnConclusion(c *Client, f func(kind, known string)) {
	c.core.concluding = func(r reply, k knowledge) {
		known := "key is new"
		switch {
		case k.harmless:
			known = "read"
		case k.doubt && k.late:
			known = "doubt, late"
		case k.doubt:
			known = "doubt"
		case k.history:
			known = "own key"
		}
		f(Kinds[r], known)
	}
}

// Known are the columns of the table.
var Known = []string{"read", "key is new", "own key", "doubt", "doubt, late"}
