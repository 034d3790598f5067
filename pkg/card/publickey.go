package card

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// The limits on keys are ours; the provider's keys have 4096 bits and the exponent 65537.
const (
	minKeyBits = 2048
	// Larger keys would only cost time.
	maxKeyBits  = 8192
	minExponent = 1<<16 + 1
	// What crypto/rsa can work with.
	maxExponent = 1<<31 - 1
)

// Types of PEM blocks.
const (
	typeSPKI  = "PUBLIC KEY"
	typePKCS1 = "RSA PUBLIC KEY"
)

// ErrPublicKey says that a text is not a PEM public key that may be encrypted under.
var ErrPublicKey = errors.New("card: unusable public key")

// ParsePublicKey reads an RSA public key in PEM, either SPKI (BEGIN PUBLIC KEY) or PKCS#1 (BEGIN RSA PUBLIC KEY), with
// line breaks of either kind. It fails with ErrPublicKey for anything else: text around the block, a second block, a
// certificate, a private key, a key that is not RSA, bytes after the key, less than 2048 or more than 8192 bits, an
// exponent that is even or below 65537. The error never repeats the text.
func ParsePublicKey(text string) (*rsa.PublicKey, error) {
	key, err := parsePublicKey(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPublicKey, err)
	}
	return key, nil
}

func parsePublicKey(text string) (*rsa.PublicKey, error) {
	const begin = "-----BEGIN "
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, errors.New("it is empty")
	case !strings.HasPrefix(text, begin):
		return nil, errors.New("it does not begin with a PEM block")
	// pem.Decode skips what it cannot read, so look for a second block in all of the text rather than in what it
	// leaves.
	case strings.Count(text, begin) > 1:
		return nil, errors.New("it has more than one PEM block")
	}
	block, rest := pem.Decode([]byte(text))
	switch {
	case block == nil:
		return nil, errors.New("its PEM block is damaged")
	case len(rest) > 0:
		return nil, errors.New("text follows its PEM block")
	case len(block.Headers) > 0:
		return nil, errors.New("its PEM block has headers")
	}
	key, err := decodePublicKey(block)
	if err != nil {
		return nil, err
	}
	return key, checkPublicKey(key)
}

func decodePublicKey(block *pem.Block) (*rsa.PublicKey, error) {
	var key *rsa.PublicKey
	var canonical []byte
	switch {
	case block.Type == typePKCS1:
		var err error
		if key, err = x509.ParsePKCS1PublicKey(block.Bytes); err != nil {
			return nil, errors.New("the block RSA PUBLIC KEY does not hold an RSA key in PKCS#1")
		}
		canonical = x509.MarshalPKCS1PublicKey(key)
	case block.Type == typeSPKI:
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, errors.New("the block PUBLIC KEY does not hold a key in SPKI")
		}
		var ok bool
		if key, ok = parsed.(*rsa.PublicKey); !ok {
			return nil, errors.New("it is not an RSA key")
		}
		if canonical, err = x509.MarshalPKIXPublicKey(key); err != nil {
			return nil, errors.New("it cannot be encoded again")
		}
	case strings.HasSuffix(block.Type, "PRIVATE KEY"):
		return nil, errors.New("it is a private key, which must never be sent anywhere")
	case strings.HasSuffix(block.Type, "CERTIFICATE"):
		return nil, errors.New("it is a certificate: only bare public keys are accepted")
	default:
		return nil, errors.New("its PEM block is neither PUBLIC KEY nor RSA PUBLIC KEY")
	}
	// crypto/x509 overlooks bytes behind the exponent of a key in SPKI.
	if !bytes.Equal(canonical, block.Bytes) {
		return nil, errors.New("its encoding has bytes that are not part of the key")
	}
	return key, nil
}

func checkPublicKey(key *rsa.PublicKey) error {
	bits := key.N.BitLen()
	switch {
	case bits < minKeyBits:
		return fmt.Errorf("it has %d bits; the least is %d", bits, minKeyBits)
	case bits > maxKeyBits:
		return fmt.Errorf("it has %d bits; the most is %d", bits, maxKeyBits)
	case key.N.Bit(0) == 0:
		return errors.New("its modulus is even")
	case key.E < minExponent:
		return fmt.Errorf("its exponent is %d; the least is %d", key.E, minExponent)
	case key.E > maxExponent:
		return fmt.Errorf("its exponent is above %d", maxExponent)
	case key.E%2 == 0:
		return errors.New("its exponent is even")
	}
	return nil
}
