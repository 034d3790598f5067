package recipe

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/card"
)

// pin is the one that recipes set.
const pin = "0420"

// value makes what a program has to make by itself.
func (m Made) value(vs variables) (string, error) {
	switch m {
	case MadeUUID:
		return uuid.NewString(), nil
	case MadePublicKey:
		return nobodysKey()
	case MadeEncryptedPIN:
		return card.EncryptPIN(fmt.Sprint(vs["set_pin"]), pin)
	}
	return "", fmt.Errorf("nobody can make a %q", m)
}

// nobodysKey is a public key whose private half nobody has, which is quick to make: no recipe reads what is encrypted
// under it.
func nobodysKey() (string, error) {
	const bits = 4096
	number := make([]byte, bits/8)
	if _, err := rand.Read(number); err != nil {
		return "", err
	}
	number[0] |= 0x80
	number[len(number)-1] |= 1
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(number), E: 65537}
	block := &pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(key)}
	return string(pem.EncodeToMemory(block)), nil
}
