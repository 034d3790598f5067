package idempotency

import (
	"strconv"

	"github.com/google/uuid"
)

// derived is the namespace of the keys that KeyFor makes.
var derived = uuid.MustParse("5b7a9a9e-4e0c-5e0a-9c57-0d4f6f1d2c11")

// KeyFor derives a key from a business reference, so that a process that was restarted sends the same one. namespace
// keeps kinds of references apart, for instance "payouts"; reference names one thing to be done, for instance the id of
// an invoice. The same two texts always make the same key, on every machine and in every version of this module: a UUID
// of version 5. Both must not be empty: the zero Key is returned otherwise, which is refused wherever a key is needed,
// since a key that everything shares would have one payment taken for all.
//
// A derived key is good for one hour like any other: after that the provider takes the request for a new one. Whoever
// may try again later than that has to look up first what came of it.
func KeyFor(namespace, reference string) Key {
	if namespace == "" || reference == "" {
		return Key{}
	}
	// The length keeps ("a", "bc") and ("ab", "c") apart.
	return Key(uuid.NewSHA1(derived, []byte(strconv.Itoa(len(namespace))+":"+namespace+reference)))
}
