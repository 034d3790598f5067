package idempotency

import (
	"crypto/fips140"
	"strconv"

	"github.com/google/uuid"
)

// derived is the namespace of the UUIDs that KeyFor makes.
var derived = uuid.MustParse("5b7a9a9e-4e0c-5e0a-9c57-0d4f6f1d2c11")

// KeyFor derives a key from a business reference, so that a process sends the same key after a restart. The namespace
// keeps kinds of references apart, for instance "payouts"; the reference names one thing to do, for instance the id of
// an invoice. The same two texts always give the same key, a UUID of version 5, on every machine and in every version
// of this module. If either is empty, KeyFor returns the zero Key, which is refused wherever a key is needed: with a
// key that everything shares, one payment would pass for all of them.
//
// Like any other key, a derived one is good for an hour; after that the provider takes the request for a new one. If
// you may try again later than that, first look up what became of the request.
func KeyFor(namespace, reference string) Key {
	if namespace == "" || reference == "" {
		return Key{}
	}
	// The length keeps ("a", "bc") and ("ab", "c") apart.
	return named(derived, strconv.Itoa(len(namespace))+":"+namespace+reference)
}

// Attempt returns the key for another try at what k stands for, once it is known for certain that nothing came of the
// tries before: they were refused, or looked up. Attempt 1 and below are k itself. The same k and n always give the
// same key. The zero Key stays zero.
func (k Key) Attempt(n int) Key {
	if n <= 1 || k.IsZero() {
		return k
	}
	return named(uuid.UUID(k), "attempt "+strconv.Itoa(n))
}

// named returns the UUID of version 5 of a name. Such a UUID is made with SHA-1, which FIPS 140-only mode refuses: here
// it tells names apart and protects nothing.
func named(space uuid.UUID, name string) (key Key) {
	fips140.WithoutEnforcement(func() { key = Key(uuid.NewSHA1(space, []byte(name))) })
	return key
}
