package partner_test

import (
	"testing"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

func TestTheKeyOfOptionsIsTheLast(t *testing.T) {
	first, last := partner.KeyFor("payouts", "1"), partner.KeyFor("payouts", "2")
	for _, c := range []struct {
		name    string
		options []partner.CallOption
		want    partner.IdempotencyKey
		ok      bool
	}{
		{"no options", nil, partner.IdempotencyKey{}, false},
		{"a nil option", []partner.CallOption{nil}, partner.IdempotencyKey{}, false},
		{"no key", []partner.CallOption{partner.WithMaxRetries(1), nil}, partner.IdempotencyKey{}, false},
		{"one", []partner.CallOption{nil, partner.WithIdempotencyKey(first), nil}, first, true},
		{"several", []partner.CallOption{partner.WithIdempotencyKey(first), partner.WithMaxRetries(1),
			partner.WithIdempotencyKey(last), nil}, last, true},
		{"the Nil UUID", []partner.CallOption{partner.WithIdempotencyKey(partner.IdempotencyKey{})},
			partner.IdempotencyKey{}, true},
	} {
		if key, ok := partner.KeyFromOptions(c.options...); key != c.want || ok != c.ok {
			t.Errorf("%s: KeyFromOptions = %v, %v", c.name, key, ok)
		}
		ctx := t.Context()
		for _, option := range c.options { // Those of a context within come after those of the one around it.
			ctx = partner.ContextWithOptions(ctx, option)
		}
		if key, ok := partner.KeyFromContext(ctx); key != c.want || ok != c.ok {
			t.Errorf("%s: KeyFromContext = %v, %v", c.name, key, ok)
		}
	}
}
