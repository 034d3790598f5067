package sandbox

import (
	"errors"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// Whoever logs in over and over fills no memory: the oldest tokens go.
func TestTokensAreBounded(t *testing.T) {
	tokens := newTokens(Config{Username: "u", Password: signing.NewSecret("p"), Now: time.Now})
	var issued []string
	for range maxTokens + 2 {
		result, ok := tokens.issue("u", "p")
		if !ok {
			t.Fatal("the login is refused")
		}
		issued = append(issued, result.Token)
	}
	for at, want := range map[int]error{0: authentication.ErrUnknownToken, 1: authentication.ErrUnknownToken, 2: nil,
		maxTokens + 1: nil} {
		if _, err := tokens.authenticate(t.Context(), issued[at]); !errors.Is(err, want) {
			t.Errorf("token %d: %v; want %v", at, err, want)
		}
	}
	if len(tokens.expires) != maxTokens || len(tokens.order) != maxTokens {
		t.Errorf("%d tokens, %d in order", len(tokens.expires), len(tokens.order))
	}
}
