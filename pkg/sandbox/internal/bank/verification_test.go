package bank

import "testing"

// No rule makes a verification fail yet, but Plaid's side of it is ready for one.
func TestPlaidSaysHowItEnded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		before PlaidStatus
		failed bool
		want   PlaidStatus
	}{
		{"by Plaid", PlaidPendingAutomatic, false, PlaidAutomatic},
		{"by the user", PlaidPendingManual, false, PlaidManual},
		{"in vain", PlaidPendingManual, true, PlaidFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.before.after(c.failed); got != c.want {
				t.Errorf("%s; want %s", got, c.want)
			}
		})
	}
}
