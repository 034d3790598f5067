package bank

import (
	"crypto/fips140"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/card"
)

// checkFIPS refuses what the provider asks for, PKCS#1 v1.5, in a process that may not have it.
func checkFIPS() error {
	if fips140.Enforced() {
		return &Refusal{Kind: Precondition, Rule: "fips",
			Message: "PKCS#1 v1.5 encryption is not available in FIPS 140-only mode"}
	}
	return nil
}

// cardKeyBits is the size of the key that a card's details are encrypted under. (Source: the cards guide.)
const cardKeyBits = 4096

// cardKey is a public key that details were encrypted under, and that is good for nothing more.
type cardKey struct {
	Fingerprint string `json:"fingerprint"`
}

// SealedCard is what is printed on a card, encrypted, in base64.
type SealedCard struct{ PAN, CVV, Expiration string }

// CreateVirtualCard makes a card and seals its details under a key that must be new, too.
func (t *Tx) CreateVirtualCard(pocket uuid.UUID, publicKey string) (*Card, SealedCard, error) {
	p, err := t.openPocket(pocket)
	if err != nil {
		return nil, SealedCard{}, err
	}
	c := t.makeCard(p, VirtualCard, CardOpen, t.customers.Get(p.CustomerID).Name)
	sealed, err := t.sealCard(c, publicKey)
	if err == nil {
		err = t.fateCard("createVirtualCard", c.ID)
	}
	return c, sealed, err
}

// VirtualCard returns a virtual card and seals its details under a new key.
func (t *Tx) VirtualCard(pocket, id uuid.UUID, publicKey string) (*Card, SealedCard, error) {
	c, err := t.virtualCard(pocket, id)
	if err != nil {
		return nil, SealedCard{}, err
	}
	if c.Status == CardClosed {
		return nil, SealedCard{}, cardClosed()
	}
	sealed, err := t.sealCard(c, publicKey)
	return c, sealed, err
}

// CloseVirtualCard closes a virtual card for good.
func (t *Tx) CloseVirtualCard(pocket, id uuid.UUID) error {
	if _, err := t.virtualCard(pocket, id); err != nil {
		return err
	}
	return t.CloseCard(pocket, id, CardClosure{Reason: CardCanceled})
}

func (t *Tx) virtualCard(pocket, id uuid.UUID) (*Card, error) {
	c, err := t.Card(pocket, id)
	if err == nil && c.Type != VirtualCard {
		err = notFound()
	}
	return c, err
}

// sealCard encrypts the details of a card.
func (t *Tx) sealCard(c *Card, publicKey string) (SealedCard, error) {
	key, err := t.useCardKey(publicKey)
	if err != nil {
		return SealedCard{}, err
	}
	return SealedCard{PAN: t.seal(key, string(c.PAN)), CVV: t.seal(key, string(c.CVV)),
		Expiration: t.seal(key, c.expiration())}, nil
}

// seal encrypts a short text with RSA and PKCS#1 v1.5 padding, as RFC 8017 has it in 7.2.1, and returns it in base64.
// It does so by hand: crypto/rsa pads with the machine's random bytes, but a sandbox that is asked the same answers the
// same. Whoever has neither the private key nor the bank's secret learns no more from this padding.
func (t *Tx) seal(key *rsa.PublicKey, text string) string {
	message := make([]byte, key.Size())
	message[1] = 2
	padding := message[2 : len(message)-len(text)-1]
	for n := 0; n < len(padding); { // None of its bytes may be 0.
		n += copy(padding[n:], t.secretText(t.tx.Draw(), "padding"))
	}
	copy(message[len(message)-len(text):], text)
	sealed := new(big.Int).Exp(new(big.Int).SetBytes(message), big.NewInt(int64(key.E)), key.N)
	return base64.StdEncoding.EncodeToString(sealed.FillBytes(message))
}

// useCardKey reads a key, and notes that it was used. (Source: the cards guide: key pairs are checked for reuse.)
func (t *Tx) useCardKey(publicKey string) (*rsa.PublicKey, error) {
	if err := checkFIPS(); err != nil {
		return nil, err
	}
	refuse := func(rule, message string) error { return invalid(rule, message, "body", "public_key") }
	key, err := card.ParsePublicKey(publicKey)
	if err != nil {
		return nil, refuse("public_key", err.Error())
	}
	if bits := key.N.BitLen(); bits != cardKeyBits {
		return nil, refuse("public_key_size", fmt.Sprintf("public_key has %d bits, not %d.", bits, cardKeyBits))
	}
	sum := sha256.Sum256(x509.MarshalPKCS1PublicKey(key))
	used := &cardKey{hex.EncodeToString(sum[:])}
	if t.cardKeys.Get(used.Fingerprint) != nil {
		return nil, refuse("public_key_used", "public_key was used before: a key pair is good for one request.")
	}
	t.cardKeys.Insert(t.tx, used)
	return key, nil
}
