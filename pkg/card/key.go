package card

import (
	"crypto/fips140"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

// keyBits is the size that the provider asks for.
const keyBits = 4096

var (
	// ErrKeyUsed says that a Key has opened a card already, or was not made by NewKey.
	ErrKeyUsed = errors.New("card: the key was used already: make a new one for each card")
	// ErrMalformed says that something is not the standard, padded base64 of as many bytes as the key's ciphertexts
	// have.
	ErrMalformed = errors.New("card: malformed ciphertext")
	// ErrDecrypt says that a key does not open what was encrypted, or that what came out are not the details of a card.
	// It is the same for all causes on purpose.
	ErrDecrypt = errors.New("card: the details do not decrypt to those of a card")

	errFIPS = errors.New("card: PKCS#1 v1.5 encryption is not available in FIPS 140-only mode")
)

// Key is an RSA key pair for one card in one request.
//
// The provider refuses a key that it has seen in another request. PublicPEM may be read as often as it takes to send
// that one request again, with the same idempotency key, after its answer was lost. Any other request needs another
// Key: one that creates another card, and one that reads the same card again. A Key cannot know how often its public
// half was sent, but it enforces what it can see: once Decrypt has succeeded, the private half is gone, Decrypt fails
// with ErrKeyUsed, and PublicPEM returns nothing, so that no card is made that nobody could read.
//
// A Key is safe for concurrent use: of several calls of Decrypt at most one succeeds. It must not be copied.
type Key struct {
	mu      sync.Mutex
	private *rsa.PrivateKey // nil once used
	// The public half, as SPKI and as PKCS#1.
	spki, pkcs1 string
}

// NewKey makes a key pair of 4096 bits. It takes about a second, on a slow device several.
func NewKey() (*Key, error) {
	// Before the request rather than after it, when there would be a card that cannot be read.
	if fips140.Enforced() {
		return nil, errFIPS
	}
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, fmt.Errorf("card: making a key pair: %w", err)
	}
	return newKey(private)
}

func newKey(private *rsa.PrivateKey) (*Key, error) {
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("card: encoding the public key: %w", err)
	}
	armour := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return &Key{
		private: private, spki: armour(typeSPKI, der),
		pkcs1: armour(typePKCS1, x509.MarshalPKCS1PublicKey(&private.PublicKey)),
	}, nil
}

// PublicPEM returns the public half for the public_key of the request, as SPKI (BEGIN PUBLIC KEY). It returns the same
// text each time, so that a request that is sent again has the same body, and nothing once the key was used.
func (k *Key) PublicPEM() string { return k.public(&k.spki) }

// PublicPKCS1 returns what PublicPEM returns, as PKCS#1 (BEGIN RSA PUBLIC KEY). The provider's text asks for PKCS#1,
// its examples are SPKI. Send one of the two, not both: a key is good for one request.
func (k *Key) PublicPKCS1() string { return k.public(&k.pkcs1) }

func (k *Key) public(text *string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.private == nil {
		return ""
	}
	return *text
}

// Decrypt opens the details of a virtual card, given the members encrypted_pan, encrypted_cvv and encrypted_expiration
// of the answer. When it succeeds the private key is dropped and the Key cannot be used again.
//
// It fails with ErrKeyUsed; with ErrMalformed, which names the member; or with ErrDecrypt, for a wrong key, a wrong
// padding or a value that cannot be right: a PAN has 12 to 19 digits, a CVV 3 or 4, an expiration date up to 32
// printable ASCII characters. The check digit of the PAN is not verified, since numbers made for tests need not have a
// right one. A Key that failed can be tried again, for instance with the answer of a repeated request.
func (k *Key) Decrypt(encryptedPAN, encryptedCVV, encryptedExpiration string) (Details, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.private == nil {
		return Details{}, ErrKeyUsed
	}
	members := [...]struct{ name, value string }{
		{"encrypted_pan", encryptedPAN},
		{"encrypted_cvv", encryptedCVV},
		{"encrypted_expiration", encryptedExpiration},
	}
	var ciphertexts [len(members)][]byte
	for i, m := range members {
		var err error
		if ciphertexts[i], err = decode(m.value, k.private.Size()); err != nil {
			return Details{}, fmt.Errorf("%w: %s %w", ErrMalformed, m.name, err)
		}
	}

	// All three are opened before any is judged, and they are judged together: which one failed, and whether for its
	// padding or for its value, stays unknown. For the same reason the key survives either failure.
	var plain [len(members)][]byte
	ok := true
	for i, c := range ciphertexts {
		var opened bool
		plain[i], opened = open(k.private, c)
		defer clear(plain[i])
		ok = opened && ok
	}
	pan, cvv, expiration := plain[0], plain[1], plain[2]
	if !ok || !isDigits(pan, 12, 19) || !isDigits(cvv, 3, 4) || !isText(expiration, 1, 32) {
		return Details{}, ErrDecrypt
	}
	// The copies that the details keep are strings, which Go cannot erase, and neither can it erase all of a private
	// key: both are left to the garbage collector.
	k.private = nil
	return Details{
		PAN:        PAN{signing.NewSecret(string(pan))},
		CVV:        signing.NewSecret(string(cvv)),
		Expiration: signing.NewSecret(string(expiration)),
	}, nil
}

// Format writes a placeholder, whatever the verb.
func (k *Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[card key]") }

// open decrypts one ciphertext.
//
// RSA with PKCS#1 v1.5 padding is dangerous, and deprecated in Go, because whoever can hand ciphertexts to a holder of
// the private key and learn which of them have a right padding can decrypt with that key (Bleichenbacher's attack, the
// padding oracle). The provider asks for it, so there is no choice; it is acceptable here since an attack has nothing
// to work with:
//   - the key opens the three values of one card and is then gone, while an attack needs thousands of tries with one
//     key;
//   - it never leaves the cardholder's device, which nobody can ask to decrypt: the ciphertexts are the answer of a
//     server that TLS has authenticated, to a request that the device made;
//   - a wrong padding and a wrong value are the same error.
//
// Callers keep the second point true by not reporting to anybody whether Decrypt failed while they let them choose its
// input.
//
// rsa.DecryptPKCS1v15SessionKey, the usual defence, does not apply: it needs to know the length of the plaintext, and
// replaces what fails by random bytes, where a cardholder is better served by an error.
func open(private *rsa.PrivateKey, ciphertext []byte) ([]byte, bool) {
	//nolint:staticcheck // SA1019: PKCS#1 v1.5 is what the provider encrypts with; see above.
	plain, err := rsa.DecryptPKCS1v15(nil, private, ciphertext)
	return plain, err == nil
}

// decode decodes the base64 of a ciphertext of size bytes. What it reports can be seen without the private key.
func decode(text string, size int) ([]byte, error) {
	// Strict, with line breaks refused, so that each ciphertext has exactly one spelling.
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	switch {
	case text == "":
		return nil, errors.New("is empty")
	case err != nil || strings.ContainsAny(text, "\r\n"):
		return nil, errors.New("is not standard, padded base64")
	case len(b) != size:
		return nil, fmt.Errorf("has %d bytes, where the key makes %d", len(b), size)
	}
	return b, nil
}

func isDigits(b []byte, least, most int) bool { return isBetween(b, '0', '9', least, most) }

func isText(b []byte, least, most int) bool { return isBetween(b, ' ', '~', least, most) }

// isBetween says whether b has least to most bytes, all of them from low to high.
func isBetween(b []byte, low, high byte, least, most int) bool {
	for _, c := range b {
		if c < low || c > high {
			return false
		}
	}
	return least <= len(b) && len(b) <= most
}
