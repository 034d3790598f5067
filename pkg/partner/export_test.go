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
