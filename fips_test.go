package partnergo_test

import (
	"crypto/fips140"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/card"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/redisstore"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// inFIPSOnlyMode runs one test of this binary again in FIPS 140-only mode, which a program is in from its start or not
// at all. It reports whether it is in it already.
func inFIPSOnlyMode(t *testing.T) bool {
	t.Helper()
	if fips140.Enforced() {
		return true
	}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	command.Env = append(os.Environ(), "GODEBUG=fips140=only")
	output, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "--- PASS: "+t.Name()) {
		t.Errorf("%v:\n%s", err, output)
	}
	return false
}

// The binary also links go-redis' scripts, which have SHA-1 names from when the program starts.
var _ redisstore.Config

func TestNothingPanicsInFIPSOnlyMode(t *testing.T) {
	if !inFIPSOnlyMode(t) {
		return
	}
	const key, path = "1e493f00-281c-5efc-af9e-e170aeb73101", "/api/v1/agreements/"
	if got := idempotency.KeyFor("payouts", "invoice-4711").String(); got != key {
		t.Errorf("a derived key is %s, not what it is elsewhere", got)
	}
	if k := idempotency.KeyFor("payouts", "invoice-4711"); k.Attempt(2) == k || k.Attempt(2).IsZero() {
		t.Error("a second attempt has no key of its own")
	}

	short, long := signing.NewSecret("13 bytes long"), signing.NewSecret("14 bytes, good")
	_, sign := signing.Sign(short, key, path, nil)
	_, start := signing.NewSigner(short, key, path)
	_, deliver := signing.SignWebhook(short, nil)
	for doing, err := range map[string]error{
		"sign": sign, "start to sign": start, "sign a delivery": deliver,
		"verify":            signing.Verify(short, key, path, nil, ""),
		"verify a delivery": signing.VerifyWebhook(short, nil, ""),
	} {
		if !errors.Is(err, signing.ErrInput) {
			t.Errorf("%s with a short secret: %v", doing, err)
		}
	}
	signature, err := signing.Sign(long, key, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := signing.Verify(long, key, path, nil, signature); err != nil {
		t.Error(err)
	}

	// The guesses have SHA-1 and short keys among them.
	says := authentication.Diagnose(authentication.Caller{ID: "acme", Secrets: []signing.Secret{long}},
		authentication.Attempt{Key: key, Path: path, Body: []byte("{}"), Signature: signature})
	if says == "" || strings.Contains(says, "none of the usual mistakes") {
		t.Errorf("a signature without the body is diagnosed as %q", says)
	}

	if _, err := card.NewKey(); err == nil {
		t.Error("a key for PKCS#1 v1.5 was made")
	}
	encryption, err := idempotency.NewEncryptionKey("2026", make([]byte, 32))
	if err != nil || encryption.ID() != "2026" {
		t.Errorf("a key that encrypts responses: %v", err)
	}
}
