package bank

import (
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	_ "embed" // The key is a file.
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"sync"

	"github.com/google/uuid"
)

const pinDigits = 4

//go:embed pin_test_key.pem
var pinTestKey []byte

// pinKey reads the pair that PINs are encrypted under. It is the same in every sandbox, and no secret.
var pinKey = sync.OnceValues(func() (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(pinTestKey)
	if block == nil {
		return nil, errors.New("bank: the key for PINs is no PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("bank: the key for PINs: %w", err)
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("bank: the key for PINs is no RSA key")
	}
	return key, nil
})

// PINKey returns the public key that PINs are encrypted under, in PEM.
func (b *Bank) PINKey() (string, error) {
	key, err := pinKey()
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return "", fmt.Errorf("bank: the key for PINs: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), nil
}

// SetCardPIN sets the PIN of a physical card, of which the bank keeps a digest.
func (t *Tx) SetCardPIN(pocket, id uuid.UUID, encrypted string) error {
	c, err := t.Card(pocket, id)
	switch {
	case err != nil:
		return err
	case c.Status == CardClosed:
		return cardClosed()
	case c.Type != PhysicalCard:
		return invalid("card_type", "Only a physical card has a PIN.", "path", "card_id")
	}
	pin, err := decryptPIN(encrypted)
	if err != nil {
		return err
	}
	changed := *c
	changed.PIN = t.pinDigest(c.ID, pin)
	t.cards.Update(t.tx, &changed)
	return nil
}

// decryptPIN opens what a cardholder's device has sealed. It says in which step it failed, which would help an attacker
// to decrypt if the key were a secret; here it helps who tests.
func decryptPIN(encrypted string) ([]byte, error) {
	if err := checkFIPS(); err != nil {
		return nil, err
	}
	key, err := pinKey()
	if err != nil {
		return nil, err
	}
	refuse := func(rule, message string) error { return invalid(rule, message, "body", "encrypted_pin") }
	ciphertext, err := base64.StdEncoding.Strict().DecodeString(encrypted)
	if err != nil || len(ciphertext) != key.Size() {
		return nil, refuse("encrypted_pin_encoding",
			fmt.Sprintf("encrypted_pin must be the standard, padded base64 of %d bytes.", key.Size()))
	}
	//nolint:staticcheck // SA1019: PKCS#1 v1.5 is what the provider's clients encrypt with; see above.
	pin, err := rsa.DecryptPKCS1v15(nil, key, ciphertext)
	if err != nil {
		return nil, refuse("encrypted_pin_key",
			"encrypted_pin must be encrypted under the key set_pin with the padding of PKCS#1 v1.5.")
	}
	if len(pin) != pinDigits {
		return nil, refuse("pin", "The PIN must have 4 digits.")
	}
	for _, c := range pin {
		if c < '0' || c > '9' {
			return nil, refuse("pin", "The PIN must have 4 digits.")
		}
	}
	return pin, nil
}

// pinDigest returns what is kept of a PIN. Without the bank's secret, all of the ten thousand could be tried.
func (b *Bank) pinDigest(card uuid.UUID, pin []byte) string {
	mac := hmac.New(sha256.New, b.secret)
	_, _ = fmt.Fprintf(mac, "pin %s %s", card, pin)
	return hex.EncodeToString(mac.Sum(nil))
}
