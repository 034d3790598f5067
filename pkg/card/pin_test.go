package card_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/card"
)

// Whatever the PIN and the form of the key, the provider decrypts it.
func TestEncryptedPINsArrive(t *testing.T) {
	t.Parallel()
	public := &bankPair().PublicKey
	forms := []string{spki(t, public), pkcs1(public), strings.ReplaceAll(spki(t, public), "\n", "\r\n"),
		strings.ReplaceAll(pkcs1(public), "\n", "\r\n")}
	rapid.Check(t, func(t *rapid.T) {
		pin := rapid.StringMatching(`[0-9]{4}`).Draw(t, "pin")
		encrypted, err := card.EncryptPIN(rapid.SampledFrom(forms).Draw(t, "key"), pin)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := unsealPIN(encrypted); err != nil || got != pin {
			t.Fatalf("the provider reads %q, %v; want %q", got, err, pin)
		}
	})
}

func TestEncryptPINUnderTheKeyOfTheContract(t *testing.T) {
	t.Parallel()
	once, err := card.EncryptPIN(contractPEM, "0000")
	if err != nil {
		t.Fatal(err)
	}
	if sealed, err := base64.StdEncoding.DecodeString(once); err != nil || len(sealed) != 512 {
		t.Errorf("EncryptPIN makes %d bytes, %v; want 512", len(sealed), err)
	}
	if twice, err := card.EncryptPIN(contractPEM, "0000"); err != nil || twice == once {
		t.Errorf("the same PIN looks the same when it is encrypted again: %v", err)
	}
}

func TestEncryptPINRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, key, pin string
		is             error
		want           string
	}{
		{"nothing", contractPEM, "", card.ErrPIN, "has 0 bytes"},
		{"three digits", contractPEM, "987", card.ErrPIN, "has 3 bytes"},
		{"five digits", contractPEM, "98765", card.ErrPIN, "has 5 bytes"},
		{"a line break", contractPEM, "9876\n", card.ErrPIN, "has 5 bytes"},
		{"a letter", contractPEM, "987o", card.ErrPIN, "something else than the digits"},
		{"a sign", contractPEM, "-987", card.ErrPIN, "something else than the digits"},
		{"other digits than ASCII, four of them", contractPEM, "٩٨٧٦", card.ErrPIN, "has 8 bytes"},
		{"other digits than ASCII, four bytes", contractPEM, "٩٨", card.ErrPIN, "something else than the digits"},
		{"a null byte", contractPEM, "987\x00", card.ErrPIN, "something else than the digits"},
		{"arguments in the wrong order", "9876", contractPEM, card.ErrPIN, "bytes"},
		{"no key", "", "9876", card.ErrPublicKey, "is empty"},
		{"the PIN for the key", "9876", "9876", card.ErrPublicKey, "does not begin with a PEM block"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := card.EncryptPIN(c.key, c.pin)
			if !errors.Is(err, c.is) || got != "" {
				t.Fatalf("EncryptPIN = %q, %v; want %v", got, err, c.is)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("EncryptPIN: %v; want it to mention %q", err, c.want)
			}
			for _, secret := range []string{"987", "٩", "MIIC"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error shows what it was given: %v", err)
				}
			}
		})
	}
}
