package card_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"sync"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/card"
)

// The provider's half of the cryptography, written with other functions of the standard library than the package uses
// where there are any.

// bankPair is a pair of 2048 bits that tests share. The race detector makes a pair of 4096 bits cost seconds.
var bankPair = sync.OnceValue(func() *rsa.PrivateKey {
	pair, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return pair
})

// seal encrypts a text under the public key of a request.
func seal(publicPEM, text string) string {
	block, rest := pem.Decode([]byte(publicPEM))
	if block == nil || len(rest) > 0 {
		panic("the request has no PEM block, or something after it")
	}
	var key *rsa.PublicKey
	if parsed, err := x509.ParsePKIXPublicKey(block.Bytes); err == nil {
		key = parsed.(*rsa.PublicKey)
	} else if key, err = x509.ParsePKCS1PublicKey(block.Bytes); err != nil {
		panic(err)
	}
	//nolint:staticcheck // SA1019: this is what the provider does.
	sealed, err := rsa.EncryptPKCS1v15(rand.Reader, key, []byte(text))
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(sealed)
}

// sealCard is the answer of Create a virtual card.
func sealCard(publicPEM string) (pan, cvv, expiration string) {
	return seal(publicPEM, "4111111111111111"), seal(publicPEM, "737"), seal(publicPEM, "12/2029")
}

// unsealPIN is what the provider makes of an encrypted PIN.
func unsealPIN(encrypted string) (string, error) {
	sealed, err := base64.StdEncoding.DecodeString(encrypted)
	if err != nil {
		return "", err
	}
	plain, err := bankPair().Decrypt(nil, sealed, nil)
	return string(plain), err
}

func spki(tb testing.TB, key any) string {
	tb.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return armour("PUBLIC KEY", der)
}

func pkcs1(key *rsa.PublicKey) string {
	return armour("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(key))
}

func armour(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func sharedKey(tb testing.TB) *card.Key {
	tb.Helper()
	key, err := card.KeyOf(bankPair())
	if err != nil {
		tb.Fatal(err)
	}
	return key
}
