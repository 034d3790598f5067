package idempotency

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// EncryptionKey encrypts responses before a store gets them, by AES-256-GCM with random nonces. What it has encrypted
// belongs to one scope, key and fingerprint, so that no record passes for another one's. The zero EncryptionKey is
// refused wherever one is needed.
//
// Neither its text nor what fmt shows of it has the secret.
type EncryptionKey struct {
	id   string
	aead cipher.AEAD
}

const (
	// MaxEncryptionKeyID is the maximum length of an EncryptionKey's id, in bytes.
	MaxEncryptionKeyID = 64
	encryptionBytes    = 32
	// sealed is how an encrypted response begins. The length of the id, the id, and what the cipher makes follow.
	sealed = "\xe5\x9c\x1a\x01"
)

// NewEncryptionKey returns the key of an id, by which records name it, and a secret of 32 random bytes. The id has 1 to
// MaxEncryptionKeyID visible ASCII characters and is no secret. One key may encrypt up to 2³² responses; change it
// before that.
func NewEncryptionKey(id string, secret []byte) (EncryptionKey, error) {
	if !isVisible(id, MaxEncryptionKeyID) {
		return EncryptionKey{}, fmt.Errorf("idempotency: the id of a key is not 1 to %d visible ASCII characters",
			MaxEncryptionKeyID)
	}
	if len(secret) != encryptionBytes {
		return EncryptionKey{}, fmt.Errorf("idempotency: the secret of a key has %d bytes, want %d", len(secret),
			encryptionBytes)
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return EncryptionKey{}, fmt.Errorf("idempotency: make a cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return EncryptionKey{}, fmt.Errorf("idempotency: make a cipher: %w", err)
	}
	return EncryptionKey{id, aead}, nil
}

// ID returns the id.
func (k EncryptionKey) ID() string { return k.id }

// String returns the id, and nothing of the secret.
func (k EncryptionKey) String() string { return "EncryptionKey(" + k.id + ")" }

// keyring has the keys of an Executor. The first encrypts, and all decrypt.
type keyring struct {
	keys []EncryptionKey
	// clear accepts what is not encrypted.
	clear bool
}

func newKeyring(keys []EncryptionKey, acceptClear bool) (keyring, error) {
	ids := map[string]bool{}
	for _, key := range keys {
		switch {
		case key.aead == nil:
			return keyring{}, errors.New("idempotency: an EncryptionKey that was not made by NewEncryptionKey")
		case ids[key.id]:
			return keyring{}, errors.New("idempotency: two of the EncryptionKeys have one id")
		}
		ids[key.id] = true
	}
	return keyring{slices.Clone(keys), acceptClear || len(keys) == 0}, nil
}

// associated is what an encrypted response belongs to.
func associated(head []byte, scope, key string, fingerprint Fingerprint) []byte {
	return append(appendText(appendText(slices.Clone(head), scope), key), fingerprint[:]...)
}

// seal encrypts a response, if there is a key.
func (r keyring) seal(response []byte, scope, key string, fingerprint Fingerprint) []byte {
	if len(r.keys) == 0 {
		return response
	}
	k := r.keys[0]
	head := append([]byte(sealed), byte(len(k.id))) //nolint:gosec // G115: it is bounded
	head = append(head, k.id...)
	//nolint:gosec // G407: the cipher draws a nonce, and takes none
	return k.aead.Seal(head, nil, response, associated(head, scope, key, fingerprint))
}

// open decrypts what seal made. It fails with ErrCorrupt.
func (r keyring) open(stored []byte, scope, key string, fingerprint Fingerprint) ([]byte, error) {
	rest, ok := strings.CutPrefix(string(stored[:min(len(stored), len(sealed)+1)]), sealed)
	switch {
	case !ok && r.clear:
		return stored, nil
	case !ok:
		return nil, fmt.Errorf("%w: it is not encrypted", ErrCorrupt)
	case rest == "" || len(stored) < len(sealed)+1+int(rest[0]):
		return nil, fmt.Errorf("%w: it is too short", ErrCorrupt)
	}
	head := stored[:len(sealed)+1+int(rest[0])]
	for _, k := range r.keys {
		if k.id != string(head[len(sealed)+1:]) {
			continue
		}
		response, err := k.aead.Open(nil, nil, stored[len(head):], associated(head, scope, key, fingerprint))
		if err != nil {
			return nil, fmt.Errorf("%w: it does not decrypt", ErrCorrupt)
		}
		return response, nil
	}
	return nil, fmt.Errorf("%w: the key that has encrypted it is not here", ErrCorrupt)
}
