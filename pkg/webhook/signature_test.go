package webhook_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/webhook"
)

var (
	oldSecret = signing.NewSecret("0123456789123456")
	newSecret = signing.NewSecret("6543210987654321")
)

// The vector comes from the documented rule and was computed with two independent tools.
const (
	vectorBody      = `{"event_id": "94444752-cfa7-5d08-a2da-7f42ffdc649c"}`
	vectorSignature = "CpsQohiVi1LIQ3y8vFcGnWV+3Sysw37Y8HXXmyGBaHI="
)

func TestVerify(t *testing.T) {
	for _, c := range []struct {
		name, body, signature string
		secrets               []signing.Secret
		want                  error
	}{
		{"the vector", vectorBody, vectorSignature, []signing.Secret{oldSecret}, nil},
		{"the old secret is the first of two", vectorBody, vectorSignature, []signing.Secret{oldSecret, newSecret},
			nil},
		{"the old secret is the second of two", vectorBody, vectorSignature, []signing.Secret{newSecret, oldSecret},
			nil},
		{"the old secret is in the middle", vectorBody, vectorSignature,
			[]signing.Secret{newSecret, oldSecret, signing.NewSecret("another-secret-00")}, nil},
		{"the old secret is gone", vectorBody, vectorSignature, []signing.Secret{newSecret}, signing.ErrMismatch},
		{"neither secret", vectorBody, vectorSignature,
			[]signing.Secret{newSecret, signing.NewSecret("another-secret-00")}, signing.ErrMismatch},
		{"the body is spaced otherwise", strings.ReplaceAll(vectorBody, ": ", ":"), vectorSignature,
			[]signing.Secret{oldSecret}, signing.ErrMismatch},
		{"no signature", vectorBody, "", []signing.Secret{oldSecret}, signing.ErrMalformed},
		{"the sample's placeholder", vectorBody, "string", []signing.Secret{oldSecret, newSecret},
			signing.ErrMalformed},
		{"no secret", vectorBody, vectorSignature, nil, signing.ErrInput},
		{"an empty secret", vectorBody, vectorSignature, []signing.Secret{signing.NewSecret("")}, signing.ErrInput},
		{"an empty secret before the right one", vectorBody, vectorSignature,
			[]signing.Secret{signing.NewSecret(""), oldSecret}, signing.ErrInput},
		{"an empty secret after the right one", vectorBody, vectorSignature,
			[]signing.Secret{oldSecret, signing.NewSecret("")}, signing.ErrInput},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := webhook.Verify([]byte(c.body), c.signature, c.secrets...); !errors.Is(err, c.want) {
				t.Errorf("Verify = %v; want %v", err, c.want)
			}
		})
	}
}

func TestVerifyTakesExactlyTheSecretsItIsGiven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		secrets := rapid.SliceOfN(rapid.StringMatching(`[a-z]{16,20}`), 1, 4).Draw(t, "secrets")
		signer := rapid.StringMatching(`[a-z]{16,20}`).Draw(t, "signer")
		if rapid.Bool().Draw(t, "signer is known") {
			signer = rapid.SampledFrom(secrets).Draw(t, "known signer")
		}
		known := false
		var given []signing.Secret
		for _, s := range secrets {
			given = append(given, signing.NewSecret(s))
			known = known || s == signer
		}
		signature, err := signing.SignWebhook(signing.NewSecret(signer), body)
		if err != nil {
			t.Fatal(err)
		}
		if err := webhook.Verify(body, signature, given...); (err == nil) != known {
			t.Fatalf("Verify = %v; the secret is known: %t", err, known)
		}
	})
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte(vectorBody), vectorSignature)
	f.Add([]byte(nil), "")
	f.Add([]byte("{}"), "string")
	f.Fuzz(func(t *testing.T, body []byte, signature string) {
		err := webhook.Verify(body, signature, newSecret, oldSecret)
		signed := false
		for _, secret := range []signing.Secret{newSecret, oldSecret} {
			right, signErr := signing.SignWebhook(secret, body)
			if signErr != nil {
				t.Fatal(signErr)
			}
			if webhook.Verify(body, right, newSecret, oldSecret) != nil {
				t.Fatal("what was signed does not verify")
			}
			signed = signed || signature == right
		}
		if (err == nil) != signed {
			t.Fatalf("Verify = %v; signed: %t", err, signed)
		}
	})
}
