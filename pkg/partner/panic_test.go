package partner_test

import (
	"net/http"
	"runtime"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// A callback that panics before anything is written leaves no doubt behind.
func TestAPanicBeforeTheRequestLeavesNoDoubt(t *testing.T) {
	for _, where := range []string{"token", "secret", "hook", "exit"} {
		t.Run(where, func(t *testing.T) {
			a, s := scripted(t, status(422))
			now := where
			panicAt := func(place string) {
				switch {
				case now == place:
					panic("marker")
				case now == "exit" && place == "hook":
					runtime.Goexit()
				}
			}
			client := a.configured(t, func(c *partner.Config) {
				c.Username, c.Password = "", signing.Secret{}
				c.Tokens = tokens(func(string) (string, error) { panicAt("token"); return goodToken("") })
				c.SigningSecret = signing.Secret{}
				c.SigningSecretFunc = func() (signing.Secret, error) { panicAt("secret"); return secret, nil }
				c.Hooks.OnRequest = func(partner.Attempt, *http.Request) { panicAt("hook") }
			})
			key := partner.WithIdempotencyKey(idempotency.NewKey())
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				defer func() { _ = recover() }()
				_ = pay(t.Context(), t, client, key, partner.WithFirstUse())
			}()
			<-ended
			now = ""
			if n := len(s.requests()); n != 0 {
				t.Fatalf("%d requests", n)
			}
			// Given WithFirstUse, the key is new to everybody.
			err := pay(t.Context(), t, client, key, partner.WithFirstUse())
			if outcomeOf(err) != partner.OutcomeRefused {
				t.Errorf("%v", err)
			}
		})
	}
}
