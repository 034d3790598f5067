package card

import "crypto/rsa"

// KeyOf makes a Key of a pair that a test has, since making one takes long.
func KeyOf(private *rsa.PrivateKey) (*Key, error) { return newKey(private) }
