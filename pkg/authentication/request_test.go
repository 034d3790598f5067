package authentication_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

func TestSignRequestUsesTheEscapedPath(t *testing.T) {
	r, err := http.NewRequest(http.MethodGet, "https://example.com/a%2Fb/c%20d/?q=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := authentication.SignRequest(r, secret, key, nil); err != nil {
		t.Fatal(err)
	}
	if got := r.Header.Get("X-Jiko-Idempotency"); got != key {
		t.Errorf("idempotency header = %q", got)
	}
	if err := signing.Verify(secret, key, "/a%2Fb/c%20d/", nil, r.Header.Get(signing.HeaderSignature)); err != nil {
		t.Errorf("the signature is not over the path on the wire: %v", err)
	}
	if err := authentication.SignRequest(r, signing.NewSecret(""), key, nil); !errors.Is(err, signing.ErrInput) {
		t.Errorf("SignRequest without a secret: %v", err)
	}
}
