package card

import (
	"crypto/fips140"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
)

const pinDigits = 4

// ErrPIN says that a PIN does not consist of four ASCII digits.
var ErrPIN = errors.New("card: unusable PIN")

// EncryptPIN encrypts a PIN of four digits under the key set_pin of List public keys and returns the encrypted_pin of
// Set the PIN of a card: the base64 of the PIN's digits, encrypted with RSA and PKCS#1 v1.5 padding. The result differs
// from call to call.
//
// Get the key right before. Nothing signs it, so the PIN is as safe as the TLS connection that it came over.
//
// It fails with ErrPIN, or like ParsePublicKey with ErrPublicKey. Neither error repeats any part of what was given.
func EncryptPIN(publicKeyPEM, pin string) (string, error) {
	if len(pin) != pinDigits {
		return "", fmt.Errorf("%w: it has %d bytes; it must be %d digits", ErrPIN, len(pin), pinDigits)
	}
	plain := []byte(pin)
	defer clear(plain)
	if !isDigits(plain, pinDigits, pinDigits) {
		return "", fmt.Errorf("%w: it has something else than the digits 0 to 9", ErrPIN)
	}
	key, err := ParsePublicKey(publicKeyPEM)
	if err != nil {
		return "", err
	}
	if fips140.Enforced() {
		return "", errFIPS
	}
	//nolint:staticcheck // SA1019: the provider asks for PKCS#1 v1.5, which is dangerous to decrypt only.
	ciphertext, err := rsa.EncryptPKCS1v15(rand.Reader, key, plain)
	if err != nil {
		return "", fmt.Errorf("card: encrypting the PIN: %w", err)
	}
	return base64.StdEncoding.EncodeToString(ciphertext), nil
}
