package idempotency

import (
	"bytes"
	"errors"
	"testing"
)

// Whatever stands where an encrypted response should be is damaged, unless it is one. Without keys, it is what it is,
// unless it is encrypted.
func FuzzOpen(f *testing.F) {
	key, err := NewEncryptionKey("one", make([]byte, encryptionBytes))
	if err != nil {
		f.Fatal(err)
	}
	with, err := newKeyring([]EncryptionKey{key}, false)
	if err != nil {
		f.Fatal(err)
	}
	without, err := newKeyring(nil, false)
	if err != nil {
		f.Fatal(err)
	}
	whole := with.seal([]byte("answer"), "acme", "k", Fingerprint{1})
	for _, text := range [][]byte{nil, []byte(sealed), whole, whole[:len(whole)-1], []byte(sealed + "\xffone"),
		{1, 0}} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, stored []byte) {
		response, err := with.open(stored, "acme", "k", Fingerprint{1})
		// Each process of a fuzzer has encrypted the answer anew, and nobody has encrypted anything else.
		if bytes.Equal(stored, whole) && err != nil || err == nil && string(response) != "answer" ||
			err != nil && (!errors.Is(err, ErrCorrupt) || response != nil) {
			t.Errorf("%q, %v", response, err)
		}
		response, err = without.open(stored, "acme", "k", Fingerprint{1})
		if bytes.HasPrefix(stored, []byte(sealed)) != errors.Is(err, ErrCorrupt) ||
			err == nil && !bytes.Equal(response, stored) {
			t.Errorf("%q, %v", response, err)
		}
	})
}
